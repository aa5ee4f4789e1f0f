# A template cache that changes is an event. So is the first frame of an attempt, once, with what came before it.
anna connects slots 1
    * anna is online, 1 slots
anna caches 0123456789abcdef0123456789abcdef as Downloaded
    * anna: template 0123456789abcdef0123456789abcdef Downloaded
ben caches 0123456789abcdef0123456789abcdef as Evicted
    ! there is no node ben
submit J: render frames 1-3 chunk 1 no-output
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna begins 1.1 after 2s and 3s
    * 1.1: the first frame began; fetching took 2s, loading 3s
anna begins 1.1 after 2s and 3s
the leader restarts from a snapshot
    * a leader begins, epoch 2
anna connects slots 1 holding 1.1
anna begins 1.1 after 2s and 3s
anna proves 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    * 2.1: anna gets J/render 2
    > anna: close 1.1
    > anna: offer 2.1
anna begins 1.1 after 2s and 3s
    ! lease 1.1 is not held by anna
    > anna: revoke 1.1, the lease is not in force any more
# One who has measured nothing has nothing to tell.
anna begins 2.1 after 0s and 0s
