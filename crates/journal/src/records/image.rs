//! A snapshot as it is stored: not one record but a row of them, a head first, so that neither writing nor
//! reading ever holds the encoded whole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callsheet_model::image::{
    DeadImage, Image, JobEnd, JobImage, LeaseImage, NodeImage, StepImage, TroubleImage,
};
use callsheet_model::{Failure, Timestamp};
use serde::{Deserialize, Serialize};

use super::job::{StoredCapabilities, StoredFailure, StoredJob, StoredOffline};
use super::lease::{LeaseNotes, StoredLease};
use super::scalar::{StoredFrames, StoredNode, StoredToken, micros};
use super::trust::{NodeNotes, StepNotes};

/// One record of a snapshot.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImagePart<'a> {
    /// The first: what there is one of, and how many of the others follow.
    Head {
        sequence: u64,
        epoch: u32,
        last_token: StoredToken,
        jobs: u64,
        leases: u64,
        nodes: u64,
    },
    Job(StoredJobImage<'a>),
    Lease(StoredLeaseImage<'a>),
    Node(StoredNodeImage),
    /// In the place of a job, a lease or a node that there is more to say of than the older records have a place
    /// for.
    NotedJob(StoredJobImage<'a>, Vec<StepNotes<'a>>),
    NotedLease(StoredLeaseImage<'a>, LeaseNotes),
    NotedNode(StoredNodeImage, Vec<NodeNotes>),
}

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

/// The record of an image at a place, from 0; nothing behind its last.
pub(crate) fn part_of(image: &Image, at: usize) -> Option<ImagePart<'_>> {
    let Some(at) = at.checked_sub(1) else {
        return Some(ImagePart::Head {
            sequence: image.sequence,
            epoch: image.epoch,
            last_token: image.last_token.into(),
            jobs: image.jobs.len() as u64,
            leases: image.leases.len() as u64,
            nodes: image.nodes.len() as u64,
        });
    };
    let leases_at = image.jobs.len();
    let nodes_at = leases_at + image.leases.len();
    if at < leases_at {
        image.jobs.get(at).map(|job| match StepNotes::of(&job.steps) {
            notes if notes.is_empty() => ImagePart::Job(job.into()),
            notes => ImagePart::NotedJob(job.into(), notes),
        })
    } else if at < nodes_at {
        image.leases.get(at - leases_at).map(|held| match LeaseNotes::of(&held.lease) {
            None => ImagePart::Lease(held.into()),
            Some(notes) => ImagePart::NotedLease(held.into(), notes),
        })
    } else {
        image.nodes.get(at - nodes_at).map(|node| match NodeNotes::of(node) {
            notes if notes.is_empty() => ImagePart::Node(node.into()),
            notes => ImagePart::NotedNode(node.into(), notes),
        })
    }
}

/// Puts an image together from its records.
#[derive(Default)]
pub(crate) struct ImageBuilder {
    image: Option<Image>,
    /// Jobs, leases and nodes that the head announced.
    announced: (u64, u64, u64),
}

impl ImageBuilder {
    /// Takes the next record.
    ///
    /// # Errors
    /// A sentence, when the record does not belong here.
    pub(crate) fn add(&mut self, part: ImagePart<'_>) -> Result<(), &'static str> {
        match (part, &mut self.image) {
            (ImagePart::Head { sequence, epoch, last_token, jobs, leases, nodes }, None) => {
                self.announced = (jobs, leases, nodes);
                let last_token = last_token.into();
                self.image = Some(Image { sequence, epoch, last_token, ..Image::default() });
            }
            (ImagePart::Head { .. }, Some(_)) => return Err("a second head"),
            (_, None) => return Err("a part before its head"),
            (ImagePart::Job(job), Some(image)) => image.jobs.push(job.into()),
            (ImagePart::Lease(lease), Some(image)) => image.leases.push(lease.into()),
            (ImagePart::Node(node), Some(image)) => image.nodes.push(node.into()),
            (ImagePart::NotedJob(job, notes), Some(image)) => {
                let mut job = JobImage::from(job);
                notes.into_iter().try_for_each(|notes| notes.add_to(&mut job.steps))?;
                image.jobs.push(job);
            }
            (ImagePart::NotedLease(held, notes), Some(image)) => {
                let held = LeaseImage::from(held);
                image.leases.push(LeaseImage { lease: notes.join(held.lease), ..held });
            }
            (ImagePart::NotedNode(node, notes), Some(image)) => {
                let mut node = NodeImage::from(node);
                notes.into_iter().for_each(|notes| notes.add_to(&mut node));
                image.nodes.push(node);
            }
        }
        Ok(())
    }

    /// Whether every record that the head announced is there.
    pub(crate) fn is_whole(&self) -> bool {
        self.image.as_ref().is_some_and(|image| {
            self.announced == (image.jobs.len() as u64, image.leases.len() as u64, image.nodes.len() as u64)
        })
    }

    /// The image, if every record that the head announced came.
    pub(crate) fn finish(self) -> Option<Image> {
        if self.is_whole() { self.image } else { None }
    }
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
        Self { job: std::sync::Arc::new(stored.job.into()), paused: stored.paused, end, steps }
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
            drained: stored.drained,
            doubts: BTreeMap::new(),
            quarantines: BTreeMap::new(),
        }
    }
}
