//! One connected node: puts what it says into commands, and what the scheduler decides into messages to it.
//!
//! Supervised by the leader's supervisor, never restarted: when it ends, the node's stream ends, and the node
//! dials again and says hello. What survives is the scheduler's: leases, and the time the node was last heard.
//!
//! It knows no transport. A door hands it a channel for what goes out, and calls its handle with what comes in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use callsheet_model::signal::{LogChunk, Signal};
use callsheet_model::{
    Arrival, Capabilities, FrameSet, Job, JobId, Lease, NodeName, OfflineReason, Outcome, Report, Reported,
    SessionId, Token,
};
use callsheet_scheduler::{Command, Effect, Holding};
use callsheet_supervision::kinds;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::error::LeaderError;
use crate::event_hub::EventHubHandle;
use crate::log_keeper::LogKeeperHandle;
use crate::monitor::MonitorHandle;
use crate::scheduler::{Message as ToScheduler, SchedulerHandle, SessionReports, Told};

/// Messages of one node that may wait to be decided; its stream is not read on before there is room.
const DOOR: usize = 64;
/// Its pulses that may wait to be decided. They are all heard when they are: while so many wait, one more says nothing
/// new, and is answered without the scheduler.
const PULSES: usize = 8;
/// Leases of a session that are remembered, so that their output can come after their end.
const REMEMBERED: usize = 4096;
/// Messages that may wait to be sent. What can be outstanding is bounded by the node's leases, so a node that
/// lets this fill up is not reading: its session ends.
const OUT: usize = 4096;

/// What a node says first.
#[derive(Clone, Debug, PartialEq)]
pub struct Hello {
    /// Who.
    pub node: NodeName,
    /// What it can do.
    pub capabilities: Capabilities,
    /// What else is known of it now.
    pub arrival: Box<Arrival>,
    /// Tokens of all leases it holds.
    pub held: BTreeSet<Token>,
}

/// What a node says after that.
#[derive(Clone, Debug, PartialEq)]
pub enum FromNode {
    /// A sign of life, to be answered with the same number.
    Pulse {
        /// The pulse's number.
        number: u64,
        /// All leases it holds, now and then.
        holding: Option<Holding>,
    },
    /// Numbered reports, in order.
    Reports {
        /// What.
        reports: Vec<Report>,
        /// The number of the last one.
        up_to: u64,
    },
    /// Something passing.
    Signal(Signal),
    /// Its template cache changed.
    Cache(Box<callsheet_model::signal::CacheUpdate>),
    /// Its actors changed.
    Troupe {
        /// How.
        changes: Vec<callsheet_model::PlayerChange>,
        /// These are all there are.
        whole: bool,
    },
    /// It is leaving.
    Goodbye(OfflineReason),
}

/// What a node is told.
#[derive(Clone, Debug, PartialEq)]
pub enum ToNode {
    /// Leases, with their jobs.
    Offers(Vec<(Lease, Arc<Job>)>),
    /// Reports that are dealt with, and frames that may be published.
    Settled {
        /// Every report up to this number.
        up_to: u64,
        /// Frames by token.
        accepted: Vec<(Token, FrameSet)>,
    },
    /// A lease is called back.
    Revoke {
        /// Which.
        token: Token,
        /// Why.
        why: &'static str,
    },
    /// Nothing more is expected of these leases.
    Close(Vec<Token>),
    /// The pulse of this number came.
    PulseAck(u64),
    /// It gets no more work, or gets it again.
    Drained(bool),
    /// What attempts of this job with tokens up to this one left behind can go.
    Sweep(Arc<Job>, Token),
}

/// What the actor can be sent.
pub(crate) enum Message {
    /// By the node.
    FromNode(FromNode, OwnedSemaphorePermit),
    /// By the scheduler.
    Told(Told),
    /// Its stream broke.
    StreamEnded,
    /// The leader leaves.
    Abandoned,
}

kinds!(Message {
    "pulse": Message::FromNode(FromNode::Pulse { .. }, _),
    "reports": Message::FromNode(FromNode::Reports { .. }, _),
    "log": Message::FromNode(FromNode::Signal(Signal::Log(_)), _),
    "signal": Message::FromNode(FromNode::Signal(_), _),
    "cache": Message::FromNode(FromNode::Cache(_), _),
    "troupe": Message::FromNode(FromNode::Troupe { .. }, _),
    "goodbye": Message::FromNode(FromNode::Goodbye(_), _),
    "told": Message::Told(_),
    "stream_ended": Message::StreamEnded,
    "abandoned": Message::Abandoned,
});

