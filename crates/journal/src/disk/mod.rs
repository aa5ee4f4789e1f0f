//! A journal on this machine's disk.
//!
//! Opening goes: lock the directory, check its format, open the store, scan everything, compare with the head
//! marker; only then is there a journal. It never repairs: the one thing it removes is the chunk that was
//! being written when the process died, which was promised to no one.

mod db;
pub(crate) mod directory;
pub(crate) mod frame;
pub(crate) mod keepsake;
pub(crate) mod marker;
pub(crate) mod salvage;
pub(crate) mod scan;
pub(crate) mod snapshot;
#[cfg(test)]
mod tests;
mod writer;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::thread::JoinHandle;

use callsheet_model::Envelope;
use callsheet_model::image::Image;

use crate::chunk::Chunk;
use crate::damage::{Damage, Damaged, Flaw};
use crate::error::{AppendError, OpenError, ReadError};
use crate::journal::{Journal, OnDurable, OnStored, Page, PageLimit, Recovered, Store, Tail};

pub(crate) use db::Db;
use marker::Marker;
use scan::{OnDamage, Scan};
use writer::{Request, Writer};

/// How a journal on disk is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Events that streams may still ask for: kept even when two snapshots are newer.
    pub keep_events: u64,
    /// Batches that may wait for the disk.
    pub queue: usize,
    /// Memory for what was read lately, in bytes.
    pub cache_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { keep_events: 1_000_000, queue: 1024, cache_bytes: 4 << 20 }
    }
}

/// A directory that holds a journal, or will.
#[derive(Debug)]
pub struct DiskStore {
    path: PathBuf,
    options: Options,
    last: Mutex<Weak<DiskJournal>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it guards is replaced as a whole: a panic leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl DiskStore {
    /// A journal in a directory, which is made when it is opened.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, options: Options) -> Self {
        Self { path: path.into(), options, last: Mutex::new(Weak::new()) }
    }
}

impl Store for DiskStore {
    fn open(&self) -> Result<Recovered, OpenError> {
        let mut last = lock(&self.last);
        if let Some(journal) = last.upgrade() {
            journal.close();
        }
        let (db, marker, found) = open(&self.path, self.options.cache_bytes)?;
        let (journal, image) = DiskJournal::start(&self.path, self.options, db, marker, &found)
            .map(|journal| (Arc::new(journal), found.image))?;
        *last = Arc::downgrade(&journal);
        let head = found.last;
        let next = image.as_ref().map_or(found.kept_from, |image| image.sequence + 1);
        let journal: Arc<dyn Journal> = journal;
        let tail = Tail::new(Arc::clone(&journal), next, head);
        Ok(Recovered { journal, image, tail, head, notes: found.notes })
    }
}

/// Everything up to a scanned, whole, open store. When it fails, the journal is as it was found.
fn open(path: &Path, cache: u64) -> Result<(Db, Marker, Scan), OpenError> {
    fs::create_dir_all(path).map_err(|error| OpenError::io("make", path, error))?;
    let claim = directory::claim(path, true)?;
    directory::prepare(path)?;
    let promised = read_marker(path)?;
    keepsake::settle(path)?;
    let file = directory::sled_directory(path).join("db");
    if promised > 0 && !file.exists() {
        // sled would make a new one.
        let (what, flaw) = (Damaged::Store, Flaw::Missing);
        return Err(Damage { path: file, what, sequences: Some(1..=promised), key: None, flaw }.into());
    }
    keepsake::make(path);
    let opened = scan::on_scratch_thread(path, || {
        let db = Db::open(path, cache)?;
        let found = scan::scan(&db, path, promised, OnDamage::Stop);
        Ok((db, found))
    });
    match opened {
        Ok((db, found)) if found.damage.is_empty() => settled(path, db.owning(claim), found),
        Ok((db, mut found)) => {
            drop(db);
            keepsake::settle(path)?;
            let missing = || OpenError::NotAJournal { path: path.into(), reason: "it changed".into() };
            Err(found.damage.pop().map_or_else(missing, OpenError::from))
        }
        Err(error) => {
            keepsake::settle(path)?;
            Err(error)
        }
    }
}

