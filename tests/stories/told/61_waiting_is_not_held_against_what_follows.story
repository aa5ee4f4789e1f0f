# However often a frame waited for a licence, what is nobody's fault after it is as cheap as ever. Each wait is longer
# than the last, also for a leader that goes on from a snapshot.
policy uncharged-max 3
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1 retries 0 no-output
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna ends 1.1 with licence
    * 1.1: 1 failed (licence, uncharged), again from 2s
    * 1.1: released, failed
    > anna: close 1.1
after 2s
    at 2s
    * 1.2: anna gets J/render 1
    > anna: offer 1.2
anna ends 1.2 with licence
    * 1.2: 1 failed (licence, uncharged), again from 6s
    * 1.2: released, failed
    > anna: close 1.2
after 4s
    at 6s
    * 1.3: anna gets J/render 1
    > anna: offer 1.3
anna ends 1.3 with licence
    * 1.3: 1 failed (licence, uncharged), again from 14s
    * 1.3: released, failed
    > anna: close 1.3
the leader restarts from a snapshot
    * a leader begins, epoch 2
anna connects slots 1
after 8s
    at 14s
    * 2.1: anna gets J/render 1
    > anna: offer 2.1
anna ends 2.1 with licence
    * 2.1: 1 failed (licence, uncharged), again from 30s
    * 2.1: released, failed
    > anna: close 2.1
explain J
    = J is running: 0 of 1 frames done
    = render (open): frame 1 failed 4 times (licence: it went wrong), next try from 2023-11-14T22:13:50.000Z
    = render (open): waits for a licence since 2023-11-14T22:13:20.000Z; it costs no retry
after 16s
    at 30s
    * 2.2: anna gets J/render 1
    > anna: offer 2.2
anna ends 2.2 with agent
    * 2.2: 1 failed (agent, uncharged), again from 62s
    * 2.2: released, failed
    > anna: close 2.2
after 32s
    at 62s
    * 2.3: anna gets J/render 1
    > anna: offer 2.3
anna ends 2.3 with agent
    * 2.3: 1 failed (agent, uncharged), again from 66s
    * 2.3: released, failed
    > anna: close 2.3
after 4s
    at 66s
    * 2.4: anna gets J/render 1
    > anna: offer 2.4
anna ends 2.4 with agent
    * 2.4: 1 failed (agent, uncharged), again from 74s
    * 2.4: released, failed
    > anna: close 2.4
after 8s
    at 74s
    * 2.5: anna gets J/render 1
    > anna: offer 2.5
anna ends 2.5 with agent
    * 2.5: 1 dead-lettered (agent: it went wrong)
    * 2.5: released, failed
    * job J failed: frame 1 of step render dead-lettered (agent)
    > anna: close 2.5
