# To nodes a leader that sleeps is one that is gone: they break with it. When it wakes up they have the silence to come
# back, and not only the grace.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-2 chunk 2
    * job J is taken
    * 1.1: anna gets J/render 1-2
    > anna: offer 1.1
after 3s
the leader sleeps 60s
anna loses its stream
after 4s
anna connects slots 1 holding 1.1
anna loses its stream
after 2s
    at 68s
    * anna is offline, HeartbeatLost; heard at 67s, with work of J
    * 1.1: released, node_lost
