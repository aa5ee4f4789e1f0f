# A node where fresh frames die one after the other is not trusted any more: three in a row, without one accepted
# between them. Each crash is told once.
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-20 chunk 1
    * job J is taken
    * 1.1: anna gets J/render 1
    * 1.2: ben gets J/render 2
    > anna: offer 1.1
    > ben: offer 1.2
ben proves 2 of 1.2 & ben publishes 2 of 1.2 & ben ends 1.2 well
    * 1.2: 2 accepted
    * 1.2: 2 published
    * 1.3: ben gets J/render 3
    > ben: confirm 2 of 1.2
    > ben: close 1.2
    > ben: offer 1.3
anna ends 1.1 with crash at 1
    * 1.1: 1 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on anna at 1 (crash), its frames go out again
    * 1.1: released, failed
    * 1.4: anna gets J/render 4
    > anna: close 1.1
    > anna: offer 1.4
anna ends 1.4 with hang_frame
    * 1.4: 4 failed (hang_frame), again from 2s
    * 1.4: released, failed
    * 1.5: anna gets J/render 5
    > anna: close 1.4
    > anna: offer 1.5
anna proves 5 of 1.5 & anna publishes 5 of 1.5 & anna ends 1.5 well
    * 1.5: 5 accepted
    * 1.5: 5 published
    * 1.6: anna gets J/render 6
    > anna: confirm 5 of 1.5
    > anna: close 1.5
    > anna: offer 1.6
anna ends 1.6 with silent_death
    * 1.6: 6 failed (silent_death), again from 2s
    * 1.6: lottie 1.0 crashed on anna (silent_death), its frames go out again
    * 1.6: released, failed
    * 1.7: anna gets J/render 7
    > anna: close 1.6
    > anna: offer 1.7
anna ends 1.7 with crash
    * 1.7: 7 failed (crash), again from 2s
    * 1.7: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.7: released, failed
    * 1.8: anna gets J/render 8
    > anna: close 1.7
    > anna: offer 1.8
anna ends 1.8 with hang_start
    * 1.8: 8 failed (hang_start), again from 2s
    * 1.8: released, failed
    * anna is in quarantine for lottie (hang_start), strike 1, tried again from 30s
    > anna: close 1.8
after 29s
anna heartbeats
after 1s
    at 30s
    * 1.9: anna gets J/render 9
    > anna: offer 1.9
