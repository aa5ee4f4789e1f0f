# Finished jobs are forgotten after their time.
policy keep-finished 1h
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
submit J: render task no-output
    * job J is taken
    * 1.1: anna gets J/render 0
    > anna: offer 1.1
anna proves 0 of 1.1 & anna ends 1.1 well
    * 1.1: 0 accepted
    * step J/render succeeded
    * job J succeeded
    > anna: close 1.1
after 59m
retry J
    ! job J has nothing to retry among the frames asked for: none is dead-lettered, and none that is left over could go on
after 2m
    at 3600s
    * job J is forgotten
retry J
    ! there is no job J
