# Without output there is nothing to publish: accepted is done, and the lease ends with its last frame.
anna connects slots 1
    * anna is online, 1 slots
submit J: simulate frames 1-3 chunk 2 no-output
    * job J is taken
    * 1.1: anna gets J/simulate 1-2
    > anna: offer 1.1
anna proves 1 of 1.1
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna proves 2 of 1.1 & anna ends 1.1 well
    * 1.1: 2 accepted
    * 1.2: anna gets J/simulate 3
    > anna: close 1.1
    > anna: offer 1.2
anna proves 3 of 1.2     # the attempt has not ended yet: its lease is over, its slot is not free
    * 1.2: 3 accepted
    * step J/simulate succeeded
    * job J succeeded
    > anna: confirm 3 of 1.2
submit K: simulate task no-output
    * job K is taken
anna ends 1.2 well
    * 1.3: anna gets K/simulate 0
    > anna: close 1.2
    > anna: offer 1.3
anna proves 0 of 1.3 & anna ends 1.3 well
    * 1.3: 0 accepted
    * step K/simulate succeeded
    * job K succeeded
    > anna: close 1.3
show K
    = K is succeeded
    = simulate 0: published
