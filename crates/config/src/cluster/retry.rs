//! `[retry]`: what is done about frames that fail. No randomness: the scheduler is pure, and frames that
//! failed together need not be spread out, because each slot takes one run at a time anyway.

use std::time::Duration;

use callsheet_model::limits;

use crate::problem::Why;
use crate::reader::Table;
use crate::values::{duration, integer, number, shown};

/// What is done about frames that fail.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryConfig {
    /// Retries of a frame after its first attempt, for steps that do not say their own.
    pub retries: u32,
    /// From a frame's first failure to its next try.
    pub first: Duration,
    /// Each further wait is this many times the last.
    pub factor: f64,
    /// No wait is longer.
    pub max: Duration,
    /// Failures that cost no retry (a node that is not set up, a fault of the agent) do cost one after this many in
    /// a row, so that nothing is tried for ever but what passes by itself.
    pub uncharged: u32,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            retries: 3,
            first: Duration::from_secs(2),
            factor: 2.0,
            max: Duration::from_secs(300),
            uncharged: 20,
        }
    }
}

pub(super) fn read(mut table: Table<'_>) -> RetryConfig {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let default = RetryConfig::default();
    let retry = RetryConfig {
        retries: table.take("retries", integer(0..=limits::MAX_RETRIES)).unwrap_or(default.retries),
        first: table.take("first", duration(Duration::ZERO, DAY)).unwrap_or(default.first),
        factor: table.take("factor", number(1.0..=100.0)).unwrap_or(default.factor),
        max: table.take("max", duration(Duration::ZERO, DAY)).unwrap_or(default.max),
        uncharged: table.take("uncharged", integer(1..=1000)).unwrap_or(default.uncharged),
    };
    if retry.first > retry.max {
        let why = format!("here must be at least first, which is {}", shown(retry.first));
        table.refuse("max", Why::new(shown(retry.max), why));
    }
    table.done();
    retry
}
