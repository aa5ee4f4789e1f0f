# What cannot be done anywhere ends the job at once: others need not try.
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-4
    * job J is taken
    * 1.1: anna gets J/render 1
    * 1.2: ben gets J/render 2
    > anna: offer 1.1
    > ben: offer 1.2
ben ends 1.2 with job_fatal
    * 1.2: 2 dead-lettered (job_fatal: it went wrong)
    * job J failed: step render on ben: job_fatal: it went wrong
    * 1.2: released, failed
    * 1.1: released, revoked
    > ben: close 1.2
    > anna: revoke 1.1, the job failed
    > anna: sweep J up to 1.2
anna proves 1 of 1.1
    ! lease 1.1 is not held by anna
    > anna: revoke 1.1, the lease is not in force any more
show J
    = J is failed
    = render 1: waiting
    = render 2: dead
    = render 3-4: waiting
retry J
    = 4 frames wait again
    * job J is tried again: render 1-4
    * 1.3: anna gets J/render 1
    * 1.4: ben gets J/render 2
    > anna: offer 1.3
    > ben: offer 1.4
