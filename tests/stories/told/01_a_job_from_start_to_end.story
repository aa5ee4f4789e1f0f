# Two-phase acceptance: proven, accepted, confirmed, published. Only then is a frame done.

anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-4 chunk 2
    * job J is taken
    * 1.1: anna gets J/render 1-2
    > anna: offer 1.1
anna proves 1 of 1.1
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna proves 2 of 1.1 & anna ends 1.1 well   # the slot is free at once, publishing holds none
    * 1.1: 2 accepted
    * 1.2: anna gets J/render 3-4
    > anna: confirm 2 of 1.1
    > anna: offer 1.2
anna publishes 1-2 of 1.1
    * 1.1: 1-2 published
    > anna: close 1.1
anna proves 3-4 of 1.2
    * 1.2: 3-4 accepted
    > anna: confirm 3-4 of 1.2
anna ends 1.2 well
show J
    = J is running
    = render 1-2: published
    = render 3-4: accepted
anna publishes 3-4 of 1.2
    * 1.2: 3-4 published
    * step J/render succeeded
    * job J succeeded
    > anna: close 1.2
    > anna: sweep J up to 1.2
show J
    = J is succeeded
    = render 1-4: published
