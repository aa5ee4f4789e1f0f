# When nobody answers in time, it is told once more, or silence is a no: as the job says.
anna connects slots 1
    * anna is online, 1 slots
submit J needs release within 30m: render frames 1 no-output
    * job J is taken
    * job J waits for a release (release), asked by whoever submitted it
submit K needs budget within 10m else deny: render frames 1 no-output
    * job K is taken
    * job K waits for a release (budget), asked by whoever submitted it
submit L needs release: render frames 1 no-output
    * job L is taken
    * job L waits for a release (release), asked by whoever submitted it
explain J
    = J is awaiting_approval: 0 of 1 frames done
    = render (open): frame 1 waiting: waits for a person's release since 2023-11-14T22:13:20.000Z; without an answer it is told again at 2023-11-14T22:43:20.000Z
explain K
    = K is awaiting_approval: 0 of 1 frames done
    = render (open): frame 1 waiting: waits for a person's release since 2023-11-14T22:13:20.000Z; without an answer it is denied at 2023-11-14T22:23:20.000Z
explain L
    = L is awaiting_approval: 0 of 1 frames done
    = render (open): frame 1 waiting: waits for a person's release since 2023-11-14T22:13:20.000Z
after 9m
after 1m
    at 600s
    * job K is not released by nobody: nobody answered within 10 minutes
    * job K failed: denied: nobody answered within 10 minutes
explain K
    = K is failed: denied: nobody answered within 10 minutes
    = render (open): frame 1 waiting: the job is failed
after 20m
    at 1800s
    * job J still waits for its release
explain J
    = J is awaiting_approval: 0 of 1 frames done
    = render (open): frame 1 waiting: waits for a person's release since 2023-11-14T22:13:20.000Z; nobody answered in time, and it was told again
after 2h
grant J by mia
    * job J is released by mia
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
# Asked anew, they have all their time again.
retry K
    = 1 frames wait again
    * job K waits for a release (budget), asked by whoever submitted it
    * job K is tried again: render 1
after 9m
the leader restarts from a snapshot
    * a leader begins, epoch 2
anna connects slots 1
    * 1.1: released, unknown_to_node
    * 2.1: anna gets J/render 1
    > anna: offer 2.1
after 1m
    at 9600s
    * job K is not released by nobody: nobody answered within 10 minutes
    * job K failed: denied: nobody answered within 10 minutes
