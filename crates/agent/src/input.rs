//! What can happen to an agent.

use std::time::Duration;

use callsheet_model::{Failure, FrameSet, RunPhase, Token};

use crate::offer::Offer;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A stream to the leader is open; nothing has been said yet.
    LinkUp,
    /// The stream is gone, or could not be opened in time.
    LinkDown,
    /// Dialling was actively refused: on the leader's host nobody listened. As there was no leader that could
    /// hand anything to another node, every lease is as good as if it had been renewed when the dial began. One may
    /// have started while the refusal was on its way.
    Refused {
        /// When the dial began, on this node's clock.
        dialled: Duration,
    },
    /// The leader has taken the hello.
    Welcomed(Welcome),
    /// Leases. Those already held are known again and left as they are.
    Offered(Vec<Offer>),
    /// A lease that cannot be understood. It is handed back with this failure.
    Unreadable {
        /// Which lease.
        token: Token,
        /// What could not be read.
        failure: Failure,
    },
    /// What the leader has durably decided.
    Settled {
        /// Every report up to this number is dealt with.
        up_to: u64,
        /// Frames that may now be published, under which token.
        accepted: Vec<(Token, FrameSet)>,
    },
    /// A lease is called back.
    Revoked(Token),
    /// Nothing more is expected of these leases.
    Closed(Vec<Token>),
    /// The leader has heard the pulse of this number.
    PulseAcked(u64),

    /// A slot can run something.
    SlotUp(usize),
    /// A slot's actor died, and its renderer with it.
    SlotDown(usize),
    /// A lease's template is there and verified, or cannot be had.
    Fetched {
        /// Which lease.
        token: Token,
        /// The failure, if it cannot be had.
        result: Result<(), Failure>,
    },
    /// The cache lost its memory: it must be asked again for what leases need.
    CacheLost,
    /// Something happened in a running attempt.
    Attempt {
        /// In which slot.
        slot: usize,
        /// Of which lease.
        token: Token,
        /// What.
        news: News,
    },
    /// An order to publish was carried out.
    Published {
        /// Of which lease.
        token: Token,
        /// Frames that are at their final path.
        done: FrameSet,
        /// Frames whose files are nowhere to be found.
        lost: FrameSet,
        /// Frames that could not be moved now; they are tried again.
        failed: FrameSet,
        /// Frames that were not begun, since the lease might have run out meanwhile.
        unbegun: FrameSet,
    },

    /// A heartbeat is due: say what is held.
    Beat,
    /// Leave in good order: finish what runs within the grace, hand back the rest, say goodbye.
    Leave {
        /// How long running attempts may take to finish.
        grace: Duration,
    },
    /// Nothing but the time.
    Tick,
}

/// What the leader says to a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The leader takes the node for lost after this long without a message.
    pub silence: Duration,
    /// How often to send a pulse.
    pub pulse: Duration,
}

/// What happened in a running attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A process was started, for these frames.
    Launched {
        /// Which.
        frames: FrameSet,
    },
    /// The process said that it is in this phase now.
    Phase(RunPhase),
    /// It is past its start.
    Rendering,
    /// It began a frame.
    FrameStarted(i32),
    /// It says that frames are finished.
    FramesFinished(FrameSet),
    /// It came further with its frame or task.
    Progress,
    /// Files that it writes have grown.
    Grew,
    /// Its processes, all together, have used the processor since the last look.
    Working,
    /// The process is gone, and looking at what it left comes forward.
    Proving,
    /// Frames are proven: their files are whole, in the attempt's own place, and on the platter.
    Proven {
        /// Which.
        frames: FrameSet,
        /// Bytes of their files.
        bytes: u64,
        /// Time that rendering them took, together.
        took: Duration,
    },
    /// No process of the attempt is left.
    Ended {
        /// What the renderer's word is worth.
        verdict: Result<(), Failure>,
        /// Why frames could not be proven, in sentences, for the evidence.
        broken: Vec<String>,
    },
}
