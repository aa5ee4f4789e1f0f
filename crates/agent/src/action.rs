//! What an agent wants done. The order of actions matters: they are carried out one after another.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use callsheet_model::{FrameSet, Report, Token};

use crate::offer::Offer;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Say hello on the stream that was just opened.
    Hello(Hello),
    /// Report to the leader.
    Report(Numbered),
    /// Send a pulse now.
    Pulse(Pulse),
    /// Say goodbye; nothing follows.
    Goodbye,
    /// The leader has fallen silent: give the stream up and dial again.
    Redial,

    /// Bring a lease's template here, and keep it until it is released.
    Fetch(Arc<Offer>),
    /// A lease needs its template no more.
    Release(Token),
    /// Run an attempt.
    Start {
        /// In which slot.
        slot: usize,
        /// Of which lease.
        offer: Arc<Offer>,
    },
    /// Kill the renderer's processes, all of them, start no further one, and look at what they left as usual.
    Bite {
        /// In which slot.
        slot: usize,
        /// Of which lease.
        token: Token,
    },
    /// Kill what runs for a lease in a slot, all of it, and say soon when nothing is left: what is not proven
    /// by then is not worth waiting for.
    Kill {
        /// In which slot.
        slot: usize,
        /// Of which lease.
        token: Token,
    },
    /// Move proven and accepted files to their final path.
    Publish {
        /// Under which lease.
        offer: Arc<Offer>,
        /// Which frames.
        frames: FrameSet,
        /// Begin nothing more after this moment, unless told again: the lease may have run out.
        until: Option<Duration>,
    },
    /// Remove what an attempt left in its place, except the files of some frames.
    Clean {
        /// The attempt's lease.
        offer: Arc<Offer>,
        /// Frames whose files someone may still publish.
        keep: FrameSet,
    },
    /// Everything is handed over: this agent is done for ever.
    Left,
}

/// The first message of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// All leases still held.
    pub held: BTreeSet<Token>,
}

/// A sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Echoed by the leader.
    pub number: u64,
    /// With a heartbeat's pulse: all leases held, and the highest token offered so far.
    pub holding: Option<(BTreeSet<Token>, Token)>,
}

/// A report under its number, repeated over reconnects until the leader has settled it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// From 1, without gaps.
    pub number: u64,
    /// The report.
    pub report: Report,
}