/// Makes an undamaged store ready for use: what was found in it is promised from now on.
fn settled(path: &Path, db: Db, found: Scan) -> Result<(Db, Marker, Scan), OpenError> {
    if let Some(first) = found.torn {
        tracing::warn!(event = first, "the last append was cut off before it was durable, and is dropped");
        db.drop_chunk(first).map_err(|error| store_error(path, error))?;
    }
    for note in &found.notes {
        tracing::warn!(damage = %note, "an older snapshot is used instead");
    }
    db.sync().map_err(|error| store_error(path, error))?;
    keepsake::discard(path)?;
    let head_file = directory::head_file(path);
    let marker = Marker::open(&head_file).and_then(|mut marker| {
        marker.write(found.last)?;
        marker.sync()?;
        Ok(marker)
    });
    marker.map(|marker| (db, marker, found)).map_err(|error| OpenError::io("write", head_file, error))
}

fn store_error(path: &Path, error: AppendError) -> OpenError {
    match error {
        AppendError::DiskFull { path } => OpenError::DiskFull { path },
        error => OpenError::io("write to", path, std::io::Error::other(error.to_string())),
    }
}

/// How many events the head marker promises.
pub(crate) fn read_marker(path: &Path) -> Result<u64, OpenError> {
    let head_file = directory::head_file(path);
    let head = marker::read(&head_file).map_err(|error| OpenError::io("read", &head_file, error))?;
    head.map_err(|flaw| {
        Damage { path: head_file, what: Damaged::HeadMarker, sequences: None, key: None, flaw }.into()
    })
}

/// Stores a snapshot in one go, in a journal that nobody uses yet.
pub(crate) fn store_image(db: &Db, image: Image) -> Result<(), AppendError> {
    let mut task = snapshot::Task::new(image, Box::new(|_| {}));
    while !task.is_sealed() {
        task.step(db, &mut Vec::new(), 0)?;
    }
    Ok(())
}

/// Opens a journal, which reads it whole, and closes it again.
pub(crate) fn check(path: &Path) -> Result<(), OpenError> {
    open(path, Options::default().cache_bytes).map(drop)
}

/// What readers share with the storage thread.
#[derive(Debug)]
pub(crate) struct Shared {
    path: PathBuf,
    /// Nothing once it is closed.
    db: RwLock<Option<Arc<Db>>>,
    head: AtomicU64,
    oldest: AtomicU64,
}

/// An open journal on disk.
pub(crate) struct DiskJournal {
    shared: Arc<Shared>,
    queue: SyncSender<Request>,
    queue_limit: usize,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for DiskJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (oldest, head) = self.range();
        write!(f, "DiskJournal({}, events {oldest} to {head})", self.shared.path.display())
    }
}

impl DiskJournal {
    fn start(path: &Path, options: Options, db: Db, marker: Marker, found: &Scan) -> Result<Self, OpenError> {
        let db = Arc::new(db);
        let (queue, requests) = sync_channel(options.queue.max(1));
        let shared = Arc::new(Shared {
            path: path.into(),
            db: RwLock::new(Some(Arc::clone(&db))),
            head: AtomicU64::new(found.last),
            oldest: AtomicU64::new(found.kept_from),
        });
        let writer = Writer {
            db,
            shared: Arc::clone(&shared),
            requests,
            marker,
            next: found.last + 1,
            snapshots: found.snapshots.clone(),
            keep_events: options.keep_events,
            snapshot: None,
            poison: None,
        };
        let thread = std::thread::Builder::new().name("journal".into()).spawn(move || writer.run());
        let thread = thread.map_err(|error| OpenError::io("start a thread for", path, error))?;
        Ok(Self { shared, queue, queue_limit: options.queue.max(1), thread: Mutex::new(Some(thread)) })
    }

    fn refusal(&self, error: &TrySendError<Request>) -> AppendError {
        match error {
            TrySendError::Full(_) => AppendError::Full { limit: self.queue_limit },
            TrySendError::Disconnected(_) => AppendError::Closed,
        }
    }
}

