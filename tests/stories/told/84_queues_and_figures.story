# Queues by renderer, dead letters by the node of the last attempt, and the figures of the whole.
anna connects slots 1 renderers lottie,blender
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
submit J: render frames 1-5 chunk 2 retries 0; encode task after render with blender
    * job J is taken
    * workflow J starts, 2 steps
    * 1.1: anna gets J/render 1-2
    * 1.2: ben gets J/render 3-4
    > anna: offer 1.1
    > ben: offer 1.2
submit K needs release: render frames 1-9 no-output
    * job K is taken
    * job K waits for a release (release), asked by whoever submitted it
submit L: render frames 1-3 with blender no-output retries 0
    * job L is taken
show queues
    = blender: 3 waiting, 0 leased, 0 dead
    = lottie: 1 waiting, 4 leased, 0 dead
show figures
    = frames: 14 waiting, 0 retrying, 4 leased, 0 accepted, 0 published, 0 dead
    = jobs: 1 awaiting_approval, 1 queued, 1 running
    = nodes: 2 ready
    = 2 leases, 0 pauses, 0 alerts on their way, 0 ids from outside
anna ends 1.1 with crash blaming 1
    * 1.1: 1 dead-lettered (crash: it went wrong)
    * 1.1: lottie 1.0 crashed on anna (crash), its frames go out again
    * 1.1: released, failed
    * 1.3: anna gets J/render 2,5
    > anna: close 1.1
    > anna: offer 1.3
ben ends 1.2 with crash
    * 1.2: 3-4 dead-lettered (crash: it went wrong)
    * 1.2: lottie 1.0 crashed on ben (crash), and that was it
    * 1.2: released, failed
    > ben: close 1.2
show queues
    = blender: 3 waiting, 0 leased, 0 dead
    = lottie: 0 waiting, 2 leased, 3 dead
show figures
    = frames: 13 waiting, 0 retrying, 2 leased, 0 accepted, 0 published, 3 dead
    = jobs: 1 awaiting_approval, 1 queued, 1 running
    = nodes: 2 ready
    = 1 leases, 0 pauses, 0 alerts on their way, 0 ids from outside
show node anna
    = anna is ready, 1 dead letters; 
show node ben
    = ben is ready, 2 dead letters; 
anna proves 2 of 1.3 & anna publishes 2 of 1.3 & anna ends 1.3 well
    * 1.3: 2 accepted
    * 1.3: 2 published
    * 1.3: 5 dead-lettered (broken_output: the renderer claims success, but these frames were never proven)
    * 1.3: released, failed
    * job J failed: frames 1,3-5 of step render dead-lettered (broken_output)
    * workflow J failed at render, a retry could help: frames 1,3-5 of step render dead-lettered (broken_output)
    * 1.4: anna gets L/render 1
    > anna: confirm 2 of 1.3
    > anna: close 1.3
    > anna: sweep J up to 1.3
    > anna: offer 1.4
# A job that is over keeps its dead letters; retried, they are none.
show queues
    = blender: 2 waiting, 1 leased, 0 dead
    = lottie: 0 waiting, 0 leased, 4 dead
show figures
    = frames: 11 waiting, 0 retrying, 1 leased, 0 accepted, 0 published, 0 dead
    = jobs: 1 awaiting_approval, 1 running, 1 failed
    = nodes: 2 ready
    = 1 leases, 0 pauses, 0 alerts on their way, 0 ids from outside
retry J
    = 5 frames wait again
    * job J is tried again: render 1,3-5; encode 0
    * workflow J starts, 2 steps
    * 1.5: ben gets J/render 1,3
    > ben: offer 1.5
show queues
    = blender: 2 waiting, 1 leased, 0 dead
    = lottie: 2 waiting, 2 leased, 0 dead
show node anna
    = anna is ready, 0 dead letters; 
drain ben
    * ben is drained
    > ben: you are drained
hold pool gpu because night
    * paused: pool gpu by person until it is lifted (night), finish
cleo connects slots 1 labels gpu
    * cleo is online, 1 slots
show figures
    = frames: 14 waiting, 0 retrying, 3 leased, 0 accepted, 1 published, 0 dead
    = jobs: 1 awaiting_approval, 2 running
    = nodes: 1 drained, 1 paused, 1 ready
    = 2 leases, 1 pauses, 0 alerts on their way, 0 ids from outside
