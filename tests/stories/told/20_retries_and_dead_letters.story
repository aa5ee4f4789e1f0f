# A failed frame waits longer every time, and goes to another node first. When its retries are used up it is
# put aside with the evidence; when nothing else is left to do the job has failed, and says why.
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-2 retries 1; encode task after render
    * job J is taken
    * workflow J starts, 2 steps
    * 1.1: anna gets J/render 1
    * 1.2: ben gets J/render 2
    > anna: offer 1.1
    > ben: offer 1.2
anna ends 1.1 with crash
    * 1.1: 1 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.1: released, failed
    > anna: close 1.1
after 1s
ben proves 2 of 1.2 & ben ends 1.2 well
    * 1.2: 2 accepted
    > ben: confirm 2 of 1.2
ben publishes 2 of 1.2
    * 1.2: 2 published
    > ben: close 1.2
explain J
    = J is running: 1 of 3 frames done
    = render (open): frame 1 failed once (crash: it went wrong), next try from 2023-11-14T22:13:22.000Z
    = encode (blocked): waits for render
after 1s
    at 2s
    * 1.3: ben gets J/render 1
    > ben: offer 1.3
ben ends 1.3 with hang_frame
    * 1.3: 1 dead-lettered (hang_frame: it went wrong)
    * 1.3: released, failed
    * job J failed: frame 1 of step render dead-lettered (hang_frame)
    * workflow J failed at render, a retry could help: frame 1 of step render dead-lettered (hang_frame)
    > ben: close 1.3
    > anna: sweep J up to 1.3
explain J
    = J is failed: frame 1 of step render dead-lettered (hang_frame)
    = render (failed): frame 1 dead-lettered: hang_frame: it went wrong
    = encode (blocked): waits for render
retry J frames 9
    ! job J has nothing to retry among the frames asked for: none is dead-lettered, and none that is left over could go on
retry J
    = 2 frames wait again
    * job J is tried again: render 1; encode 0
    * workflow J starts, 2 steps
    * 1.4: anna gets J/render 1
    > anna: offer 1.4
