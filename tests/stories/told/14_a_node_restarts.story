# What the node does not hold any more goes out again at once; what it should not hold is called back.
anna connects slots 2
    * anna is online, 2 slots
submit J: render frames 1-4 chunk 2
    * job J is taken
    * 1.1: anna gets J/render 1-2
    * 1.2: anna gets J/render 3-4
    > anna: offer 1.1
    > anna: offer 1.2
anna loses its stream
anna connects slots 2 holding 1.2,7.7
    * 1.1: released, unknown_to_node
    * 1.3: anna gets J/render 1-2
    > anna: revoke 7.7, the lease is not in force any more
    > anna: offer 1.3
anna connects slots 3 holding 1.2,1.3     # a second session replaces the first; its capabilities are news
    * anna is online, 3 slots
    > anna: session 2 is over
