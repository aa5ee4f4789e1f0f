# The same id with the same content is one job; with another content it is refused.
policy max-jobs 2
    * a leader begins, epoch 1
submit J: render frames 1-4
    * job J is taken
submit J: render frames 1-4
    = it was submitted before
submit J: render frames 1-5
    ! job J was submitted before, with another content: choose another id
submit K: render task
    * job K is taken
submit L: render task
    ! the cluster remembers 2 jobs already: wait for old ones to be forgotten, or keep finished ones for a shorter time
