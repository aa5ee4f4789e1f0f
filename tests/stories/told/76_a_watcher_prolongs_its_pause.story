# A watcher says every fifteen seconds that its pause goes on. Once a minute that is told; in between it is kept in
# mind. When the watcher falls silent, the pause ends.
anna connects slots 1
    * anna is online, 1 slots
hold queue lottie for 45s by watcher ai because trading
    * paused: queue lottie by watcher ai until 45s (trading), finish
submit J: render frames 1 no-output
    * job J is taken
after 15s
hold queue lottie for 45s by watcher ai because trading
after 15s
hold queue lottie for 45s by watcher ai because trading
show pauses
    = queue lottie by watcher ai until 75s (trading), finish
after 30s
hold queue lottie for 45s by watcher ai because trading
    * paused: queue lottie by watcher ai until 105s (trading), finish
# A leader that starts does not know how often it was prolonged, and gives the watcher a minute.
after 40s
hold queue lottie for 45s by watcher ai because trading
after 30s
the leader restarts
    * a leader begins, epoch 2
show pauses
    = queue lottie by watcher ai until 190s (trading), finish
anna connects slots 1
after 30s
hold queue lottie for 45s by watcher ai because crash
    * paused: queue lottie by watcher ai until 205s (crash), finish
# While the leader slept it heard nobody: the watcher has as much time left as before.
the leader sleeps 10m
show pauses
    = queue lottie by watcher ai until 805s (crash), finish
after 45s
    at 805s
    * goes on: queue lottie by watcher ai, its time is up
    * 2.1: anna gets J/render 1
    > anna: offer 2.1
