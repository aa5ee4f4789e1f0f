# Another priority moves what waits, and leaves alone what is in hands; the same one twice is nothing new.
submit slow: render frames 1-3
    * job slow is taken
submit late: render frames 1-2
    * job late is taken
anna connects slots 1
    * anna is online, 1 slots
    * 1.1: anna gets slow/render 1
    > anna: offer 1.1
prioritise late 90
    * job late has priority 90 now
prioritise late 90
anna proves 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    * 1.2: anna gets late/render 1
    > anna: confirm 1 of 1.1
    > anna: offer 1.2
submit late: render frames 1-2
    = it was submitted before
the leader restarts
    * a leader begins, epoch 2
anna connects slots 1 holding 1.2
    * 1.1: released, unknown_to_node
    * 2.1: anna gets slow/render 1 to publish what 1.1 left
    > anna: offer 2.1
prioritise slow 95
    * job slow has priority 95 now
cancel slow
    * job slow is cancelled: 
    * 2.1: released, revoked
    > anna: revoke 2.1, the job was cancelled
    > anna: sweep slow up to 2.1
prioritise slow 10
    ! job slow is cancelled: only a running, queued or paused job can be prioritised
