# A queue is the steps of one renderer: others go out. Also of jobs that come later.
anna connects slots 2 renderers lottie,blender
    * anna is online, 2 slots
hold queue lottie because trading
    * paused: queue lottie by person until it is lifted (trading), finish
submit J: render frames 1-2 chunk 1 no-output
    * job J is taken
submit K: render frames 1 with blender no-output
    * job K is taken
    * 1.1: anna gets K/render 1
    > anna: offer 1.1
explain J
    = J is queued: 0 of 2 frames done
    = render (open): frames 1-2 waiting: queue lottie is paused (trading) by a person, until it is lifted
show queues
    = blender: 0 waiting, 1 leased, 0 dead
    = lottie: 2 waiting, 0 leased, 0 dead
submit L: render frames 1 labels gpu no-output
    * job L is taken
explain L
    = L is queued: 0 of 1 frames done
    = render (open): frame 1 waiting: queue lottie is paused (trading) by a person, until it is lifted
let go queue lottie
    * goes on: queue lottie by person
    * 1.2: anna gets J/render 1
    > anna: offer 1.2
