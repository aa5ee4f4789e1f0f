//! What the scheduler actor can be sent, and the typed handle that sends it.

use std::sync::Arc;
use std::time::Instant;

use callsheet_journal::{AppendError, Durable};
use callsheet_model::{Author, NodeName, Report, SessionId};
use callsheet_scheduler::{Command, Ingested, Rejection, Reply, Scheduler};
use callsheet_supervision::{ActorSlot, kinds};
use ractor::ActorRef;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::posts::{Guests, Post};
use crate::error::LeaderError;
use crate::node_session::NodeSessionHandle;

/// Commands and reads of strangers that may wait at once; more wait at the door.
const DOOR: usize = 1024;
/// KiB of events from outside that may wait at once; more wait at the door.
const GUEST_DOOR: u32 = 32 << 10;

/// Something to look up in the scheduler; its answer is told when what it saw is durable.
pub(crate) type Read = Box<dyn FnOnce(&Scheduler) -> Tell + Send>;
/// Something to tell someone, once it may be told.
pub(crate) type Tell = Box<dyn FnOnce() + Send>;

/// What the scheduler actor can be sent.
pub(crate) enum Message {
    /// Decide this.
    Command {
        /// Whom it comes from.
        author: Author,
        command: Command,
        /// When it was sent, if it came from outside the actor.
        since: Option<Instant>,
        reply: Option<oneshot::Sender<Result<Reply, Rejection>>>,
        /// The sender's place at the door.
        permit: Option<OwnedSemaphorePermit>,
    },
    /// Judge a node's numbered reports, which came at this time, and tell its session when they are settled.
    Reports(SessionReports, Instant),
    /// Take in events from outside.
    Ingest(Post),
    /// Look something up.
    Read { read: Read, permit: Option<OwnedSemaphorePermit> },
    /// A node's session is there, and effects for it go to this actor.
    OpenSession { session: SessionId, to: NodeSessionHandle },
    /// A session is over.
    CloseSession { session: SessionId },
    /// Decide what was collected. Sent by the actor to itself, so that it arrives behind what is in the mailbox.
    Commit,
    /// The oldest batch on its way is durable, or will never be.
    Durable(Result<Durable, AppendError>),
    /// The snapshot that was being written is, or could not be.
    SnapshotStored(Result<u64, AppendError>),
    /// A moment has come that the scheduler wanted to be called at.
    Wake,
    /// Tell when everything decided so far is durable.
    Flush(oneshot::Sender<()>),
    /// Posts have let others go first for long enough.
    PostsRested,
}

kinds!(Message {
    "command": Message::Command { .. },
    "reports": Message::Reports(..),
    "ingest": Message::Ingest(_),
    "read": Message::Read { .. },
    "open_session": Message::OpenSession { .. },
    "close_session": Message::CloseSession { .. },
    "commit": Message::Commit,
    "durable": Message::Durable(_),
    "snapshot_stored": Message::SnapshotStored(_),
    "wake": Message::Wake,
    "flush": Message::Flush(_),
    "posts_rested": Message::PostsRested,
});

/// Numbered reports of one node, as they came in one message.
pub(crate) struct SessionReports {
    pub(crate) node: NodeName,
    pub(crate) session: SessionId,
    pub(crate) reports: Vec<Report>,
    /// The number of the last one.
    pub(crate) up_to: u64,
    /// The node's place at the door, given back when the reports are settled.
    pub(crate) permit: Option<OwnedSemaphorePermit>,
}

/// The way to the scheduler actor; it outlives the actor.
#[derive(Clone)]
pub(crate) struct SchedulerHandle {
    actor: ActorSlot<Message>,
    door: Arc<Semaphore>,
    guests: Arc<Semaphore>,
}

impl SchedulerHandle {
    /// A handle with no actor behind it yet.
    pub(crate) fn new() -> Self {
        Self {
            actor: ActorSlot::default(),
            door: Arc::new(Semaphore::new(DOOR)),
            guests: Arc::new(Semaphore::new(GUEST_DOOR as usize)),
        }
    }

    /// Points at a new actor.
    pub(crate) fn attach(&self, actor: ActorRef<Message>) {
        self.actor.put(actor);
    }

    /// Gives a command and waits until it is decided and durable.
    pub(crate) async fn command(&self, author: Author, command: Command) -> Result<Reply, LeaderError> {
        let permit = self.permit().await?;
        let (reply, answer) = oneshot::channel();
        let (reply, permit) = (Some(reply), Some(permit));
        self.send(Message::Command { author, command, since: Some(Instant::now()), reply, permit })?;
        Ok(answer.await.map_err(|_| LeaderError::Restarting)??)
    }

    /// Gives a command of the leader's own parts, whose outcome nobody waits for.
    pub(crate) fn tell(&self, command: Command) -> Result<(), LeaderError> {
        self.unanswered(command, None)
    }

    /// Gives a command of a node, which says itself whom it comes from; the place is given back when it is decided.
    pub(crate) fn pass_on(&self, command: Command, place: OwnedSemaphorePermit) -> Result<(), LeaderError> {
        self.unanswered(command, Some(place))
    }

    fn unanswered(&self, command: Command, permit: Option<OwnedSemaphorePermit>) -> Result<(), LeaderError> {
        let (author, since) = (Author::SYSTEM, Some(Instant::now()));
        self.send(Message::Command { author, command, since, reply: None, permit })
    }

    /// Has events from outside taken in, and waits until all of them are durable.
    pub(crate) async fn ingest(&self, events: Guests) -> Result<Vec<Ingested>, LeaderError> {
        let kib = u32::try_from(events.bytes() >> 10).unwrap_or(u32::MAX).clamp(1, GUEST_DOOR);
        let permit =
            self.guests.clone().acquire_many_owned(kib).await.map_err(|_| LeaderError::Restarting)?;
        let (reply, answer) = oneshot::channel();
        self.send(Message::Ingest(Post::new(events, reply, permit)))?;
        Ok(answer.await.map_err(|_| LeaderError::Restarting)??)
    }

    /// KiB that may still come through the door for events from outside.
    #[cfg(test)]
    pub(crate) fn room_for_guests(&self) -> usize {
        self.guests.available_permits()
    }

    /// Whether nobody has a place at its doors.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        (self.door.available_permits(), self.room_for_guests()) == (DOOR, GUEST_DOOR as usize)
    }

    /// Looks something up; the answer comes when what it saw is durable.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, LeaderError>
    where
        T: Send + 'static,
        F: FnOnce(&Scheduler) -> T + Send + 'static,
    {
        let permit = self.permit().await?;
        let (tell, answer) = oneshot::channel();
        let read: Read = Box::new(move |scheduler| {
            let value = read(scheduler);
            Box::new(move || {
                // Nobody waits any more: there is no one to tell.
                let _ = tell.send(value);
            })
        });
        self.send(Message::Read { read, permit: Some(permit) })?;
        answer.await.map_err(|_| LeaderError::Restarting)
    }

    /// Hands over a node's reports.
    pub(crate) fn report(&self, reports: SessionReports) -> Result<(), LeaderError> {
        self.send(Message::Reports(reports, Instant::now()))
    }

    /// Sends a message as it is.
    pub(crate) fn send(&self, message: Message) -> Result<(), LeaderError> {
        self.actor.cast(message).map_err(|_| LeaderError::Restarting)
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, LeaderError> {
        self.door.clone().acquire_owned().await.map_err(|_| LeaderError::Restarting)
    }
}
