# An alert goes over each channel on its own. That it is about to leave is remembered before it does: what a leader
# was sending when it died is not sent again.
alerts go to telegram,slack
watch w alive
    * noted: w is alive, 0 dead letters are told
watch w silent 50s
    * alert A1 to telegram and slack: 🔴 [w] no sign of life for 50 s
watch w alive
    * alert A2 to telegram and slack: 🟢 [w] is back
show alerts
    = A1 over slack, 0 tries
    = A1 over telegram, 0 tries
    = A2 over slack, 0 tries
    = A2 over telegram, 0 tries
sending A1 over telegram
    * A1 leaves over telegram, try 1
sending A1 over telegram
    ! alert A1 is being sent over channel telegram already: say first what came of it
sent A1 over telegram
    * A1 was taken by telegram
sent A1 over telegram
    ! alert A1 does not wait for channel telegram: it was never raised for it, or it is settled
sending A1 over slack
    * A1 leaves over slack, try 1
failed A1 over slack for 30s
    * A1 was not taken by slack (no answer), again at 30s
show alerts
    = A1 over slack, 1 tries
    = A2 over slack, 0 tries
    = A2 over telegram, 0 tries
sending A1 over slack
    * A1 leaves over slack, try 2
the leader restarts from a snapshot
    * a leader begins, epoch 2
show alerts
    = A1 over slack, 2 tries, on its way
    = A2 over slack, 0 tries
    = A2 over telegram, 0 tries
unconfirmed A1 over slack
    * A1 over slack: nobody knows
sending A2 over telegram
    * A2 leaves over telegram, try 1
sent A2 over telegram
    * A2 was taken by telegram
sent A2 over slack
    ! alert A2 is not being sent over channel slack: say first that it is about to be
failed A2 over slack for good
    * A2 was not taken by slack (refused), given up
show alerts
sending A2 over pigeon
    ! alert A2 does not wait for channel pigeon: it was never raised for it, or it is settled
unconfirmed A9 over slack
    ! alert 59a20461-4f04-5f48-bc43-07b59da7e187 does not wait for channel slack: it was never raised for it, or it is settled
# Without channels it is an event all the same.
alerts go to nobody
watch v silent
    * alert A3 to nobody: 🔴 [v] is expected, and has not shown up
show alerts
