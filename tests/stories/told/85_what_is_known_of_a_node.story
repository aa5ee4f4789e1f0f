# A node that comes tells where from and what it has; one that is gone leaves when it was last heard, and whose work
# it had. What the leader slept through is nobody's silence, and does not make that moment any later.
anna connects slots 2 from 192.0.2.7 cached 000102030405060708090a0b0c0d0e0f,ffffffffffffffffffffffffffffffff
    * anna is online, 2 slots, from 192.0.2.7, 2000 bytes in its cache: 000102030405060708090a0b0c0d0e0f ffffffffffffffffffffffffffffffff
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-2 chunk 1
    * job J is taken
    * 1.1: anna gets J/render 1
    * 1.2: ben gets J/render 2
    > anna: offer 1.1
    > ben: offer 1.2
submit K: render frames 1 chunk 1
    * job K is taken
    * 1.3: anna gets K/render 1
    > anna: offer 1.3
ben proves 2 of 1.2 & ben ends 1.2 well
    * 1.2: 2 accepted
    > ben: confirm 2 of 1.2
after 1s
anna proves 1 of 1.1     # only to be published now: what it renders is more of a current job
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna freezes
the leader sleeps 60s
ben heartbeats
after 6s
    at 66s
    * anna is offline, HeartbeatLost; heard at 1s, with work of K
    * 1.1: released, node_lost
    * 1.3: released, node_lost
    * 1.4: ben gets J/render 1 to publish what 1.1 left
    * 1.5: ben gets K/render 1
    > anna: revoke 1.1, the node was taken for lost
    > anna: revoke 1.3, the node was taken for lost
    > ben: offer 1.4
    > ben: offer 1.5
anna connects slots 2 from 2001:db8::7
    * anna is online, 2 slots, from 2001:db8::7
anna freezes
ben freezes
# A leader that has not heard a node does not know when anyone did.
the leader restarts
    * a leader begins, epoch 2
after 6s
    at 72s
    * anna is offline, HeartbeatLost; heard never
    * ben is offline, HeartbeatLost; heard never, with work of K
    * 1.2: released, node_lost
    * 1.4: released, node_lost
    * 1.5: released, node_lost
