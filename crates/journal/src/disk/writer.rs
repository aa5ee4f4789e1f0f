//! The storage thread: the only one that writes.
//!
//! ```text
//!   wait ──► take every batch that waits ──► seal ──► write chunks ──► sync ──► marker ──► callbacks, in order
//!     ▲                                                                                             │
//!     └──────── one slice of a snapshot, or of what is not kept any more, if there is one ◄─────────┘
//! ```
//!
//! Sealing is done here because it is one chain: an event's id and hash follow from the event before it. Of events
//! from outside all but the chain is prepared elsewhere, and a large append goes alone: what waits behind it is more
//! urgent than itself.
//!
//! After a failure nothing more is written: what follows an append that failed makes no sense without it, and
//! a sync that failed once says nothing when it is tried again.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant, SystemTime};

use callsheet_events::{Digest, Prepared, Sealed};
use callsheet_model::Envelope;
use callsheet_model::image::Image;

use crate::chunk;
use crate::error::AppendError;
use crate::journal::{Durable, OnDurable, OnStored};

use super::db::{Db, Parcel};
use super::directory;
use super::marker::Marker;
use super::options::{OnFlush, Options};
use super::reading::Shared;
use super::retention::{Extents, Keep};
use super::scan::{Scan, panic_text};
use super::snapshot::{SLICE_VALUES, Slice, Task, needed_from};

/// Events that go to the disk together at most: what waits longer than that costs latency, not throughput.
const GROUP_EVENTS: usize = 1024;
/// Appends that come to no more than this go together; what would make them more than that waits for its own turn.
const TOGETHER: usize = 256;
/// How often it looks for what is not kept any more, when no snapshot makes it.
const RETAIN_EVERY: Duration = Duration::from_secs(60);

/// What the storage thread is asked.
pub(crate) enum Request {
    Append(Batch, OnDurable),
    Snapshot(Image, OnStored),
    Close,
}

/// Events to append.
pub(crate) struct Batch {
    pub(crate) events: Vec<Envelope>,
    /// What was prepared for those from outside, in their order.
    pub(crate) prepared: Vec<Prepared>,
}

/// The thread's own state.
pub(crate) struct Writer {
    db: Arc<Db>,
    shared: Arc<Shared>,
    requests: Receiver<Request>,
    marker: Marker,
    /// The number that the next event must have.
    next: u64,
    /// The chain behind the last event.
    chain: Digest,
    /// Whole snapshots, the oldest first.
    snapshots: Vec<u64>,
    keep: Keep,
    extents: Extents,
    /// When it last looked for what is not kept any more.
    retained: Instant,
    /// Chunks before this event are on their way out.
    trimming: Option<u64>,
    on_flush: Option<OnFlush>,
    snapshot: Option<Task>,
    poison: Option<Arc<AppendError>>,
}

type Group = Vec<(Batch, OnDurable)>;

/// Calls back; a caller that panics does not take the storage thread with it.
fn call(callback: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(callback)) {
        tracing::error!(panic = panic_text(panic.as_ref()), "a journal callback panicked");
    }
}

impl Writer {
    pub(crate) fn new(
        db: Arc<Db>,
        shared: Arc<Shared>,
        requests: Receiver<Request>,
        marker: Marker,
        found: &Scan,
        options: &Options,
    ) -> Self {
        Self {
            db,
            shared,
            requests,
            marker,
            next: found.last + 1,
            chain: found.chain.unwrap_or_default(),
            snapshots: found.snapshots.clone(),
            keep: Keep::of(options),
            extents: found.extents.clone(),
            retained: Instant::now(),
            trimming: None,
            on_flush: options.on_flush.clone(),
            snapshot: None,
            poison: None,
        }
    }

    /// Works until the journal is closed.
    pub(crate) fn run(mut self) {
        let mut waiting = VecDeque::new();
        while self.fill(&mut waiting) {
            let group = self.take_group(&mut waiting);
            if !group.is_empty() {
                self.append(group);
            }
            match waiting.pop_front() {
                Some(Request::Close) => break,
                Some(Request::Snapshot(image, on_stored)) => self.begin_snapshot(image, on_stored),
                Some(append @ Request::Append(..)) => waiting.push_front(append),
                None => {}
            }
            self.snapshot_slice();
            self.trim_slice();
            if self.retained.elapsed() >= RETAIN_EVERY {
                // Answered by nobody: whoever appends next hears of it.
                let _ = self.guarded(Self::retain);
            }
        }
        if let Some(task) = self.snapshot.take() {
            call(move || (task.on_stored)(Err(AppendError::Closed)));
        }
        if let Err(error) = self.marker.sync() {
            tracing::warn!(%error, "could not sync the head marker on closing");
        }
    }

