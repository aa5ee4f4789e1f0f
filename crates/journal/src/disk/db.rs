//! sled, and everything this crate has learnt about it the hard way. No other file knows that it is sled.
//!
//! - Its flush does not reach the platter on Linux (it is a `sync_file_range`): a sync of its file follows,
//!   through a handle of our own. Its asynchronous flush can deadlock and is never called.
//! - Its iterators repeat an error for ever: every loop here ends at the first.
//! - It panics on some damage: callers open and scan on a thread of its own.
//! - Its cache drops nothing before a page's shard, one of 256, has been used 64 times: a walk through the log,
//!   which uses each page once, would keep it all. Rows are looked up again beside being read, which makes it
//!   count. (Measured on 3 million events: a peak of 23 MB instead of 122, in the same time.)
//! - Large values go to files that are never cleared away: values stay at a few kilobytes, so that a node of
//!   sixteen of them does too, and what is larger is cut into pieces.
//!
//! Keys of the log: the first event's number, big endian, and for the second and later pieces of a chunk the
//! piece's number behind it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::chunk;
use crate::damage::{Flaw, hex};
use crate::error::{AppendError, OpenError};

use super::directory::{self, Claim};
use super::frame::{self, FRAME_BYTES, Kind};

/// Values are at most this long.
pub(crate) const PIECE_BYTES: usize = 4096;

/// Look-ups beside each row that is read.
const TOUCHES: usize = 4;

/// The key of a chunk's first piece is this long; those of the others are longer.
const FIRST_KEY_BYTES: usize = 8;

const KEPT_FROM: &[u8] = b"kept_from";

/// The open store.
#[derive(Debug)]
pub(crate) struct Db {
    pub(super) log: sled::Tree,
    pub(super) snapshots: sled::Tree,
    db: sled::Db,
    /// Our own handle on sled's file, where its flush alone is not enough.
    file: Option<File>,
    path: PathBuf,
    /// Last, so that it is given up last.
    _claim: Option<Claim>,
}

/// A chunk's bytes, in one piece or put together.
pub(crate) enum Bytes {
    /// Still in its frame, which was checked.
    One(sled::IVec),
    Many(Vec<u8>),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::One(value) => value.get(FRAME_BYTES..).unwrap_or_default(),
            Self::Many(value) => value,
        }
    }
}

/// What is wrong with a chunk in the store.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The chunk's first event, when there was a key to read it from.
    pub(crate) first: Option<u64>,
    pub(crate) key: Option<String>,
    pub(crate) flaw: Flaw,
    /// Pieces are missing at the very end of the log, as after a crash in mid-write.
    pub(crate) torn_at_end: bool,
}

impl Fault {
    fn store(error: &sled::Error) -> Self {
        Self { first: None, key: None, flaw: store_flaw(error), torn_at_end: false }
    }

    fn at(key: &[u8], flaw: Flaw) -> Self {
        Self { first: first_of(key), key: Some(hex(key)), flaw, torn_at_end: false }
    }
}

pub(super) fn store_flaw(error: &sled::Error) -> Flaw {
    Flaw::Store(error.to_string())
}

fn first_of(key: &[u8]) -> Option<u64> {
    key.first_chunk().map(|first| u64::from_be_bytes(*first))
}

pub(super) fn piece_key(first: u64, piece: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&first.to_be_bytes());
    key[8..].copy_from_slice(&piece.to_be_bytes());
    key
}

/// Chunks that belong together: what was decided at once, or posted at once, is there whole after a crash or not at
/// all.
#[derive(Default)]
pub(crate) struct Parcel(sled::Batch);

impl Parcel {
    /// Adds a chunk.
    pub(crate) fn add(&mut self, first: u64, bytes: &[u8]) {
        for (number, piece) in (0_u32..).zip(bytes.chunks(PIECE_BYTES)) {
            let value = frame::wrap(Kind::Chunk, first, number, piece);
            match number {
                0 => self.0.insert(&first.to_be_bytes(), value),
                number => self.0.insert(&piece_key(first, number), value),
            }
        }
    }
}

/// sled's own lock is waited for so long. Whoever opens a journal has claimed its directory: what still holds that
/// lock are copies that processes have of it while they are being started, and those are gone in a moment.
const PATIENCE: Duration = Duration::from_secs(2);
const RETRY: Duration = Duration::from_millis(2);

