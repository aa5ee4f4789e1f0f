# A drained node finishes what it has, and gets nothing more; it is reminded when it comes back.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-3 no-output
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
drain anna
    * anna is drained
    > anna: you are drained
drain anna
anna proves 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    > anna: close 1.1
explain J
    = J is running: 1 of 3 frames done
    = render (open): frames 2-3 waiting: every node that can run it is drained
anna loses its stream
anna connects slots 1
    > anna: you are drained
undrain anna
    * anna is undrained
    * 1.2: anna gets J/render 2
    > anna: you are not drained any more
    > anna: offer 1.2
drain nobody
    ! there is no node nobody
