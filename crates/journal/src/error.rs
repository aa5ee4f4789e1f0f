//! What can go wrong, by what was being done: opening, appending, reading, importing.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::damage::Damage;
use crate::records::RecordError;

/// Why a journal could not be opened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process serves from it.
    #[error("{} is in use by another process: one journal has one leader; stop the other one", path.display())]
    InUse {
        /// The journal's directory.
        path: PathBuf,
    },
    /// A later version of this program made it.
    #[error(
        "{} has format {found}, and this version reads up to {known}: start the version that wrote it, or a later one",
        path.display()
    )]
    NewerFormat {
        /// The journal's directory.
        path: PathBuf,
        /// The format found.
        found: u64,
        /// The latest this program knows.
        known: u64,
    },
    /// A directory with something else in it.
    #[error("{} is no journal: {reason}", path.display())]
    NotAJournal {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Something in it is not as it was written.
    #[error(
        "the journal is damaged and is not served from: {0}; save what can be read with `callsheet journal \
         export`, then make a new one from that or from a backup with `callsheet journal import`"
    )]
    Damaged(Box<Damage>),
    /// No room.
    #[error("the disk of {} is full", path.display())]
    DiskFull {
        /// The journal's directory.
        path: PathBuf,
    },
    /// The operating system said no.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: Arc<io::Error>,
    },
}

impl OpenError {
    /// An error of the operating system, told apart by what to do about it.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { doing, path, source: Arc::new(source) },
        }
    }

    /// The damage, if that is what it is.
    #[must_use]
    pub fn damage(&self) -> Option<&Damage> {
        match self {
            Self::Damaged(damage) => Some(damage),
            _ => None,
        }
    }
}

impl From<Damage> for OpenError {
    fn from(damage: Damage) -> Self {
        Self::Damaged(Box::new(damage))
    }
}

/// Why events, or a snapshot, are not stored. After any of these but [`Self::Full`], [`Self::SnapshotRunning`]
/// and [`Self::SnapshotAhead`] the journal takes nothing more; it has to be opened again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// Too many batches wait for the disk. This one was not taken, and so none that follow it can be.
    #[error("more than {limit} batches wait for the disk")]
    Full {
        /// How many may wait.
        limit: usize,
    },
    /// The numbers do not continue the log.
    #[error("event {found} was appended where {expected} should follow")]
    OutOfOrder {
        /// The next number.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// An event or an image that could not be read back.
    #[error("event {sequence}: {source}")]
    Unstorable {
        /// Its number; for an image the last event in it.
        sequence: u64,
        /// Why.
        source: RecordError,
    },
    /// No room.
    #[error("the disk of {} is full", path.display())]
    DiskFull {
        /// The journal's directory.
        path: PathBuf,
    },
    /// The disk said no.
    #[error("could not {doing} {}: {reason}", path.display())]
    Disk {
        /// What was being done.
        doing: &'static str,
        /// The journal's directory, or the file.
        path: PathBuf,
        /// What was said.
        reason: String,
    },
    /// The storage thread panicked.
    #[error("the storage thread panicked: {0}")]
    Panicked(String),
    /// An earlier append failed, and what follows it cannot be stored without it.
    #[error("an earlier append failed: {0}")]
    Poisoned(Arc<AppendError>),
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
    /// One snapshot at a time.
    #[error("a snapshot is being written already")]
    SnapshotRunning,
    /// A snapshot of what is not durable yet.
    #[error("the snapshot is of event {image}, and only {head} are durable")]
    SnapshotAhead {
        /// The last event in it.
        image: u64,
        /// The last durable event.
        head: u64,
    },
}

impl AppendError {
    /// Whether the journal goes on after it.
    pub(crate) fn is_harmless(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::SnapshotRunning | Self::SnapshotAhead { .. })
    }
}

/// Why events could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// The log does not go back that far any more.
    #[error("event {asked} is not kept any more: the oldest there is, is {oldest}")]
    TooOld {
        /// The number asked for.
        asked: u64,
        /// The oldest kept.
        oldest: u64,
    },
    /// A number that has not been given out: the cursor belongs to another log.
    #[error("event {asked} does not exist: the last is {head}")]
    Ahead {
        /// The number asked for.
        asked: u64,
        /// The last durable event.
        head: u64,
    },
    /// What was whole at the start is not any more.
    #[error("{0}")]
    Damaged(Box<Damage>),
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}

/// Why an export could not be read in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A line that is none of an export's.
    #[error("line {line}: {reason}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Events are missing.
    #[error(
        "line {line}: event {expected} should follow, and {found} does: the export is of a damaged journal; \
         import it up to here, or from a snapshot behind the gap"
    )]
    Gap {
        /// Which line, from 1.
        line: usize,
        /// The next number.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// An event is not the one that was exported.
    #[error(
        "line {line}: event {sequence} has another \"{what}\" than the line says: it, or a line above it, was \
         altered or is missing; to take the events as they are, under a chain of their own, drop \"before\", \
         \"hash\" and \"chain\" from all lines"
    )]
    Altered {
        /// Which line, from 1.
        line: usize,
        /// Its event.
        sequence: u64,
        /// What differs: `before`, `hash` or `chain`.
        what: &'static str,
    },
    /// There is nothing to begin with: no snapshot, and the events do not begin with the first.
    #[error("the events begin with {first}, and no snapshot before them says what came earlier")]
    NoBeginning {
        /// The first event's number.
        first: u64,
    },
    /// Something is there already.
    #[error("{} is not empty: an import makes a new journal", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// The export could not be read.
    #[error("could not read the export")]
    Io(#[source] io::Error),
    /// The new journal could not be made.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The new journal could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}
