//! Answers for the doors: jobs, nodes, leases and frames, in pages, and why each frame is where it is. Reads
//! only.

mod explain;
mod frames;
mod jobs;
mod nodes;

pub use explain::{Explanation, StepExplanation};
pub use frames::{DeadLetter, FrameRun, FrameState};
pub use jobs::{JobFilter, JobView, StepView};
pub use nodes::{LeaseView, NodeView};

/// One page of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Whether more comes after it.
    pub more: bool,
}

impl<T> Page<T> {
    /// The first `limit` of the items, at most `MAX_PAGE`.
    fn of(items: impl Iterator<Item = T>, limit: usize) -> Self {
        let limit = limit.clamp(1, callsheet_model::limits::MAX_PAGE);
        let mut items: Vec<T> = items.take(limit + 1).collect();
        let more = items.len() > limit;
        items.truncate(limit);
        Self { items, more }
    }
}
