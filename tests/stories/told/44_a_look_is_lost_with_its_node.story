# A node that looks and is lost, or hands it back, costs nothing: another looks. A leader that restarts knows who
# looks.
policy preflight lottie
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-4 chunk 2
    * job J is taken
    * 1.1: anna gets J/render 1 to look at
    > anna: offer 1.1
anna says goodbye
    * anna is offline, Shutdown; heard at 0s, with work of J
    * 1.1: released, node_lost
    * 1.2: ben gets J/render 1 to look at
    > ben: offer 1.2
the leader restarts
    * a leader begins, epoch 2
ben connects slots 1 holding 1.2
explain J
    = J is running: 0 of 4 frames done
    = render (open): being looked at by ben since 2023-11-14T22:13:20.000Z, before its frames go out
    = render (open): frames 2-4 waiting: a node looks at the step first
ben stops 1.2
    * 1.2: released, handed_back
    * 2.1: ben gets J/render 1 to look at
    > ben: close 1.2
    > ben: offer 2.1
the leader restarts from a snapshot
    * a leader begins, epoch 3
ben connects slots 1 holding 2.1
ben ends 2.1 well
    * step J/render is cleared by ben
    * 2.1: released, completed
    * 3.1: ben gets J/render 1-2
    > ben: close 2.1
    > ben: offer 3.1
the leader restarts from a snapshot
    * a leader begins, epoch 4
anna connects slots 1
    * anna is online, 1 slots
    * 4.1: anna gets J/render 3-4
    > anna: offer 4.1
