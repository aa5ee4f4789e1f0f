//! What can be seen of the world from outside, as it happens. Invariants are judged by nothing else.

use callsheet_agent::Offer;
use callsheet_events::Sealed;
use callsheet_model::{Envelope, FrameSet, SessionId, Token};
use callsheet_scheduler::{Command, Effect, Rejection, Reply, Scheduler};
use callsheet_supervision::{Restart, Verdict};

use crate::Micros;
use crate::faults::Child;
use crate::world::storage::{Content, FinalPath, Storage};

/// Something seen.
#[derive(Debug)]
pub enum Sight<'a> {
    /// A leader serves: what replay gave it, before it began anything of its own.
    Replayed {
        /// The fold of what was on the disk.
        scheduler: &'a Scheduler,
        /// The last event there.
        head: u64,
    },
    /// The leader's process, or its scheduler, is gone.
    LeaderDown,
    /// The leader stands still until then.
    LeaderStalls {
        /// It goes on then.
        until: Micros,
    },
    /// An event is on the platter, whether anyone was told or not.
    Durable(&'a Sealed),
    /// The leader decides an event; nobody may act on it before it is durable.
    Decided(&'a Envelope),
    /// The leader takes notice of a stream with a node, or of its end.
    Session {
        /// Which node.
        node: usize,
        /// Which stream of it.
        session: SessionId,
        /// It is there.
        open: bool,
    },
    /// The leader takes notice of something that a node said.
    Heard {
        /// Which.
        node: usize,
    },
    /// A process starts: the leader's, or a node's.
    Begins {
        /// Which node.
        node: Option<usize>,
    },
    /// An actor falls.
    Fell {
        /// Which.
        who: Performer,
        /// Its line of the restart table.
        rule: Restart,
        /// What is done about it.
        verdict: Verdict,
    },
    /// The leader lets an effect out.
    Effect(&'a Effect),
    /// A person hears an answer.
    Answered {
        /// To what.
        command: &'a Command,
        /// The answer.
        answer: &'a Result<Reply, Rejection>,
    },

    /// A renderer starts.
    Started {
        /// On which node.
        node: usize,
        /// With what.
        offer: &'a Offer,
        /// Whether its template is in the cache, whole; `None` without one.
        template: Option<bool>,
    },
    /// A renderer has finished a frame, well or not.
    Drawn {
        /// On which node.
        node: usize,
        /// With what.
        offer: &'a Offer,
        /// Which.
        frame: i32,
    },
    /// A frame is drawn: its file lies in its attempt's place, whole, where there is one.
    Rendered {
        /// On which node.
        node: usize,
        /// Under which lease.
        token: Token,
        /// Which frame.
        frame: i32,
        /// Whether its template is still there; `None` without one.
        template: Option<bool>,
    },
    /// No process of an attempt is left.
    Stopped {
        /// On which node.
        node: usize,
        /// Of which lease.
        token: Token,
        /// What really was wrong with it.
        guilt: Guilt,
    },
    /// A node and the leader hear each other, or do not.
    Contact {
        /// Which.
        node: usize,
        /// They do.
        good: bool,
    },
    /// The network between a node and the leader is cut, or whole again.
    Cut {
        /// Which.
        node: usize,
        /// It is cut.
        cut: bool,
    },
    /// A file is at its final path.
    Published {
        /// Who moved it.
        node: usize,
        /// Under which lease.
        token: Token,
        /// Where.
        path: FinalPath,
        /// What.
        content: Content,
    },
    /// The storage is away, or there again.
    Storage {
        /// It is there.
        there: bool,
    },
    /// A node can or cannot act: its machine or its agent stands still, or it is dead.
    Able {
        /// Which.
        node: usize,
        /// Whether it can.
        able: bool,
    },
    /// A node's machine sleeps: not even its clock goes on.
    Suspended {
        /// Which.
        node: usize,
    },

    /// A reader gets an event.
    Read {
        /// Which reader.
        reader: usize,
        /// The event.
        event: &'a Sealed,
    },
    /// A reader asks for events that are not kept any more, and is told.
    TooOld {
        /// Which reader.
        reader: usize,
        /// The event it asked for.
        asked: u64,
        /// The oldest there is.
        oldest: u64,
        /// The newest.
        head: u64,
    },
    /// How large things are.
    Weighed(Weight),
    /// Nothing goes wrong any more.
    Calm,
    /// Everything is over.
    End {
        /// The mind at the end, if there is a leader.
        scheduler: Option<&'a Scheduler>,
        /// The storage at the end.
        storage: &'a Storage,
    },
}

/// An actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Performer {
    /// The leader's scheduler.
    Scheduler,
    /// One of a node.
    Of(usize, Child),
}

/// What really was wrong with an attempt, as only the world knows.
#[derive(Clone, Debug, PartialEq)]
pub enum Guilt {
    /// Nothing: it did well, was killed, or found no licence, storage or actor.
    Nobody,
    /// The renderer failed on these frames.
    Frames(FrameSet),
    /// The renderer failed as a whole, on no frame in particular.
    Renderer,
}

/// How large things are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Events kept in the log.
    pub events_kept: u64,
    /// Events since the last snapshot.
    pub since_snapshot: u64,
    /// Events between snapshots, as configured.
    pub snapshot_every: u64,
    /// Messages that wait for the leader.
    pub waiting: usize,
    /// Reports of one node that are not settled, at most.
    pub unsettled: usize,
    /// Leases in force.
    pub leases: usize,
    /// Slots of all machines.
    pub slots: usize,
    /// Events that the log has to keep for readers.
    pub keep_events: u64,
    /// Templates that are kept for leases which need none any more.
    pub stray_pins: usize,
}
