//! Checks the chain of hashes of a whole journal: that every event is the one that was written, that none is
//! missing in between and that none stands in another's place, whatever was done to checksums.
//!
//! What it cannot see is an end that was cut off, or written anew, together with every trace of it, or a beginning
//! that was dropped as what is not kept any more is: whoever wants to know compares [`Chained::chain`] with what they
//! noted earlier. A hash is over the envelope that readers are shown. What a record holds beside that (of a submitted
//! job its settings and requirements; when an event from outside was taken in) has no more than its chunk's checksum.

use std::fmt;
use std::path::{Path, PathBuf};

use callsheet_events::{Digest, Sealed};

use crate::chunk::{Chunk, Mark, Read, mark};
use crate::damage::Flaw;
use crate::disk::scan::on_scratch_thread;
use crate::disk::{self, Db};
use crate::error::OpenError;

use super::{CACHE_BYTES, Copy, claim};

/// The first event that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {sequence} {how}")]
pub struct Broken {
    /// Its number; of missing events the first one's.
    pub sequence: u64,
    /// What is wrong.
    pub how: Breach,
}

/// What is wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breach {
    /// It says something else than what was written.
    Altered,
    /// It is not there, and nor may be others behind it.
    Missing,
    /// It is another one of the log, in its place.
    Reordered,
    /// It cannot be read at all.
    Unreadable(Flaw),
    /// It may be missing, and others behind it: the head marker, which says where the log has to end, cannot be read.
    EndUnknown(Flaw),
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered => f.write_str("was altered: its hash is not the one it was written with"),
            Self::Missing => f.write_str("is missing"),
            Self::Reordered => f.write_str("is not in its place: another one of the log stands there"),
            Self::Unreadable(flaw) => write!(f, "cannot be read: {flaw}"),
            Self::EndUnknown(flaw) => {
                write!(
                    f,
                    "may be missing: the head marker, which says where the log has to end, is of no use: {flaw}"
                )
            }
        }
    }
}

/// What a check of the chain found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chained {
    /// The journal's directory.
    pub path: PathBuf,
    /// The first event that is there, if there is any.
    pub first: Option<u64>,
    /// How many were found to be the ones that were written. With a broken chain: those before the break.
    pub events: u64,
    /// How many, at the end, are from before events were sealed: the next start of a leader seals them.
    pub unsealed: u64,
    /// The chain before the first event; of a log that was never trimmed, where it began.
    pub before: Option<Digest>,
    /// The chain behind the last event that is right.
    pub chain: Option<Digest>,
    /// The first event that is not.
    pub broken: Option<Broken>,
}

