//! Streams of events, from any cursor on, without gaps. There is one source: the log. Its latest part is in
//! memory, sealed, one copy for all; what is older is read from the disk, a few pages at a time for all readers
//! together. The hub only says that there is more.
//!
//! A reader takes its events itself, page by page. Between two pages it costs the leader its cursor and nothing
//! else, so no reader can hold up another, or the hub, or the scheduler.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use callsheet_events::{Filter, Sealed};
use callsheet_journal::{Journal, Page, PageLimit, ReadError};
use callsheet_model::signal::Signal;
use callsheet_supervision::aside;
use tokio::sync::{Semaphore, broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::error::LeaderError;
use crate::figures::Figures;

/// A live reader that takes nothing for this long while there is something for it is cut off.
pub const READER_PATIENCE: Duration = Duration::from_secs(30);
/// A page. Smaller ones cost more calls, larger ones let other tasks wait longer.
const PAGE: PageLimit = PageLimit { events: 500, bytes: 128 << 10 };
/// Pages that are read from the disk at once, for all readers together: it must not take the processors away
/// from the scheduler.
const COLD_READS: usize = 2;
/// While the scheduler is started again there is no journal: readers wait so long for the next one.
const RESTART_PATIENCE: Duration = Duration::from_secs(30);

/// What a stream carries.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Events after this number; `None`: only what comes from now on.
    pub after: Option<u64>,
    /// Go on with what comes.
    pub follow: bool,
    /// Only events that fit it.
    pub filter: Filter,
}

impl Wanted {
    /// Whether an event is wanted.
    #[must_use]
    pub fn takes(&self, event: &Sealed) -> bool {
        self.filter.takes(event.envelope.event.kind(), &event.scopes)
    }
}

/// The open journal, for those who read history. A restarted scheduler puts its own in.
#[derive(Clone)]
pub(crate) struct JournalSlot {
    journal: Arc<RwLock<Option<Arc<dyn Journal>>>>,
    cold: Arc<Semaphore>,
}

impl Default for JournalSlot {
    fn default() -> Self {
        Self { journal: Arc::default(), cold: Arc::new(Semaphore::new(COLD_READS)) }
    }
}

impl JournalSlot {
    pub(crate) fn put(&self, journal: Arc<dyn Journal>) {
        *self.journal.write().unwrap_or_else(PoisonError::into_inner) = Some(journal);
    }

    pub(crate) fn get(&self) -> Option<Arc<dyn Journal>> {
        self.journal.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The oldest event that is kept and the last that is durable.
    pub(crate) fn range(&self) -> (u64, u64) {
        self.get().map_or((1, 0), |journal| journal.range())
    }

    /// Reads a page that is not in memory. It goes on when nobody waits for it any more, and so does not begin
    /// anew when a reader comes back for it.
    fn read_cold(&self, journal: Arc<dyn Journal>, from: u64) -> Reading {
        let cold = self.cold.clone();
        tokio::spawn(async move {
            let _turn = cold.acquire_owned().await;
            let page = aside(move || journal.read(from, PAGE)).await;
            page.unwrap_or(Err(ReadError::Closed))
        })
    }
}

type Reading = JoinHandle<Result<Page, ReadError>>;

/// What streams are made from.
pub(crate) struct Source {
    pub(crate) slot: JournalSlot,
    /// Changes whenever there may be more in the log.
    pub(crate) more: watch::Receiver<()>,
    pub(crate) figures: Arc<Figures>,
    /// Events that a live reader may be behind.
    pub(crate) backlog: u64,
}

/// A stream of events: pages, ascending; an error is its end. Dropping it ends it.
pub struct Events {
    source: Source,
    wanted: Wanted,
    /// Everything up to this event was handed out, or passed over by the filter.
    cursor: u64,
    /// A stream that does not follow ends with this event.
    until: Option<u64>,
    reading: Option<Reading>,
    /// It has caught up once: it is to keep up from then on.
    live: bool,
    /// When the reader last came for more, or got some.
    taken: Instant,
    /// It came for more, and has got none since: whoever gives up waiting was there all the while.
    waits: bool,
    /// The reader just had a page: others come first.
    had_one: bool,
    over: bool,
}

/// Nothing is there to be taken at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no event is waiting")]
pub struct NothingYet;

/// A page of a stream, or its end.
type Taken = Result<Vec<Arc<Sealed>>, LeaderError>;

impl Events {
    /// Starts a stream.
    pub(crate) fn new(source: Source, wanted: Wanted) -> Self {
        let (_, head) = source.slot.range();
        source.figures.readers.live.add(1);
        source.figures.readers.opened.add(1);
        Self {
            cursor: wanted.after.unwrap_or(head),
            until: (!wanted.follow).then_some(head),
            source,
            wanted,
            reading: None,
            live: false,
            taken: Instant::now(),
            waits: false,
            had_one: false,
            over: false,
        }
    }

    /// The next events that are wanted, at least one; `None` after the end. It may be dropped while it waits
    /// and called again: nothing is lost.
    ///
    /// # Errors
    /// `CursorAhead` and `CursorTooOld`: nothing can be read from there. `FellBehind`: the reader did not keep up.
    /// `Restarting`: the log was not there for too long. `Journal`: it cannot be read. Each is the end.
    pub async fn recv(&mut self) -> Option<Taken> {
        if self.over {
            return None;
        }
        let next = match self.keeps_up() {
            Ok(()) => {
                (self.taken, self.waits) = (Instant::now(), true);
                self.next().await
            }
            Err(error) => Err(error),
        };
        self.waits = false;
        self.end_or_hand_out(next)
    }

