# Frames avoid the node they failed on only while another able node is there.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1 retries 5
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna ends 1.1 with crash
    * 1.1: 1 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.1: released, failed
    > anna: close 1.1
after 2s
    at 2s
    * 1.2: anna gets J/render 1
    > anna: offer 1.2
ben connects slots 1
    * ben is online, 1 slots
anna ends 1.2 with crash
    * 1.2: 1 failed (crash), again from 6s
    * 1.2: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.2: released, failed
    > anna: close 1.2
after 4s
    at 6s
    * 1.3: ben gets J/render 1
    > ben: offer 1.3
