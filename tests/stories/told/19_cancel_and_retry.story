# Cancelled: frames in hands are called back. Retried: what was left over waits again. What was accepted and
# not published is looked for, and rendered again only if it is gone.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-4 chunk 2
    * job J is taken
    * 1.1: anna gets J/render 1-2
    > anna: offer 1.1
anna proves 1 of 1.1
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
cancel J because the client has changed their mind
    * job J is cancelled: the client has changed their mind
    * 1.1: released, revoked
    > anna: revoke 1.1, the job was cancelled
    > anna: sweep J up to 1.1
cancel J
    ! job J is cancelled: only a running, queued or paused job can be cancelled
anna proves 2 of 1.1
    ! lease 1.1 is not held by anna
    > anna: revoke 1.1, the lease is not in force any more
retry J
    = 4 frames wait again
    * job J is tried again: render 1-4
    * 1.2: anna gets J/render 1 to publish what 1.1 left
    * 1.3: anna gets J/render 2-3
    > anna: offer 1.2
    > anna: offer 1.3
anna misses 1 of 1.2
    * 1.2: 1 lost
    > anna: close 1.2
show J
    = J is running
    = render 1: waiting
    = render 2-3: leased by anna under 1.3
    = render 4: waiting
