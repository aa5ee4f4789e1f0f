//! Snapshots in the store, written and cleared away in slices, so that appends go in between.
//!
//! ```text
//!   number of the last event │ piece 0, 1, 2, ...   records, one after the other, cut into pieces
//!   number of the last event │ ffffffff             the seal: how many pieces, how many bytes, their checksum
//! ```
//!
//! The seal is written when every piece is durable. A snapshot without one was cut off and does not exist; one
//! whose pieces do not fit its seal is damaged.

use callsheet_model::image::Image;

use crate::chunk::{put_framed, take_varint};
use crate::damage::Flaw;
use crate::error::AppendError;
use crate::journal::OnStored;
use crate::records::{self, ImageBuilder};

use super::db::{Db, PIECE_BYTES, piece_key, store_flaw};
use super::frame::{self, Kind};

const VERSION: u8 = 1;
const SEAL: u32 = u32::MAX;
const SEAL_BYTES: usize = 22;

/// Bytes written, or values dropped, in one slice.
const SLICE_BYTES: usize = 64 << 10;
pub(crate) const SLICE_VALUES: usize = 256;

/// Snapshots that are kept. The one before the last is there for the day the last cannot be read.
const KEPT: usize = 2;

/// The first event that a replay may need, with these snapshots, the oldest first: all of the log while there is
/// but one.
// Upholds journal_opens, and bounded: what is neither needed nor asked for goes.
pub(crate) fn needed_from(kept: &[u64]) -> u64 {
    match kept {
        [.., older, _] => older + 1,
        _ => 1,
    }
}

/// A snapshot on its way.
pub(crate) struct Task {
    image: Image,
    pub(crate) on_stored: OnStored,
    phase: Phase,
    part: usize,
    piece: u32,
    bytes: u64,
    checksum: crc32fast::Hasher,
    pending: Vec<u8>,
    scratch: Vec<u8>,
}

enum Phase {
    Clearing,
    Writing,
    Sealing,
    DroppingOld,
}

/// What a slice came to.
pub(crate) enum Slice {
    /// There is more to do.
    More,
    /// All done.
    Done,
}

impl Task {
    pub(crate) fn new(image: Image, on_stored: OnStored) -> Self {
        Self {
            image,
            on_stored,
            phase: Phase::Clearing,
            part: 0,
            piece: 0,
            bytes: 0,
            checksum: crc32fast::Hasher::new(),
            pending: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// The last event in it.
    pub(crate) fn sequence(&self) -> u64 {
        self.image.sequence
    }

    /// Whether it is durable, and only what is older is left to be cleared away.
    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self.phase, Phase::DroppingOld)
    }

    /// Does the next slice. `kept` is what is whole in the store, the oldest first.
    pub(crate) fn step(&mut self, db: &Db, kept: &mut Vec<u64>) -> Result<Slice, AppendError> {
        match self.phase {
            Phase::Clearing => {
                // Left by an attempt at the same snapshot that did not come to its end.
                let sequence = self.sequence();
                if db.drop_snapshot_values(SLICE_VALUES, |found| found == sequence)? {
                    self.phase = Phase::Writing;
                }
                Ok(Slice::More)
            }
            Phase::Writing => {
                if !self.write(db)? {
                    self.phase = Phase::Sealing;
                }
                Ok(Slice::More)
            }
            Phase::Sealing => {
                self.seal(db)?;
                kept.retain(|sequence| *sequence != self.image.sequence);
                kept.push(self.image.sequence);
                let surplus = kept.len().saturating_sub(KEPT);
                kept.drain(..surplus);
                self.phase = Phase::DroppingOld;
                Ok(Slice::More)
            }
            Phase::DroppingOld => {
                let done = db.drop_snapshot_values(SLICE_VALUES, |found| !kept.contains(&found))?;
                Ok(if done { Slice::Done } else { Slice::More })
            }
        }
    }

