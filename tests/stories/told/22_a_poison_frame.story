# Nobody knows which frame of a chunk broke the renderer. Frames that failed together go out again in halves,
# and alone on their last try: the one to blame is found, the others get through.
anna connects slots 8
    * anna is online, 8 slots
submit J: simulate frames 1-8 chunk 8 retries 2 no-output
    * job J is taken
    * 1.1: anna gets J/simulate 1-8
    > anna: offer 1.1
anna ends 1.1 with crash
    * 1.1: 1-8 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.1: released, failed
    > anna: close 1.1
after 2s
    at 2s
    * 1.2: anna gets J/simulate 1-4
    * 1.3: anna gets J/simulate 5-8
    > anna: offer 1.2
    > anna: offer 1.3
anna proves 5-8 of 1.3 & anna ends 1.3 well
    * 1.3: 5-8 accepted
    > anna: close 1.3
anna ends 1.2 with crash
    * 1.2: 1-4 failed (crash), again from 6s
    * 1.2: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.2: released, failed
    > anna: close 1.2
after 4s
    at 6s
    * 1.4: anna gets J/simulate 1
    * 1.5: anna gets J/simulate 2
    * 1.6: anna gets J/simulate 3
    * 1.7: anna gets J/simulate 4
    > anna: offer 1.4
    > anna: offer 1.5
    > anna: offer 1.6
    > anna: offer 1.7
anna proves 1 of 1.4 & anna ends 1.4 well
    * 1.4: 1 accepted
    > anna: close 1.4
anna proves 2 of 1.5 & anna ends 1.5 well
    * 1.5: 2 accepted
    > anna: close 1.5
anna proves 4 of 1.7 & anna ends 1.7 well
    * 1.7: 4 accepted
    > anna: close 1.7
anna ends 1.6 with crash
    * 1.6: 3 dead-lettered (crash: it went wrong)
    * 1.6: lottie 1.0 crashed on anna (crash), and that was it
    * 1.6: released, failed
    * job J failed: frame 3 of step simulate dead-lettered (crash)
    > anna: close 1.6
show J
    = J is failed
    = simulate 1-2: published
    = simulate 3: dead
    = simulate 4-8: published
