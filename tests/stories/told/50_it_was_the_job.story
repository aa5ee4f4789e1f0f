# A second node that says of the same step that it is not set up for it acquits the first: it is the job, whose
# frames pay for it.
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-4 chunk 2 retries 0
    * job J is taken
    * 1.1: anna gets J/render 1-2
    * 1.2: ben gets J/render 3-4
    > anna: offer 1.1
    > ben: offer 1.2
anna ends 1.1 with node_config
    * 1.1: 1-2 failed (node_config, uncharged), again from 2s
    * 1.1: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 30s
    > anna: close 1.1
the leader restarts from a snapshot
    * a leader begins, epoch 2
anna connects slots 1
ben connects slots 1 holding 1.2
ben ends 1.2 with node_config
    * 1.2: 3-4 dead-lettered (node_config: it went wrong)
    * 1.2: released, failed
    * anna is cleared for lottie, acquittal
    > ben: close 1.2
after 2s
    at 2s
    * 2.1: ben gets J/render 1-2
    > ben: offer 2.1
ben ends 2.1 with node_config
    * 2.1: 1-2 dead-lettered (node_config: it went wrong)
    * 2.1: released, failed
    * job J failed: frames 1-4 of step render dead-lettered (node_config)
    > ben: close 2.1
    > anna: sweep J up to 2.1
show J
    = J is failed
    = render 1-4: dead

# But a step that someone has rendered a frame of can be rendered: then it is the nodes.
submit K: render frames 1-4 chunk 1 retries 0 no-output
    * job K is taken
    * 2.2: anna gets K/render 1
    * 2.3: ben gets K/render 2
    > anna: offer 2.2
    > ben: offer 2.3
anna proves 1 of 2.2
    * 2.2: 1 accepted
    > anna: confirm 1 of 2.2
anna ends 2.2 well
    * 2.4: anna gets K/render 3
    > anna: close 2.2
    > anna: offer 2.4
ben ends 2.3 with node_config & anna ends 2.4 with node_config
    * 2.3: 2 failed (node_config, uncharged), again from 4s
    * 2.3: released, failed
    * ben is in quarantine for lottie (node_config), strike 1, tried again from 32s
    * 2.4: 3 failed (node_config, uncharged), again from 4s
    * 2.4: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 32s
    > ben: close 2.3
    > anna: close 2.4
explain K
    = K is running: 1 of 4 frames done
    = render (open): frame 4 waiting: every node that can run it is in quarantine: anna (node_config: it went wrong), tried again from 2023-11-14T22:13:52.000Z, ben (node_config: it went wrong), tried again from 2023-11-14T22:13:52.000Z
    = render (open): frame 3 failed once (node_config: it went wrong), next try from 2023-11-14T22:13:24.000Z
    = render (open): frame 2 failed once (node_config: it went wrong), next try from 2023-11-14T22:13:24.000Z
after 3s