    /// Waits until there is something to do; false when nobody can ask any more.
    fn fill(&mut self, waiting: &mut VecDeque<Request>) -> bool {
        if waiting.is_empty() && self.snapshot.is_none() && self.trimming.is_none() {
            // One that takes nothing more has nothing to sync either.
            let sync = self.marker.wants_sync_in().filter(|_| self.poison.is_none());
            let look = RETAIN_EVERY.saturating_sub(self.retained.elapsed());
            match self.requests.recv_timeout(sync.map_or(look, |sync| sync.min(look))) {
                Ok(request) => waiting.push_back(request),
                Err(RecvTimeoutError::Timeout) if sync.is_some_and(|sync| sync <= look) => self.sync_marker(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        // No more than a group at a time: the rest waits in the queue, where it is bounded.
        let mut events: usize = waiting.iter().map(size).sum();
        while events < GROUP_EVENTS {
            match self.requests.try_recv() {
                Ok(request) => {
                    events += size(&request);
                    waiting.push_back(request);
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return !waiting.is_empty(),
            }
        }
        true
    }

    /// The appends at the front, up to whatever else was asked between them, or to one that is too large to join.
    fn take_group(&mut self, waiting: &mut VecDeque<Request>) -> Group {
        let (mut group, mut events) = (Vec::new(), 0);
        while let Some(request) = waiting.pop_front() {
            events += size(&request);
            match request {
                Request::Append(batch, on_durable) if group.is_empty() || events <= TOGETHER => {
                    group.push((batch, on_durable));
                }
                other => {
                    waiting.push_front(other);
                    break;
                }
            }
        }
        group
    }

    fn append(&mut self, group: Group) {
        let (batches, callbacks): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let outcome = match &self.poison {
            Some(cause) => Err(AppendError::Poisoned(Arc::clone(cause))),
            None => self.guarded(|this| this.commit(batches)),
        };
        match outcome {
            Ok(batches) => {
                let head = self.next - 1;
                for (events, on_durable) in batches.into_iter().zip(callbacks) {
                    call(move || on_durable(Ok(Durable { head, events })));
                }
            }
            Err(error) => {
                for on_durable in callbacks {
                    let error = error.clone();
                    call(move || on_durable(Err(error)));
                }
            }
        }
    }

    /// Does something that writes; an error or a panic is the journal's end.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, AppendError>,
    ) -> Result<T, AppendError> {
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self)))
            .unwrap_or_else(|panic| Err(AppendError::Panicked(panic_text(panic.as_ref()))));
        if let Err(error) = &outcome
            && !error.is_harmless()
        {
            tracing::error!(%error, path = %self.shared.path.display(), "the journal takes nothing more");
            self.poison = Some(Arc::new(error.clone()));
        }
        outcome
    }

    /// Seals a group, writes it and makes it durable.
    fn commit(&mut self, batches: Vec<Batch>) -> Result<Vec<Vec<Arc<Sealed>>>, AppendError> {
        let before = self.chain;
        let sealed = batches.into_iter().map(|batch| self.seal(batch)).collect::<Result<Vec<_>, _>>()?;
        let head = self.next - 1;
        let began = Instant::now();
        let (extents, mut parcel) = (&mut self.extents, Parcel::default());
        chunk::pack(before, sealed.iter().flatten().map(Arc::as_ref), |chunk| {
            extents.add(chunk.first, chunk.moment, chunk.bytes.len());
            parcel.add(chunk.first, chunk.bytes);
            Ok(())
        })?;
        self.db.put_parcel(parcel)?;
        self.db.sync()?;
        self.marker.write(head).map_err(|error| self.marker_error("write", &error))?;
        if let Some(on_flush) = &self.on_flush {
            let events = sealed.iter().map(Vec::len).sum();
            call(|| on_flush(began.elapsed(), events));
        }
        self.shared.latest.add(sealed.iter().flatten());
        self.shared.head.store(head, Ordering::Release);
        Ok(sealed)
    }

