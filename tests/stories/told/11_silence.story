# A node that falls silent is lost after the silence. When it wakes up it can publish nothing it lost.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-4 chunk 4
    * job J is taken
    * 1.1: anna gets J/render 1-4
    > anna: offer 1.1
anna proves 1-2 of 1.1
    * 1.1: 1-2 accepted
    > anna: confirm 1-2 of 1.1
anna freezes
after 4s
ben connects slots 1
    * ben is online, 1 slots
after 3s
    at 5s
    * anna is offline, HeartbeatLost; heard at 0s, with work of J
    * 1.1: released, node_lost
    * 1.2: ben gets J/render 1-2 to publish what 1.1 left
    * 1.3: ben gets J/render 3-4
    > anna: revoke 1.1, the node was taken for lost
    > ben: offer 1.2
    > ben: offer 1.3
anna publishes 1-2 of 1.1
    ! lease 1.1 is not held by anna
anna proves 3 of 1.1
    ! lease 1.1 is not held by anna
anna heartbeats
    ! node anna speaks over a session that is over
anna connects slots 1 holding 1.1
    * anna is online, 1 slots
    > anna: revoke 1.1, the lease is not in force any more
ben publishes 1-2 of 1.2
    * 1.2: 1-2 published
    > ben: close 1.2
show J
    = J is running
    = render 1-2: published
    = render 3-4: leased by ben under 1.3