impl Db {
    /// Opens or makes the store. May panic on damage.
    pub(crate) fn open(path: &Path, cache: u64) -> Result<Self, OpenError> {
        let sled_path = directory::sled_directory(path);
        let is_new = !sled_path.exists();
        let config = sled::Config::new()
            .path(&sled_path)
            .cache_capacity(cache)
            .mode(sled::Mode::HighThroughput)
            // Its own thread also gives back space, which nothing else does.
            .flush_every_ms(Some(500));
        let opening = |error| open_error(path, error);
        let patience = Instant::now() + PATIENCE;
        let db = loop {
            match config.open().map_err(opening) {
                Err(OpenError::InUse { .. }) if Instant::now() < patience => std::thread::sleep(RETRY),
                opened => break opened?,
            }
        };
        let log = db.open_tree("log").map_err(opening)?;
        let snapshots = db.open_tree("snapshots").map_err(opening)?;
        let file = if cfg!(target_os = "linux") {
            let file_path = sled_path.join("db");
            let opened = File::options().read(true).write(true).open(&file_path);
            Some(opened.map_err(|error| OpenError::io("open", file_path, error))?)
        } else {
            None
        };
        let this = Self { log, snapshots, db, file, path: path.into(), _claim: None };
        if is_new {
            this.sync()
                .map_err(|error| OpenError::NotAJournal { path: path.into(), reason: error.to_string() })?;
            for made in [&sled_path, path] {
                directory::sync_directory(made).map_err(|error| OpenError::io("sync", made, error))?;
            }
        }
        Ok(this)
    }

    /// The same, holding the journal's lock for as long as it lives.
    pub(crate) fn owning(self, claim: Claim) -> Self {
        Self { _claim: Some(claim), ..self }
    }

    /// Makes everything written before durable.
    pub(crate) fn sync(&self) -> Result<(), AppendError> {
        self.db.flush().map_err(|error| self.error("flush", error))?;
        match &self.file {
            Some(file) => file.sync_data().map_err(|error| self.error("sync", sled::Error::Io(error))),
            None => Ok(()),
        }
    }

    pub(super) fn error(&self, doing: &'static str, error: sled::Error) -> AppendError {
        let path = self.path.clone();
        match error {
            sled::Error::Io(error) if is_full(&error) => AppendError::DiskFull { path },
            error => AppendError::Disk { doing, path, reason: error.to_string() },
        }
    }

    /// The first event that has to be in the log.
    pub(crate) fn kept_from(&self) -> Result<u64, Flaw> {
        let Some(note) = self.db.get(KEPT_FROM).map_err(|error| store_flaw(&error))? else { return Ok(1) };
        let &[a, b, c, d, e, f, g, h, ref stored @ ..] = note.as_ref() else {
            return Err(Flaw::Length { found: note.len(), expected: 12 });
        };
        let number = [a, b, c, d, e, f, g, h];
        let computed = crc32fast::hash(&number);
        let stored = stored.try_into().map_or(!computed, u32::from_le_bytes);
        if stored == computed {
            Ok(u64::from_le_bytes(number))
        } else {
            Err(Flaw::Checksum { stored, computed })
        }
    }

    pub(crate) fn set_kept_from(&self, first: u64) -> Result<(), AppendError> {
        let number = first.to_le_bytes();
        let note = [&number[..], &crc32fast::hash(&number).to_le_bytes()].concat();
        self.db.insert(KEPT_FROM, note).map(|_| ()).map_err(|error| self.error("write to", error))
    }

    /// Writes a chunk.
    pub(crate) fn put_chunk(&self, first: u64, bytes: &[u8]) -> Result<(), AppendError> {
        for (number, piece) in (0_u32..).zip(bytes.chunks(PIECE_BYTES)) {
            let value = frame::wrap(Kind::Chunk, first, number, piece);
            let written = match number {
                0 => self.log.insert(first.to_be_bytes(), value),
                number => self.log.insert(piece_key(first, number), value),
            };
            written.map_err(|error| self.error("write to", error))?;
        }
        Ok(())
    }

    /// Chunks that are written in one go, or not at all.
    pub(crate) fn put_parcel(&self, Parcel(batch): Parcel) -> Result<(), AppendError> {
        self.log.apply_batch(batch).map_err(|error| self.error("write to", error))
    }

    /// Writes a chunk in the place of one that has as many pieces or fewer; in one go, or not at all.
    pub(crate) fn replace_chunk(&self, first: u64, bytes: &[u8]) -> Result<(), AppendError> {
        let mut parcel = Parcel::default();
        parcel.add(first, bytes);
        self.put_parcel(parcel)
    }

    /// Chunks in order: from the one that holds the event `from`, if there is one, else from the next.
    pub(crate) fn chunks_from(&self, from: u64) -> Chunks {
        // Behind every piece of a chunk that begins with `from`.
        let behind = piece_key(from, u32::MAX);
        let start = match self.log.range(..=behind.as_slice()).next_back() {
            Some(Ok((key, _))) => first_of(&key).unwrap_or(from).min(from),
            // An error shows again when the range is read.
            Some(Err(_)) | None => from,
        };
        Chunks { log: self.log.clone(), rows: self.log.range(start.to_be_bytes().as_slice()..), done: false }
    }

