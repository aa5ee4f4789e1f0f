# A step is looked at by a node in quarantine only when nobody else can, and when its time is up. That it found
# nothing wrong shows that the step is sound, not yet that the node is: a frame follows. Its failures are its own,
# what it misses is not.
policy preflight lottie
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-4 chunk 2 no-output
    * job J is taken
    * 1.1: anna gets J/render 1 to look at
    > anna: offer 1.1
anna ends 1.1 with node_config
    * 1.1: 1 failed (node_config, uncharged), again from 2s
    * 1.1: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 30s
    > anna: close 1.1
after 30s
    at 30s
    * 1.2: anna gets J/render 1 to look at
    > anna: offer 1.2
anna ends 1.2 with crash
    * 1.2: 1 failed (crash, uncharged), again from 34s
    * 1.2: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.2: released, failed
    * anna is in quarantine for lottie (crash), strike 2, tried again from 90s
    > anna: close 1.2
explain J
    = J is running: 0 of 4 frames done
    = render (open): frames 2-4 waiting: every node that can run it is in quarantine: anna (crash: it went wrong), tried again from 2023-11-14T22:14:50.000Z
    = render (open): frame 1 failed 2 times (crash: it went wrong), next try from 2023-11-14T22:13:54.000Z
after 60s
    at 90s
    * 1.3: anna gets J/render 1 to look at
    > anna: offer 1.3
anna ends 1.3 with hang_start
    * 1.3: 1 failed (hang_start, uncharged), again from 98s
    * 1.3: released, failed
    * anna is in quarantine for lottie (hang_start), strike 3, tried again from 210s
    > anna: close 1.3
ben connects slots 1
    * ben is online, 1 slots
after 8s
    at 98s
    * 1.4: ben gets J/render 1 to look at
    > ben: offer 1.4
ben ends 1.4 well
    * step J/render is cleared by ben
    * 1.4: released, completed
    * 1.5: ben gets J/render 1-2
    > ben: close 1.4
    > ben: offer 1.5
drain ben
    * ben is drained
    > ben: you are drained
after 120s
    at 210s
    * 1.6: anna gets J/render 3
    > anna: offer 1.6
submit K: render frames 1-4 chunk 2 no-output
    * job K is taken
anna stops 1.6
    * 1.6: released, handed_back
    * 1.7: anna gets J/render 3
    > anna: close 1.6
    > anna: offer 1.7
cancel J
    * job J is cancelled: 
    * 1.5: released, revoked
    * 1.7: released, revoked
    * 1.8: anna gets K/render 1 to look at
    > ben: revoke 1.5, the job was cancelled
    > anna: revoke 1.7, the job was cancelled
    > anna: offer 1.8
anna ends 1.8 well
    * step K/render is cleared by anna
    * 1.8: released, completed
    * 1.9: anna gets K/render 1
    > anna: close 1.8
    > anna: offer 1.9
anna proves 1 of 1.9 & anna ends 1.9 well
    * 1.9: 1 accepted
    * anna is cleared for lottie, canary
    * 1.10: anna gets K/render 2-3
    > anna: close 1.9
    > anna: offer 1.10
