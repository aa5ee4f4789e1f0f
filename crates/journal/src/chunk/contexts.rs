//! The contexts of a chunk's events: a small table at its beginning, so that a context costs an event one byte.
//!
//! ```text
//!   how many varint │ ( what u8 │ project [16] if bit 0 │ author's id [16] if bit 1 )*
//! ```
//!
//! The author's kind is in bits 2 and 3 of `what`; no other bit is ever set.

use callsheet_model::{Author, AuthorKind, Context};
use uuid::Uuid;

use crate::damage::Flaw;

use super::varint::{put_varint, take_varint};

/// Bytes that one takes at most.
pub(super) const MOST_BYTES: usize = 33;
/// More do not fit into a chunk of the usual size, and one event has one.
const MOST: u64 = 4096;

const PROJECT: u8 = 1;
const AUTHOR: u8 = 1 << 1;

/// Appends a table.
pub(super) fn put(into: &mut Vec<u8>, contexts: &[Context]) {
    put_varint(into, contexts.len() as u64);
    for Context { project, author } in contexts {
        let kind = match author.kind {
            AuthorKind::Agent => 0,
            AuthorKind::User => 1,
            AuthorKind::System => 2,
        };
        let has = |id: &Option<Uuid>, bit| if id.is_some() { bit } else { 0 };
        into.push(has(project, PROJECT) | has(&author.id, AUTHOR) | kind << 2);
        [project, &author.id].into_iter().flatten().for_each(|id| into.extend_from_slice(id.as_bytes()));
    }
}

/// Takes a table from the front.
pub(super) fn take(from: &mut &[u8]) -> Result<Vec<Context>, Flaw> {
    const CUT: Flaw = Flaw::Contradiction("its contexts are cut off");
    let count = take_varint(from).ok_or(CUT)?;
    if count > MOST {
        return Err(Flaw::Contradiction("more contexts than it can have"));
    }
    (0..count)
        .map(|_| {
            let (&what, rest) = from.split_first().ok_or(CUT)?;
            *from = rest;
            let kind = match what >> 2 {
                0 => AuthorKind::Agent,
                1 => AuthorKind::User,
                2 => AuthorKind::System,
                _ => return Err(Flaw::Contradiction("a context of a kind that is not known")),
            };
            let mut id = |bit| {
                if what & bit == 0 {
                    return Ok(None);
                }
                let (id, rest) = from.split_first_chunk().ok_or(CUT)?;
                *from = rest;
                Ok(Some(Uuid::from_bytes(*id)))
            };
            let project = id(PROJECT)?;
            Ok(Context { project, author: Author { kind, id: id(AUTHOR)? } })
        })
        .collect()
}
