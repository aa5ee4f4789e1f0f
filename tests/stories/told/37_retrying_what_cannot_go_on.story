# A job that is over is opened again only if something of it can go on. Naming frames picks among the dead ones;
# whatever else was left over goes on with them.
anna connects slots 1
    * anna is online, 1 slots
submit J: first frames 1-3 chunk 3 retries 0 no-output; second frames 1-3 chunk 3 after first no-output
    * job J is taken
    * workflow J starts, 2 steps
    * 1.1: anna gets J/first 1-3
    > anna: offer 1.1
anna proves 1-2 of 1.1 & anna ends 1.1 with crash
    * 1.1: 1-2 accepted
    * 1.1: 3 dead-lettered (crash: it went wrong)
    * 1.1: lottie 1.0 crashed on anna (crash), and that was it
    * 1.1: released, failed
    * job J failed: frame 3 of step first dead-lettered (crash)
    * workflow J failed at first, a retry could help: frame 3 of step first dead-lettered (crash)
    > anna: confirm 1-2 of 1.1
    > anna: close 1.1
show J
    = J is failed
    = first 1-2: published
    = first 3: dead
    = second 1-3: waiting
retry J frames 1-2
    ! job J has nothing to retry among the frames asked for: none is dead-lettered, and none that is left over could go on
retry J frames 7
    ! job J has nothing to retry among the frames asked for: none is dead-lettered, and none that is left over could go on
show J
    = J is failed
    = first 1-2: published
    = first 3: dead
    = second 1-3: waiting
retry J frames 3
    = 4 frames wait again
    * job J is tried again: first 3; second 1-3
    * workflow J starts, 2 steps
    * 1.2: anna gets J/first 3
    > anna: offer 1.2
anna proves 3 of 1.2 & anna ends 1.2 well
    * 1.2: 3 accepted
    * step J/first succeeded
    * workflow J: first is done, 1 of 2, 3 frames
    * 1.3: anna gets J/second 1-3
    > anna: close 1.2
    > anna: offer 1.3

# What is left over in one step can go on while another step stays as dead as it is.
submit K: left frames 1-2 chunk 2 retries 0 no-output; right frames 1-2 chunk 2 no-output
    * job K is taken
    * workflow K starts, 2 steps
drain anna
    * anna is drained
    > anna: you are drained
anna proves 1-3 of 1.3 & anna ends 1.3 well
    * 1.3: 1-3 accepted
    * step J/second succeeded
    * workflow J: second is done, 2 of 2, 3 frames
    * job J succeeded
    * workflow J is done after 0ns, 6 frames
    > anna: close 1.3
undrain anna
    * anna is undrained
    * 1.4: anna gets K/left 1-2
    > anna: you are not drained any more
    > anna: offer 1.4
anna ends 1.4 with crash
    * 1.4: 1-2 dead-lettered (crash: it went wrong)
    * 1.4: lottie 1.0 crashed on anna (crash), and that was it
    * 1.4: released, failed
    * 1.5: anna gets K/right 1-2
    > anna: close 1.4
    > anna: offer 1.5
cancel K because it takes too long
    * job K is cancelled: it takes too long
    * workflow K failed, a retry could help: cancelled: it takes too long
    * 1.5: released, revoked
    > anna: revoke 1.5, the job was cancelled
retry K frames 7
    ! job K has nothing to retry among the frames asked for: none is dead-lettered, and none that is left over could go on
retry K frames 5-9
    ! job K has nothing to retry among the frames asked for: none is dead-lettered, and none that is left over could go on
retry K frames 2
    = 3 frames wait again
    * job K is tried again: left 2; right 1-2
    * workflow K starts, 2 steps
    * 1.6: anna gets K/left 2
    > anna: offer 1.6
show K
    = K is running
    = left 1: dead
    = left 2: leased by anna under 1.6
    = right 1-2: waiting
