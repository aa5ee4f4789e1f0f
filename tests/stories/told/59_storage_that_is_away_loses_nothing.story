# A publication that finds the storage away is tried again for as long as it takes: the files are not lost for it.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1 retries 0
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna proves 1 of 1.1
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna says goodbye
    * anna is offline, Shutdown; heard at 0s, with work of J
    * 1.1: released, node_lost
ben connects slots 1
    * ben is online, 1 slots
    * 1.2: ben gets J/render 1 to publish what 1.1 left
    > ben: offer 1.2
ben ends 1.2 with storage_out
    * 1.2: released, handed_back
    > ben: close 1.2
after 2s
    at 2s
    * 1.3: ben gets J/render 1 to publish what 1.1 left
    > ben: offer 1.3
ben ends 1.3 with storage_out
    * 1.3: released, handed_back
    > ben: close 1.3
after 2s
    at 4s
    * 1.4: ben gets J/render 1 to publish what 1.1 left
    > ben: offer 1.4
ben publishes 1 of 1.4
    * 1.4: 1 published
    * step J/render succeeded
    * job J succeeded
    > ben: close 1.4
    > ben: sweep J up to 1.4
