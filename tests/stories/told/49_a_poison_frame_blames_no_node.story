# A frame that dies everywhere is to blame itself: no node is doubted for it twice, and the farm stays as it is.
policy crashes-max 2
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1 retries 3
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna ends 1.1 with crash
    * 1.1: 1 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.1: released, failed
    > anna: close 1.1
after 2s
    at 2s
    * 1.2: ben gets J/render 1
    > ben: offer 1.2
ben ends 1.2 with crash
    * 1.2: 1 failed (crash), again from 6s
    * 1.2: lottie 1.0 crashed on ben (crash), its frames go out again
    * 1.2: released, failed
    > ben: close 1.2
after 4s
    at 6s
    * 1.3: anna gets J/render 1
    > anna: offer 1.3
anna ends 1.3 with crash
    * 1.3: 1 failed (crash), again from 14s
    * 1.3: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.3: released, failed
    > anna: close 1.3
after 8s
    at 14s
    * 1.4: anna gets J/render 1
    > anna: offer 1.4
anna ends 1.4 with crash
    * 1.4: 1 dead-lettered (crash: it went wrong)
    * 1.4: lottie 1.0 crashed on anna (crash), and that was it
    * 1.4: released, failed
    * job J failed: frame 1 of step render dead-lettered (crash)
    > anna: close 1.4
    > anna: sweep J up to 1.4
show J
    = J is failed
    = render 1: dead
