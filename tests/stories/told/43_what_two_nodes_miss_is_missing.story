# What one node misses may be there on another, and one other is asked. What both miss is missing: the job fails,
# and the rest of the farm never heard of it. Retries of the step do not count here.
policy preflight lottie
    * a leader begins, epoch 1
anna connects slots 1
    * anna is online, 1 slots
ben connects slots 1
    * ben is online, 1 slots
cleo connects slots 1
    * cleo is online, 1 slots
submit J: render frames 1-9 chunk 3 retries 0
    * job J is taken
    * 1.1: anna gets J/render 1 to look at
    > anna: offer 1.1
anna ends 1.1 with input_missing
    * 1.1: 1 failed (input_missing), again from 2s
    * 1.1: released, failed
    > anna: close 1.1
explain J
    = J is running: 0 of 9 frames done
    = render (open): frames 2-9 waiting: the step has to be looked at again first
    = render (open): frame 1 failed once (input_missing: it went wrong), next try from 2023-11-14T22:13:22.000Z
after 2s
    at 2s
    * 1.2: ben gets J/render 1 to look at
    > ben: offer 1.2
ben ends 1.2 with input_missing
    * 1.2: 1 dead-lettered (input_missing: it went wrong)
    * job J failed: step render on ben: input_missing: it went wrong
    * 1.2: released, failed
    > ben: close 1.2
    > anna: sweep J up to 1.2
show J
    = J is failed
    = render 1: dead
    = render 2-9: waiting

# The only node that there is says it alone.
drain ben & drain cleo
    * ben is drained
    * cleo is drained
    > ben: you are drained
    > cleo: you are drained
submit K: render frames 1-9 chunk 3
    * job K is taken
    * 1.3: anna gets K/render 1 to look at
    > anna: offer 1.3
anna ends 1.3 with output_io
    * 1.3: 1 dead-lettered (output_io: it went wrong)
    * job K failed: step render on anna: output_io: it went wrong
    * 1.3: released, failed
    > anna: close 1.3
    > anna: sweep K up to 1.3
undrain ben
    * ben is undrained
    > ben: you are not drained any more

# One node has it: every frame goes out, and what the other missed is forgotten.
submit L: render frames 1-3 chunk 1 retries 0
    * job L is taken
    * 1.4: anna gets L/render 1 to look at
    > anna: offer 1.4
anna ends 1.4 with input_missing
    * 1.4: 1 failed (input_missing), again from 4s
    * 1.4: released, failed
    > anna: close 1.4
after 2s
    at 4s
    * 1.5: ben gets L/render 1 to look at
    > ben: offer 1.5
ben ends 1.5 well
    * step L/render is cleared by ben
    * 1.5: released, completed
    * 1.6: anna gets L/render 1
    * 1.7: ben gets L/render 2
    > ben: close 1.5
    > anna: offer 1.6
    > ben: offer 1.7
show L
    = L is running
    = render 1: leased by anna under 1.6
    = render 2: leased by ben under 1.7
    = render 3: waiting
