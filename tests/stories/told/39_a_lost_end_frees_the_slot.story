# Everything of a lease is proven, and the attempt's end was never heard of: when the node says that it holds
# the lease no more, the slot is free, and is used at once.
anna connects slots 1
    * anna is online, 1 slots
submit J: simulate frames 1-2 no-output
    * job J is taken
    * 1.1: anna gets J/simulate 1
    > anna: offer 1.1
anna proves 1 of 1.1 in 30s
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna heartbeats holding 1.1 seen 1.1
anna heartbeats holding nothing seen 1.1
    * 1.2: anna gets J/simulate 2
    > anna: offer 1.2
