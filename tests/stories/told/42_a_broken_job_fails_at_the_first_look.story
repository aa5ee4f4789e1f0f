# What no node can do fails the job at the first look, with the reason of the one who looked. A retry looks again.
policy preflight lottie
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-1000 chunk 10
    * job J is taken
    * 1.1: anna gets J/render 1 to look at
    > anna: offer 1.1
anna ends 1.1 with job_fatal
    * 1.1: 1 dead-lettered (job_fatal: it went wrong)
    * job J failed: step render on anna: job_fatal: it went wrong
    * 1.1: released, failed
    > anna: close 1.1
    > anna: sweep J up to 1.1
explain J
    = J is failed: step render on anna: job_fatal: it went wrong
    = render (open): frames 2-1000 waiting: the job is failed
    = render (open): frame 1 dead-lettered: job_fatal: it went wrong
retry J
    = 1000 frames wait again
    * job J is tried again: render 1-1000
    * 1.2: anna gets J/render 1 to look at
    > anna: offer 1.2
ben ends 1.2 well
    > ben: close 1.2
anna ends 1.2 well
    * step J/render is cleared by anna
    * 1.2: released, completed
    * 1.3: anna gets J/render 1-10
    * 1.4: ben gets J/render 11-20
    > anna: close 1.2
    > anna: offer 1.3
    > ben: offer 1.4
