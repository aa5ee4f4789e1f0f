# No licence is nobody's fault and costs no retry, but it is not tried for ever.
policy uncharged-max 2
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1 retries 0
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna ends 1.1 with licence
    * 1.1: 1 failed (licence, uncharged), again from 2s
    * 1.1: released, failed
    > anna: close 1.1
after 2s
    at 2s
    * 1.2: anna gets J/render 1
    > anna: offer 1.2
anna ends 1.2 with licence
    * 1.2: 1 failed (licence, uncharged), again from 6s
    * 1.2: released, failed
    > anna: close 1.2
after 4s
    at 6s
    * 1.3: anna gets J/render 1
    > anna: offer 1.3
anna ends 1.3 with licence
    * 1.3: 1 failed (licence, uncharged), again from 14s
    * 1.3: released, failed
    > anna: close 1.3
