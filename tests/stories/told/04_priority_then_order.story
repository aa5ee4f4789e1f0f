# Higher priority first; equal ones in the order they came.
submit low priority 10: render frames 1-2
    * job low is taken
submit first: render frames 1-2
    * job first is taken
submit second: render frames 1-2
    * job second is taken
submit high priority 90: render frames 1
    * job high is taken
anna connects slots 4
    * anna is online, 4 slots
    * 1.1: anna gets high/render 1
    * 1.2: anna gets first/render 1
    * 1.3: anna gets first/render 2
    * 1.4: anna gets second/render 1
    > anna: offer 1.1
    > anna: offer 1.2
    > anna: offer 1.3
    > anna: offer 1.4
explain second
    = second is running: 0 of 2 frames done
    = render (open): frame 1 in the hands of anna
    = render (open): frame 2 waiting: every slot that can run it is taken; it is next
explain low
    = low is queued: 0 of 2 frames done
    = render (open): frames 1-2 waiting: every slot that can run it is taken; 1 step goes before it
