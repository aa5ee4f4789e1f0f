# Only the holder of a lease in force is believed, and only about its frames. A repeated report changes nothing.
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-4 chunk 2
    * job J is taken
    * 1.1: anna gets J/render 1-2
    * 1.2: ben gets J/render 3-4
    > anna: offer 1.1
    > ben: offer 1.2
ben proves 1 of 1.1
    ! lease 1.1 is not held by ben
    > ben: revoke 1.1, the lease is not in force any more
anna proves 1-3 of 1.1
    ! lease 1.1 does not hold frames 3
anna proves 1 of 9.9
    ! lease 9.9 is not held by anna
    > anna: revoke 9.9, the lease is not in force any more
anna publishes 1 of 1.1        # not accepted yet: nothing to publish
anna proves 1 of 1.1
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna proves 1 of 1.1
    > anna: confirm 1 of 1.1
anna publishes 1 of 1.1
    * 1.1: 1 published
anna publishes 1 of 1.1
nobody proves 1 of 1.1
    ! lease 1.1 is not held by nobody
