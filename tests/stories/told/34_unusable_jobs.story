# What could never come to an end is refused, and nothing changes.
cancel nothing
    ! there is no job nothing
pause nothing
    ! there is no job nothing
retry nothing
    ! there is no job nothing
anna connects slots 0
    * anna is online, 0 slots
submit J: render task
    * job J is taken
explain J
    = J is queued: 0 of 1 frames done
    = render (open): frame 0 waiting: no node that can run it has a slot