    /// Writes the next pieces; false when the last is written.
    fn write(&mut self, db: &Db) -> Result<bool, AppendError> {
        let mut written = 0;
        while written < SLICE_BYTES {
            let Self { image, part, pending, scratch, .. } = self;
            let more = put_framed(pending, scratch, |into| records::encode_image_part(image, *part, into))
                .map_err(|source| AppendError::Unstorable { sequence: image.sequence, source })?;
            self.part += 1;
            written += self.put_pieces(db, !more)?;
            if !more {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes whole pieces of what is pending, and at the end what is left of it.
    fn put_pieces(&mut self, db: &Db, all: bool) -> Result<usize, AppendError> {
        let length = self.pending.len();
        let ready = if all { length } else { length - length % PIECE_BYTES };
        for piece in self.pending[..ready].chunks(PIECE_BYTES) {
            self.checksum.update(piece);
            db.put_snapshot_value(self.image.sequence, self.piece, piece)?;
            self.piece += 1;
        }
        self.pending.drain(..ready);
        self.bytes += ready as u64;
        Ok(ready)
    }

    fn seal(&self, db: &Db) -> Result<(), AppendError> {
        let mut seal = vec![VERSION, records::SCHEMA];
        seal.extend_from_slice(&self.piece.to_le_bytes());
        seal.extend_from_slice(&self.bytes.to_le_bytes());
        seal.extend_from_slice(&self.checksum.clone().finalize().to_le_bytes());
        seal.extend_from_slice(&seal_checksum(self.image.sequence, &seal).to_le_bytes());
        // The seal must not reach the platter before what it vouches for.
        db.sync()?;
        db.put_snapshot_value(self.image.sequence, SEAL, &seal)?;
        db.sync()
    }
}

fn seal_checksum(sequence: u64, seal: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&sequence.to_be_bytes());
    hasher.update(seal);
    hasher.finalize()
}

struct Seal {
    schema: u8,
    pieces: u32,
    bytes: u64,
    checksum: u32,
}

impl Seal {
    fn read(sequence: u64, bytes: &[u8]) -> Result<Self, Flaw> {
        let wrong = Flaw::Length { found: bytes.len(), expected: SEAL_BYTES };
        let Some((body, stored)) = bytes.split_last_chunk::<4>() else { return Err(wrong) };
        let &[version, schema, p0, p1, p2, p3, b0, b1, b2, b3, b4, b5, b6, b7, ref checksum @ ..] = body
        else {
            return Err(wrong);
        };
        if version != VERSION {
            return Err(Flaw::Version { found: version, known: VERSION });
        }
        let Ok(checksum) = <[u8; 4]>::try_from(checksum) else { return Err(wrong) };
        let (stored, computed) = (u32::from_le_bytes(*stored), seal_checksum(sequence, body));
        if stored != computed {
            return Err(Flaw::Checksum { stored, computed });
        }
        Ok(Self {
            schema,
            pieces: u32::from_le_bytes([p0, p1, p2, p3]),
            bytes: u64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, b7]),
            checksum: u32::from_le_bytes(checksum),
        })
    }
}

impl Db {
    fn put_snapshot_value(&self, sequence: u64, piece: u32, value: &[u8]) -> Result<(), AppendError> {
        let value = frame::wrap(Kind::Snapshot, sequence, piece, value);
        let written = self.snapshots.insert(piece_key(sequence, piece), value);
        written.map(|_| ()).map_err(|error| self.error("write to", error))
    }

    /// Drops values of the snapshots that are `unwanted`, at most so many; true when none is left.
    pub(super) fn drop_snapshot_values(
        &self,
        most: usize,
        unwanted: impl Fn(u64) -> bool,
    ) -> Result<bool, AppendError> {
        let mut dropped = 0;
        let mut from = 0;
        let mut unsealed = None;
        // From snapshot to snapshot, so that those that stay are not walked through.
        while let Some(row) = self.snapshots.range(piece_key(from, 0).as_slice()..).next() {
            let (key, _) = row.map_err(|error| self.error("read", error))?;
            let sequence = key.first_chunk().map_or(u64::MAX, |first| u64::from_be_bytes(*first));
            if unwanted(sequence) {
                if dropped == most {
                    return Ok(false);
                }
                // Its seal goes first: a sealed one that lacks pieces is a damaged one to whoever opens the journal next.
                if unsealed.replace(sequence) != Some(sequence) {
                    let seal = self.snapshots.remove(piece_key(sequence, SEAL));
                    seal.map_err(|error| self.error("write to", error))?;
                }
                self.snapshots.remove(key).map_err(|error| self.error("write to", error))?;
                dropped += 1;
            } else if let Some(next) = sequence.checked_add(1) {
                from = next;
            } else {
                break;
            }
        }
        Ok(true)
    }

