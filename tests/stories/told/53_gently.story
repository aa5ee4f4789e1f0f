# Frames that ran out of memory go out again to be rendered gently, and apart from the others, also after a restart.
# It counts as a crash, and costs a retry.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-4 chunk 2 retries 3 no-output
    * job J is taken
    * 1.1: anna gets J/render 1-2
    > anna: offer 1.1
anna ends 1.1 with oom at 2
    * 1.1: 1-2 failed (oom), again from 2s
    * 1.1: lottie 1.0 crashed on anna at 2 (oom), its frames go out again
    * 1.1: released, failed
    * 1.2: anna gets J/render 3-4
    > anna: close 1.1
    > anna: offer 1.2
anna ends 1.2 with crash at 3
    * 1.2: 3-4 failed (crash), again from 2s
    * 1.2: lottie 1.0 crashed on anna at 3 (crash), its frames go out again
    * 1.2: released, failed
    > anna: close 1.2
the leader restarts from a snapshot
    * a leader begins, epoch 2
anna connects slots 1
after 2s
    at 2s
    * 2.1: anna gets J/render 3
    > anna: offer 2.1
anna proves 3 of 2.1 & anna ends 2.1 well
    * 2.1: 3 accepted
    * 2.2: anna gets J/render 4
    > anna: close 2.1
    > anna: offer 2.2
anna ends 2.2 with oom
    * 2.2: 4 failed (oom), again from 6s
    * 2.2: lottie 1.0 crashed on anna (oom), its frames go out again
    * 2.2: released, failed
    * 2.3: anna gets J/render 1, gently
    > anna: close 2.2
    > anna: offer 2.3
the leader restarts
    * a leader begins, epoch 3
anna connects slots 1
    * 2.3: released, unknown_to_node
    * 3.1: anna gets J/render 1, gently
    > anna: offer 3.1
anna proves 1 of 3.1 & anna ends 3.1 well
    * 3.1: 1 accepted
    * 3.2: anna gets J/render 2, gently
    > anna: close 3.1
    > anna: offer 3.2
anna proves 2 of 3.2 & anna ends 3.2 well
    * 3.2: 2 accepted
    > anna: close 3.2
after 4s
    at 6s
    * 3.3: anna gets J/render 4, gently
    > anna: offer 3.3
