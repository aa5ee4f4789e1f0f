//! A journal on this machine's disk.
//!
//! Opening goes: lock the directory, check its format, open the store, scan everything, compare with the head
//! marker; only then is there a journal. It never repairs: the one thing it removes is the chunk that was
//! being written when the process died, which was promised to no one, and the one thing it changes is a journal
//! from before events were sealed, which it seals.

mod db;
pub(crate) mod directory;
pub(crate) mod frame;
pub(crate) mod keepsake;
pub(crate) mod marker;
mod options;
mod reading;
pub(crate) mod retention;
pub(crate) mod salvage;
pub(crate) mod scan;
pub(crate) mod snapshot;
#[cfg(test)]
mod tests;
mod upgrade;
#[cfg(test)]
mod upgrade_tests;
mod writer;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::thread::JoinHandle;

use callsheet_events::{Digest, Prepared};
use callsheet_model::Envelope;
use callsheet_model::image::Image;
use uuid::Uuid;

use crate::damage::{Damage, Damaged, Flaw};
use crate::error::{AppendError, OpenError, ReadError};
use crate::journal::{Journal, OnDurable, OnStored, Page, PageLimit, Recovered, Store, Tail};
use crate::pages::{Lately, Latest};

pub(crate) use db::Db;
use marker::Marker;
pub use options::{OnFlush, Options};
use reading::Shared;
use scan::{OnDamage, Scan};
use writer::{Batch, Request, Writer};

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
        let journal = Arc::new(DiskJournal::start(&self.path, &self.options, db, marker, &found)?);
        *last = Arc::downgrade(&journal);
        let (image, head) = (found.image, found.last);
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

/// Where the chain of a new journal begins: somewhere no other one does.
pub(crate) fn genesis() -> Digest {
    let chance = [*Uuid::new_v4().as_bytes(), *Uuid::new_v4().as_bytes()];
    Digest::of(chance.as_flattened())
}

/// Makes an undamaged store ready for use: what was found in it is promised from now on.
fn settled(path: &Path, db: Db, mut found: Scan) -> Result<(Db, Marker, Scan), OpenError> {
    if let Some(first) = found.torn {
        tracing::warn!(event = first, "the last append was cut off before it was durable, and is dropped");
        db.drop_chunk(first).map_err(|error| store_error(path, error))?;
    }
    for note in &found.notes {
        tracing::warn!(damage = %note, "an older snapshot is used instead");
    }
    let chain = found.chain.unwrap_or_else(genesis);
    found.chain = Some(upgrade::seal(&db, path, &mut found, chain)?);
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
        task.step(db, &mut Vec::new())?;
    }
    Ok(())
}

/// Opens a journal, which reads it whole, and closes it again.
pub(crate) fn check(path: &Path) -> Result<(), OpenError> {
    open(path, Options::default().cache_bytes).map(drop)
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
    fn start(
        path: &Path,
        options: &Options,
        db: Db,
        marker: Marker,
        found: &Scan,
    ) -> Result<Self, OpenError> {
        let db = Arc::new(db);
        let (queue, requests) = sync_channel(options.queue.max(1));
        let shared = Arc::new(Shared {
            path: path.into(),
            db: RwLock::new(Some(Arc::clone(&db))),
            head: AtomicU64::new(found.last),
            oldest: AtomicU64::new(found.kept_from),
            latest: Latest::new(options.hot_bytes),
            lately: Lately::new(options.warm_bytes),
        });
        let mut writer = Writer::new(db, Arc::clone(&shared), requests, marker, found, options);
        writer.retain().map_err(|error| store_error(path, error))?;
        let thread = std::thread::Builder::new().name("journal".into()).spawn(move || writer.run());
        let thread = thread.map_err(|error| OpenError::io("start a thread for", path, error))?;
        Ok(Self { shared, queue, queue_limit: options.queue.max(1), thread: Mutex::new(Some(thread)) })
    }

    /// Reads something, from the event `from` on; what lies below may panic.
    fn with_db<T>(&self, from: u64, read: impl Fn(&Db) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let guard = self.shared.db.read().unwrap_or_else(PoisonError::into_inner);
        let db = guard.as_ref().ok_or(ReadError::Closed)?;
        catch_unwind(AssertUnwindSafe(|| read(db))).unwrap_or_else(|panic| {
            let flaw = Flaw::Store(format!("it panicked: {}", scan::panic_text(panic.as_ref())));
            Err(self.shared.damaged(from, flaw))
        })
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
        self.submit_prepared(batch, Vec::new(), on_durable);
    }

    fn submit_prepared(&self, events: Vec<Envelope>, prepared: Vec<Prepared>, on_durable: OnDurable) {
        let batch = Batch { events, prepared };
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
        if let Some(page) = self.read_hot(from, limit) {
            return Ok(page);
        }
        self.with_db(from, |db| self.shared.page(db, from.max(1), limit))
    }

    fn read_hot(&self, from: u64, limit: PageLimit) -> Option<Page> {
        self.shared.hot_page(from.max(1), limit)
    }

    fn replay(&self, from: u64, limit: PageLimit) -> Result<Vec<Envelope>, ReadError> {
        self.with_db(from, |db| self.shared.replay(db, from.max(1), limit))
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
        self.shared.latest.close();
        let db = self.shared.db.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(db);
    }
}

impl Drop for DiskJournal {
    fn drop(&mut self) {
        self.close();
    }
}
