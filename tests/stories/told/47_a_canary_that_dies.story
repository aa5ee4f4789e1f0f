# A node that fails the frame it is tried with stays in quarantine for longer, up to a limit, and the frame pays
# nothing. A leader that restarts, from the journal or from a snapshot, knows the sentence and the trial.
policy quarantine-max 100s
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-3 chunk 3 retries 0 no-output
    * job J is taken
    * 1.1: anna gets J/render 1-3
    > anna: offer 1.1
anna ends 1.1 with node_config
    * 1.1: 1-3 failed (node_config, uncharged), again from 2s
    * 1.1: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 30s
    > anna: close 1.1
explain J
    = J is running: 0 of 3 frames done
    = render (open): frames 1-3 failed once (node_config: it went wrong), next try from 2023-11-14T22:13:22.000Z
    = render (open): every node that can run it is in quarantine: anna (node_config: it went wrong), tried again from 2023-11-14T22:13:50.000Z
the leader restarts
    * a leader begins, epoch 2
anna connects slots 1
after 31s
    at 30s
    * 2.1: anna gets J/render 1
    > anna: offer 2.1
explain J
    = J is running: 0 of 3 frames done
    = render (open): frame 1 in the hands of anna
    = render (open): frames 2-3 failed once (node_config: it went wrong), next try from 2023-11-14T22:13:22.000Z
    = render (open): every node that can run it is in quarantine: anna (node_config: it went wrong), which is being tried again
the leader restarts from a snapshot
    * a leader begins, epoch 3
anna connects slots 1 holding 2.1
anna ends 2.1 with crash at 1
    * 2.1: 1 failed (crash, uncharged), again from 35s
    * 2.1: lottie 1.0 crashed on anna at 1 (crash), its frames go out again
    * 2.1: released, failed
    * anna is in quarantine for lottie (crash), strike 2, tried again from 91s
    > anna: close 2.1
the leader restarts from a snapshot
    * a leader begins, epoch 4
anna connects slots 1
explain J
    = J is running: 0 of 3 frames done
    = render (open): frames 2-3 failed once (crash: it went wrong), next try from 2023-11-14T22:13:22.000Z
    = render (open): frame 1 failed 2 times (crash: it went wrong), next try from 2023-11-14T22:13:55.000Z
    = render (open): every node that can run it is in quarantine: anna (crash: it went wrong), tried again from 2023-11-14T22:14:51.000Z
after 62s
    at 91s
    * 4.1: anna gets J/render 2
    > anna: offer 4.1
anna ends 4.1 with broken_output
    * 4.1: 2 failed (broken_output, uncharged), again from 97s
    * 4.1: released, failed
    * anna is in quarantine for lottie (broken_output), strike 3, tried again from 193s
    > anna: close 4.1
after 99s
after 1s
    at 193s
    * 4.2: anna gets J/render 3
    > anna: offer 4.2
anna stops 4.2
    * 4.2: released, handed_back
    * 4.3: anna gets J/render 3
    > anna: close 4.2
    > anna: offer 4.3
anna ends 4.3 with hang_frame
    * 4.3: 3 failed (hang_frame, uncharged), again from 197s
    * 4.3: released, failed
    * anna is in quarantine for lottie (hang_frame), strike 4, tried again from 293s
    > anna: close 4.3
after 100s
    at 293s
    * 4.4: anna gets J/render 1
    > anna: offer 4.4
anna proves 1 of 4.4 & anna ends 4.4 well
    * 4.4: 1 accepted
    * anna is cleared for lottie, canary
    * 4.5: anna gets J/render 2
    > anna: close 4.4
    > anna: offer 4.5