impl Journal for DiskJournal {
    fn submit(&self, batch: Vec<Envelope>, on_durable: OnDurable) {
        if let Err(error) = self.queue.try_send(Request::Append(batch, on_durable)) {
            let refusal = self.refusal(&error);
            if let TrySendError::Full(Request::Append(_, back))
            | TrySendError::Disconnected(Request::Append(_, back)) = error
            {
                back(Err(refusal));
            }
        }
    }

    fn read(&self, from: u64, limit: PageLimit) -> Result<Page, ReadError> {
        let guard = self.shared.db.read().unwrap_or_else(PoisonError::into_inner);
        let db = guard.as_ref().ok_or(ReadError::Closed)?;
        catch_unwind(AssertUnwindSafe(|| self.shared.page(db, from.max(1), limit))).unwrap_or_else(|panic| {
            let flaw = Flaw::Store(format!("it panicked: {}", scan::panic_text(panic.as_ref())));
            Err(self.shared.damaged(from, flaw))
        })
    }

    fn snapshot(&self, image: Image, on_stored: OnStored) {
        if let Err(error) = self.queue.try_send(Request::Snapshot(image, on_stored)) {
            let refusal = self.refusal(&error);
            if let TrySendError::Full(Request::Snapshot(_, back))
            | TrySendError::Disconnected(Request::Snapshot(_, back)) = error
            {
                back(Err(refusal));
            }
        }
    }

    fn range(&self) -> (u64, u64) {
        (self.shared.oldest.load(Ordering::Acquire), self.shared.head.load(Ordering::Acquire))
    }

    fn close(&self) {
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            // Waits for a place in the queue if it must; an error means that the thread has gone already.
            let _ = self.queue.send(Request::Close);
            // A callback may close the journal, but nobody can wait for themselves.
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                tracing::error!(path = %self.shared.path.display(), "the storage thread had panicked");
            }
        }
        let db = self.shared.db.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(db);
    }
}

impl Drop for DiskJournal {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn page(&self, db: &Db, from: u64, limit: PageLimit) -> Result<Page, ReadError> {
        let head = self.head.load(Ordering::Acquire);
        self.check_age(from)?;
        if from > head + 1 {
            return Err(ReadError::Ahead { asked: from, head });
        }
        let mut page = Page { events: Vec::new(), next: from, head };
        let mut bytes = 0;
        for chunk in db.chunks_from(from) {
            if page.next > head {
                break;
            }
            let chunk = chunk.map_err(|fault| self.damaged(page.next, fault.flaw));
            let (first, value) = chunk?;
            if first > page.next {
                // Either it went while this was reading, or it should be there.
                self.check_age(page.next)?;
                return Err(self.damaged(page.next, Flaw::Gap { expected: page.next, found: first }));
            }
            let chunk = Chunk::read(first, value.as_ref()).map_err(|flaw| self.damaged(first, flaw))?;
            for event in chunk.events_from(page.next) {
                let (event, size) = event.map_err(|flaw| self.damaged(first, flaw))?;
                if event.sequence > head {
                    return Ok(page);
                }
                page.next = event.sequence + 1;
                page.events.push(event);
                bytes += size;
                if page.events.len() >= limit.events || bytes >= limit.bytes {
                    return Ok(page);
                }
            }
        }
        if page.next <= head && page.events.is_empty() {
            self.check_age(from)?;
            return Err(self.damaged(from, Flaw::Missing));
        }
        Ok(page)
    }

    fn check_age(&self, asked: u64) -> Result<(), ReadError> {
        let oldest = self.oldest.load(Ordering::Acquire);
        if asked < oldest { Err(ReadError::TooOld { asked, oldest }) } else { Ok(()) }
    }

    fn damaged(&self, event: u64, flaw: Flaw) -> ReadError {
        let sequences = Some(event..=event);
        let path = self.path.clone();
        ReadError::Damaged(Box::new(Damage { path, what: Damaged::Chunk, sequences, key: None, flaw }))
    }
}