    /// Like [`Self::recv`], of what is in memory already.
    ///
    /// # Errors
    /// `NothingYet`: there is nothing, or it is on the disk, or the stream is over.
    pub fn try_recv(&mut self) -> Result<Taken, NothingYet> {
        if self.over || self.reading.is_some() {
            return Err(NothingYet);
        }
        let mut next = self.keeps_up().map(|()| None);
        while let Ok(None) = next {
            let journal = self.source.slot.get().ok_or(NothingYet)?;
            let page = self.due().then(|| journal.read_hot(self.cursor + 1, PAGE)).flatten();
            next = Ok(self.sift(page.ok_or(NothingYet)?));
        }
        self.end_or_hand_out(next).ok_or(NothingYet)
    }

    /// Everything up to this event was handed out, or passed over by the filter: a stream that is started after
    /// it goes on exactly here.
    #[must_use]
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    fn end_or_hand_out(&mut self, next: Result<Option<Vec<Arc<Sealed>>>, LeaderError>) -> Option<Taken> {
        match next {
            Ok(Some(page)) => {
                (self.taken, self.had_one) = (Instant::now(), true);
                Some(Ok(page))
            }
            Ok(None) => {
                self.over = true;
                None
            }
            Err(error) => {
                self.over = true;
                if matches!(error, LeaderError::CursorTooOld { .. }) {
                    self.source.figures.readers.too_old.add(1);
                }
                Some(Err(error))
            }
        }
    }

    /// A live reader that comes back too late is cut off.
    fn keeps_up(&mut self) -> Result<(), LeaderError> {
        let waiting = self.source.slot.range().1.saturating_sub(self.cursor);
        if !self.live || waiting == 0 {
            return Ok(());
        }
        let readers = &self.source.figures.readers;
        if waiting > self.source.backlog {
            readers.fell_behind.add(1);
        } else if !self.waits && self.taken.elapsed() >= READER_PATIENCE {
            readers.stalled.add(1);
        } else {
            return Ok(());
        }
        Err(LeaderError::FellBehind { cursor: self.cursor })
    }

    async fn next(&mut self) -> Result<Option<Vec<Arc<Sealed>>>, LeaderError> {
        loop {
            if std::mem::take(&mut self.had_one) {
                // Two hundred readers on two processors: each gets one page at a time.
                tokio::task::yield_now().await;
            }
            // Before the head is looked at: what comes after that look wakes us.
            self.source.more.borrow_and_update();
            let (_, head) = self.source.slot.range();
            if self.cursor > head && self.reading.is_none() {
                return Err(LeaderError::CursorAhead { asked: self.cursor, head });
            }
            if self.until.is_some_and(|until| self.cursor >= until) {
                return Ok(None);
            }
            if !self.due() {
                self.live = true;
                self.more().await?;
            } else if let Some(page) = self.page().await? {
                if let Some(wanted) = self.sift(page) {
                    return Ok(Some(wanted));
                }
                self.had_one = true;
            }
        }
    }

    /// Whether there is something after the cursor.
    fn due(&self) -> bool {
        self.cursor < self.source.slot.range().1.min(self.until.unwrap_or(u64::MAX))
    }

    async fn more(&mut self) -> Result<(), LeaderError> {
        // The other end goes with the leader.
        self.source.more.changed().await.map_err(|_| LeaderError::Restarting)
    }

    /// The next page of the log; nothing when it has to be tried again.
    async fn page(&mut self) -> Result<Option<Page>, LeaderError> {
        let reading = match &mut self.reading {
            Some(reading) => reading,
            none => {
                let journal = self.source.slot.get().ok_or(LeaderError::Restarting)?;
                if let Some(page) = journal.read_hot(self.cursor + 1, PAGE) {
                    return Ok(Some(page));
                }
                self.source.figures.readers.cold_pages.add(1);
                none.insert(self.source.slot.read_cold(journal, self.cursor + 1))
            }
        };
        let read = reading.await.unwrap_or(Err(ReadError::Closed));
        self.reading = None;
        match read {
            Ok(page) if !page.events.is_empty() => Ok(Some(page)),
            Err(ReadError::TooOld { oldest, .. }) => {
                Err(LeaderError::CursorTooOld { asked: self.cursor, oldest })
            }
            Err(ReadError::Ahead { head, .. }) => Err(LeaderError::CursorAhead { asked: self.cursor, head }),
            // The scheduler is being started again, and brings a journal of its own.
            Ok(_) | Err(ReadError::Closed) => match timeout(RESTART_PATIENCE, self.more()).await {
                Ok(more) => more.map(|()| None),
                Err(_) => Err(LeaderError::Restarting),
            },
            Err(error) => Err(LeaderError::Journal(error.to_string())),
        }
    }

    /// Moves the cursor over a page, and gives what is wanted of it, if anything is.
    fn sift(&mut self, page: Page) -> Option<Vec<Arc<Sealed>>> {
        let until = self.until.unwrap_or(u64::MAX);
        let mut events = page.events;
        // A log is numbered without gaps.
        self.cursor = events.last().map_or(self.cursor, |event| event.envelope.sequence).min(until);
        events.retain(|event| event.envelope.sequence <= until && self.wanted.takes(event));
        (!events.is_empty()).then_some(events)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.source.figures.readers.live.drop_one();
    }
}

/// The next signal; those that a slow reader missed are gone. `None` when the leader has gone.
pub async fn next_signal(signals: &mut broadcast::Receiver<Arc<Signal>>) -> Option<Arc<Signal>> {
    loop {
        match signals.recv().await {
            Ok(signal) => return Some(signal),
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return None,
        }
    }
}
