# A node whose stream is over may never have heard what it was to sweep. Another one is told, or the next that comes;
# what ended long ago was swept long ago.
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1 chunk 1
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna proves 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna publishes 1 of 1.1
    * 1.1: 1 published
    * step J/render succeeded
    * job J succeeded
    > anna: close 1.1
    > anna: sweep J up to 1.1
anna loses its stream
    > ben: sweep J up to 1.1
ben loses its stream
anna connects slots 1
    > anna: sweep J up to 1.1
anna connects slots 1
    > anna: session 3 is over
    > anna: sweep J up to 1.1
after 2m
    at 0.1s
    * ben is offline, HeartbeatLost; heard at 0s
anna connects slots 1
    > anna: session 4 is over
