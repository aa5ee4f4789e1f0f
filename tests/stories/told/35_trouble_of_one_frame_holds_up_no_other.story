# A frame waits for the only node that it has not failed on, and that one is busy: meanwhile every other frame
# of the step that becomes due goes to whoever is idle.
anna connects slots 1 & ben connects slots 1 & cleo connects slots 1
    * anna is online, 1 slots
    * ben is online, 1 slots
    * cleo is online, 1 slots
submit J: simulate frames 1-5 retries 5 no-output
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
    * 1.5: ben gets J/simulate 5
    > ben: close 1.2
    > ben: offer 1.5
ben proves 5 of 1.5 & ben ends 1.5 well
    * 1.5: 5 accepted
    > ben: close 1.5
after 2s                       # ben takes 1, and fails on it too
    at 2s
    * 1.6: ben gets J/simulate 1
    > ben: offer 1.6
ben ends 1.6 with crash
    * 1.6: 1 failed (crash), again from 6s
    * 1.6: lottie 1.0 crashed on ben (crash), its frames go out again
    * 1.6: released, failed
    > ben: close 1.6
after 4s                       # only cleo may take 1 now
anna ends 1.4 with crash       # ben may take 4 in two seconds
    * 1.4: 4 failed (crash), again from 8s
    * 1.4: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.4: released, failed
    > anna: close 1.4
after 2s
    at 8s
    * 1.7: ben gets J/simulate 4
    > ben: offer 1.7
