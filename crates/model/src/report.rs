//! What a node reports of its leases: said by the agent, carried by the protocol, judged by the scheduler.

use std::time::Duration;

use crate::frames::FrameSet;
use crate::id::Token;
use crate::outcome::Outcome;

/// What has come of one lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which lease.
    pub token: Token,
    /// What.
    pub what: Reported,
}

/// What a node reports of a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
    /// The renderer began its first frame. Said once in an attempt, before anything is proven.
    Began {
        /// Fetching the template and whatever else was needed, before the renderer was started.
        fetched: Duration,
        /// From the renderer's start to its first frame.
        loaded: Duration,
    },
    /// Frames are proven: their files are whole, in the attempt's own place, and on the platter.
    Proven {
        /// Which.
        frames: FrameSet,
        /// Bytes of their files together.
        bytes: u64,
        /// Time it took to render them, together.
        took: Duration,
    },
    /// Accepted frames were renamed to their final path.
    Published {
        /// Which.
        frames: FrameSet,
    },
    /// The files of accepted frames are nowhere to be found.
    Lost {
        /// Which.
        frames: FrameSet,
    },
    /// The attempt is over. Nothing more of this lease follows, except that accepted frames are published.
    Ended {
        /// How.
        outcome: Outcome,
        /// Frames that there is evidence against; empty when the failure says nothing about single frames.
        blamed: FrameSet,
        /// The frame it was at, or else the last one it finished, if the renderer told.
        last_frame: Option<i32>,
    },
}
