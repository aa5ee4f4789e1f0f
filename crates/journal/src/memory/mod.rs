//! A journal in memory, with the bytes of the real one and a disk's way of failing: what was not synced when it
//! crashed is gone. For simulations and tests, which decide when it syncs and what goes wrong; it has no thread
//! and no clock, so the same calls give the same result for ever.

mod platter;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use callsheet_model::Envelope;
use callsheet_model::image::Image;

use crate::error::{AppendError, OpenError, ReadError};
use crate::journal::{Durable, Journal, OnDurable, OnStored, Page, PageLimit, Recovered, Store, Tail};
use crate::pages::Latest;

use platter::{HOT_BYTES, Platter, Waiting};

/// Something that goes wrong once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The next append is not written.
    Append,
    /// The next sync fails: what it was to make durable is not.
    Sync,
    /// The next append finds the disk full.
    DiskFull,
    /// The next snapshot is cut off: it is not there, and nobody hears of it.
    TornSnapshot,
}

/// A disk made of memory. Clones are the same disk.
#[derive(Clone)]
pub struct MemoryStore(Arc<Mutex<Platter>>);

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let platter = self.platter();
        write!(f, "MemoryStore(events {} to {})", platter.kept_from, platter.head)
    }
}

impl MemoryStore {
    /// An empty disk that syncs at once, and keeps so many events for streams.
    #[must_use]
    pub fn new(keep_events: u64) -> Self {
        Self(Arc::new(Mutex::new(Platter::new(keep_events))))
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is submitted waits for [`Self::sync`], as it waits for a slow disk. When it no longer
    /// does, what waits is synced.
    pub fn hold(&self, holds: bool) {
        self.platter().holds = holds;
        if !holds {
            self.sync();
        }
    }

    /// Batches that wait to be synced.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.platter().waiting.len()
    }

    /// Makes everything submitted durable, in one group, and says so; returns how many batches that were.
    pub fn sync(&self) -> usize {
        self.sync_first(usize::MAX)
    }

    /// The same for at most so many batches: what a disk takes that began before the others came.
    pub fn sync_first(&self, batches: usize) -> usize {
        let (callbacks, outcome) = {
            let mut platter = self.platter();
            let taken = batches.min(platter.waiting.len());
            let (batches, callbacks): (Vec<_>, Vec<_>) = platter.waiting.drain(..taken).unzip();
            if callbacks.is_empty() {
                return 0;
            }
            let outcome = platter.commit(batches).map(|sealed| (platter.head, sealed));
            (callbacks, outcome)
        };
        let count = callbacks.len();
        // Without the lock: who is called back may call again.
        match outcome {
            Ok((head, sealed)) => {
                for (events, on_durable) in sealed.into_iter().zip(callbacks) {
                    on_durable(Ok(Durable { head, events }));
                }
            }
            Err(error) => callbacks.into_iter().for_each(|on_durable| on_durable(Err(error.clone()))),
        }
        count
    }

    /// Lets something go wrong, after what was said to go wrong before.
    pub fn arrange(&self, mishap: Mishap) {
        self.platter().mishaps.push_back(mishap);
    }

    /// The process dies: what was not synced is forgotten, nobody is called back, and the journals that were
    /// open are closed.
    pub fn crash(&self) {
        self.crash_keeping(0);
    }

    /// Like [`Self::crash`], but the first `batches` of what was not synced reached the platter nevertheless,
    /// without anyone having been told: a disk may do that.
    pub fn crash_keeping(&self, batches: usize) {
        let forgotten = {
            let mut platter = self.platter();
            let mut group: Vec<Waiting> = platter.waiting.drain(..).collect();
            let forgotten = group.split_off(batches.min(group.len()));
            let (kept, untold): (Vec<_>, Vec<_>) = group.into_iter().unzip();
            if !kept.is_empty() && platter.poison.is_none() {
                // One that fails to be written is one that is not kept.
                let _ = platter.write(kept);
            }
            platter.life += 1;
            platter.mishaps.clear();
            (untold, forgotten)
        };
        // Dropped without the lock: a callback may own something that calls again when it goes.
        drop(forgotten);
    }

    /// Flips one bit of the chunk that holds an event; false when there is none.
    pub fn corrupt(&self, event: u64) -> bool {
        let mut platter = self.platter();
        let chunk = platter.log.range_mut(..=event).next_back();
        let byte = chunk.and_then(|(_, bytes)| bytes.last_mut());
        byte.map(|byte| *byte ^= 1).is_some()
    }
}

impl Store for MemoryStore {
    fn open(&self) -> Result<Recovered, OpenError> {
        let (image, kept_from, head, life, forgotten) = {
            let mut platter = self.platter();
            platter.check()?;
            platter.life += 1;
            platter.poison = None;
            // A new process has nothing in memory.
            platter.latest = Latest::new(HOT_BYTES);
            let forgotten = std::mem::take(&mut platter.waiting);
            (platter.newest_image()?, platter.kept_from, platter.head, platter.life, forgotten)
        };
        // A journal opened before is closed, and so its callers hear.
        for (_, on_durable) in forgotten {
            on_durable(Err(AppendError::Closed));
        }
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal { store: self.clone(), life });
        let next = image.as_ref().map_or(kept_from, |image| image.sequence + 1);
        let tail = Tail::new(Arc::clone(&journal), next, head);
        Ok(Recovered { journal, image, tail, head, notes: Vec::new() })
    }
}

/// A journal open on a disk made of memory, for one life of it.
#[derive(Debug)]
struct MemoryJournal {
    store: MemoryStore,
    life: u64,
}

impl MemoryJournal {
    fn is_open(&self, platter: &Platter) -> bool {
        platter.life == self.life
    }
}

impl Journal for MemoryJournal {
    fn submit(&self, batch: Vec<Envelope>, on_durable: OnDurable) {
        let holds = {
            let mut platter = self.store.platter();
            if !self.is_open(&platter) {
                drop(platter);
                return on_durable(Err(AppendError::Closed));
            }
            platter.waiting.push_back((batch, on_durable));
            platter.holds
        };
        if !holds {
            self.store.sync();
        }
    }

    fn read(&self, from: u64, limit: PageLimit) -> Result<Page, ReadError> {
        let platter = self.store.platter();
        if self.is_open(&platter) { platter.page(from.max(1), limit) } else { Err(ReadError::Closed) }
    }

    fn read_hot(&self, from: u64, limit: PageLimit) -> Option<Page> {
        let platter = self.store.platter();
        if self.is_open(&platter) { platter.hot_page(from.max(1), limit) } else { None }
    }

    fn replay(&self, from: u64, limit: PageLimit) -> Result<Vec<Envelope>, ReadError> {
        let platter = self.store.platter();
        if self.is_open(&platter) { platter.replay(from.max(1), limit) } else { Err(ReadError::Closed) }
    }

    fn snapshot(&self, image: Image, on_stored: OnStored) {
        let outcome = {
            let mut platter = self.store.platter();
            if !self.is_open(&platter) {
                Err(AppendError::Closed)
            } else if let Some(cause) = &platter.poison {
                Err(AppendError::Poisoned(Arc::clone(cause)))
            } else if platter.take_mishap(&[Mishap::TornSnapshot]).is_some() {
                return;
            } else {
                platter.store(&image)
            }
        };
        on_stored(outcome.map(|()| image.sequence));
    }

    fn range(&self) -> (u64, u64) {
        let platter = self.store.platter();
        (platter.kept_from, platter.head)
    }

    fn close(&self) {
        let open = self.is_open(&self.store.platter());
        if open {
            self.store.sync();
            self.store.platter().life += 1;
        }
    }
}
