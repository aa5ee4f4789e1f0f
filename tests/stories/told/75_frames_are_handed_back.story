# A pause may call frames back that are in hands: they wait again, uncharged. What was accepted of them stays, and is
# published by whoever is there.
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1 labels gpu
    * ben is online, 1 slots
submit J: render frames 1-4 chunk 4 retries 0
    * job J is taken
    * 1.1: anna gets J/render 1-4
    > anna: offer 1.1
submit K: render frames 1-2 chunk 2 retries 0
    * job K is taken
    * 1.2: ben gets K/render 1-2
    > ben: offer 1.2
anna proves 1-2 of 1.1
    * 1.1: 1-2 accepted
    > anna: confirm 1-2 of 1.1
hold cluster handing-back because the power is cut
    * paused: cluster by person until it is lifted (the power is cut), hand_back
    * 1.1: released, revoked
    * 1.2: released, revoked
    * 1.3: anna gets J/render 1-2 to publish what 1.1 left
    > anna: revoke 1.1, rendering is paused
    > ben: revoke 1.2, rendering is paused
    > anna: offer 1.3
show J
    = J is running
    = render 1-2: accepted
    = render 3-4: waiting
anna publishes 1-2 of 1.3
    * 1.3: 1-2 published
    > anna: close 1.3
# It does not end with the leader: whoever comes back with frames in hands has them called back.
the leader restarts
    * a leader begins, epoch 2
anna connects slots 1 holding 1.1
    > anna: revoke 1.1, the lease is not in force any more
let go cluster
    * goes on: cluster by person
    * 2.1: anna gets J/render 3-4
    > anna: offer 2.1
# Only those whom it concerns, and also when a pause that let them finish gets stricter.
hold pool gpu because night
    * paused: pool gpu by person until it is lifted (night), finish
hold pool gpu handing-back because night
    * paused: pool gpu by person until it is lifted (night), hand_back
show K
    = K is queued
    = render 1-2: waiting
hold queue lottie handing-back because trading
    * paused: queue lottie by person until it is lifted (trading), hand_back
    * 2.1: released, revoked
    > anna: revoke 2.1, rendering is paused
