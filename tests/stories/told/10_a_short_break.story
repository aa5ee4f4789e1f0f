# A node that is back within the grace keeps its leases; a confirmation lost with the stream is said again.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-6 chunk 6
    * job J is taken
    * 1.1: anna gets J/render 1-6
    > anna: offer 1.1
anna proves 1-2 of 1.1
    * 1.1: 1-2 accepted
    > anna: confirm 1-2 of 1.1
anna loses its stream
after 50ms
anna connects slots 1 holding 1.1
    > anna: confirm 1-2 of 1.1
anna proves 3 of 1.1
    * 1.1: 3 accepted
    > anna: confirm 3 of 1.1
