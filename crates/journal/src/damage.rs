//! What is wrong with a journal, exactly: which part, which events, under which key, and why it is known to be
//! damaged. Nothing here repairs anything.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;

pub use crate::records::RecordError;

/// One thing that is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Damage {
    /// The journal's directory.
    pub path: PathBuf,
    /// Which part of it.
    pub what: Damaged,
    /// Which events, when that is known.
    pub sequences: Option<RangeInclusive<u64>>,
    /// The key it lies under, in hexadecimal digits.
    pub key: Option<String>,
    /// Why it is known to be damaged.
    #[source]
    pub flaw: Flaw,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        if let Some(range) = &self.sequences {
            if range.start() == range.end() {
                write!(f, " (event {})", range.start())?;
            } else {
                write!(f, " (events {} to {})", range.start(), range.end())?;
            }
        }
        if let Some(key) = &self.key {
            write!(f, ", key {key}")?;
        }
        write!(f, ": {}, in {}", self.flaw, self.path.display())
    }
}

/// A part of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damaged {
    /// The log of events.
    Log,
    /// One chunk of the log.
    Chunk,
    /// A snapshot.
    Snapshot,
    /// The file that says how far the log was durable.
    HeadMarker,
    /// The journal's own notes about what it keeps.
    Notes,
    /// The store that everything lies in.
    Store,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Log => "the log of events",
            Self::Chunk => "a chunk of the log",
            Self::Snapshot => "a snapshot",
            Self::HeadMarker => "the head marker",
            Self::Notes => "the note of what is kept",
            Self::Store => "the store",
        })
    }
}

/// Why something is known to be damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The store itself could not read it.
    #[error("the store says: {0}")]
    Store(String),
    /// It is not there.
    #[error("it is missing")]
    Missing,
    /// It is shorter or longer than it says.
    #[error("{found} bytes where {expected} are expected")]
    Length {
        /// Bytes that are there.
        found: usize,
        /// Bytes that should be.
        expected: usize,
    },
    /// Its bytes are not the ones that were written.
    #[error("its checksum is {computed:08x}, and {stored:08x} was written")]
    Checksum {
        /// What was written with it.
        stored: u32,
        /// What its bytes give now.
        computed: u32,
    },
    /// A format that this version does not know.
    #[error("its version is {found}, and this program reads up to {known}")]
    Version {
        /// The version found.
        found: u8,
        /// The latest this program knows.
        known: u8,
    },
    /// A record in it is none.
    #[error("record {number} of it: {source}")]
    Record {
        /// Which, from 1.
        number: u64,
        /// Why.
        source: RecordError,
    },
    /// Its parts contradict each other.
    #[error("{0}")]
    Contradiction(&'static str),
    /// An event was changed, or exchanged for another, and its checksum made right again.
    #[error("event {sequence} is not the one that was written: the chain of hashes says so")]
    Altered {
        /// Which.
        sequence: u64,
    },
    /// The chain of hashes does not go on.
    #[error("the chain does not go on at event {first}: what came before it is missing, or is another")]
    Unchained {
        /// The event at which it should.
        first: u64,
    },
    /// Events are missing in the middle.
    #[error("event {expected} should follow, and {found} does")]
    Gap {
        /// The next number.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// The log begins later than it must.
    #[error("the first event is {found}, and {needed} is needed")]
    StartsLate {
        /// The first number found, if there is any.
        found: u64,
        /// The number that must be there.
        needed: u64,
    },
    /// The log ends before what was durable.
    #[error("it ends with event {found}, and event {promised} was durable")]
    EndsEarly {
        /// The last number found; 0 for an empty log.
        found: u64,
        /// The number that was promised.
        promised: u64,
    },
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
