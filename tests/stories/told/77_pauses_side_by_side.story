# Two may pause the same place, and both have to let go. A person's change is always told. A pause that would be over
# already is none.
anna connects slots 1
    * anna is online, 1 slots
hold cluster for 10m because lunch
    * paused: cluster by person until 600s (lunch), finish
hold cluster for 20m by calendar nights because night
    * paused: cluster by calendar nights until 1200s (night), finish
hold cluster for 10m because lunch
hold cluster for 11m because lunch
    * paused: cluster by person until 660s (lunch), finish
hold cluster for 11m because lunch is long
    * paused: cluster by person until 660s (lunch is long), finish
hold cluster for 5m because lunch is long
    * paused: cluster by person until 300s (lunch is long), finish
hold cluster for 0s because of nothing
    ! a pause until 2023-11-14T22:13:20.000Z would be over already: name a later end, or none
show pauses
    = cluster by person until 300s (lunch is long), finish
    = cluster by calendar nights until 1200s (night), finish
submit J: render frames 1 no-output
    * job J is taken
explain J
    = J is queued: 0 of 1 frames done
    = render (open): frame 1 waiting: the cluster is paused (lunch is long) by a person, until 2023-11-14T22:18:20.000Z; the cluster is paused (night) by calendar nights, until 2023-11-14T22:33:20.000Z
after 6m
    at 300s
    * goes on: cluster by person, its time is up
after 20m
    at 1200s
    * goes on: cluster by calendar nights, its time is up
    * 1.1: anna gets J/render 1
    > anna: offer 1.1
