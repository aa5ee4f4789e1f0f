//! Events from before events were sealed are sealed once, when a journal of that time is opened: chunk by chunk in
//! their order, each in the place it had. Interrupted, it is begun again from the copy that every start makes, or
//! goes on where it ended; either way the chain is one chain.
//!
//! From then on earlier versions of this program refuse the journal by its FORMAT.

use std::path::Path;

use callsheet_events::{Digest, Sealed};

use crate::chunk::{Chunk, pack_whole};
use crate::damage::{Damage, Damaged, Flaw};
use crate::error::OpenError;

use super::db::Db;
use super::retention::Extents;
use super::scan::Scan;
use super::{directory, store_error};

/// Chunks between two syncs.
const SYNC_EVERY: u32 = 1000;

/// Seals what was never sealed, from the chain behind what was.
pub(super) fn seal(db: &Db, path: &Path, found: &mut Scan, chain: Digest) -> Result<Digest, OpenError> {
    directory::upgrade(path)?;
    let Some(mut next) = found.unsealed else { return Ok(chain) };
    tracing::info!(from = next, to = found.last, "events are sealed that were written before events were");
    let mut chain = chain;
    let mut chunks = 0;
    while next <= found.last {
        let last;
        (last, chain) = seal_chunk(db, next, chain)
            .map_err(|flaw| damaged(path, next, flaw))?
            .map_err(|error| store_error(path, error))?;
        next = last + 1;
        chunks += 1;
        if chunks % SYNC_EVERY == 0 {
            db.sync().map_err(|error| store_error(path, error))?;
        }
    }
    found.unsealed = None;
    // They are larger than they were.
    found.extents = Extents::default();
    for chunk in db.chunks_from(0) {
        let (first, bytes) = chunk.map_err(|fault| damaged(path, next, fault.flaw))?;
        let chunk = Chunk::read(first, bytes.as_ref()).map_err(|flaw| damaged(path, first, flaw))?;
        found.extents.add(first, chunk.moment(), bytes.as_ref().len());
    }
    Ok(chain)
}

type Written = Result<(u64, Digest), crate::error::AppendError>;

/// Seals the chunk that begins with an event; gives its last event and the chain behind that.
fn seal_chunk(db: &Db, first: u64, before: Digest) -> Result<Written, Flaw> {
    let Some(chunk) = db.chunks_from(first).next() else { return Err(Flaw::Missing) };
    let (found, bytes) = chunk.map_err(|fault| fault.flaw)?;
    if found != first {
        return Err(Flaw::Gap { expected: first, found });
    }
    let chunk = Chunk::read(first, bytes.as_ref())?;
    let mut chain = before;
    let mut events = Vec::new();
    for read in chunk.events_from(first) {
        let sealed = Sealed::seal(read?.envelope, &chain);
        chain = sealed.chain;
        events.push(sealed);
    }
    let written = pack_whole(before, &events).and_then(|bytes| db.replace_chunk(first, &bytes));
    Ok(written.map(|()| (chunk.last(), chain)))
}

fn damaged(path: &Path, event: u64, flaw: Flaw) -> OpenError {
    let sequences = Some(event..=event);
    Damage { path: path.into(), what: Damaged::Chunk, sequences, key: None, flaw }.into()
}
