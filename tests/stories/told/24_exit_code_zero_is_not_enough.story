# A renderer that claims success with frames missing has failed at those frames.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-3 chunk 3 retries 0
    * job J is taken
    * 1.1: anna gets J/render 1-3
    > anna: offer 1.1
anna proves 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    * 1.1: 2-3 dead-lettered (broken_output: the renderer claims success, but these frames were never proven)
    > anna: confirm 1 of 1.1
anna publishes 1 of 1.1
    * 1.1: 1 published
    * job J failed: frames 2-3 of step render dead-lettered (broken_output)
    > anna: close 1.1
    > anna: sweep J up to 1.1
show J
    = J is failed
    = render 1: published
    = render 2-3: dead
