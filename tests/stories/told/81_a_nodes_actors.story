# A node's actors come, change and end. What is known already is not told twice; what is not said any more after a
# hello is gone; and all of them with their node.
anna connects slots 1
    * anna is online, 1 slots
anna has actors supervisor,cache,ae_process/1
    * anna: supervisor (supervisor) is spawned
    * anna: cache (cache) is spawned
    * anna: ae_process/1 (ae_process) is spawned
anna has actors supervisor,cache,ae_process/1
anna says ae_process/1 is busy because of 1.1
    * anna: ae_process/1 was running and is busy, of 1.1
anna says ae_process/1 is busy because of 1.1
anna says ae_process/9 is busy
show node anna
    = anna is ready, 0 dead letters; ae_process/1 busy, cache running, supervisor running
anna says ae_process/1 ended failed because it panicked
    * anna: ae_process/1 has failed (it panicked)
anna says ae_process/1 ended failed because it panicked
anna spawns ae_process/1@2
    * anna: ae_process/1 (ae_process) is spawned
the leader restarts from a snapshot
    * a leader begins, epoch 2
anna spawns cache
    ! node anna speaks over a session that is over
anna connects slots 1
anna has actors supervisor@2,cache
    * anna: ae_process/1 has stopped (replaced)
    * anna: supervisor has stopped (replaced)
    * anna: supervisor (supervisor) is spawned
anna says goodbye
    * anna is offline, Shutdown; heard at 0s
    * anna: cache has stopped (the node is gone)
    * anna: supervisor has stopped (the node is gone)
show node anna
    = anna is offline, 0 dead letters; 
anna connects slots 1
    * anna is online, 1 slots
anna spawns supervisor@3
    * anna: supervisor (supervisor) is spawned
anna freezes
after 6s
    at 5s
    * anna is offline, HeartbeatLost; heard at 0s
    * anna: supervisor has failed (the node is gone)
