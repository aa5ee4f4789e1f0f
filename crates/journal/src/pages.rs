//! Pages out of memory: the latest events, which most readers want, and the chunks that someone read lately, which
//! the next reader at that place wants too. Both hold sealed events that all their readers share, and both are
//! bounded; what is in neither is read and sealed again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use callsheet_events::Sealed;
use callsheet_model::Event;

use crate::journal::{Page, PageLimit};

/// Events in the ring at most, however small they are.
const MOST_EVENTS: usize = 1 << 16;
/// What a sealed event takes beside its texts: its own fields, its allocations, the names in its event.
const EVENT_BYTES: usize = size_of::<Sealed>() + 160;

/// What an event takes in memory, about.
fn bytes(event: &Sealed) -> usize {
    let texts = match &event.envelope.event {
        Event::Outside(outside) => outside.payload.len() + outside.fields.len(),
        _ => 0,
    };
    EVENT_BYTES + event.json.len() + texts
}

/// A page while it is filled.
pub(crate) struct Filling {
    page: Page,
    bytes: usize,
    limit: PageLimit,
}

impl Filling {
    /// An empty page that begins with `from`.
    pub(crate) fn new(from: u64, head: u64, limit: PageLimit) -> Self {
        Self { page: Page { events: Vec::new(), next: from, head }, bytes: 0, limit }
    }

    /// The number of the event that it wants; nothing when it is full or at the end.
    pub(crate) fn wants(&self) -> Option<u64> {
        let Page { events, next, head } = &self.page;
        let full = events.len() >= self.limit.events || self.bytes >= self.limit.bytes;
        (*next <= *head && (events.is_empty() || !full)).then_some(*next)
    }

    /// Takes events of which one is the one it wants, and the others follow it or stand before it.
    pub(crate) fn take<'e>(&mut self, events: impl IntoIterator<Item = &'e Arc<Sealed>>) {
        for event in events {
            match self.wants() {
                None => return,
                Some(wanted) if event.envelope.sequence == wanted => {
                    self.bytes += event.json.len();
                    self.page.next += 1;
                    self.page.events.push(Arc::clone(event));
                }
                Some(_) => {}
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.page.events.is_empty()
    }

    pub(crate) fn done(self) -> Page {
        self.page
    }
}

/// The latest events.
#[derive(Debug)]
pub(crate) struct Latest(RwLock<Ring>);

#[derive(Debug)]
struct Ring {
    /// In order and without gaps.
    events: VecDeque<Arc<Sealed>>,
    bytes: usize,
    most_bytes: usize,
    closed: bool,
}

impl Latest {
    /// An empty ring of so many bytes.
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self(RwLock::new(Ring { events: VecDeque::new(), bytes: 0, most_bytes, closed: false }))
    }

    /// Adds events that are durable and follow those that are there.
    pub(crate) fn add<'e>(&self, events: impl IntoIterator<Item = &'e Arc<Sealed>>) {
        let mut dropped = Vec::new();
        {
            let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if ring.closed {
                return;
            }
            for event in events {
                ring.bytes += bytes(event);
                ring.events.push_back(Arc::clone(event));
            }
            while ring.bytes > ring.most_bytes || ring.events.len() > MOST_EVENTS {
                let Some(event) = ring.events.pop_front() else { break };
                ring.bytes -= bytes(&event);
                dropped.push(event);
            }
        }
        // Without the lock: giving back memory takes longer than everything above.
        drop(dropped);
    }

    /// Fills a page as far as it wants and this has; whether it had the first event it wanted.
    pub(crate) fn fill(&self, filling: &mut Filling) -> bool {
        let Some(wanted) = filling.wants() else { return true };
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let first = ring.events.front().map(|event| event.envelope.sequence);
        let at = first.and_then(|first| wanted.checked_sub(first)).and_then(|at| usize::try_from(at).ok());
        let Some(at) = at.filter(|at| *at < ring.events.len()) else { return false };
        filling.take(ring.events.range(at..));
        true
    }

    /// Forgets everything, and takes nothing more.
    pub(crate) fn close(&self) {
        let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
        ring.closed = true;
        let dropped = std::mem::take(&mut ring.events);
        drop(ring);
        drop(dropped);
    }

    /// Whether it was closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).closed
    }
}

/// Chunks that were read lately, sealed.
#[derive(Debug)]
pub(crate) struct Lately(Mutex<Shelf>);

#[derive(Debug)]
struct Shelf {
    chunks: BTreeMap<u64, Slot>,
    bytes: usize,
    most_bytes: usize,
    /// Counts uses, to know which is longest ago.
    uses: u64,
}

#[derive(Debug)]
struct Slot {
    events: Arc<[Arc<Sealed>]>,
    bytes: usize,
    used: u64,
}

impl Lately {
    /// An empty shelf of so many bytes.
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self(Mutex::new(Shelf { chunks: BTreeMap::new(), bytes: 0, most_bytes, uses: 0 }))
    }

    /// The chunk that holds an event, if it is here.
    pub(crate) fn get(&self, event: u64) -> Option<Arc<[Arc<Sealed>]>> {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Shelf { chunks, uses, .. } = &mut *shelf;
        let (first, slot) = chunks.range_mut(..=event).next_back()?;
        if *first + slot.events.len() as u64 <= event {
            return None;
        }
        *uses += 1;
        slot.used = *uses;
        Some(Arc::clone(&slot.events))
    }

    /// Puts a chunk here, and others away.
    pub(crate) fn put(&self, first: u64, events: &Arc<[Arc<Sealed>]>) {
        let bytes: usize = events.iter().map(|event| bytes(event)).sum();
        let mut dropped = Vec::new();
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One that would push out most of the others is not worth it.
        if bytes > shelf.most_bytes / 4 {
            return;
        }
        shelf.uses += 1;
        let slot = Slot { events: Arc::clone(events), bytes, used: shelf.uses };
        shelf.bytes += bytes;
        if let Some(replaced) = shelf.chunks.insert(first, slot) {
            shelf.bytes -= replaced.bytes;
            dropped.push(replaced);
        }
        while shelf.bytes > shelf.most_bytes {
            let oldest = shelf.chunks.iter().min_by_key(|(_, slot)| slot.used).map(|(first, _)| *first);
            let Some(oldest) = oldest.and_then(|first| shelf.chunks.remove(&first)) else { break };
            shelf.bytes -= oldest.bytes;
            dropped.push(oldest);
        }
        drop(shelf);
        drop(dropped);
    }
}
