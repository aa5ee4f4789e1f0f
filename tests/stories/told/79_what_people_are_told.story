# People are told of what changes, once. The first look at a worker tells nothing, unless it is expected and has not
# shown up when its time is over.
alerts go to telegram,slack
watch image-render alive; late expected; trader silent
    * noted: image-render is alive, 0 dead letters are told
    * alert A1 to telegram and slack: 🔴 [trader] is expected, and has not shown up
watch image-render alive; late expected; trader silent
watch image-render silent 52s; late alive; trader alive
    * alert A2 to telegram and slack: 🔴 [image-render] no sign of life for 52 s
    * noted: late is alive, 0 dead letters are told
    * alert A3 to telegram and slack: 🟢 [trader] is back
watch image-render silent 112s; late alive; trader alive
the leader restarts
    * a leader begins, epoch 2
watch image-render silent 172s; late expected; trader silent 60s
    * alert A4 to telegram and slack: 🔴 [trader] no sign of life for 60 s
watch image-render alive; late alive
    * alert A5 to telegram and slack: 🟢 [image-render] is back
# Dead letters are told when they are not as many as was told last, and again after they were gone.
watch image-render alive dead 1
    * alert A6 to telegram and slack: ❌ [image-render] dead letters: 1
watch image-render alive dead 1
watch image-render alive dead 3
    * alert A7 to telegram and slack: ❌ [image-render] dead letters: 3
watch image-render alive dead 2
    * alert A8 to telegram and slack: ❌ [image-render] dead letters: 2
watch image-render alive
    * noted: image-render is alive, 0 dead letters are told
watch image-render alive dead 2
    * alert A9 to telegram and slack: ❌ [image-render] dead letters: 2
# What was there at the first look was never told.
watch new alive dead 7
    * noted: new is alive, 0 dead letters are told
watch new alive dead 7
    * alert A10 to telegram and slack: ❌ [new] dead letters: 7
watch new alive dead 7
