//! A picture of the whole cluster's durable state, as plain data: what the scheduler hands to the journal for
//! a snapshot, and takes back at start-up. Everything derived is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::frames::FrameSet;
use crate::id::{NodeName, StepIndex, Token};
use crate::job::Job;
use crate::lease::Lease;
use crate::node::{Capabilities, OfflineReason};
use crate::outcome::{Failure, FailureClass};
use crate::time::Timestamp;
use crate::trust::{Doubt, Look, Quarantine};

/// The state after the event `sequence`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// The last event that is in it.
    pub sequence: u64,
    /// The last leader's epoch.
    pub epoch: u32,
    /// The last token made.
    pub last_token: Token,
    /// All jobs that are remembered, in the order they came.
    pub jobs: Vec<JobImage>,
    /// All leases in force.
    pub leases: Vec<LeaseImage>,
    /// All nodes ever seen.
    pub nodes: Vec<NodeImage>,
}

/// A job's durable state.
#[derive(Clone, Debug, PartialEq)]
pub struct JobImage {
    /// What was submitted.
    pub job: Arc<Job>,
    /// Someone paused it.
    pub paused: bool,
    /// How it ended, if it did, and when.
    pub end: Option<(JobEnd, Timestamp)>,
    /// Its steps, in their order.
    pub steps: Vec<StepImage>,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// Every frame is published.
    Succeeded,
    /// It cannot be finished, and why.
    Failed(String),
    /// Someone ended it, and what they said.
    Cancelled(String),
}

/// A step's durable state. What waits is what is in none of these sets and in no lease.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepImage {
    /// Frames that were accepted.
    pub accepted: FrameSet,
    /// Of those, frames at their final path.
    pub published: FrameSet,
    /// Frames put aside.
    pub dead: Vec<DeadImage>,
    /// Frames with a history of failures that wait for another try.
    pub troubles: Vec<TroubleImage>,
    /// Accepted frames that wait for someone to publish them, by the attempt that left them.
    pub unpublished: Vec<(Token, FrameSet)>,
    /// Every frame of it was published, and its event written.
    pub succeeded: bool,
    /// Bytes of all accepted frames.
    pub bytes: u64,
    /// Render time of all accepted frames.
    pub took: Duration,
    /// The last failure seen.
    pub last_failure: Option<Failure>,
    /// How far the look is that comes before its frames.
    pub look: Look,
    /// Nodes that said they are not set up for it, while no frame of it had been accepted anywhere.
    pub unfit: BTreeSet<NodeName>,
    /// Nodes where its renderer died or hung, likewise.
    pub died_on: BTreeSet<NodeName>,
    /// What its frames wait for, and since when.
    pub awaits: Option<(FailureClass, Timestamp)>,
}

/// Frames put aside, with the failure that did it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadImage {
    /// Which.
    pub frames: FrameSet,
    /// Why.
    pub failure: Failure,
    /// Under which token.
    pub token: Token,
}

/// A frame's history of failures.
#[derive(Clone, Debug, PartialEq)]
pub struct TroubleImage {
    /// Which frame.
    pub frame: i32,
    /// Failures that counted against it.
    pub charged: u32,
    /// Failures that did not, and that do not pass by themselves.
    pub uncharged: u32,
    /// How often it met what passes by itself.
    pub waited: u32,
    /// Not handed out before this.
    pub not_before: Timestamp,
    /// Nodes it failed on.
    pub avoid: BTreeSet<NodeName>,
    /// It ran out of memory: it goes out to be rendered with as little as can be.
    pub gentle: bool,
}

/// A lease in force, with what has come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaseImage {
    /// The lease as handed out.
    pub lease: Lease,
    /// When.
    pub since: Timestamp,
    /// Frames neither accepted nor failed.
    pub remaining: FrameSet,
    /// Frames accepted and not yet known to be published.
    pub unpublished: FrameSet,
}

/// A node's durable state.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeImage {
    /// Its name.
    pub name: NodeName,
    /// What it said it can do.
    pub capabilities: Capabilities,
    /// Why it is gone, if it is, and since when it is or is not.
    pub offline: Option<OfflineReason>,
    /// When it last came or went.
    pub since: Timestamp,
    /// It gets no more work.
    pub drained: bool,
    /// Failures in a row, by renderer.
    pub doubts: BTreeMap<String, Doubt>,
    /// Renderers that it is not trusted with.
    pub quarantines: BTreeMap<String, Quarantine>,
}

/// Which step of which job: the key that indices share.
pub type StepKey = (crate::id::JobId, StepIndex);
