# A broken stream is noticed at once. After the grace only what was not accepted is rendered again; what was
# accepted is published by another node, not rendered again.
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-12 chunk 6
    * job J is taken
    * 1.1: anna gets J/render 1-6
    * 1.2: ben gets J/render 7-12
    > anna: offer 1.1
    > ben: offer 1.2
anna proves 1-2 of 1.1
    * 1.1: 1-2 accepted
    > anna: confirm 1-2 of 1.1
anna publishes 1 of 1.1
    * 1.1: 1 published
anna loses its stream
after 300ms
    at 0.1s
    * anna is offline, HeartbeatLost; heard at 0s, with work of J
    * 1.1: released, node_lost
    * 1.3: ben gets J/render 2 to publish what 1.1 left
    > ben: offer 1.3
ben proves 7-12 of 1.2 & ben ends 1.2 well
    * 1.2: 7-12 accepted
    * 1.4: ben gets J/render 3-6
    > ben: confirm 7-12 of 1.2
    > ben: offer 1.4
ben publishes 7-12 of 1.2
    * 1.2: 7-12 published
    > ben: close 1.2
ben publishes 2 of 1.3
    * 1.3: 2 published
    > ben: close 1.3
show J
    = J is running
    = render 1-2: published
    = render 3-6: leased by ben under 1.4
    = render 7-12: published
