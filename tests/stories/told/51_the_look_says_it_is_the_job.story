# Looked at first, such a job fails as soon as a second node has said the same.
policy preflight lottie
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-400 chunk 10
    * job J is taken
    * 1.1: anna gets J/render 1 to look at
    > anna: offer 1.1
anna ends 1.1 with node_config
    * 1.1: 1 failed (node_config, uncharged), again from 2s
    * 1.1: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 30s
    > anna: close 1.1
after 2s
    at 2s
    * 1.2: ben gets J/render 1 to look at
    > ben: offer 1.2
ben ends 1.2 with node_config
    * 1.2: 1 dead-lettered (node_config: it went wrong)
    * job J failed: step render on ben: node_config: it went wrong
    * 1.2: released, failed
    * anna is cleared for lottie, acquittal
    > ben: close 1.2
    > anna: sweep J up to 1.2
