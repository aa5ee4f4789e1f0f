# The table of actions, row by row, on a farm of two: where the frames go, whether they pay, what becomes of the node.
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit A: render frames 1 retries 1
    * job A is taken
    * 1.1: anna gets A/render 1
    > anna: offer 1.1
anna ends 1.1 with input_missing
    * 1.1: 1 failed (input_missing), again from 2s
    * 1.1: released, failed
    > anna: close 1.1
after 2s
    at 2s
    * 1.2: ben gets A/render 1
    > ben: offer 1.2
ben proves 1 of 1.2 & ben publishes 1 of 1.2 & ben ends 1.2 well
    * 1.2: 1 accepted
    * 1.2: 1 published
    * step A/render succeeded
    * job A succeeded
    > ben: confirm 1 of 1.2
    > anna: sweep A up to 1.2
    > ben: close 1.2
submit B: render frames 1 retries 1
    * job B is taken
    * 1.3: anna gets B/render 1
    > anna: offer 1.3
anna ends 1.3 with output_io
    * 1.3: 1 failed (output_io), again from 4s
    * 1.3: released, failed
    > anna: close 1.3
after 2s
    at 4s
    * 1.4: ben gets B/render 1
    > ben: offer 1.4
ben proves 1 of 1.4 & ben publishes 1 of 1.4 & ben ends 1.4 well
    * 1.4: 1 accepted
    * 1.4: 1 published
    * step B/render succeeded
    * job B succeeded
    > ben: confirm 1 of 1.4
    > anna: sweep B up to 1.4
    > ben: close 1.4
submit C: render frames 1 retries 1
    * job C is taken
    * 1.5: anna gets C/render 1
    > anna: offer 1.5
anna ends 1.5 with broken_output
    * 1.5: 1 failed (broken_output), again from 6s
    * 1.5: released, failed
    > anna: close 1.5
after 2s
    at 6s
    * 1.6: ben gets C/render 1
    > ben: offer 1.6
ben proves 1 of 1.6 & ben publishes 1 of 1.6 & ben ends 1.6 well
    * 1.6: 1 accepted
    * 1.6: 1 published
    * step C/render succeeded
    * job C succeeded
    > ben: confirm 1 of 1.6
    > anna: sweep C up to 1.6
    > ben: close 1.6
submit D: render frames 1 retries 1
    * job D is taken
    * 1.7: anna gets D/render 1
    > anna: offer 1.7
anna ends 1.7 with hang_exit
    * 1.7: 1 failed (hang_exit), again from 8s
    * 1.7: released, failed
    > anna: close 1.7
after 2s
    at 8s
    * 1.8: ben gets D/render 1
    > ben: offer 1.8
ben proves 1 of 1.8 & ben publishes 1 of 1.8 & ben ends 1.8 well
    * 1.8: 1 accepted
    * 1.8: 1 published
    * step D/render succeeded
    * job D succeeded
    > ben: confirm 1 of 1.8
    > anna: sweep D up to 1.8
    > ben: close 1.8
submit E: render frames 1 retries 1
    * job E is taken
    * 1.9: anna gets E/render 1
    > anna: offer 1.9
anna ends 1.9 with silent_death
    * 1.9: 1 failed (silent_death), again from 10s
    * 1.9: lottie 1.0 crashed on anna (silent_death), its frames go out again
    * 1.9: released, failed
    > anna: close 1.9
after 2s
    at 10s
    * 1.10: ben gets E/render 1
    > ben: offer 1.10
ben proves 1 of 1.10 & ben publishes 1 of 1.10 & ben ends 1.10 well
    * 1.10: 1 accepted
    * 1.10: 1 published
    * step E/render succeeded
    * job E succeeded
    > ben: confirm 1 of 1.10
    > anna: sweep E up to 1.10
    > ben: close 1.10
submit F: render frames 1 retries 1
    * job F is taken
    * 1.11: anna gets F/render 1
    > anna: offer 1.11
anna ends 1.11 with agent
    * 1.11: 1 failed (agent, uncharged), again from 12s
    * 1.11: released, failed
    > anna: close 1.11
after 2s
    at 12s
    * 1.12: ben gets F/render 1
    > ben: offer 1.12
ben proves 1 of 1.12 & ben publishes 1 of 1.12 & ben ends 1.12 well
    * 1.12: 1 accepted
    * 1.12: 1 published
    * step F/render succeeded
    * job F succeeded
    > ben: confirm 1 of 1.12
    > anna: sweep F up to 1.12
    > ben: close 1.12
submit G: render frames 1 retries 1
    * job G is taken
    * 1.13: anna gets G/render 1
    > anna: offer 1.13
anna ends 1.13 with node_config
    * 1.13: 1 failed (node_config, uncharged), again from 14s
    * 1.13: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 42s
    > anna: close 1.13
after 2s
    at 14s
    * 1.14: ben gets G/render 1
    > ben: offer 1.14
ben proves 1 of 1.14 & ben publishes 1 of 1.14 & ben ends 1.14 well
    * 1.14: 1 accepted
    * 1.14: 1 published
    * step G/render succeeded
    * job G succeeded
    > ben: confirm 1 of 1.14
    > anna: sweep G up to 1.14
    > ben: close 1.14
submit H: render frames 1 retries 1
    * job H is taken
    * 1.15: ben gets H/render 1
    > ben: offer 1.15
ben ends 1.15 with job_fatal
    * 1.15: 1 dead-lettered (job_fatal: it went wrong)
    * job H failed: step render on ben: job_fatal: it went wrong
    * 1.15: released, failed
    > ben: close 1.15
    > anna: sweep H up to 1.15
