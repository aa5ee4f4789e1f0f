# A heartbeat says what the node holds. Offers it had seen and does not hold went missing; what it holds and
# should not is called back; a lost confirmation is said again. Later offers may still be on their way.
anna connects slots 3
    * anna is online, 3 slots
submit J: render frames 1-3
    * job J is taken
    * 1.1: anna gets J/render 1
    * 1.2: anna gets J/render 2
    * 1.3: anna gets J/render 3
    > anna: offer 1.1
    > anna: offer 1.2
    > anna: offer 1.3
anna proves 1 of 1.1
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna heartbeats holding 1.1,9.9 seen 1.2
    * 1.2: released, unknown_to_node
    * 1.4: anna gets J/render 2
    > anna: confirm 1 of 1.1
    > anna: revoke 9.9, the lease is not in force any more
    > anna: offer 1.4
