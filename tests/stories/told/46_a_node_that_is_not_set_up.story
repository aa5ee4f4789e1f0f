# A node that says it is not set up for a renderer is in quarantine for it at once: its frames go elsewhere and pay
# nothing, and what it had in hands by then it may bring to its end. When its time is up it is tried with one frame,
# and trusted again when that is accepted.
anna connects slots 2 renderers lottie,blender
    * anna is online, 2 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-12 chunk 3 no-output
    * job J is taken
    * 1.1: anna gets J/render 1-3
    * 1.2: ben gets J/render 4-6
    * 1.3: anna gets J/render 7-9
    > anna: offer 1.1
    > ben: offer 1.2
    > anna: offer 1.3
anna ends 1.1 with node_config
    * 1.1: 1-3 failed (node_config, uncharged), again from 2s
    * 1.1: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 30s
    > anna: close 1.1
explain J
    = J is running: 0 of 12 frames done
    = render (open): frames 4-9 in the hands of anna, ben
    = render (open): frames 10-12 waiting: every slot that can run it is taken; it is next
    = render (open): frames 1-3 failed once (node_config: it went wrong), next try from 2023-11-14T22:13:22.000Z
submit K: other frames 1-2 chunk 2 with blender no-output
    * job K is taken
    * 1.4: anna gets K/other 1-2
    > anna: offer 1.4
ben proves 4-6 of 1.2 & ben ends 1.2 well
    * 1.2: 4-6 accepted
    * 1.5: ben gets J/render 10-12
    > ben: close 1.2
    > ben: offer 1.5
anna proves 7-9 of 1.3 & anna ends 1.3 well
    * 1.3: 7-9 accepted
    > anna: close 1.3
after 30s
explain J
    = J is running: 6 of 12 frames done
    = render (open): frames 10-12 in the hands of ben
    = render (open): frames 1-3 failed once (node_config: it went wrong), next try from 2023-11-14T22:13:22.000Z
ben proves 10-12 of 1.5 & ben ends 1.5 well
    * 1.5: 10-12 accepted
    * 1.6: ben gets J/render 1-3
    > ben: close 1.5
    > ben: offer 1.6
submit L: more frames 1-12 chunk 3 no-output
    * job L is taken
    * 1.7: anna gets L/more 1
    > anna: offer 1.7
anna proves 1 of 1.7 & anna ends 1.7 well
    * 1.7: 1 accepted
    * anna is cleared for lottie, canary
    * 1.8: anna gets L/more 2-4
    > anna: close 1.7
    > anna: offer 1.8
