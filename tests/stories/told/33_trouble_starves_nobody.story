# While other frames of a step wait, its troubled frames have at most one lease: a frame that hangs every
# renderer must not take all slots.
anna connects slots 2
    * anna is online, 2 slots
submit J: simulate frames 1-6 retries 5 no-output
    * job J is taken
    * 1.1: anna gets J/simulate 1
    * 1.2: anna gets J/simulate 2
    > anna: offer 1.1
    > anna: offer 1.2
anna ends 1.1 with hang_frame
    * 1.1: 1 failed (hang_frame), again from 2s
    * 1.1: released, failed
    * 1.3: anna gets J/simulate 3
    > anna: close 1.1
    > anna: offer 1.3
anna ends 1.2 with hang_frame
    * 1.2: 2 failed (hang_frame), again from 2s
    * 1.2: released, failed
    * 1.4: anna gets J/simulate 4
    > anna: close 1.2
    > anna: offer 1.4
after 2s
anna proves 3 of 1.3 & anna ends 1.3 well
    * 1.3: 3 accepted
    * 1.5: anna gets J/simulate 1
    > anna: close 1.3
    > anna: offer 1.5
anna proves 4 of 1.4 & anna ends 1.4 well
    * 1.4: 4 accepted
    * 1.6: anna gets J/simulate 5
    > anna: close 1.4
    > anna: offer 1.6
anna proves 6 of 1.6 & anna ends 1.6 well
    ! lease 1.6 does not hold frames 6
    * 1.6: 5 failed (broken_output), again from 4s
    * 1.6: released, failed
    * 1.7: anna gets J/simulate 6
    > anna: close 1.6
    > anna: offer 1.7
