# Events of other services are kept once each, by their ids, however often they come; whoever posts one again is told
# where it is.
outside posts E1,E2,E1
    = event 2
    = event 3
    = event 2, and was before
    * from outside: step.e1
    * from outside: step.e2
outside posts E2,E3
    = event 3, and was before
    = event 4
    * from outside: step.e3
the leader restarts
    * a leader begins, epoch 2
outside posts E3,E4
    = event 4, and was before
    = event 6
    * from outside: step.e4
the leader restarts from a snapshot
    * a leader begins, epoch 3
outside posts E1,E5
    = event 2, and was before
    = event 8
    * from outside: step.e5
show figures
    = frames: 0 waiting, 0 retrying, 0 leased, 0 accepted, 0 published, 0 dead
    = jobs: 
    = nodes: 
    = 0 leases, 0 pauses, 0 alerts on their way, 5 ids from outside
