# When the failure names frames, only those pay for it; the others wait again as if nothing had been.
anna connects slots 1
    * anna is online, 1 slots
submit J: simulate frames 1-4 chunk 4 no-output
    * job J is taken
    * 1.1: anna gets J/simulate 1-4
    > anna: offer 1.1
anna proves 1 of 1.1
    * 1.1: 1 accepted
    > anna: confirm 1 of 1.1
anna ends 1.1 with broken_output blaming 3
    * 1.1: 3 failed (broken_output), again from 2s
    * 1.1: released, failed
    * 1.2: anna gets J/simulate 2,4
    > anna: close 1.1
    > anna: offer 1.2
show J
    = J is running
    = simulate 1: published
    = simulate 2: leased by anna under 1.2
    = simulate 3: retrying after 1 failures
    = simulate 4: leased by anna under 1.2
