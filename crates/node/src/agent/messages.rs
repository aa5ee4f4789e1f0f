//! What the agent's actor can be told.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use callsheet_agent::{Input, Welcome};
use callsheet_model::{Failure, JobId, Md5, OutputPattern, Token};
use callsheet_protocol::v1;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;

use crate::ae_process::SlotHandle;
use crate::cache::CacheHandle;
use crate::heartbeat::HeartbeatHandle;
use crate::leader_link::LinkHandle;
use crate::supervisor::restart::Child;

/// The only message: there is something in the queue, or time has passed.
#[derive(Debug)]
pub(crate) struct Wake;

/// Something that the agent's actor is told.
#[derive(Debug)]
pub(crate) enum Item {
    /// A brother was started, and this is how to reach it.
    Cache(CacheHandle),
    Heartbeat(HeartbeatHandle),
    Link(LinkHandle),
    Slot(usize, SlotHandle),
    /// A brother died.
    Gone(Child),

    /// Something for the mind, from an attempt or from a publication.
    Mind(Input),
    /// The cache has a lease's template, or cannot have it.
    Fetched {
        token: Token,
        result: Result<PathBuf, Failure>,
    },
    /// What the cache holds.
    Cached {
        bytes: u64,
        templates: BTreeSet<Md5>,
    },
    /// A heartbeat is due, with these figures.
    Beat(Figures),
    /// The cache changed: remembered by the leader, so it waits when nobody listens.
    CacheChanged(Box<v1::CacheUpdate>),
    /// The node's actors changed.
    Troupe,
    /// Something passing, for whoever watches. Lost when nobody listens.
    Signal(v1::node_message::Body),

    /// A stream to the leader is open.
    LinkUp {
        session: u64,
        outlet: Outlet,
    },
    /// It is gone, or could not be opened.
    LinkDown {
        /// On the leader's host, nobody listened to a dial that began then.
        refused: Option<Instant>,
    },
    /// The leader said something.
    Heard {
        session: u64,
        heard: Heard,
        /// Given back when it is dealt with: bounds what a leader can heap up here.
        permit: OwnedSemaphorePermit,
    },

    /// The leader does not take what this node says of itself, and never will.
    Unwelcome {
        /// What it says to that.
        said: String,
    },

    /// Leave in good order.
    Leave {
        grace: Duration,
    },
}

/// What the leader said, understood.
#[derive(Debug)]
pub(crate) enum Heard {
    /// For the mind.
    Inputs(Vec<Input>),
    /// The answer to our hello.
    Welcome {
        terms: Welcome,
        heartbeat: Duration,
        /// How much output of an attempt is kept.
        log_bytes: u64,
    },
    /// Remove what attempts of a job left beside these outputs.
    Sweep { job: JobId, up_to: Token, outputs: Vec<OutputPattern> },
}

/// What the heartbeat measured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// Use of all processors together, 0 to 100.
    pub(crate) cpu_pct: Option<u8>,
    /// Memory still to be had, in MiB.
    pub(crate) ram_available_mb: Option<u64>,
}

/// Where messages to the leader go, as long as the stream lives.
#[derive(Clone, Debug)]
pub(crate) struct Outlet(pub(crate) mpsc::Sender<v1::NodeMessage>);

impl Outlet {
    /// Sends what must arrive. False when the stream is gone or does not move: dial again.
    pub(crate) fn send(&self, body: v1::node_message::Body) -> bool {
        self.0.try_send(v1::NodeMessage { body: Some(body) }).is_ok()
    }

    /// Whether there is room for what need not arrive.
    pub(crate) fn has_room(&self) -> bool {
        self.0.capacity() > self.0.max_capacity() / 2
    }
}
