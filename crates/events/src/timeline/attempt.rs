//! One frame job: what became of the frames in one node's hands.
//!
//! A lease that is done ends with its last event, without one of its own: that is worked out here, from what is left
//! of its frames.

use callsheet_model::time::millis;
use callsheet_model::{Event, Failure, FrameSet, Lease, NodeName, Timestamp, Token, Work};
use serde::Serialize;
use uuid::Uuid;

use super::{perhaps, shown};
use crate::payload::{Large, Text};

/// One frame job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    /// The lease's fencing token, as text in JSON.
    pub token: Shown<Token>,
    /// Its id for the world.
    pub frame_job_id: Uuid,
    /// Who holds or held it.
    pub node: NodeName,
    /// Its UUID.
    pub node_id: Uuid,
    /// `render`, `publish` or `preflight`.
    pub work: &'static str,
    /// The attempt whose files are to be published.
    pub publish_of: Option<Shown<Token>>,
    /// The frames, as handed out.
    pub frames: FrameSet,
    /// With as little memory as can be.
    pub gentle: bool,
    /// Since when its frames waited, if that is known.
    #[serde(serialize_with = "perhaps")]
    pub queued_at: Option<Timestamp>,
    /// When they were put into the node's hands.
    #[serde(serialize_with = "shown")]
    pub leased_at: Timestamp,
    /// When its renderer began, and what came before.
    pub began: Option<Began>,
    /// Frames that were proven.
    pub proven: Option<Written>,
    /// Frames at their final path.
    pub published: Option<Written>,
    /// Failures, with what follows.
    pub troubles: Vec<Trouble>,
    /// Frames that wait again, though nothing speaks against them.
    pub returned: FrameSet,
    /// Frames whose files could not be found any more.
    pub lost: FrameSet,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
    /// Frames neither proven nor failed.
    #[serde(skip)]
    remaining: FrameSet,
    /// Proven frames that are not published; always empty where nothing is to be published.
    #[serde(skip)]
    unpublished: FrameSet,
    #[serde(skip)]
    has_output: bool,
}

/// A value that is a text in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown<T>(pub T);

impl<T: std::fmt::Display> Serialize for Shown<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Text(&self.0).serialize(serializer)
    }
}

/// The beginning of a renderer's work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Began {
    /// When everything was fetched and the renderer was started.
    #[serde(serialize_with = "shown")]
    pub fetched_at: Timestamp,
    /// Fetching, in milliseconds.
    #[serde(serialize_with = "large")]
    pub fetched_ms: u64,
    /// From the renderer's start to its first frame, in milliseconds.
    #[serde(serialize_with = "large")]
    pub loading_ms: u64,
    /// When it began its first frame.
    #[serde(serialize_with = "shown")]
    pub rendering_at: Timestamp,
}

/// Frames that were proven or published.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Written {
    /// When the first were.
    #[serde(serialize_with = "shown")]
    pub first_at: Timestamp,
    /// When the last were.
    #[serde(serialize_with = "shown")]
    pub last_at: Timestamp,
    /// Which.
    pub frames: FrameSet,
    /// Bytes of their files, where that is told.
    #[serde(serialize_with = "large")]
    pub bytes: u64,
    /// Time that rendering them took, in milliseconds, where that is told.
    #[serde(serialize_with = "large")]
    pub took_ms: u64,
}

/// A failure and what follows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trouble {
    /// When.
    #[serde(serialize_with = "shown")]
    pub at: Timestamp,
    /// Which frames.
    pub frames: FrameSet,
    /// What kind of failure.
    pub class: &'static str,
    /// What happened, for people.
    pub message: String,
    /// How the process ended.
    pub exit: Option<String>,
    /// Tried again from this moment; null when the frames were put aside.
    #[serde(serialize_with = "perhaps")]
    pub retried_from: Option<Timestamp>,
    /// Whether it counts against their retries.
    pub charged: bool,
    /// Whether they were put aside until someone retries them.
    pub dead_lettered: bool,
}

/// The end of a frame job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ended {
    /// When.
    #[serde(serialize_with = "shown")]
    pub at: Timestamp,
    /// Why, in the word that is used everywhere.
    pub reason: &'static str,
}

