//! A picture of the whole cluster's durable state, as plain data: what the scheduler hands to the journal for
//! a snapshot, and takes back at start-up. Everything derived is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::alert::Alert;
use crate::frames::FrameSet;
use crate::id::{NodeName, StepIndex, Token};
use crate::job::Job;
use crate::lease::Lease;
use crate::node::{Capabilities, OfflineReason};
use crate::outcome::{Failure, FailureClass};
use crate::pause::Pause;
use crate::time::Timestamp;
use crate::troupe::Player;
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
    /// All pauses in force.
    pub pauses: Vec<Pause>,
    /// What people were last told of each worker and node, by its name.
    pub told: BTreeMap<String, ToldImage>,
    /// Alerts that some channel has not taken yet, the oldest first.
    pub alerts: Vec<AlertImage>,
    /// Ids of the latest events from outside, with their numbers, the oldest first.
    pub outside: Vec<(Uuid, u64)>,
}

/// What people were last told of a worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldImage {
    /// Whether it is alive; nothing has been seen of it when there is none.
    pub alive: Option<bool>,
    /// How many dead letters it has.
    pub dead_letters: u64,
}

/// An alert on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertImage {
    /// What.
    pub alert: Alert,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// Channels that have not taken it yet.
    pub waiting: BTreeMap<String, DeliveryImage>,
}

/// How far an alert is with one channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryImage {
    /// Tries so far.
    pub attempts: u32,
    /// A try is under way.
    pub sending: bool,
    /// Not tried before this.
    pub not_before: Timestamp,
}

/// How far a job's release is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseImage {
    /// The how manieth request this is, from 1.
    pub nth: u32,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// It was told again after its time was up.
    pub escalated: bool,
    /// Someone released the job.
    pub granted: bool,
}

/// A job's durable state.
#[derive(Clone, Debug, PartialEq)]
pub struct JobImage {
    /// What was submitted.
    pub job: Arc<Job>,
    /// Its priority now: the one it was submitted with, unless someone changed it.
    pub priority: u32,
    /// Someone paused it.
    pub paused: bool,
    /// How far its release is, if it needs one and was asked for it.
    pub release: Option<ReleaseImage>,
    /// When it last began as a workflow, if it has several steps and has begun.
    pub started: Option<Timestamp>,
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
    /// On which node; unknown in what was remembered before nodes were.
    pub node: Option<NodeName>,
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
    /// Its renderer is known to have begun its first frame.
    pub began: bool,
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
    /// Of one that is gone: when it was last heard, if that is known.
    pub last_heard: Option<Timestamp>,
    /// It gets no more work.
    pub drained: bool,
    /// Failures in a row, by renderer.
    pub doubts: BTreeMap<String, Doubt>,
    /// Renderers that it is not trusted with.
    pub quarantines: BTreeMap<String, Quarantine>,
    /// Its actors, by the id of their present life, with how they are.
    pub players: BTreeMap<Uuid, (Player, String)>,
}

/// Which step of which job: the key that indices share.
pub type StepKey = (crate::id::JobId, StepIndex);
