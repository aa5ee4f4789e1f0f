//! Pauses of the cluster, a pool or a queue: nothing is handed out there until they are over. (A job's own pause
//! is a state of the job.)

use std::fmt;

use crate::time::Timestamp;

/// A pause in force, or asked for. There is at most one for each [`PauseKey`]; a later one takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What is paused, and by whom.
    pub key: PauseKey,
    /// Why, for people. A watcher's is its mode.
    pub reason: String,
    /// It ends by itself at this moment; never, when there is none.
    pub until: Option<Timestamp>,
    /// What becomes of frames in hands.
    pub running: Running,
}

/// What tells one pause from another: two sources may pause the same place, and both have to let go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PauseKey {
    /// What is paused.
    pub scope: PauseScope,
    /// By whom.
    pub source: PauseSource,
}

/// What is paused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseScope {
    /// Everything.
    Cluster,
    /// Nodes with this label.
    Pool(String),
    /// Steps of this renderer.
    Queue(String),
}

/// Who pauses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseSource {
    /// By hand.
    Person,
    /// A watcher's mode, by its name; it ends with the watcher's last sign of life.
    Watcher(String),
    /// A calendar's window, by its name in the config.
    Calendar(String),
}

/// What becomes of frames in hands when a pause begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Running {
    /// They are finished.
    #[default]
    Finish,
    /// They are called back, and wait again, uncharged.
    HandBack,
}

impl Running {
    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Finish => "finish",
            Self::HandBack => "hand_back",
        }
    }
}

impl PauseScope {
    /// `cluster`, `pool` or `queue`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Pool(_) => "pool",
            Self::Queue(_) => "queue",
        }
    }

    /// Which pool or queue.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Cluster => None,
            Self::Pool(name) | Self::Queue(name) => Some(name),
        }
    }
}

impl fmt::Display for PauseScope {
    /// `cluster`, `pool gpu`, `queue lottie`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.word()),
            None => f.write_str(self.word()),
        }
    }
}

impl PauseSource {
    /// `person`, `watcher` or `calendar`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Watcher(_) => "watcher",
            Self::Calendar(_) => "calendar",
        }
    }

    /// Which watcher or calendar window.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Person => None,
            Self::Watcher(name) | Self::Calendar(name) => Some(name),
        }
    }
}

/// What happened to pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PauseEvent {
    /// One began, or was prolonged or changed.
    Paused(Pause),
    /// One is over.
    Resumed {
        /// Which.
        key: PauseKey,
        /// It came to its own end; otherwise someone lifted it.
        expired: bool,
    },
}

impl PauseEvent {
    /// The event's type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Paused(_) => "queue.paused",
            Self::Resumed { .. } => "queue.resumed",
        }
    }
}
