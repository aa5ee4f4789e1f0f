# Of a renderer that can look first, one node looks at the step, with one frame that stands for it. Frames go out
# when it finds nothing wrong. Nothing is proven by looking.
policy preflight lottie
    * a leader begins, epoch 1
anna connects slots 2
    * anna is online, 2 slots
ben connects slots 2
    * ben is online, 2 slots
submit J: render frames 1-8 chunk 2
    * job J is taken
    * 1.1: anna gets J/render 1 to look at
    > anna: offer 1.1
explain J
    = J is running: 0 of 8 frames done
    = render (open): being looked at by anna since 2023-11-14T22:13:20.000Z, before its frames go out
    = render (open): frames 2-8 waiting: a node looks at the step first
anna proves 1 of 1.1
    ! lease 1.1 is there to look at its step: nothing is proven under it
ben ends 1.1 well
    > ben: close 1.1
anna ends 1.1 well
    * step J/render is cleared by anna
    * 1.1: released, completed
    * 1.2: anna gets J/render 1-2
    * 1.3: ben gets J/render 3-4
    * 1.4: anna gets J/render 5-6
    * 1.5: ben gets J/render 7-8
    > anna: close 1.1
    > anna: offer 1.2
    > ben: offer 1.3
    > anna: offer 1.4
    > ben: offer 1.5
show J
    = J is running
    = render 1-2: leased by anna under 1.2
    = render 3-4: leased by ben under 1.3
    = render 5-6: leased by anna under 1.4
    = render 7-8: leased by ben under 1.5
anna ends 1.1 well
    > anna: close 1.1
ben ends 1.2 with job_fatal
    ! lease 1.2 is not held by ben
    > ben: revoke 1.2, the lease is not in force any more
