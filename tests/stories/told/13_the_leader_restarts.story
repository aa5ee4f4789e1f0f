# A restart kills nothing: nodes have the silence to come back, and are taken back with their leases. New
# tokens are higher than all before.
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-6 chunk 2
    * job J is taken
    * 1.1: anna gets J/render 1-2
    * 1.2: ben gets J/render 3-4
    > anna: offer 1.1
    > ben: offer 1.2
anna proves 1 of 1.1
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
the leader restarts
    * a leader begins, epoch 2
after 2s
anna connects slots 1 holding 1.1
    > anna: confirm 1 of 1.1
anna proves 2 of 1.1 & anna ends 1.1 well
    * 1.1: 2 accepted
    * 2.1: anna gets J/render 5-6
    > anna: confirm 2 of 1.1
    > anna: offer 2.1
after 6s
    at 5s
    * ben is offline, HeartbeatLost; heard never, with work of J
    * 1.2: released, node_lost
