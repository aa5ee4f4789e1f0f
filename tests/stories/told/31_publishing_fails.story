# A node that cannot publish what another left hands it back. After as many tries as a frame has retries the
# frames are rendered again.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1 retries 1
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna proves 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna says goodbye
    * anna is offline, Shutdown; heard at 0s, with work of J
    * 1.1: released, node_lost
ben connects slots 1
    * ben is online, 1 slots
    * 1.2: ben gets J/render 1 to publish what 1.1 left
    > ben: offer 1.2
ben ends 1.2 with output_io
    * 1.2: released, handed_back
    > ben: close 1.2
after 2s
    at 2s
    * 1.3: ben gets J/render 1 to publish what 1.1 left
    > ben: offer 1.3
ben ends 1.3 with output_io
    * 1.3: 1 lost
    * 1.4: ben gets J/render 1
    > ben: close 1.3
    > ben: offer 1.4
