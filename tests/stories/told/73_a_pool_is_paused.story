# A pool is the nodes with a label: they get nothing while it is paused, and others get all the more.
anna connects slots 1 labels gpu,night
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
hold pool gpu for 10m because office hours
    * paused: pool gpu by person until 600s (office hours), finish
submit J: render frames 1-2 chunk 1 no-output
    * job J is taken
    * 1.1: ben gets J/render 1
    > ben: offer 1.1
submit K: render frames 1 labels gpu no-output
    * job K is taken
explain K
    = K is queued: 0 of 1 frames done
    = render (open): frame 1 waiting: every node that can run it is paused: pool gpu is paused (office hours) by a person, until 2023-11-14T22:23:20.000Z
ben ends 1.1 with crash
    * 1.1: 1 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on ben (crash), its frames go out again
    * 1.1: released, failed
    * 1.2: ben gets J/render 2
    > ben: close 1.1
    > ben: offer 1.2
# Nobody else is there for the frame that failed on ben: anna is not.
ben proves 2 of 1.2 & ben ends 1.2 well
    * 1.2: 2 accepted
    > ben: close 1.2
after 3s
    at 2s
    * 1.3: ben gets J/render 1
    > ben: offer 1.3
ben proves 1 of 1.3 & ben ends 1.3 well
    * 1.3: 1 accepted
    * step J/render succeeded
    * job J succeeded
    > ben: close 1.3
# One that joins the pool is paused too.
cleo connects slots 1 labels gpu
    * cleo is online, 1 slots
# Shares are made for those who are at work.
submit M: render frames 1-8 chunk auto no-output
    * job M is taken
    * 1.4: ben gets M/render 1-2
    > ben: offer 1.4
after 10m
    at 600s
    * goes on: pool gpu by person, its time is up
    * 1.5: anna gets K/render 1
    * 1.6: cleo gets M/render 3
    > anna: offer 1.5
    > cleo: offer 1.6