    fn seal(&mut self, batch: Batch) -> Result<Vec<Arc<Sealed>>, AppendError> {
        let mut prepared = batch.prepared.into_iter();
        let seal = |event: Envelope| {
            if event.sequence != self.next {
                return Err(AppendError::OutOfOrder { expected: self.next, found: event.sequence });
            }
            self.next += 1;
            let sealed = Sealed::seal_prepared(event, &self.chain, &mut prepared);
            self.chain = sealed.chain;
            Ok(Arc::new(sealed))
        };
        batch.events.into_iter().map(seal).collect()
    }

    fn marker_error(&self, doing: &'static str, error: &std::io::Error) -> AppendError {
        let path = directory::head_file(&self.shared.path);
        match error.kind() {
            std::io::ErrorKind::StorageFull => AppendError::DiskFull { path },
            _ => AppendError::Disk { doing, path, reason: error.to_string() },
        }
    }

    fn sync_marker(&mut self) {
        // Answered by nobody: whoever appends next hears of it.
        let _ = self.guarded(|this| {
            let synced = this.marker.sync();
            synced.map_err(|error| this.marker_error("sync", &error))
        });
    }

    fn begin_snapshot(&mut self, image: Image, on_stored: OnStored) {
        let head = self.next - 1;
        let sequence = image.sequence;
        let answer = if let Some(cause) = &self.poison {
            Err(AppendError::Poisoned(Arc::clone(cause)))
        } else if self.snapshot.is_some() {
            Err(AppendError::SnapshotRunning)
        } else if sequence > head {
            Err(AppendError::SnapshotAhead { image: sequence, head })
        } else if self.snapshots.last().is_some_and(|last| *last >= sequence) {
            // There is one as good or better.
            Ok(sequence)
        } else {
            self.snapshot = Some(Task::new(image, on_stored));
            return;
        };
        call(move || on_stored(answer));
    }

    fn snapshot_slice(&mut self) {
        let Some(mut task) = self.snapshot.take() else { return };
        if let Some(cause) = &self.poison {
            let answer = Err(AppendError::Poisoned(Arc::clone(cause)));
            return call(move || (task.on_stored)(answer));
        }
        let slice = self.guarded(|this| {
            let slice = task.step(&this.db, &mut this.snapshots)?;
            if matches!(slice, Slice::Done) {
                this.retain()?;
            }
            Ok(slice)
        });
        match slice {
            Ok(Slice::More) => self.snapshot = Some(task),
            Ok(Slice::Done) => call(move || {
                let sequence = task.sequence();
                (task.on_stored)(Ok(sequence));
            }),
            Err(error) => call(move || (task.on_stored)(Err(error))),
        }
    }

    /// Finds what is not kept any more, notes from where the log is, and lets what lies before go in the slices
    /// that follow.
    pub(crate) fn retain(&mut self) -> Result<(), AppendError> {
        self.retained = Instant::now();
        if self.poison.is_some() {
            return Ok(());
        }
        let wanted = self.keep.from(self.next, &self.extents, SystemTime::now());
        let first = wanted.min(needed_from(&self.snapshots));
        if first > self.shared.oldest.load(Ordering::Acquire) {
            self.db.set_kept_from(first)?;
            self.shared.oldest.store(first, Ordering::Release);
            self.extents.forget_before(first);
        }
        // What an earlier life did not come to goes too.
        self.trimming = Some(self.shared.oldest.load(Ordering::Acquire)).filter(|first| *first > 1);
        Ok(())
    }

    fn trim_slice(&mut self) {
        let Some(first) = self.trimming.filter(|_| self.poison.is_none()) else {
            self.trimming = None;
            return;
        };
        let done = self.guarded(|this| this.db.drop_chunks_before(first, SLICE_VALUES));
        if done.unwrap_or(true) {
            self.trimming = None;
        }
    }
}

fn size(request: &Request) -> usize {
    match request {
        Request::Append(batch, _) => batch.events.len().max(1),
        Request::Snapshot(..) | Request::Close => 1,
    }
}
