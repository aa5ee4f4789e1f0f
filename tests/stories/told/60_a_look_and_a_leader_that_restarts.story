# When a leader begins, nodes come back one after the other: whoever is first is not taken for the only one there is.
# What is missing on it may be there on the next.
policy preflight lottie
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-4 chunk 2 no-output
    * job J is taken
    * 1.1: anna gets J/render 1 to look at
    > anna: offer 1.1
the leader restarts
    * a leader begins, epoch 2
anna connects slots 1 holding 1.1
anna ends 1.1 with input_missing
    * 1.1: 1 failed (input_missing), again from 2s
    * 1.1: released, failed
    > anna: close 1.1
ben connects slots 1
after 3s
    at 2s
    * 2.1: ben gets J/render 1 to look at
    > ben: offer 2.1
ben ends 2.1 well
    * step J/render is cleared by ben
    * 2.1: released, completed
    * 2.2: anna gets J/render 1-2
    * 2.3: ben gets J/render 3-4
    > ben: close 2.1
    > anna: offer 2.2
    > ben: offer 2.3
