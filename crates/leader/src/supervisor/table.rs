//! The leader's restart table: which child, how often within how long, with what back-off. One fall more and
//! the leader ends, with the reason; whatever watches the process (`callsheet up`, a service manager) starts a
//! new one, which recovers from the journal.

use std::time::Duration;

use callsheet_supervision::Restart;

/// Judges and remembers. A fall of it ends all node sessions, since what it knew of them is not in the journal.
pub(crate) const SCHEDULER: Restart = Restart {
    most: 5,
    within: Duration::from_secs(60),
    first: Duration::from_millis(10),
    longest: Duration::from_secs(2),
};

/// Passes on. A fall of it takes nobody with it: readers fill the gap from the journal.
pub(crate) const EVENT_HUB: Restart = Restart {
    most: 20,
    within: Duration::from_secs(60),
    first: Duration::from_millis(10),
    longest: Duration::from_secs(1),
};

/// Keeps output. A fall of it takes nobody with it.
pub(crate) const LOG_KEEPER: Restart = Restart {
    most: 20,
    within: Duration::from_secs(60),
    first: Duration::from_millis(10),
    longest: Duration::from_secs(1),
};

/// Looks after workers. A fall of it takes nobody with it: who was heard outlives it.
pub(crate) const MONITOR: Restart = Restart {
    most: 20,
    within: Duration::from_secs(60),
    first: Duration::from_millis(10),
    longest: Duration::from_secs(1),
};

// `node_session` is not here: it is never restarted. Its node dials again, and gets a new one.
