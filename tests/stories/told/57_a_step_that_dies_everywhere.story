# A step that dies on others too, and of which nobody has rendered a frame, blames no node. Once a frame of it was
# rendered, it is the node again.
policy crashes-max 2
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-12 chunk 2 retries 0 no-output
    * job J is taken
    * 1.1: anna gets J/render 1-2
    * 1.2: ben gets J/render 3-4
    > anna: offer 1.1
    > ben: offer 1.2
anna ends 1.1 with crash & ben ends 1.2 with hang_start
    * 1.1: 1-2 dead-lettered (crash: it went wrong)
    * 1.1: lottie 1.0 crashed on anna (crash), and that was it
    * 1.1: released, failed
    * 1.2: 3-4 dead-lettered (hang_start: it went wrong)
    * 1.2: released, failed
    * 1.3: anna gets J/render 5-6
    * 1.4: ben gets J/render 7-8
    > anna: close 1.1
    > ben: close 1.2
    > anna: offer 1.3
    > ben: offer 1.4
anna ends 1.3 with crash & ben ends 1.4 with crash
    * 1.3: 5-6 dead-lettered (crash: it went wrong)
    * 1.3: lottie 1.0 crashed on anna (crash), and that was it
    * 1.3: released, failed
    * 1.4: 7-8 dead-lettered (crash: it went wrong)
    * 1.4: lottie 1.0 crashed on ben (crash), and that was it
    * 1.4: released, failed
    * 1.5: anna gets J/render 9-10
    * 1.6: ben gets J/render 11-12
    > anna: close 1.3
    > ben: close 1.4
    > anna: offer 1.5
    > ben: offer 1.6
anna ends 1.5 with crash
    * 1.5: 9-10 dead-lettered (crash: it went wrong)
    * 1.5: lottie 1.0 crashed on anna (crash), and that was it
    * 1.5: released, failed
    > anna: close 1.5
ben proves 11-12 of 1.6 & ben ends 1.6 well
    * 1.6: 11-12 accepted
    * job J failed: frames 1-10 of step render dead-lettered (crash)
    > ben: close 1.6
submit K: render frames 1-8 chunk 1 retries 1 no-output
    * job K is taken
    * 1.7: anna gets K/render 1
    * 1.8: ben gets K/render 2
    > anna: offer 1.7
    > ben: offer 1.8
ben proves 2 of 1.8 & ben ends 1.8 well
    * 1.8: 2 accepted
    * 1.9: ben gets K/render 3
    > ben: close 1.8
    > ben: offer 1.9
anna ends 1.7 with crash
    * 1.7: 1 failed (crash), again from 2s
    * 1.7: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.7: released, failed
    * anna is in quarantine for lottie (crash), strike 1, tried again from 30s
    > anna: close 1.7
