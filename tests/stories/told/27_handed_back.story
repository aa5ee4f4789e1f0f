# A stopped attempt is nobody's fault: what is left goes out at once. Accepted frames keep the lease until they
# are published.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-2 chunk 2; other task
    * job J is taken
    * workflow J starts, 2 steps
    * 1.1: anna gets J/render 1-2
    > anna: offer 1.1
anna stops 1.1
    * 1.1: released, handed_back
    * 1.2: anna gets J/render 1-2
    > anna: close 1.1
    > anna: offer 1.2
anna proves 1 of 1.2 & anna stops 1.2
    * 1.2: 1 accepted
    * 1.2: 2 returned
    * 1.3: anna gets J/render 2
    > anna: confirm 1 of 1.2
    > anna: offer 1.3
anna proves 1-2 of 1.2         # late: 2 is in other hands now, and is not confirmed
    > anna: confirm 1 of 1.2
anna publishes 1 of 1.2
    * 1.2: 1 published
    > anna: close 1.2
