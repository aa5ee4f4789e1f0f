# A node that says hello again while its older stream seems open: the older one is closed with a word.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna connects slots 1 holding 1.1
    > anna: session 1 is over
anna loses its stream
anna connects slots 1 holding 1.1
