//! Where each frame is, in runs of equal state, and the frames put aside.

use std::ops::RangeInclusive;

use callsheet_model::{Failure, FrameSet, JobId, NodeName, StepIndex, Timestamp, Token};

use super::Page;
use crate::scheduler::Scheduler;
use crate::state::{State, StepRecord};

/// Where frames are.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameState {
    /// In nobody's hands, not tried yet.
    Waiting,
    /// In nobody's hands, after failures.
    Retrying {
        /// Failures that counted.
        failures: u32,
        /// Not handed out before this.
        not_before: Timestamp,
    },
    /// In a node's hands.
    Leased {
        /// Whose.
        node: NodeName,
        /// Under which token.
        token: Token,
    },
    /// Proven, and to be published.
    Accepted,
    /// At their final path.
    Published,
    /// Put aside.
    Dead {
        /// Why.
        failure: Failure,
    },
}

impl FrameState {
    /// The word for it, everywhere.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Retrying { .. } => "retrying",
            Self::Leased { .. } => "leased",
            Self::Accepted => "accepted",
            Self::Published => "published",
            Self::Dead { .. } => "dead",
        }
    }
}

/// Consecutive frames in the same state.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameRun {
    /// Which step they belong to.
    pub step: StepIndex,
    /// Which.
    pub frames: RangeInclusive<i32>,
    /// Where they are.
    pub state: FrameState,
}

/// Frames put aside after their last failure.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// The job.
    pub job: JobId,
    /// The step.
    pub step: StepIndex,
    /// Which frames.
    pub frames: FrameSet,
    /// Why, with the evidence.
    pub failure: Failure,
    /// Under which token the last attempt was.
    pub token: Token,
    /// On which node it was; unknown in what was remembered before nodes were.
    pub node: Option<NodeName>,
}

impl Scheduler {
    /// Frames of a job's step, in runs and in their order, after the frame `after`. `None` when there is no
    /// such step.
    #[must_use]
    pub fn frames(
        &self,
        job: JobId,
        step: StepIndex,
        after: Option<i32>,
        limit: usize,
    ) -> Option<Page<FrameRun>> {
        let (_, record) = self.state().job(job)?.step(step)?;
        let mut runs: Vec<FrameRun> = Vec::new();
        let from = after.map_or(i64::from(i32::MIN), |after| i64::from(after) + 1);
        for (frames, state) in states(self.state(), record) {
            // Each set gives at most a page: more of one alone would not fit.
            let rest = frames.ranges().filter(|run| i64::from(*run.end()) >= from);
            for run in rest.take(limit.min(callsheet_model::limits::MAX_PAGE) + 1) {
                let first = from.max(i64::from(*run.start()));
                let first = i32::try_from(first).unwrap_or(*run.start());
                runs.push(FrameRun { step, frames: first..=*run.end(), state: state.clone() });
            }
        }
        runs.sort_by_key(|run| *run.frames.start());
        Some(Page::of(runs.into_iter(), limit))
    }

    /// Frames put aside, by job in the order they came, after those of the given step; of one job only, if one
    /// is named. A page holds whole steps.
    #[must_use]
    pub fn dead_letters(
        &self,
        job: Option<JobId>,
        after: Option<(JobId, StepIndex)>,
        limit: usize,
    ) -> Page<DeadLetter> {
        let limit = limit.clamp(1, callsheet_model::limits::MAX_PAGE);
        let rank = |id| self.state().job(id).map(|record| record.rank);
        let passed = after.and_then(|(id, step)| Some((rank(id)?, step)));
        let jobs = self.state().jobs_after(passed.and_then(|(rank, _)| rank.checked_sub(1)));
        let mut page = Page { items: Vec::new(), more: false };
        for record in jobs.filter(|record| job.is_none_or(|job| record.job.id == job)) {
            for (step, _, dead) in record.all_steps().filter(|(_, _, step)| !step.dead.is_empty()) {
                if passed.is_some_and(|passed| (record.rank, step) <= passed) {
                    continue;
                }
                if page.items.len() >= limit {
                    page.more = true;
                    return page;
                }
                page.items.extend(dead.dead.iter().map(|dead| DeadLetter {
                    job: record.job.id,
                    step,
                    frames: dead.frames.clone(),
                    failure: dead.failure.clone(),
                    token: dead.token,
                    node: dead.node.clone(),
                }));
            }
        }
        page
    }
}

/// The step's frames by where they are.
fn states(state: &State, step: &StepRecord) -> Vec<(FrameSet, FrameState)> {
    let mut found = vec![
        (step.waiting.clone(), FrameState::Waiting),
        (step.published.clone(), FrameState::Published),
        (step.accepted.difference(&step.published), FrameState::Accepted),
    ];
    for held in step.leases.iter().filter_map(|token| state.lease(*token)) {
        let whose = FrameState::Leased { node: held.lease.node.clone(), token: held.lease.token };
        found.push((held.remaining.clone(), whose));
    }
    for (history, frames) in &step.troubles {
        let after = FrameState::Retrying { failures: history.charged, not_before: history.not_before };
        found.push((frames.intersection(&step.retrying), after));
    }
    for dead in &step.dead {
        found.push((dead.frames.clone(), FrameState::Dead { failure: dead.failure.clone() }));
    }
    found
}
