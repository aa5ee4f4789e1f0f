# However many failures wait for another try, the answer to why stays short enough to be read.
anna connects slots 1
    * anna is online, 1 slots
submit J: render frames 1-30 chunk 1 no-output
    * job J is taken
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
anna ends 1.1 with licence
    * 1.1: 1 failed (licence, uncharged), again from 2s
    * 1.1: released, failed
    * 1.2: anna gets J/render 2
    > anna: close 1.1
    > anna: offer 1.2
after 1ms
anna ends 1.2 with licence
    * 1.2: 2 failed (licence, uncharged), again from 2.001s
    * 1.2: released, failed
    * 1.3: anna gets J/render 3
    > anna: close 1.2
    > anna: offer 1.3
after 1ms
anna ends 1.3 with licence
    * 1.3: 3 failed (licence, uncharged), again from 2.002s
    * 1.3: released, failed
    * 1.4: anna gets J/render 4
    > anna: close 1.3
    > anna: offer 1.4
after 1ms
anna ends 1.4 with licence
    * 1.4: 4 failed (licence, uncharged), again from 2.003s
    * 1.4: released, failed
    * 1.5: anna gets J/render 5
    > anna: close 1.4
    > anna: offer 1.5
after 1ms
anna ends 1.5 with licence
    * 1.5: 5 failed (licence, uncharged), again from 2.004s
    * 1.5: released, failed
    * 1.6: anna gets J/render 6
    > anna: close 1.5
    > anna: offer 1.6
after 1ms
anna ends 1.6 with licence
    * 1.6: 6 failed (licence, uncharged), again from 2.005s
    * 1.6: released, failed
    * 1.7: anna gets J/render 7
    > anna: close 1.6
    > anna: offer 1.7
after 1ms
anna ends 1.7 with licence
    * 1.7: 7 failed (licence, uncharged), again from 2.006s
    * 1.7: released, failed
    * 1.8: anna gets J/render 8
    > anna: close 1.7
    > anna: offer 1.8
after 1ms
anna ends 1.8 with licence
    * 1.8: 8 failed (licence, uncharged), again from 2.007s
    * 1.8: released, failed
    * 1.9: anna gets J/render 9
    > anna: close 1.8
    > anna: offer 1.9
after 1ms
anna ends 1.9 with licence
    * 1.9: 9 failed (licence, uncharged), again from 2.008s
    * 1.9: released, failed
    * 1.10: anna gets J/render 10
    > anna: close 1.9
    > anna: offer 1.10
after 1ms
anna ends 1.10 with licence
    * 1.10: 10 failed (licence, uncharged), again from 2.009s
    * 1.10: released, failed
    * 1.11: anna gets J/render 11
    > anna: close 1.10
    > anna: offer 1.11
after 1ms
anna ends 1.11 with licence
    * 1.11: 11 failed (licence, uncharged), again from 2.01s
    * 1.11: released, failed
    * 1.12: anna gets J/render 12
    > anna: close 1.11
    > anna: offer 1.12
after 1ms
anna ends 1.12 with licence
    * 1.12: 12 failed (licence, uncharged), again from 2.011s
    * 1.12: released, failed
    * 1.13: anna gets J/render 13
    > anna: close 1.12
    > anna: offer 1.13
after 1ms
anna ends 1.13 with licence
    * 1.13: 13 failed (licence, uncharged), again from 2.012s
    * 1.13: released, failed
    * 1.14: anna gets J/render 14
    > anna: close 1.13
    > anna: offer 1.14
after 1ms
anna ends 1.14 with licence
    * 1.14: 14 failed (licence, uncharged), again from 2.013s
    * 1.14: released, failed
    * 1.15: anna gets J/render 15
    > anna: close 1.14
    > anna: offer 1.15
after 1ms
anna ends 1.15 with licence
    * 1.15: 15 failed (licence, uncharged), again from 2.014s
    * 1.15: released, failed
    * 1.16: anna gets J/render 16
    > anna: close 1.15
    > anna: offer 1.16
