# A job that waits for a person can be cancelled, paused and resumed like any other.
anna connects slots 1
    * anna is online, 1 slots
submit J needs release within 1m: first frames 1 no-output; second frames 1 no-output
    * job J is taken
    * job J waits for a release (release), asked by whoever submitted it
pause J
    * job J is paused
show J
    = J is awaiting_approval
    = first 1: waiting
    = second 1: waiting
grant J by mia
    * job J is released by mia
    * workflow J starts, 2 steps
show J
    = J is paused
    = first 1: waiting
    = second 1: waiting
resume J
    * job J goes on
    * 1.1: anna gets J/first 1
    > anna: offer 1.1
cancel J because of the weather
    * job J is cancelled: of the weather
    * workflow J failed, a retry could help: cancelled: of the weather
    * 1.1: released, revoked
    > anna: revoke 1.1, the job was cancelled
submit K needs release within 1m: render frames 1 no-output
    * job K is taken
    * job K waits for a release (release), asked by whoever submitted it
cancel K
    * job K is cancelled: 
# What is over is not waited for.
after 2m
grant K by mia
    ! job K is cancelled: it does not wait for a person's release
retry K
    = 1 frames wait again
    * job K waits for a release (release), asked by whoever submitted it
    * job K is tried again: render 1
