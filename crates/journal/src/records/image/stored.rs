//! Jobs, leases and nodes of an image as they are stored. The plain forms are the older ones; what they have no
//! place for is noted beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callsheet_model::image::{DeadImage, JobEnd, JobImage, LeaseImage, NodeImage, StepImage, TroubleImage};
use callsheet_model::{Failure, Job, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::job::{StoredCapabilities, StoredFailure, StoredJob, StoredOffline};
use super::super::lease::StoredLease;
use super::super::scalar::{StoredFrames, StoredNode, StoredToken, micros};

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredJobImage<'a> {
    job: StoredJob<'a>,
    paused: bool,
    end: Option<(StoredEnd, u64)>,
    steps: Vec<StoredStepImage<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredEnd {
    Succeeded,
    Failed(String),
    Cancelled(String),
}

#[derive(Serialize, Deserialize)]
struct StoredStepImage<'a> {
    accepted: StoredFrames<'a>,
    published: StoredFrames<'a>,
    dead: Vec<StoredDead<'a>>,
    troubles: Vec<StoredTrouble>,
    unpublished: Vec<(StoredToken, StoredFrames<'a>)>,
    succeeded: bool,
    bytes: u64,
    took_us: u64,
    last_failure: Option<StoredFailure>,
}

#[derive(Serialize, Deserialize)]
struct StoredDead<'a> {
    frames: StoredFrames<'a>,
    failure: StoredFailure,
    token: StoredToken,
}

#[derive(Serialize, Deserialize)]
struct StoredTrouble {
    frame: i32,
    charged: u32,
    uncharged: u32,
    not_before_ms: u64,
    avoid: Vec<StoredNode>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredLeaseImage<'a> {
    lease: StoredLease<'a>,
    since_ms: u64,
    remaining: StoredFrames<'a>,
    unpublished: StoredFrames<'a>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredNodeImage {
    name: StoredNode,
    capabilities: StoredCapabilities,
    offline: Option<StoredOffline>,
    since_ms: u64,
    drained: bool,
}

impl<'a> From<&'a JobImage> for StoredJobImage<'a> {
    fn from(live: &'a JobImage) -> Self {
        let end = live.end.as_ref().map(|(end, at)| {
            let end = match end {
                JobEnd::Succeeded => StoredEnd::Succeeded,
                JobEnd::Failed(reason) => StoredEnd::Failed(reason.clone()),
                JobEnd::Cancelled(reason) => StoredEnd::Cancelled(reason.clone()),
            };
            (end, at.0)
        });
        let steps = live.steps.iter().map(StoredStepImage::from).collect();
        Self { job: live.job.as_ref().into(), paused: live.paused, end, steps }
    }
}

impl From<StoredJobImage<'_>> for JobImage {
    fn from(stored: StoredJobImage<'_>) -> Self {
        let end = stored.end.map(|(end, at)| {
            let end = match end {
                StoredEnd::Succeeded => JobEnd::Succeeded,
                StoredEnd::Failed(reason) => JobEnd::Failed(reason),
                StoredEnd::Cancelled(reason) => JobEnd::Cancelled(reason),
            };
            (end, Timestamp(at))
        });
        let steps = stored.steps.into_iter().map(StepImage::from).collect();
        let job = Job::from(stored.job);
        Self {
            priority: job.spec.priority,
            job: std::sync::Arc::new(job),
            paused: stored.paused,
            release: None,
            started: None,
            end,
            steps,
        }
    }
}

impl<'a> From<&'a StepImage> for StoredStepImage<'a> {
    fn from(live: &'a StepImage) -> Self {
        let dead = |dead: &'a DeadImage| StoredDead {
            frames: (&dead.frames).into(),
            failure: (&dead.failure).into(),
            token: dead.token.into(),
        };
        let trouble = |trouble: &TroubleImage| StoredTrouble {
            frame: trouble.frame,
            charged: trouble.charged,
            uncharged: trouble.uncharged,
            not_before_ms: trouble.not_before.0,
            avoid: trouble.avoid.iter().cloned().map(StoredNode).collect(),
        };
        let unpublished = live.unpublished.iter().map(|(token, frames)| ((*token).into(), frames.into()));
        Self {
            accepted: (&live.accepted).into(),
            published: (&live.published).into(),
            dead: live.dead.iter().map(dead).collect(),
            troubles: live.troubles.iter().map(trouble).collect(),
            unpublished: unpublished.collect(),
            succeeded: live.succeeded,
            bytes: live.bytes,
            took_us: micros(live.took),
            last_failure: live.last_failure.as_ref().map(StoredFailure::from),
        }
    }
}

impl From<StoredStepImage<'_>> for StepImage {
    fn from(stored: StoredStepImage<'_>) -> Self {
        let dead = |dead: StoredDead<'_>| DeadImage {
            frames: dead.frames.live(),
            failure: dead.failure.into(),
            token: dead.token.into(),
            node: None,
        };
        let trouble = |trouble: StoredTrouble| TroubleImage {
            frame: trouble.frame,
            charged: trouble.charged,
            uncharged: trouble.uncharged,
            not_before: Timestamp(trouble.not_before_ms),
            avoid: trouble.avoid.into_iter().map(|node| node.0).collect::<BTreeSet<_>>(),
            waited: 0,
            gentle: false,
        };
        let unpublished = stored.unpublished.into_iter().map(|(token, frames)| (token.into(), frames.live()));
        Self {
            accepted: stored.accepted.live(),
            published: stored.published.live(),
            dead: stored.dead.into_iter().map(dead).collect(),
            troubles: stored.troubles.into_iter().map(trouble).collect(),
            unpublished: unpublished.collect(),
            succeeded: stored.succeeded,
            bytes: stored.bytes,
            took: Duration::from_micros(stored.took_us),
            last_failure: stored.last_failure.map(Failure::from),
            ..Self::default()
        }
    }
}

impl<'a> From<&'a LeaseImage> for StoredLeaseImage<'a> {
    fn from(live: &'a LeaseImage) -> Self {
        Self {
            lease: (&live.lease).into(),
            since_ms: live.since.0,
            remaining: (&live.remaining).into(),
            unpublished: (&live.unpublished).into(),
        }
    }
}

impl From<StoredLeaseImage<'_>> for LeaseImage {
    fn from(stored: StoredLeaseImage<'_>) -> Self {
        Self {
            lease: stored.lease.into(),
            since: Timestamp(stored.since_ms),
            remaining: stored.remaining.live(),
            unpublished: stored.unpublished.live(),
            began: false,
        }
    }
}

impl From<&NodeImage> for StoredNodeImage {
    fn from(live: &NodeImage) -> Self {
        Self {
            name: StoredNode(live.name.clone()),
            capabilities: (&live.capabilities).into(),
            offline: live.offline.map(StoredOffline::from),
            since_ms: live.since.0,
            drained: live.drained,
        }
    }
}

impl From<StoredNodeImage> for NodeImage {
    fn from(stored: StoredNodeImage) -> Self {
        Self {
            name: stored.name.0,
            capabilities: stored.capabilities.into(),
            offline: stored.offline.map(Into::into),
            since: Timestamp(stored.since_ms),
            last_heard: None,
            drained: stored.drained,
            doubts: BTreeMap::new(),
            quarantines: BTreeMap::new(),
            players: BTreeMap::new(),
        }
    }
}