    /// The numbers of all sealed snapshots, the oldest first. Unsealed ones are passed over.
    pub(crate) fn sealed_snapshots(&self) -> Result<Vec<u64>, Flaw> {
        let mut sealed = Vec::new();
        let mut from = 0;
        while let Some(row) = self.snapshots.range(piece_key(from, 0).as_slice()..).next() {
            let (key, _) = row.map_err(|error| store_flaw(&error))?;
            let Some(sequence) = key.first_chunk().map(|first| u64::from_be_bytes(*first)) else {
                return Err(Flaw::Contradiction("a key in it is too short"));
            };
            let seal = self.snapshots.contains_key(piece_key(sequence, SEAL));
            if seal.map_err(|error| store_flaw(&error))? {
                sealed.push(sequence);
            }
            let Some(next) = sequence.checked_add(1) else { break };
            from = next;
        }
        Ok(sealed)
    }

    /// Reads a sealed snapshot.
    pub(crate) fn load_snapshot(&self, sequence: u64) -> Result<Image, Flaw> {
        load(sequence, |piece| {
            let value = self.snapshots.get(piece_key(sequence, piece)).map_err(|error| store_flaw(&error))?;
            let value = value.ok_or(Flaw::Missing)?;
            frame::unwrap(Kind::Snapshot, sequence, piece, &value).map(<[u8]>::to_vec)
        })
    }
}

/// Puts a snapshot together from its pieces, wherever they come from.
pub(crate) fn load(
    sequence: u64,
    mut piece: impl FnMut(u32) -> Result<Vec<u8>, Flaw>,
) -> Result<Image, Flaw> {
    let seal = Seal::read(sequence, &piece(SEAL)?)?;
    let mut checksum = crc32fast::Hasher::new();
    let mut bytes = 0;
    let mut reader = PartReader::new(seal.schema);
    for number in 0..seal.pieces {
        let piece = piece(number)?;
        checksum.update(&piece);
        bytes += piece.len() as u64;
        reader.feed(&piece)?;
    }
    if bytes != seal.bytes {
        let size = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
        return Err(Flaw::Length { found: size(bytes), expected: size(seal.bytes) });
    }
    let computed = checksum.finalize();
    if computed != seal.checksum {
        return Err(Flaw::Checksum { stored: seal.checksum, computed });
    }
    let image = reader.finish()?;
    if image.sequence == sequence { Ok(image) } else { Err(Flaw::Contradiction("it is of another event")) }
}

/// Reads an image's records as their bytes come.
struct PartReader {
    schema: u8,
    pending: Vec<u8>,
    builder: ImageBuilder,
    count: u64,
}

impl PartReader {
    fn new(schema: u8) -> Self {
        Self { schema, pending: Vec::new(), builder: ImageBuilder::default(), count: 0 }
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        self.pending.extend_from_slice(bytes);
        let mut rest = self.pending.as_slice();
        loop {
            let mut ahead = rest;
            let Some(size) = take_varint(&mut ahead) else { break };
            if size > records::MAX_RECORD_BYTES as u64 {
                return Err(Flaw::Contradiction("a record in it is larger than any may be"));
            }
            let Some((record, behind)) = ahead.split_at_checked(size as usize) else { break };
            self.count += 1;
            let number = self.count;
            let part = records::decode_image_part(self.schema, record)
                .map_err(|source| Flaw::Record { number, source })?;
            self.builder.add(part).map_err(Flaw::Contradiction)?;
            rest = behind;
        }
        let used = self.pending.len() - rest.len();
        self.pending.drain(..used);
        Ok(())
    }

    fn finish(self) -> Result<Image, Flaw> {
        if !self.pending.is_empty() {
            return Err(Flaw::Contradiction("its last record is cut off"));
        }
        self.builder.finish().ok_or(Flaw::Contradiction("parts that its head announces are missing"))
    }
}
