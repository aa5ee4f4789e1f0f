# A look that finds no licence, a full disk or a node that is not set up says nothing against the job: it is taken
# again, elsewhere or later.
policy preflight lottie
    * a leader begins, epoch 1
policy uncharged-max 2
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-4 chunk 4
    * job J is taken
    * 1.1: anna gets J/render 1 to look at
    > anna: offer 1.1
anna ends 1.1 with licence
    * 1.1: 1 failed (licence, uncharged), again from 2s
    * 1.1: released, failed
    > anna: close 1.1
after 2s
    at 2s
    * 1.2: anna gets J/render 1 to look at
    > anna: offer 1.2
anna ends 1.2 with licence
    * 1.2: 1 failed (licence, uncharged), again from 6s
    * 1.2: released, failed
    > anna: close 1.2
explain J
    = J is running: 0 of 4 frames done
    = render (open): frames 2-4 waiting: the step has to be looked at again first
    = render (open): frame 1 failed 2 times (licence: it went wrong), next try from 2023-11-14T22:13:26.000Z
    = render (open): waits for a licence since 2023-11-14T22:13:20.000Z; it costs no retry
after 4s
    at 6s
    * 1.3: anna gets J/render 1 to look at
    > anna: offer 1.3
anna ends 1.3 with storage_out
    * 1.3: 1 failed (storage_out, uncharged), again from 14s
    * 1.3: released, failed
    > anna: close 1.3
after 8s
    at 14s
    * 1.4: anna gets J/render 1 to look at
    > anna: offer 1.4
explain J
    = J is running: 0 of 4 frames done
    = render (open): being looked at by anna since 2023-11-14T22:13:34.000Z, before its frames go out
    = render (open): frames 2-4 waiting: a node looks at the step first
ben connects slots 1
    * ben is online, 1 slots
anna ends 1.4 with node_config
    * 1.4: 1 failed (node_config, uncharged), again from 30s
    * 1.4: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 44s
    > anna: close 1.4
explain J
    = J is running: 0 of 4 frames done
    = render (open): frames 2-4 waiting: the step has to be looked at again first
    = render (open): frame 1 failed once (node_config: it went wrong), next try from 2023-11-14T22:13:50.000Z
after 16s
    at 30s
    * 1.5: ben gets J/render 1 to look at
    > ben: offer 1.5
ben ends 1.5 with agent
    * 1.5: 1 failed (agent, uncharged), again from 34s
    * 1.5: released, failed
    > ben: close 1.5
after 32s
    at 34s
    * 1.6: ben gets J/render 1 to look at
    > ben: offer 1.6
explain J
    = J is running: 0 of 4 frames done
    = render (open): being looked at by ben since 2023-11-14T22:13:54.000Z, before its frames go out
    = render (open): frames 2-4 waiting: a node looks at the step first
