# When the leader's door has a public address, a crash says where the attempt's output can be read.
policy public-url https://farm.example:8080/
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1 no-output
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna ends 1.1 with crash
    * 1.1: 1 failed (crash), again from 2s
    * 1.1: lottie 1.0 crashed on anna (crash), its frames go out again, log at https://farm.example:8080/api/v1/jobs/00000000-0000-0000-0000-000000000001/attempts/1.1/log
    * 1.1: released, failed
    > anna: close 1.1
