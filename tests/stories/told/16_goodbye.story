# Goodbye is meant: the frames go elsewhere at once.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-2 chunk 2
    * job J is taken
    * 1.1: anna gets J/render 1-2
    > anna: offer 1.1
ben connects slots 1
    * ben is online, 1 slots
anna says goodbye
    * anna is offline, Shutdown; heard at 0s, with work of J
    * 1.1: released, node_lost
    * 1.2: ben gets J/render 1-2
    > ben: offer 1.2
