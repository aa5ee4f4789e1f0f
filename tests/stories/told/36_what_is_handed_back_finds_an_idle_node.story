# The same with a frame that nothing is held against, handed back by a node that gets no more work.
anna connects slots 1 & ben connects slots 1 & cleo connects slots 1
    * anna is online, 1 slots
    * ben is online, 1 slots
    * cleo is online, 1 slots
submit J: simulate frames 1-4 retries 5 no-output
    * job J is taken
    * 1.1: anna gets J/simulate 1
    * 1.2: ben gets J/simulate 2
    * 1.3: cleo gets J/simulate 3
    > anna: offer 1.1
    > ben: offer 1.2
    > cleo: offer 1.3
anna ends 1.1 with crash
    * 1.1: 1 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.1: released, failed
    * 1.4: anna gets J/simulate 4
    > anna: close 1.1
    > anna: offer 1.4
ben proves 2 of 1.2 & ben ends 1.2 well
    * 1.2: 2 accepted
    > ben: close 1.2
after 2s
    at 2s
    * 1.5: ben gets J/simulate 1
    > ben: offer 1.5
ben ends 1.5 with crash
    * 1.5: 1 failed (crash), again from 6s
    * 1.5: lottie 1.0 crashed on ben (crash), its frames go out again
    * 1.5: released, failed
    > ben: close 1.5
after 4s                       # only cleo may take 1 now
drain anna
    * anna is drained
    > anna: you are drained
anna stops 1.4
    * 1.4: released, handed_back
    * 1.6: ben gets J/simulate 4
    > anna: close 1.4
    > ben: offer 1.6
