# A leader that is killed takes with it what it was about to say. What was left to sweep is swept by the first
# node that comes back.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1 chunk 1
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna proves 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna publishes 1 of 1.1
    * 1.1: 1 published
    * step J/render succeeded
    * job J succeeded
    > anna: close 1.1
    > anna: sweep J up to 1.1
the leader restarts
    * a leader begins, epoch 2
anna connects slots 1
    > anna: sweep J up to 2.0
the leader restarts
    * a leader begins, epoch 3
ben connects slots 1
    * ben is online, 1 slots
    > ben: sweep J up to 3.0
anna connects slots 1
