# Leases on a node need no more memory together than it has.
anna connects slots 4 memory 8GiB
    * anna is online, 4 slots
submit J: render frames 1-3 memory 4GiB
    * job J is taken
    * 1.1: anna gets J/render 1
    * 1.2: anna gets J/render 2
    > anna: offer 1.1
    > anna: offer 1.2
explain J
    = J is running: 0 of 3 frames done
    = render (open): frames 1-2 in the hands of anna
    = render (open): frame 3 waiting: no node with a free slot has 4096 MiB of memory left
submit huge: render task memory 16GiB
    * job huge is taken
explain huge
    = huge is queued: 0 of 1 frames done
    = render (open): frame 0 waiting: no node can run it: anna has 8192 MiB of memory, not 16384 MiB
submit small: render task      # asks for none, so it fits beside them
    * job small is taken
    * 1.3: anna gets small/render 0
    > anna: offer 1.3
anna proves 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    * 1.4: anna gets J/render 3
    > anna: confirm 1 of 1.1
    > anna: offer 1.4
