# A no ends the job. A retry asks anew, and may get another answer.
anna connects slots 1
    * anna is online, 1 slots
submit J needs release: render frames 1-2 chunk 2 no-output; encode task after render no-output
    * job J is taken
    * job J waits for a release (release), asked by whoever submitted it
deny J by mia because the shot was cut
    * job J is not released by mia: the shot was cut
    * job J failed: denied: the shot was cut
    * workflow J failed, no retry helps: denied: the shot was cut
explain J
    = J is failed: denied: the shot was cut
    = render (open): frames 1-2 waiting: the job is failed
    = encode (blocked): waits for render
retry J
    = 3 frames wait again
    * job J waits for a release (release), asked by whoever submitted it
    * job J is tried again: render 1-2; encode 0
explain J
    = J is awaiting_approval: 0 of 3 frames done
    = render (open): frames 1-2 waiting: waits for a person's release since 2023-11-14T22:13:20.000Z
    = encode (blocked): waits for render
grant J by mia
    * job J is released by mia
    * workflow J starts, 2 steps
    * 1.1: anna gets J/render 1-2
    > anna: offer 1.1
anna proves 1-2 of 1.1 & anna ends 1.1 well
    * 1.1: 1-2 accepted
    * step J/render succeeded
    * workflow J: render is done, 1 of 2, 2 frames
    * 1.2: anna gets J/encode 0
    > anna: close 1.1
    > anna: offer 1.2
# What was released once stays released: of a retry for other reasons nobody is asked.
anna ends 1.2 with job_fatal
    * 1.2: 0 dead-lettered (job_fatal: it went wrong)
    * job J failed: step encode on anna: job_fatal: it went wrong
    * workflow J failed at encode, no retry helps: step encode on anna: job_fatal: it went wrong
    * 1.2: released, failed
    > anna: close 1.2
retry J
    = 1 frames wait again
    * job J is tried again: encode 0
    * workflow J starts, 2 steps
    * 1.3: anna gets J/encode 0
    > anna: offer 1.3
anna proves 0 of 1.3 & anna ends 1.3 well
    * 1.3: 0 accepted
    * step J/encode succeeded
    * workflow J: encode is done, 2 of 2, 1 frames
    * job J succeeded
    * workflow J is done after 0ns, 3 frames
    > anna: close 1.3
