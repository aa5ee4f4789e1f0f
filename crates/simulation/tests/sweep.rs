//! A fixed sweep: so many seeds under each kind of plan, and every invariant holds.

use std::time::Instant;

use callsheet_simulation::report;
use callsheet_simulation::scenario::Size;
use callsheet_simulation::sweep::Sweep;

#[test]
fn nothing_breaks_the_promise() {
    let sweep =
        Sweep { first: 1, seeds: 24, kinds: Vec::new(), size: Size::default(), threads: 0, all: true };
    let began = Instant::now();
    let swept = sweep.run(|_, _| {});
    println!("{}", report::summary(&swept, began.elapsed()));
    let tally = swept.tally;
    assert!(swept.failed.is_empty(), "{}", report::failures(&swept, sweep.size));
    // A sweep in which nothing happens shows nothing.
    assert!(tally.leader_crashes > 0 && tally.node_crashes > 0 && tally.partitions > 0 && tally.falls > 0);
    assert!(tally.published > 1000 && tally.snapshots > 0, "{tally:?}");
}
