# Frames go to the node that is least loaded for its slots; equal ones by name.
ben connects slots 2
    * ben is online, 2 slots
anna connects slots 4
    * anna is online, 4 slots
submit J: render frames 1-10
    * job J is taken
    * 1.1: anna gets J/render 1
    * 1.2: ben gets J/render 2
    * 1.3: anna gets J/render 3
    * 1.4: anna gets J/render 4
    * 1.5: ben gets J/render 5
    * 1.6: anna gets J/render 6
    > anna: offer 1.1
    > ben: offer 1.2
    > anna: offer 1.3
    > anna: offer 1.4
    > ben: offer 1.5
    > anna: offer 1.6
