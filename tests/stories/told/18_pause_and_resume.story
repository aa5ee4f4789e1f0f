# Paused: frames in hands are finished and published, nothing more goes out.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-3
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
pause J
    * job J is paused
pause J
anna proves 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna publishes 1 of 1.1
    * 1.1: 1 published
    > anna: close 1.1
explain J
    = J is paused: 1 of 3 frames done
    = render (open): frames 2-3 waiting: the job is paused
resume J
    * job J goes on
    * 1.2: anna gets J/render 2
    > anna: offer 1.2