    /// Forgets chunks that lie wholly before an event, whole ones until so many values are gone; true when none is left.
    pub(crate) fn drop_chunks_before(&self, first: u64, most: usize) -> Result<bool, AppendError> {
        let behind = piece_key(first, u32::MAX);
        let begins = self.log.range(..=behind.as_slice()).next_back();
        let begins = begins.transpose().map_err(|error| self.error("read", error))?;
        // The chunk that holds the event stays.
        let Some(begin) = begins.and_then(|(key, _)| first_of(&key)) else { return Ok(true) };
        let (mut batch, mut dropped, mut all) = (sled::Batch::default(), 0, true);
        for row in self.log.range(..begin.to_be_bytes().as_slice()) {
            let (key, _) = row.map_err(|error| self.error("read", error))?;
            // Pieces without the first one are damage to whoever opens the journal next: none may outlive it.
            if dropped >= most && key.len() == FIRST_KEY_BYTES {
                all = false;
                break;
            }
            batch.remove(key);
            dropped += 1;
        }
        self.log.apply_batch(batch).map_err(|error| self.error("write to", error))?;
        Ok(all)
    }

    /// Forgets one chunk, in one go or not at all.
    pub(crate) fn drop_chunk(&self, first: u64) -> Result<(), AppendError> {
        let mut batch = sled::Batch::default();
        for row in self.log.scan_prefix(first.to_be_bytes()) {
            let (key, _) = row.map_err(|error| self.error("read", error))?;
            batch.remove(key);
        }
        self.log.apply_batch(batch).map_err(|error| self.error("write to", error))
    }
}

fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

fn open_error(path: &Path, error: sled::Error) -> OpenError {
    use crate::damage::{Damage, Damaged};
    match error {
        sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => {
            OpenError::InUse { path: path.into() }
        }
        // What sled finds wrong in its own files it reports as invalid data, an early end or a bug.
        sled::Error::Io(error)
            if !matches!(
                error.kind(),
                std::io::ErrorKind::InvalidData
                    | std::io::ErrorKind::UnexpectedEof
                    | std::io::ErrorKind::InvalidInput
                    | std::io::ErrorKind::Other
            ) =>
        {
            OpenError::io("open", directory::sled_directory(path), error)
        }
        error => {
            let flaw = store_flaw(&error);
            let path = directory::sled_directory(path);
            Damage { path, what: Damaged::Store, sequences: None, key: None, flaw }.into()
        }
    }
}

/// Chunks in order. Ends after the first fault.
pub(crate) struct Chunks {
    log: sled::Tree,
    rows: sled::Iter,
    done: bool,
}

impl Chunks {
    fn row(&mut self) -> Result<Option<(sled::IVec, sled::IVec)>, Fault> {
        let row = self.rows.next().transpose().map_err(|error| Fault::store(&error))?;
        if let Some((key, _)) = &row {
            // Only to be seen using it; what it answers is known.
            for _ in 0..TOUCHES {
                let _ = self.log.contains_key(key);
            }
        }
        Ok(row)
    }

    fn step(&mut self) -> Result<Option<(u64, Bytes)>, Fault> {
        let Some((key, value)) = self.row()? else { return Ok(None) };
        let Ok(first) = <[u8; 8]>::try_from(key.as_ref()).map(u64::from_be_bytes) else {
            return Err(Fault::at(&key, Flaw::Contradiction("a piece without the chunk it belongs to")));
        };
        let bytes = frame::unwrap(Kind::Chunk, first, 0, &value).map_err(|flaw| Fault::at(&key, flaw))?;
        let length = chunk::length(bytes).map_err(|flaw| Fault::at(&key, flaw))?;
        if length <= bytes.len() {
            return Ok(Some((first, Bytes::One(value))));
        }
        // As many bytes as there are, whatever the length says.
        let mut whole = bytes.to_vec();
        let mut piece = 1;
        while whole.len() < length {
            let next = self.row()?;
            match next {
                Some((key, value)) if key.as_ref() == piece_key(first, piece).as_slice() => {
                    let bytes = frame::unwrap(Kind::Chunk, first, piece, &value);
                    whole.extend_from_slice(bytes.map_err(|flaw| Fault::at(&key, flaw))?);
                    piece += 1;
                }
                other => {
                    let flaw = Flaw::Length { found: whole.len(), expected: length };
                    return Err(Fault { torn_at_end: other.is_none(), ..Fault::at(&key, flaw) });
                }
            }
        }
        Ok(Some((first, Bytes::Many(whole))))
    }
}

impl Iterator for Chunks {
    type Item = Result<(u64, Bytes), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let step = self.step();
        self.done = !matches!(step, Ok(Some(_)));
        step.transpose()
    }
}