impl Attempt {
    pub(super) fn new(lease: &Lease, has_output: bool, queued_at: Option<Timestamp>, at: Timestamp) -> Self {
        let (work, publish_of) = match lease.work {
            Work::Render => ("render", None),
            Work::Publish { of } => ("publish", Some(Shown(of))),
            Work::Preflight => ("preflight", None),
        };
        let publishes = publish_of.is_some();
        let frames = || lease.frames.clone();
        Self {
            token: Shown(lease.token),
            frame_job_id: lease.token.frame_job_uuid(lease.job),
            node: lease.node.clone(),
            node_id: lease.node.uuid(),
            work,
            publish_of,
            frames: frames(),
            gentle: lease.gentle,
            queued_at,
            leased_at: at,
            began: None,
            proven: None,
            published: None,
            troubles: Vec::new(),
            returned: FrameSet::new(),
            lost: FrameSet::new(),
            ended: None,
            remaining: if publishes { FrameSet::new() } else { frames() },
            unpublished: if publishes { frames() } else { FrameSet::new() },
            has_output,
        }
    }

    /// Takes an event of this frame job, and tells which frames wait again by it.
    pub(super) fn add(&mut self, event: &Event, at: Timestamp) -> Option<FrameSet> {
        match event {
            Event::AttemptBegan { fetched, loaded, .. } => {
                let fetched_at = Timestamp(at.0.saturating_sub(millis(*loaded)));
                self.began = Some(Began {
                    fetched_at,
                    fetched_ms: millis(*fetched),
                    loading_ms: millis(*loaded),
                    rendering_at: at,
                });
                None
            }
            Event::FramesAccepted { frames, bytes, took, .. } => {
                written(&mut self.proven, frames, (*bytes, millis(*took)), at);
                self.remaining.subtract(frames);
                if self.has_output {
                    self.unpublished.add(frames);
                }
                self.end_if_done(at);
                None
            }
            Event::FramesPublished { frames, .. } => {
                written(&mut self.published, frames, (0, 0), at);
                self.unpublished.subtract(frames);
                self.end_if_done(at);
                None
            }
            Event::FramesFailed { frames, failure, not_before, charged, .. } => {
                self.failed(frames, failure, Some(*not_before), *charged, at);
                Some(frames.clone())
            }
            Event::FramesDeadLettered { frames, failure, .. } => {
                self.failed(frames, failure, None, true, at);
                None
            }
            Event::FramesReturned { frames, .. } => {
                self.returned.add(frames);
                self.remaining.subtract(frames);
                Some(frames.clone())
            }
            Event::FramesLost { frames, .. } => {
                self.lost.add(frames);
                self.unpublished.subtract(frames);
                Some(frames.clone())
            }
            Event::LeaseReleased { reason, .. } => {
                self.ended = Some(Ended { at, reason: reason.word() });
                Some(std::mem::take(&mut self.remaining))
            }
            _ => None,
        }
    }

    fn failed(
        &mut self,
        frames: &FrameSet,
        failure: &Failure,
        retried_from: Option<Timestamp>,
        charged: bool,
        at: Timestamp,
    ) {
        self.remaining.subtract(frames);
        self.troubles.push(Trouble {
            at,
            frames: frames.clone(),
            class: failure.class.word(),
            message: failure.message.clone(),
            exit: failure.exit.clone(),
            retried_from,
            charged,
            dead_lettered: retried_from.is_none(),
        });
    }

    fn end_if_done(&mut self, at: Timestamp) {
        if self.remaining.is_empty() && self.unpublished.is_empty() && self.ended.is_none() {
            self.ended = Some(Ended { at, reason: callsheet_model::ReleaseReason::Completed.word() });
        }
    }

    /// Whether there is nothing to tell of it but that it was done.
    pub(super) fn went_well(&self) -> bool {
        let completed = callsheet_model::ReleaseReason::Completed.word();
        self.ended.as_ref().is_some_and(|ended| ended.reason == completed) && self.troubles.is_empty()
    }
}

fn written(place: &mut Option<Written>, frames: &FrameSet, (bytes, took_ms): (u64, u64), at: Timestamp) {
    let so_far = place.get_or_insert_with(|| Written {
        first_at: at,
        last_at: at,
        frames: FrameSet::new(),
        bytes: 0,
        took_ms: 0,
    });
    so_far.last_at = at;
    so_far.frames.add(frames);
    so_far.bytes = so_far.bytes.saturating_add(bytes);
    so_far.took_ms = so_far.took_ms.saturating_add(took_ms);
}

fn large<S: serde::Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    Large(*number).serialize(serializer)
}
