//! The head marker: a small file beside the store that says "at least this many events are durable". A store
//! that loses the end of its log opens without a word; the marker is what notices.
//!
//! It is written before anyone hears that events are durable, so it survives the death of the process with
//! every promise in it. It is synced about once a second only: it may be behind after a power loss, never
//! ahead, because it is written after the log is on the platter.
//!
//! Two slots are written in turn, so that a torn write leaves the other one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::damage::Flaw;

const MAGIC: [u8; 8] = *b"cs-head1";
const SLOT_BYTES: usize = 20;
const SLOTS_AT: [u64; 2] = [0, 64];
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The open marker of a journal in use.
#[derive(Debug)]
pub(crate) struct Marker {
    file: File,
    next_slot: usize,
    dirty: bool,
    synced: Instant,
}

/// Makes the file.
pub(crate) fn create(path: &Path, head: u64) -> io::Result<()> {
    let mut file = File::create(path)?;
    for at in SLOTS_AT {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&slot(head))?;
    }
    file.sync_all()
}

/// How many events it says are durable.
pub(crate) fn read(path: &Path) -> io::Result<Result<u64, Flaw>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(4096).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(Flaw::Missing)),
        Err(error) => return Err(error),
    };
    let head_in = |at: u64| {
        let found: &[u8; SLOT_BYTES] = bytes.get(at as usize..)?.first_chunk()?;
        let [_, _, _, _, _, _, _, _, head @ .., _, _, _, _] = *found;
        let head = u64::from_le_bytes(head);
        (slot(head) == *found).then_some(head)
    };
    let head = SLOTS_AT.into_iter().filter_map(head_in).max();
    Ok(head.ok_or(Flaw::Contradiction("neither of its two slots is whole")))
}

fn slot(head: u64) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    let body = MAGIC.into_iter().chain(head.to_le_bytes());
    bytes.iter_mut().zip(body).for_each(|(byte, value)| *byte = value);
    let checksum = crc32fast::hash(&bytes[..SLOT_BYTES - 4]);
    bytes[SLOT_BYTES - 4..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

impl Marker {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        Ok(Self { file, next_slot: 0, dirty: false, synced: Instant::now() })
    }

    /// Says how far the log is durable now.
    pub(crate) fn write(&mut self, head: u64) -> io::Result<()> {
        let [first, second] = SLOTS_AT;
        self.file.seek(SeekFrom::Start(if self.next_slot == 0 { first } else { second }))?;
        self.file.write_all(&slot(head))?;
        self.next_slot ^= 1;
        self.dirty = true;
        if self.synced.elapsed() >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    /// How long until it wants to be synced; nothing when it is.
    pub(crate) fn wants_sync_in(&self) -> Option<Duration> {
        self.dirty.then(|| SYNC_EVERY.saturating_sub(self.synced.elapsed()))
    }

    /// Makes what it says durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if self.dirty {
            self.file.sync_data()?;
            self.dirty = false;
        }
        self.synced = Instant::now();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_slot_leaves_the_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("head");
        create(&path, 3).unwrap();
        let mut marker = Marker::open(&path).unwrap();
        marker.write(4).unwrap();
        marker.write(5).unwrap();
        assert_eq!(read(&path).unwrap(), Ok(5));
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[64 + 9] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path).unwrap(), Ok(4));
        bytes[3] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(read(&path).unwrap().is_err());
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read(&path).unwrap(), Err(Flaw::Missing));
    }
}