after 1ms
anna ends 1.16 with licence
    * 1.16: 16 failed (licence, uncharged), again from 2.015s
    * 1.16: released, failed
    * 1.17: anna gets J/render 17
    > anna: close 1.16
    > anna: offer 1.17
after 1ms
anna ends 1.17 with licence
    * 1.17: 17 failed (licence, uncharged), again from 2.016s
    * 1.17: released, failed
    * 1.18: anna gets J/render 18
    > anna: close 1.17
    > anna: offer 1.18
after 1ms
anna ends 1.18 with licence
    * 1.18: 18 failed (licence, uncharged), again from 2.017s
    * 1.18: released, failed
    * 1.19: anna gets J/render 19
    > anna: close 1.18
    > anna: offer 1.19
after 1ms
anna ends 1.19 with licence
    * 1.19: 19 failed (licence, uncharged), again from 2.018s
    * 1.19: released, failed
    * 1.20: anna gets J/render 20
    > anna: close 1.19
    > anna: offer 1.20
after 1ms
anna ends 1.20 with licence
    * 1.20: 20 failed (licence, uncharged), again from 2.019s
    * 1.20: released, failed
    * 1.21: anna gets J/render 21
    > anna: close 1.20
    > anna: offer 1.21
after 1ms
anna ends 1.21 with licence
    * 1.21: 21 failed (licence, uncharged), again from 2.02s
    * 1.21: released, failed
    * 1.22: anna gets J/render 22
    > anna: close 1.21
    > anna: offer 1.22
after 1ms
anna ends 1.22 with licence
    * 1.22: 22 failed (licence, uncharged), again from 2.021s
    * 1.22: released, failed
    * 1.23: anna gets J/render 23
    > anna: close 1.22
    > anna: offer 1.23
after 1ms
anna ends 1.23 with licence
    * 1.23: 23 failed (licence, uncharged), again from 2.022s
    * 1.23: released, failed
    * 1.24: anna gets J/render 24
    > anna: close 1.23
    > anna: offer 1.24
after 1ms
anna ends 1.24 with licence
    * 1.24: 24 failed (licence, uncharged), again from 2.023s
    * 1.24: released, failed
    * 1.25: anna gets J/render 25
    > anna: close 1.24
    > anna: offer 1.25
after 1ms
anna ends 1.25 with licence
    * 1.25: 25 failed (licence, uncharged), again from 2.024s
    * 1.25: released, failed
    * 1.26: anna gets J/render 26
    > anna: close 1.25
    > anna: offer 1.26
after 1ms
explain J
    = J is running: 0 of 30 frames done
    = render (open): frame 26 in the hands of anna
    = render (open): frames 27-30 waiting: every slot that can run it is taken; it is next
    = render (open): frame 1 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.000Z
    = render (open): frame 2 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.001Z
    = render (open): frame 3 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.002Z
    = render (open): frame 4 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.003Z
    = render (open): frame 5 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.004Z
    = render (open): frame 6 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.005Z
    = render (open): frame 7 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.006Z
    = render (open): frame 8 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.007Z
    = render (open): frame 9 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.008Z
    = render (open): frame 10 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.009Z
    = render (open): frame 11 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.010Z
    = render (open): frame 12 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.011Z
    = render (open): frame 13 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.012Z
    = render (open): frame 14 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.013Z
    = render (open): frame 15 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.014Z
    = render (open): frame 16 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.015Z
    = render (open): frame 17 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.016Z
    = render (open): frame 18 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.017Z
    = render (open): frame 19 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.018Z
    = render (open): frame 20 failed once (licence: it went wrong), next try from 2023-11-14T22:13:22.019Z
    = render (open): 5 more frames failed and wait for another try
    = render (open): waits for a licence since 2023-11-14T22:13:20.000Z; it costs no retry