/// The scheduler's way to a session.
#[derive(Clone)]
pub(crate) struct NodeSessionHandle(ActorRef<Message>);

impl NodeSessionHandle {
    pub(crate) fn told(&self, told: Told) {
        // The session has ended: its node will be told what it needs when it says hello again.
        let _ = self.0.cast(Message::Told(told));
    }
}

/// A door's way to a session. Dropping it ends the session as a broken stream would.
pub struct NodeDoor {
    actor: ActorRef<Message>,
    door: Arc<Semaphore>,
    logs: Arc<Semaphore>,
    abandoned: bool,
}

impl NodeDoor {
    pub(crate) fn new(actor: ActorRef<Message>) -> Self {
        let room = || Arc::new(Semaphore::new(DOOR));
        Self { actor, door: room(), logs: room(), abandoned: false }
    }

    /// Hands in what the node says; waits while too much of it is undecided.
    ///
    /// # Errors
    /// `Restarting` when the session has ended.
    pub async fn say(&self, message: FromNode) -> Result<(), LeaderError> {
        let permit = match &message {
            // Output must never hold up what keeps the node alive: what a slow disk cannot take is left out,
            // and the gap shows by the offset of the next piece.
            FromNode::Signal(Signal::Log(_)) => match self.logs.clone().try_acquire_owned() {
                Ok(permit) => permit,
                Err(_) => return Ok(()),
            },
            _ => self.door.clone().acquire_owned().await.map_err(|_| LeaderError::Restarting)?,
        };
        self.actor.cast(Message::FromNode(message, permit)).map_err(|_| LeaderError::Restarting)
    }

    /// Ends the session because the leader leaves: that says nothing about the node, which keeps its leases.
    pub fn abandon(mut self) {
        self.abandoned = true;
    }
}

impl Drop for NodeDoor {
    fn drop(&mut self) {
        let end = if self.abandoned { Message::Abandoned } else { Message::StreamEnded };
        let _ = self.actor.cast(end);
    }
}

/// The actor.
pub(crate) struct NodeSession;

/// What it is started with.
pub(crate) struct Arguments {
    pub(crate) session: SessionId,
    pub(crate) hello: Hello,
    pub(crate) scheduler: SchedulerHandle,
    pub(crate) hub: EventHubHandle,
    pub(crate) logs: LogKeeperHandle,
    pub(crate) monitor: MonitorHandle,
    pub(crate) out: mpsc::Sender<ToNode>,
}

/// Everything it owns.
pub(crate) struct State {
    session: SessionId,
    node: NodeName,
    scheduler: SchedulerHandle,
    hub: EventHubHandle,
    logs: LogKeeperHandle,
    monitor: MonitorHandle,
    out: mpsc::Sender<ToNode>,
    /// Places for its pulses.
    pulses: Arc<Semaphore>,
    goodbye: Option<OfflineReason>,
    abandoned: bool,
    /// The latest leases of this session, with their jobs; of those it came with, the job is not known here.
    leases: BTreeMap<Token, Option<JobId>>,
}

/// The channel that a door empties.
pub(crate) fn out_channel() -> (mpsc::Sender<ToNode>, mpsc::Receiver<ToNode>) {
    mpsc::channel(OUT)
}

impl Actor for NodeSession {
    type Msg = Message;
    type State = State;
    type Arguments = Arguments;

