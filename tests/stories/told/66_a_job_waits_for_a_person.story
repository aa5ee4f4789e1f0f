# A job that a person has to release waits for it: nothing of it goes out, not even a look. Released, it goes on as any
# other. A leader that restarts asks nobody twice.
policy preflight lottie
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
submit J needs budget: render frames 1-2 chunk 2 no-output
    * job J is taken
    * job J waits for a release (budget), asked by whoever submitted it
submit K: render frames 1 no-output
    * job K is taken
    * 1.1: anna gets K/render 1 to look at
    > anna: offer 1.1
explain J
    = J is awaiting_approval: 0 of 2 frames done
    = render (open): frames 1-2 waiting: waits for a person's release since 2023-11-14T22:13:20.000Z
anna ends 1.1 well
    * step K/render is cleared by anna
    * 1.1: released, completed
    * 1.2: anna gets K/render 1
    > anna: close 1.1
    > anna: offer 1.2
anna proves 1 of 1.2 & anna ends 1.2 well
    * 1.2: 1 accepted
    * step K/render succeeded
    * job K succeeded
    > anna: close 1.2
the leader restarts
    * a leader begins, epoch 2
anna connects slots 1
the leader restarts from a snapshot
    * a leader begins, epoch 3
anna connects slots 1
show J
    = J is awaiting_approval
    = render 1-2: waiting
grant J by mia because the budget is there
    * job J is released by mia: the budget is there
    * 3.1: anna gets J/render 1 to look at
    > anna: offer 3.1
explain J
    = J is running: 0 of 2 frames done
    = render (open): being looked at by anna since 2023-11-14T22:13:20.000Z, before its frames go out
    = render (open): frame 2 waiting: a node looks at the step first
# Nobody can answer what is answered, or what was never asked.
grant J by mia
    ! job J is running: it does not wait for a person's release
deny J by mia because I changed my mind
    ! job J is running: it does not wait for a person's release
grant K by mia
    ! job K is succeeded: it does not wait for a person's release
grant X by mia
    ! there is no job X
anna ends 3.1 well
    * step J/render is cleared by anna
    * 3.1: released, completed
    * 3.2: anna gets J/render 1-2
    > anna: close 3.1
    > anna: offer 3.2
anna proves 1-2 of 3.2 & anna ends 3.2 well
    * 3.2: 1-2 accepted
    * step J/render succeeded
    * job J succeeded
    > anna: close 3.2
