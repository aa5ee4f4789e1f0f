//! What can still be found in a store that cannot be read any more: every whole value in the bytes of its
//! file, whatever sled thinks of them. For an export only; nothing is ever served from this.
//!
//! A file also holds values that were replaced or dropped. Of two chunks that begin with the same event the
//! later one is taken, by the time of its first event, and of a chunk that was sealed later the sealed one;
//! nothing beyond what was promised is.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::image::Image;

use crate::chunk::{self, Chunk};
use crate::damage::Flaw;

use super::frame::{Kind, find_all};
use super::snapshot;

/// The values of one kind by their number and piece, each with all its versions.
type Pieces<'f> = BTreeMap<u64, BTreeMap<u32, BTreeSet<&'f [u8]>>>;

/// Chunks and snapshots found in a file.
pub(crate) struct Salvage {
    /// Whole chunks in order, by their first event. None overlaps the one before.
    pub(crate) chunks: Vec<(u64, Vec<u8>)>,
    /// Whole snapshots, the oldest first.
    pub(crate) images: Vec<Image>,
}

/// Looks through a file; `promised` is the last event that counts.
pub(crate) fn salvage(file: &[u8], promised: u64) -> Salvage {
    let (mut chunks, mut snapshots) = (Pieces::new(), Pieces::new());
    for found in find_all(file) {
        let pieces = if found.kind == Kind::Chunk { &mut chunks } else { &mut snapshots };
        pieces.entry(found.number).or_default().entry(found.piece).or_default().insert(found.bytes);
    }
    let mut taken: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut next = 0;
    for (first, pieces) in chunks.range(..=promised) {
        let best = whole_chunks(*first, pieces).into_iter().max_by_key(|(key, _)| *key);
        if let Some(((_, last, _), bytes)) = best.filter(|_| *first >= next) {
            next = last + 1;
            taken.push((*first, bytes));
        }
    }
    let images = snapshots.iter().filter_map(|(sequence, pieces)| whole_image(*sequence, pieces)).collect();
    Salvage { chunks: taken, images }
}

/// The time of a chunk's first event, the number of its last, and whether it is sealed.
type Version = (u64, u64, bool);

/// Every version of a chunk that is whole.
fn whole_chunks(first: u64, pieces: &BTreeMap<u32, BTreeSet<&[u8]>>) -> Vec<(Version, Vec<u8>)> {
    let begin = pieces.get(&0).into_iter().flatten();
    let whole = begin.filter_map(|begin| {
        let length = chunk::length(begin).ok()?;
        let mut bytes = begin.to_vec();
        let mut piece = 1;
        while bytes.len() < length {
            // Versions of a chunk in many pieces cannot be told apart; its checksum rejects a mixture.
            bytes.extend_from_slice(pieces.get(&piece)?.last()?);
            piece += 1;
        }
        let chunk = Chunk::read(first, &bytes).ok()?;
        chunk.check().ok()?;
        let key = (chunk.moment(), chunk.last(), chunk.links().is_some());
        Some((key, bytes))
    });
    whole.collect()
}

fn whole_image(sequence: u64, pieces: &BTreeMap<u32, BTreeSet<&[u8]>>) -> Option<Image> {
    let piece = |number| {
        let versions = pieces.get(&number).ok_or(Flaw::Missing)?;
        versions.last().map(|bytes| bytes.to_vec()).ok_or(Flaw::Missing)
    };
    snapshot::load(sequence, piece).ok()
}