    async fn pre_start(
        &self,
        myself: ActorRef<Message>,
        args: Arguments,
    ) -> Result<State, ActorProcessingErr> {
        let Arguments { session, hello, scheduler, hub, logs, monitor, out } = args;
        let Hello { node, capabilities, arrival, held } = hello;
        scheduler.send(ToScheduler::OpenSession { session, to: NodeSessionHandle(myself) })?;
        let leases = held.iter().map(|token| (*token, None)).collect();
        scheduler.tell(Command::ConnectNode { node: node.clone(), session, capabilities, arrival, held })?;
        Ok(State {
            session,
            node,
            scheduler,
            hub,
            logs,
            monitor,
            out,
            pulses: Arc::new(Semaphore::new(PULSES)),
            goodbye: None,
            abandoned: false,
            leases,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::FromNode(message, permit) => state.heard(message, permit)?,
            Message::Told(told) => state.pass_on(told)?,
            Message::StreamEnded => {
                state.leave()?;
                myself.stop(None);
            }
            Message::Abandoned => {
                state.abandoned = true;
                myself.stop(None);
            }
        }
        Ok(())
    }
}

impl Drop for State {
    /// However the session ends (a panic too), the scheduler hears that the stream is broken.
    fn drop(&mut self) {
        let _ = self.leave();
    }
}

impl State {
    fn heard(&mut self, message: FromNode, permit: OwnedSemaphorePermit) -> Result<(), ActorProcessingErr> {
        let (node, session) = (self.node.clone(), self.session);
        match message {
            FromNode::Pulse { number, holding } => {
                if let Ok(place) = self.pulses.clone().try_acquire_owned() {
                    self.scheduler.pass_on(Command::HearNode { node, session, holding }, place)?;
                }
                self.send(ToNode::PulseAck(number))?;
            }
            FromNode::Reports { reports, up_to } => {
                let (done, failed) = ended(&reports);
                self.monitor.tally(&node, done, failed);
                self.scheduler.report(SessionReports {
                    node,
                    session,
                    reports,
                    up_to,
                    permit: Some(permit),
                })?;
            }
            FromNode::Signal(signal) => {
                if let Signal::Log(chunk) = &signal {
                    if !self.may_log(chunk) {
                        tracing::debug!(%node, token = %chunk.token, "output of a lease that is not this node's");
                        return Ok(());
                    }
                    self.logs.keep(chunk.clone(), permit);
                }
                self.hub.signal(signal);
            }
            FromNode::Cache(update) => {
                self.scheduler.pass_on(Command::NoteCache { update: *update }, permit)?;
            }
            FromNode::Troupe { changes, whole } => {
                self.scheduler.pass_on(Command::NoteTroupe { node, session, changes, whole }, permit)?;
            }
            FromNode::Goodbye(reason) => self.goodbye = Some(reason),
        }
        Ok(())
    }

    /// Output is kept of leases that this node was offered, or came with, and of no others.
    fn may_log(&self, chunk: &LogChunk) -> bool {
        self.leases.get(&chunk.token).is_some_and(|job| job.is_none_or(|job| job == chunk.job))
    }

    fn remember(&mut self, token: Token, job: JobId) {
        self.leases.insert(token, Some(job));
        if self.leases.len() > REMEMBERED {
            self.leases.pop_first();
        }
    }

    /// Puts one batch's effects into few messages. An offer goes first: it is what a free slot waits for.
    fn pass_on(&mut self, told: Told) -> Result<(), ActorProcessingErr> {
        let (mut offers, mut accepted, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        let mut rest = Vec::new();
        for effect in told.effects {
            match effect {
                Effect::OfferLease { lease, job, .. } => {
                    self.remember(lease.token, lease.job);
                    offers.push((lease, job));
                }
                Effect::ConfirmAccepted { token, frames, .. } => accepted.push((token, frames)),
                Effect::CloseLease { token, .. } => closed.push(token),
                Effect::RevokeLease { token, why, .. } => rest.push(ToNode::Revoke { token, why }),
                Effect::SweepJob { job, up_to, .. } => rest.push(ToNode::Sweep(job, up_to)),
                Effect::EndSession { .. } => {
                    return Err("another node of this name connected: its session is over".into());
                }
                Effect::TellDrained { drained, .. } => rest.push(ToNode::Drained(drained)),
            }
        }
        if !offers.is_empty() {
            self.send(ToNode::Offers(offers))?;
        }
        if told.settled.is_some() || !accepted.is_empty() {
            self.send(ToNode::Settled { up_to: told.settled.unwrap_or(0), accepted })?;
        }
        if !closed.is_empty() {
            self.send(ToNode::Close(closed))?;
        }
        rest.into_iter().try_for_each(|message| self.send(message))
    }

    fn send(&self, message: ToNode) -> Result<(), ActorProcessingErr> {
        self.out
            .try_send(message)
            .map_err(|error| format!("node {} does not read its stream: {error}", self.node).into())
    }

    fn leave(&mut self) -> Result<(), LeaderError> {
        let (node, session, goodbye) = (self.node.clone(), self.session, self.goodbye);
        if self.abandoned && goodbye.is_none() {
            return Ok(());
        }
        self.scheduler.tell(Command::DisconnectNode { node, session, goodbye })?;
        self.scheduler.send(ToScheduler::CloseSession { session })
    }
}

/// How many attempts these reports say are finished, and how many have failed.
fn ended(reports: &[Report]) -> (u64, u64) {
    let ends = |is: fn(&Outcome) -> bool| {
        reports
            .iter()
            .filter(|report| matches!(&report.what, Reported::Ended { outcome, .. } if is(outcome)))
            .count() as u64
    };
    (ends(|outcome| *outcome == Outcome::Succeeded), ends(|outcome| matches!(outcome, Outcome::Failed(_))))
}
