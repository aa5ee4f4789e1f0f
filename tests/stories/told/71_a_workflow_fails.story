# What failed of something that a retry could get over is recoverable; what a person has to mend first is not. One
# that someone ended can go on. Tried again, it starts anew.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1 retries 0 no-output; encode task after render no-output
    * job J is taken
    * workflow J starts, 2 steps
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna ends 1.1 with crash
    * 1.1: 1 dead-lettered (crash: it went wrong)
    * 1.1: lottie 1.0 crashed on anna (crash), and that was it
    * 1.1: released, failed
    * job J failed: frame 1 of step render dead-lettered (crash)
    * workflow J failed at render, a retry could help: frame 1 of step render dead-lettered (crash)
    > anna: close 1.1
retry J
    = 2 frames wait again
    * job J is tried again: render 1; encode 0
    * workflow J starts, 2 steps
    * 1.2: anna gets J/render 1
    > anna: offer 1.2
after 5s
anna proves 1 of 1.2 & anna ends 1.2 well
    * 1.2: 1 accepted
    * step J/render succeeded
    * workflow J: render is done, 1 of 2, 1 frames
    * 1.3: anna gets J/encode 0
    > anna: close 1.2
    > anna: offer 1.3
anna proves 0 of 1.3 & anna ends 1.3 well
    * 1.3: 0 accepted
    * step J/encode succeeded
    * workflow J: encode is done, 2 of 2, 1 frames
    * job J succeeded
    * workflow J is done after 5s, 2 frames
    > anna: close 1.3
submit K: render frames 1 retries 0 no-output; encode task after render no-output
    * job K is taken
    * workflow K starts, 2 steps
    * 1.4: anna gets K/render 1
    > anna: offer 1.4
anna ends 1.4 with input_missing
    * 1.4: 1 dead-lettered (input_missing: it went wrong)
    * 1.4: released, failed
    * job K failed: frame 1 of step render dead-lettered (input_missing)
    * workflow K failed at render, no retry helps: frame 1 of step render dead-lettered (input_missing)
    > anna: close 1.4
submit L: render frames 1 retries 0 no-output; encode task after render no-output
    * job L is taken
    * workflow L starts, 2 steps
    * 1.5: anna gets L/render 1
    > anna: offer 1.5
anna ends 1.5 with job_fatal
    * 1.5: 1 dead-lettered (job_fatal: it went wrong)
    * job L failed: step render on anna: job_fatal: it went wrong
    * workflow L failed at render, no retry helps: step render on anna: job_fatal: it went wrong
    * 1.5: released, failed
    > anna: close 1.5
submit M: render frames 1 retries 0 no-output; encode task after render no-output
    * job M is taken
    * workflow M starts, 2 steps
    * 1.6: anna gets M/render 1
    > anna: offer 1.6
cancel M because of lunch
    * job M is cancelled: of lunch
    * workflow M failed, a retry could help: cancelled: of lunch
    * 1.6: released, revoked
    > anna: revoke 1.6, the job was cancelled
# One frame that no retry helps is enough.
submit N: render frames 1-2 chunk 1 retries 0 no-output; encode task after render no-output
    * job N is taken
    * workflow N starts, 2 steps
    * 1.7: anna gets N/render 1
    > anna: offer 1.7
anna ends 1.7 with crash
    * 1.7: 1 dead-lettered (crash: it went wrong)
    * 1.7: lottie 1.0 crashed on anna (crash), and that was it
    * 1.7: released, failed
    * 1.8: anna gets N/render 2
    > anna: close 1.7
    > anna: offer 1.8
anna ends 1.8 with input_missing
    * 1.8: 2 dead-lettered (input_missing: it went wrong)
    * 1.8: released, failed
    * job N failed: frames 1-2 of step render dead-lettered (input_missing)
    * workflow N failed at render, no retry helps: frames 1-2 of step render dead-lettered (input_missing)
    > anna: close 1.8
