# That the renderer of the only node there died once at its look may be chance. Twice is none.
policy preflight lottie
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-4 chunk 1 retries 2 no-output & submit K: render frames 1-4 chunk 4 retries 2 no-output
    * job J is taken
    * job K is taken
    * 1.1: anna gets J/render 1 to look at
    > anna: offer 1.1
anna ends 1.1 with crash
    * 1.1: 1 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.1: released, failed
    * 1.2: anna gets K/render 1 to look at
    > anna: close 1.1
    > anna: offer 1.2
anna ends 1.2 with hang_start
    * 1.2: 1 failed (hang_start), again from 2s
    * 1.2: released, failed
    > anna: close 1.2
after 3s
    at 2s
    * 1.3: anna gets J/render 1 to look at
    > anna: offer 1.3
anna ends 1.3 with crash
    * 1.3: 1 dead-lettered (crash: it went wrong)
    * job J failed: step render on anna: crash: it went wrong
    * 1.3: released, failed
    * 1.3: lottie 1.0 crashed on anna (crash), and that was it
    * 1.4: anna gets K/render 1 to look at
    > anna: close 1.3
    > anna: offer 1.4
anna ends 1.4 well
    * step K/render is cleared by anna
    * 1.4: released, completed
    * 1.5: anna gets K/render 1-4
    > anna: close 1.4
    > anna: offer 1.5