/// Checks the chain of a journal that no leader serves from. Reads it all, writes nothing to it, and needs room
/// for a copy in the directory for temporary files. `on_progress` hears how many events are checked, of how many,
/// about once for each chunk.
///
/// # Errors
/// `OpenError` when it is in use, is no journal, or cannot be opened. What is wrong with its events is in the
/// answer.
pub fn verify_events(
    path: &Path,
    on_progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Chained, OpenError> {
    let _claim = claim(path)?;
    let marker = match disk::read_marker(path) {
        Err(OpenError::Damaged(damage)) => Err(damage.flaw),
        promised => Ok(promised?),
    };
    let promised = marker.clone().unwrap_or(0);
    let copy = Copy::of(path)?;
    on_scratch_thread(path, || {
        let db = Db::open(&copy.path, CACHE_BYTES)?;
        let kept_from = db.kept_from().unwrap_or(1);
        let mut check = Check::new(path, kept_from);
        let total = promised.saturating_sub(kept_from) + 1;
        for chunk in db.chunks_from(0) {
            match chunk {
                Ok((first, bytes)) => check.chunk(first, bytes.as_ref()),
                Err(fault) if fault.torn_at_end && check.next > promised => break,
                Err(fault) => check.broke(check.next, Breach::Unreadable(fault.flaw)),
            }
            if check.found.broken.is_some() {
                break;
            }
            on_progress(check.found.events, total.max(check.found.events));
        }
        if let Err(flaw) = marker {
            check.broke(check.next, Breach::EndUnknown(flaw));
        }
        let expected = check.expected;
        let mut found = check.ends(promised);
        // In another's place, if the chain goes on somewhere behind.
        if let (Some(Broken { how: how @ Breach::Missing, .. }), Some(expected)) =
            (&mut found.broken, expected)
            && begins_somewhere(&db, &expected)
        {
            *how = Breach::Reordered;
        }
        Ok(found)
    })
}

/// Whether some chunk follows the chain that is looked for.
fn begins_somewhere(db: &Db, chain: &Digest) -> bool {
    db.chunks_from(0).map_while(Result::ok).any(|(first, bytes)| {
        let links = Chunk::read(first, bytes.as_ref()).ok().and_then(|chunk| chunk.links());
        links.is_some_and(|links| links.before == *chain)
    })
}

/// A check, chunk by chunk.
pub(super) struct Check {
    found: Chained,
    next: u64,
    /// The chain that some chunk had to begin with, and none did.
    expected: Option<Digest>,
}

impl Check {
    pub(super) fn new(path: &Path, kept_from: u64) -> Self {
        Self { found: Chained { path: path.into(), ..Chained::default() }, next: kept_from, expected: None }
    }

    fn broke(&mut self, sequence: u64, how: Breach) {
        self.found.broken = self.found.broken.take().or(Some(Broken { sequence, how }));
    }

    /// Checks the next chunk.
    pub(super) fn chunk(&mut self, first: u64, bytes: &[u8]) {
        match Chunk::read(first, bytes) {
            Ok(chunk) => {
                if self.follows(&chunk) {
                    self.events(&chunk);
                }
                self.next = chunk.last() + 1;
            }
            Err(flaw) => self.broke(self.next, Breach::Unreadable(flaw)),
        }
    }

    /// Whether a chunk stands where it has to, by its number and by its chain.
    fn follows(&mut self, chunk: &Chunk<'_>) -> bool {
        let first = chunk.first();
        // The oldest chunk may begin with events that are not kept any more.
        let begins = self.found.first.is_none() && first <= self.next;
        self.found.first = self.found.first.or(Some(first));
        if first != self.next && !begins {
            self.expected = self.found.chain;
            let how = if first > self.next { Breach::Missing } else { Breach::Reordered };
            self.broke(first.min(self.next), how);
            return false;
        }
        let Some(links) = chunk.links() else {
            // Sealed are first those that came first: a sealed one behind these betrays them.
            self.found.unsealed += chunk.last() - first + 1;
            return false;
        };
        if self.found.unsealed > 0 {
            self.broke(first - self.found.unsealed, Breach::Altered);
        } else if self.found.chain.is_some_and(|chain| chain != links.before) {
            self.expected = self.found.chain;
            self.broke(first, Breach::Missing);
        }
        self.found.before = self.found.before.or(Some(links.before));
        self.found.broken.is_none()
    }

    /// Checks the events of a chunk that stands where it has to.
    fn events(&mut self, chunk: &Chunk<'_>) {
        let mut sealing = chunk.sealed();
        let mut sequence = chunk.first();
        loop {
            match sealing.next() {
                Some(Ok(_)) => {
                    sequence += 1;
                    self.found.events += 1;
                    self.found.chain = Some(sealing.reached());
                }
                None => return,
                Some(Err(Flaw::Altered { .. })) => {
                    let how = breach(chunk, sequence, sealing.reached());
                    return self.broke(sequence, how);
                }
                // Every event fits its mark, which is a part of the chain, and the last does not fit the whole.
                Some(Err(Flaw::Contradiction(_))) if sequence > chunk.last() => {
                    return self.broke(chunk.last(), Breach::Altered);
                }
                Some(Err(flaw)) => return self.broke(sequence, Breach::Unreadable(flaw)),
            }
        }
    }

    /// What is to be said at the end of the log.
    pub(super) fn ends(mut self, promised: u64) -> Chained {
        if self.next <= promised {
            self.broke(self.next, Breach::Missing);
        }
        self.found
    }

    /// The break, once there is one.
    pub(super) fn broken(&self) -> Option<&Broken> {
        self.found.broken.as_ref()
    }
}

/// What is wrong with the event in a place, `before` which the chain is known: whether another of its chunk would
/// be right there.
fn breach(chunk: &Chunk<'_>, place: u64, before: Digest) -> Breach {
    let all: Vec<Read> = chunk.events_from(chunk.first()).map_while(Result::ok).collect();
    let written: Vec<Mark> = all.iter().filter_map(|read| read.mark).collect();
    let elsewhere = all.into_iter().filter(|read| read.envelope.sequence != place).any(|read| {
        let mut envelope = read.envelope;
        envelope.sequence = place;
        written.contains(&mark(&Sealed::seal(envelope, &before)))
    });
    if elsewhere { Breach::Reordered } else { Breach::Altered }
}
