//! What a journal is to those who use it. Nothing here assumes that the log is on this machine.

use std::fmt;
use std::sync::Arc;

use callsheet_events::{Prepared, Sealed};
use callsheet_model::Envelope;
use callsheet_model::image::Image;

use crate::damage::Damage;
use crate::error::{AppendError, OpenError, ReadError};

/// Where a journal is kept. It can be opened again and again, by whoever has to start over.
pub trait Store: fmt::Debug + Send + Sync {
    /// Scans the whole journal for damage and opens it. Blocks for as long as that takes. A journal that was
    /// opened through this store before is closed first, whoever still holds it.
    ///
    /// # Errors
    /// `OpenError` says why not. A damaged journal is never opened.
    fn open(&self) -> Result<Recovered, OpenError>;
}

/// An open journal. Its calls may block on a lock or a disk: none belongs on an async runtime, but
/// [`Self::submit`], [`Self::read_hot`], [`Self::snapshot`] and [`Self::range`] are short enough for anywhere.
pub trait Journal: fmt::Debug + Send + Sync {
    /// Hands over the next events; returns at once. When all of them are durable, or never will be,
    /// `on_durable` is called, from the journal's own thread and in the order of the calls. Whatever it does
    /// holds up the next append, so it should only pass the word on.
    ///
    /// After an error nothing more is taken: see [`AppendError`]. A journal that crashes may forget to call.
    fn submit(&self, batch: Vec<Envelope>, on_durable: OnDurable);

    /// The same, with what was prepared for the events from outside among them, in their order. What is missing is
    /// made here: it only takes longer.
    fn submit_prepared(&self, batch: Vec<Envelope>, prepared: Vec<Prepared>, on_durable: OnDurable) {
        drop(prepared);
        self.submit(batch, on_durable);
    }

    /// A page of durable events from the number `from`, which is a stream's cursor. One past the last durable
    /// event gives an empty page; 0 stands for 1.
    ///
    /// # Errors
    /// `ReadError` when the log does not go back that far, or not forward.
    fn read(&self, from: u64, limit: PageLimit) -> Result<Page, ReadError>;

    /// The same page out of memory alone, where the latest events are; short enough for anywhere. Nothing when it
    /// begins earlier, and when [`Self::read`] would give an error.
    fn read_hot(&self, from: u64, limit: PageLimit) -> Option<Page>;

    /// The events that [`Self::read`] would give, without what sealing adds to them: what a replay needs, at a
    /// tenth of the price. The limit's bytes are those of the stored events.
    ///
    /// # Errors
    /// As [`Self::read`].
    fn replay(&self, from: u64, limit: PageLimit) -> Result<Vec<Envelope>, ReadError>;

    /// Stores the state after the durable event `image.sequence`, and then forgets what is not needed any
    /// more. It is done piece by piece between appends; `on_stored` hears of its end.
    fn snapshot(&self, image: Image, on_stored: OnStored);

    /// The oldest event that is kept (one past the head when there is none) and the last that is durable.
    fn range(&self) -> (u64, u64);

    /// Stores what was submitted, and closes. Blocks until that is done; later calls do nothing.
    fn close(&self);
}

/// What a journal hears when a batch is durable.
pub type OnDurable = Box<dyn FnOnce(Result<Durable, AppendError>) + Send>;

/// What it hears when a snapshot is stored: the number of the last event in it.
pub type OnStored = Box<dyn FnOnce(Result<u64, AppendError>) + Send>;

/// A batch that is durable.
#[derive(Debug)]
pub struct Durable {
    /// The number of the last durable event, this batch's last or a later one.
    pub head: u64,
    /// The batch, given back, sealed.
    pub events: Vec<Arc<Sealed>>,
}

/// How much a page may hold. It always holds one event, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit {
    /// Most events.
    pub events: usize,
    /// Most bytes of their JSON.
    pub bytes: usize,
}

impl Default for PageLimit {
    fn default() -> Self {
        Self { events: 1000, bytes: 1 << 20 }
    }
}

/// A page of events.
#[derive(Debug)]
pub struct Page {
    /// The events, in order and without gaps.
    pub events: Vec<Arc<Sealed>>,
    /// Where the next page begins.
    pub next: u64,
    /// The last durable event's number.
    pub head: u64,
}

/// What was found at start-up.
#[derive(Debug)]
pub struct Recovered {
    /// The journal, ready for the event after `head`.
    pub journal: Arc<dyn Journal>,
    /// The newest snapshot that is whole.
    pub image: Option<Image>,
    /// Every event after it. An error in it is damage like that which [`Store::open`] finds: whoever replays
    /// must not go on.
    pub tail: Tail,
    /// The last event's number; 0 in a new journal.
    pub head: u64,
    /// Damage that lost nothing: a newer snapshot that could not be read, and was done without. Tell someone.
    pub notes: Vec<Damage>,
}

/// The events after the snapshot, read as they are asked for.
#[derive(Debug)]
pub struct Tail {
    journal: Arc<dyn Journal>,
    page: std::vec::IntoIter<Envelope>,
    next: u64,
    head: u64,
}

impl Tail {
    /// The events from `next` to `head`.
    pub(crate) fn new(journal: Arc<dyn Journal>, next: u64, head: u64) -> Self {
        Self { journal, page: Vec::new().into_iter(), next, head }
    }
}

impl Iterator for Tail {
    type Item = Result<Envelope, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(event) = self.page.next() {
            return Some(Ok(event));
        }
        if self.next > self.head {
            return None;
        }
        // Not what was appended since.
        let left = usize::try_from(self.head - self.next + 1).unwrap_or(usize::MAX);
        let limit = PageLimit { events: left.min(4096), bytes: 256 << 10 };
        match self.journal.replay(self.next, limit) {
            Ok(events) => {
                self.next += events.len() as u64;
                self.page = events.into_iter();
                self.page.next().map(Ok)
            }
            Err(error) => {
                // Once is enough: a reader that goes on after an error finds the end.
                self.next = u64::MAX;
                self.head = 0;
                Some(Err(error))
            }
        }
    }
}
