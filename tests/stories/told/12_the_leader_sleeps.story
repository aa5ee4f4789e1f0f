# The leader suspects itself first: time it slept through is nobody's silence.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-2
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
after 3s
the leader sleeps 60s
after 10s
anna freezes
the leader sleeps 60s
after 10s
    at 138s
    * anna is offline, HeartbeatLost; heard at 73s, with work of J
    * 1.1: released, node_lost
    > anna: revoke 1.1, the node was taken for lost
