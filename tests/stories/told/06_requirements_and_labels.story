# A step goes only to nodes that have what it asks for; explain says what is missing.
anna connects slots 1
    * anna is online, 1 slots
submit J: render task with blender
    * job J is taken
submit K: render task labels gpu
    * job K is taken
explain J
    = J is queued: 0 of 1 frames done
    = render (open): frame 0 waiting: no node can run it: anna has no renderer blender
explain K
    = K is queued: 0 of 1 frames done
    = render (open): frame 0 waiting: no node can run it: anna has no label gpu
ben connects slots 2 renderers blender,lottie labels gpu
    * ben is online, 2 slots
    * 1.1: ben gets J/render 0
    * 1.2: ben gets K/render 0
    > ben: offer 1.1
    > ben: offer 1.2
