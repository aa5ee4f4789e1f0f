# A person may trust a node again, with one renderer or with all. A node that comes back with another version of the
# renderer has another renderer.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-4 chunk 1
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna ends 1.1 with node_config
    * 1.1: 1 failed (node_config, uncharged), again from 2s
    * 1.1: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 30s
    > anna: close 1.1
clear ben
    ! there is no node ben
clear anna for blender
clear anna for lottie
    * anna is cleared for lottie, person
    * 1.2: anna gets J/render 2
    > anna: offer 1.2
anna ends 1.2 with node_config
    * 1.2: 2 failed (node_config, uncharged), again from 2s
    * 1.2: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 30s
    > anna: close 1.2
anna connects slots 1
    > anna: session 1 is over
anna connects slots 1 version 2.0
    * anna is online, 1 slots
    * anna is cleared for lottie, renewal
    * 1.3: anna gets J/render 3
    > anna: session 2 is over
    > anna: offer 1.3
anna ends 1.3 with node_config
    * 1.3: 3 failed (node_config, uncharged), again from 2s
    * 1.3: released, failed
    * anna is in quarantine for lottie (node_config), strike 1, tried again from 30s
    > anna: close 1.3
clear anna
    * anna is cleared for lottie, person
    * 1.4: anna gets J/render 4
    > anna: offer 1.4
clear anna
