# A job of several steps is a workflow: it starts, tells of each step with its place, and is done. A job of one step is
# none.
anna connects slots 1
    * anna is online, 1 slots
submit J: left frames 1-2 chunk 2; right frames 1 no-output; join task after left,right no-output
    * job J is taken
    * workflow J starts, 3 steps
    * 1.1: anna gets J/left 1-2
    > anna: offer 1.1
anna proves 1-2 of 1.1 & anna publishes 1-2 of 1.1 & anna ends 1.1 well
    * 1.1: 1-2 accepted
    * 1.1: 1-2 published
    * step J/left succeeded
    * workflow J: left is done, 1 of 3, 2 frames
    * 1.2: anna gets J/right 1
    > anna: confirm 1-2 of 1.1
    > anna: close 1.1
    > anna: offer 1.2
after 10s
anna proves 1 of 1.2 & anna ends 1.2 well
    * 1.2: 1 accepted
    * step J/right succeeded
    * workflow J: right is done, 2 of 3, 1 frames
    * 1.3: anna gets J/join 0
    > anna: close 1.2
    > anna: offer 1.3
the leader restarts from a snapshot
    * a leader begins, epoch 2
anna connects slots 1 holding 1.3
after 50s
anna proves 0 of 1.3 & anna ends 1.3 well
    * 1.3: 0 accepted
    * step J/join succeeded
    * workflow J: join is done, 3 of 3, 1 frames
    * job J succeeded
    * workflow J is done after 60s, 4 frames
    > anna: sweep J up to 2.0
    > anna: close 1.3
submit K: render frames 1 no-output
    * job K is taken
    * 2.1: anna gets K/render 1
    > anna: offer 2.1
