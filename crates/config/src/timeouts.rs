//! Bounds on attempts, in the cluster config and in job files: what is not said is taken from elsewhere.

use std::time::Duration;

use callsheet_model::Timeouts;

use crate::reader::Table;
use crate::values::duration;

/// Longest that any bound may be.
const MOST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Bounds on attempts as far as they are said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartialTimeouts {
    /// From the renderer's start to its first sign of a frame.
    pub start: Option<Duration>,
    /// From one frame to the next.
    pub frame: Option<Duration>,
    /// From the last frame to the process' end.
    pub exit: Option<Duration>,
}

impl PartialTimeouts {
    pub(crate) fn read(mut table: Table<'_>) -> Self {
        let bound = || duration(Duration::from_millis(100), MOST);
        let timeouts = Self {
            start: table.take("start", bound()),
            frame: table.take("frame", bound()),
            exit: table.take("exit", bound()),
        };
        table.done();
        timeouts
    }

    /// These, and the others' where nothing is said.
    #[must_use]
    pub fn or(self, others: Timeouts) -> Timeouts {
        Timeouts {
            start: self.start.unwrap_or(others.start),
            frame: self.frame.unwrap_or(others.frame),
            exit: self.exit.unwrap_or(others.exit),
        }
    }
}
