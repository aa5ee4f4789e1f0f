# A step begins when all steps before it have succeeded.
anna connects slots 2
    * anna is online, 2 slots
submit J: left frames 1 no-output; right frames 1 no-output; join task after left,right no-output
    * job J is taken
    * workflow J starts, 3 steps
    * 1.1: anna gets J/left 1
    * 1.2: anna gets J/right 1
    > anna: offer 1.1
    > anna: offer 1.2
explain J
    = J is running: 0 of 3 frames done
    = left (open): frame 1 in the hands of anna
    = right (open): frame 1 in the hands of anna
    = join (blocked): waits for left and right
anna proves 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    * step J/left succeeded
    * workflow J: left is done, 1 of 3, 1 frames
    > anna: close 1.1
anna proves 1 of 1.2 & anna ends 1.2 well
    * 1.2: 1 accepted
    * step J/right succeeded
    * workflow J: right is done, 2 of 3, 1 frames
    * 1.3: anna gets J/join 0
    > anna: close 1.2
    > anna: offer 1.3
anna proves 0 of 1.3 & anna ends 1.3 well
    * 1.3: 0 accepted
    * step J/join succeeded
    * workflow J: join is done, 3 of 3, 1 frames
    * job J succeeded
    * workflow J is done after 0ns, 3 frames
    > anna: close 1.3
