# Chunks are small while the frame time is unknown, then of about the target time, then small again so that
# the end comes everywhere at once.
policy chunk-target 10s
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
submit J: simulate frames 1-400 chunk auto no-output
    * job J is taken
    * 1.1: anna gets J/simulate 1-10
    > anna: offer 1.1
anna proves 1-10 of 1.1 in 5s & anna ends 1.1 well
    * 1.1: 1-10 accepted
    * 1.2: anna gets J/simulate 11-30
    > anna: close 1.1
    > anna: offer 1.2
anna proves 11-30 of 1.2 in 10s & anna ends 1.2 well
    * 1.2: 11-30 accepted
    * 1.3: anna gets J/simulate 31-50
    > anna: close 1.2
    > anna: offer 1.3
anna proves 31-350 of 1.3
    ! lease 1.3 does not hold frames 51-350
ben connects slots 4
    * ben is online, 4 slots
    * 1.4: ben gets J/simulate 51-70
    * 1.5: ben gets J/simulate 71-90
    * 1.6: ben gets J/simulate 91-110
    * 1.7: ben gets J/simulate 111-129
    > ben: offer 1.4
    > ben: offer 1.5
    > ben: offer 1.6
    > ben: offer 1.7
