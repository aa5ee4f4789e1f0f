# Short frames go out ahead of free slots, so that they need not wait for the leader; but only to a node that
# has shown how short they are, and only while there is plenty.
anna connects slots 1
    * anna is online, 1 slots
submit J: simulate frames 1-40 no-output
    * job J is taken
    * 1.1: anna gets J/simulate 1
    > anna: offer 1.1
anna proves 1 of 1.1 in 5ms & anna ends 1.1 well
    * 1.1: 1 accepted
    * 1.2: anna gets J/simulate 2
    * 1.3: anna gets J/simulate 3
    * 1.4: anna gets J/simulate 4
    * 1.5: anna gets J/simulate 5
    * 1.6: anna gets J/simulate 6
    > anna: close 1.1
    > anna: offer 1.2
    > anna: offer 1.3
    > anna: offer 1.4
    > anna: offer 1.5
    > anna: offer 1.6
anna proves 2 of 1.2 in 5ms & anna ends 1.2 well
    * 1.2: 2 accepted
    * 1.7: anna gets J/simulate 7
    > anna: close 1.2
    > anna: offer 1.7
ben connects slots 1
    * ben is online, 1 slots
    * 1.8: ben gets J/simulate 8
    > ben: offer 1.8
