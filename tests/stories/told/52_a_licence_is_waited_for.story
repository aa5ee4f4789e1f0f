# What passes by itself is waited for, however often: it never costs a retry. Other nodes are tried first.
policy uncharged-max 1
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1 retries 0
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna ends 1.1 with licence
    * 1.1: 1 failed (licence, uncharged), again from 2s
    * 1.1: released, failed
    > anna: close 1.1
explain J
    = J is running: 0 of 1 frames done
    = render (open): frame 1 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.000Z
    = render (open): waits for a licence since 2023-11-14T22:13:20.000Z; it costs no retry
after 2s
    at 2s
    * 1.2: ben gets J/render 1
    > ben: offer 1.2
ben ends 1.2 with licence
    * 1.2: 1 failed (licence, uncharged), again from 6s
    * 1.2: released, failed
    > ben: close 1.2
the leader restarts from a snapshot
    * a leader begins, epoch 2
anna connects slots 1
ben connects slots 1
after 4s
    at 6s
    * 2.1: anna gets J/render 1
    > anna: offer 2.1
anna ends 2.1 with licence
    * 2.1: 1 failed (licence, uncharged), again from 14s
    * 2.1: released, failed
    > anna: close 2.1
explain J
    = J is running: 0 of 1 frames done
    = render (open): frame 1 failed 3 times (licence: it went wrong), next try from 2023-11-14T22:13:34.000Z
    = render (open): waits for a licence since 2023-11-14T22:13:20.000Z; it costs no retry
after 8s
    at 14s
    * 2.2: anna gets J/render 1
    > anna: offer 2.2
anna ends 2.2 with storage_out
    * 2.2: 1 failed (storage_out, uncharged), again from 30s
    * 2.2: released, failed
    > anna: close 2.2
after 1s
explain J
    = J is running: 0 of 1 frames done
    = render (open): frame 1 failed 4 times (storage_out: it went wrong), next try from 2023-11-14T22:13:50.000Z
    = render (open): waits for storage since 2023-11-14T22:13:34.000Z; it costs no retry
after 15s
    at 30s
    * 2.3: anna gets J/render 1
    > anna: offer 2.3
anna proves 1 of 2.3 & anna publishes 1 of 2.3 & anna ends 2.3 well
    * 2.3: 1 accepted
    * 2.3: 1 published
    * step J/render succeeded
    * job J succeeded
    > anna: confirm 1 of 2.3
    > anna: sweep J up to 2.3
    > anna: close 2.3
explain J
    = J is every frame is done
    = render (succeeded): every frame is done
