//! Answers for the doors: jobs, nodes, leases and frames, in pages, queues, pauses and alerts, figures of the whole,
//! and why each frame is where it is. Reads only.

mod approvals;
mod explain;
mod frames;
mod jobs;
mod nodes;
mod queues;

pub use approvals::ApprovalView;
pub use explain::{Explanation, StepExplanation};
pub use frames::{DeadLetter, FrameRun, FrameState};
pub use jobs::{JobFilter, JobView, ReleaseView, StepView};
pub use nodes::{LeaseView, NodeView};
pub use queues::{Figures, FrameCounts, NodeStanding, PendingAlert, QueueView};

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
