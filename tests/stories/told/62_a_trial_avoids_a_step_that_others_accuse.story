# Whoever is tried with a frame of a step that has died on others too would be found guilty of the step's fault: a
# step that nobody has anything against comes first, whatever its place.
policy crashes-max 2
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit P: render frames 1-9 chunk 1 retries 1 no-output & submit G: render frames 1-9 chunk 1 no-output
    * job P is taken
    * job G is taken
    * 1.1: anna gets P/render 1
    * 1.2: ben gets P/render 2
    > anna: offer 1.1
    > ben: offer 1.2
anna ends 1.1 with crash
    * 1.1: 1 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.1: released, failed
    * 1.3: anna gets P/render 3
    > anna: close 1.1
    > anna: offer 1.3
anna ends 1.3 with crash
    * 1.3: 3 failed (crash), again from 2s
    * 1.3: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.3: released, failed
    * anna is in quarantine for lottie (crash), strike 1, tried again from 30s
    > anna: close 1.3
ben ends 1.2 with crash
    * 1.2: 2 failed (crash), again from 2s
    * 1.2: lottie 1.0 crashed on ben (crash), its frames go out again
    * 1.2: released, failed
    * 1.4: ben gets P/render 4
    > ben: close 1.2
    > ben: offer 1.4
after 31s
    at 30s
    * 1.5: anna gets G/render 1
    > anna: offer 1.5
anna proves 1 of 1.5 & anna ends 1.5 well
    * 1.5: 1 accepted
    * anna is cleared for lottie, canary
    * 1.6: anna gets P/render 2
    > anna: close 1.5
    > anna: offer 1.6
