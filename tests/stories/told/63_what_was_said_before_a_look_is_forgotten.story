# A look that found nothing wrong answers those who said before that they are not set up for the step: the next who
# says so is the first to say it, and acquits nobody.
policy preflight lottie
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-4 chunk 1 retries 2 no-output
    * job J is taken
    * 1.1: anna gets J/render 1 to look at
    > anna: offer 1.1
anna ends 1.1 with node_config
    * 1.1: 1 failed (node_config, uncharged), again from 2s
    * 1.1: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 30s
    > anna: close 1.1
after 3s
    at 2s
    * 1.2: ben gets J/render 1 to look at
    > ben: offer 1.2
ben ends 1.2 well
    * step J/render is cleared by ben
    * 1.2: released, completed
    * 1.3: ben gets J/render 1
    > ben: close 1.2
    > ben: offer 1.3
ben ends 1.3 with node_config
    * 1.3: 1 failed (node_config, uncharged), again from 5s
    * 1.3: released, failed
    * ben is in quarantine for lottie (node_config), strike 1, tried again from 33s
    > ben: close 1.3
after 27s
    at 30s
    * 1.4: anna gets J/render 2
    > anna: offer 1.4
anna ends 1.4 with node_config
    * 1.4: 2 failed (node_config), again from 32s
    * 1.4: released, failed
    * anna is cleared for lottie, acquittal
    * ben is cleared for lottie, acquittal
    * 1.5: anna gets J/render 1
    * 1.6: ben gets J/render 3
    > anna: close 1.4
    > anna: offer 1.5
    > ben: offer 1.6
