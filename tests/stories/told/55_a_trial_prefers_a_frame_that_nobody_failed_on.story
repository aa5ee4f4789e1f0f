# A frame that failed before is a bad witness: a node is tried with a fresh one, if there is any, and with what
# there is otherwise. A trial that shows nothing of the node is followed by the next.
anna connects slots 2
    * anna is online, 2 slots
submit J: render frames 1-4 chunk 1 retries 1 no-output
    * job J is taken
    * 1.1: anna gets J/render 1
    * 1.2: anna gets J/render 2
    > anna: offer 1.1
    > anna: offer 1.2
anna ends 1.1 with crash
    * 1.1: 1 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.1: released, failed
    * 1.3: anna gets J/render 3
    > anna: close 1.1
    > anna: offer 1.3
anna ends 1.2 with node_config
    * 1.2: 2 failed (node_config, uncharged), again from 2s
    * 1.2: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 30s
    > anna: close 1.2
after 30s
    at 30s
    * 1.4: anna gets J/render 4
    > anna: offer 1.4
anna ends 1.4 with licence
    * 1.4: 4 failed (licence, uncharged), again from 32s
    * 1.4: released, failed
    * 1.5: anna gets J/render 2
    > anna: close 1.4
    > anna: offer 1.5
anna ends 1.5 with storage_out
    * 1.5: 2 failed (storage_out, uncharged), again from 34s
    * 1.5: released, failed
    * 1.6: anna gets J/render 1
    > anna: close 1.5
    > anna: offer 1.6
anna ends 1.3 with job_fatal
    * 1.3: 3 dead-lettered (job_fatal: it went wrong)
    * job J failed: step render on anna: job_fatal: it went wrong
    * 1.3: released, failed
    * 1.6: released, revoked
    > anna: close 1.3
    > anna: revoke 1.6, the job failed
submit K: render frames 1-2 chunk 1 no-output
    * job K is taken
    * 1.7: anna gets K/render 1
    > anna: offer 1.7
anna says goodbye
    * anna is offline, Shutdown; heard at 30s, with work of K
    * 1.7: released, node_lost
anna connects slots 2
    * anna is online, 2 slots
    * 1.8: anna gets K/render 1
    > anna: offer 1.8
anna proves 1 of 1.8 & anna ends 1.8 well
    * 1.8: 1 accepted
    * anna is cleared for lottie, canary
    * 1.9: anna gets K/render 2
    > anna: close 1.8
    > anna: offer 1.9
