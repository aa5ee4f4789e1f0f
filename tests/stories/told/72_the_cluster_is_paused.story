# While the cluster is paused nothing is handed out to be rendered. What is in hands is finished and published, also
# what a lost node has left.
anna connects slots 2
    * anna is online, 2 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-6 chunk 1
    * job J is taken
    * 1.1: anna gets J/render 1
    * 1.2: ben gets J/render 2
    * 1.3: anna gets J/render 3
    > anna: offer 1.1
    > ben: offer 1.2
    > anna: offer 1.3
hold cluster because maintenance
    * paused: cluster by person until it is lifted (maintenance), finish
explain J
    = J is running: 0 of 6 frames done
    = render (open): frames 1-3 in the hands of anna, ben
    = render (open): frames 4-6 waiting: the cluster is paused (maintenance) by a person, until it is lifted
show pauses
    = cluster by person until it is lifted (maintenance), finish
show node anna
    = anna is paused, 0 dead letters; 
anna proves 1 of 1.1 & anna publishes 1 of 1.1 & anna ends 1.1 well
    * 1.1: 1 accepted
    * 1.1: 1 published
    > anna: confirm 1 of 1.1
    > anna: close 1.1
ben proves 2 of 1.2 & ben ends 1.2 well
    * 1.2: 2 accepted
    > ben: confirm 2 of 1.2
ben says goodbye
    * ben is offline, Shutdown; heard at 0s, with work of J
    * 1.2: released, node_lost
    * 1.4: anna gets J/render 2 to publish what 1.2 left
    > anna: offer 1.4
anna publishes 2 of 1.4
    * 1.4: 2 published
    > anna: close 1.4
submit K priority 90: render frames 1
    * job K is taken
the leader restarts from a snapshot
    * a leader begins, epoch 2
anna connects slots 2 holding 1.3
let go cluster
    * goes on: cluster by person
    * 2.1: anna gets K/render 1
    > anna: offer 2.1
let go cluster
