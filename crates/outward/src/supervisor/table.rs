//! The restart table of all that goes outward: how often within how long, with what back-off. One fall more and the
//! errand waits on the bench: the leader never ends for the sake of another service.

use std::time::Duration;

use callsheet_supervision::{Falls, Restart, Verdict};

/// Every errand (a webhook, a broker, a channel of alerts, alerts without a channel, traces), and the supervisor. A fall
/// of an errand takes nobody with it; a fall of the supervisor takes all errands with it, and they begin again with the
/// next one. Neither loses anything: an errand goes on from its cursor, or from what is pending.
pub(crate) const ERRAND: Restart = Restart {
    most: 5,
    within: Duration::from_secs(120),
    first: Duration::from_millis(500),
    longest: Duration::from_secs(10),
};

/// How long one that keeps falling waits before it may begin anew.
pub(crate) const BENCH: Duration = Duration::from_secs(300);

/// Counts a fall at this time; how long until whoever fell is started again.
pub(crate) fn wait(falls: &mut Falls, now: Duration) -> Duration {
    match falls.fell(now, &ERRAND) {
        Verdict::RestartAfter(wait) => wait,
        Verdict::GoesUp => {
            *falls = Falls::default();
            BENCH
        }
    }
}
