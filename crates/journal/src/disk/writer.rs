//! The storage thread: the only one that writes.
//!
//! ```text
//!   wait ──► take every batch that waits ──► write chunks ──► sync ──► marker ──► callbacks, in order
//!     ▲                                                                                  │
//!     └────────────────── one slice of a snapshot, if one is on its way ◄────────────────┘
//! ```
//!
//! After a failure nothing more is written: what follows an append that failed makes no sense without it, and
//! a sync that failed once says nothing when it is tried again.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};

use callsheet_model::Envelope;
use callsheet_model::image::Image;

use crate::chunk;
use crate::error::AppendError;
use crate::journal::{Durable, OnDurable, OnStored};

use super::Shared;
use super::db::Db;
use super::directory;
use super::marker::Marker;
use super::scan::panic_text;
use super::snapshot::{Slice, Task};

/// Events that go to the disk together at most: what waits longer than that costs latency, not throughput.
const GROUP_EVENTS: usize = 4096;

/// What the storage thread is asked.
pub(crate) enum Request {
    Append(Vec<Envelope>, OnDurable),
    Snapshot(Image, OnStored),
    Close,
}

/// The thread's own state.
pub(crate) struct Writer {
    pub(crate) db: Arc<Db>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) requests: Receiver<Request>,
    pub(crate) marker: Marker,
    /// The number that the next event must have.
    pub(crate) next: u64,
    /// Whole snapshots, the oldest first.
    pub(crate) snapshots: Vec<u64>,
    pub(crate) keep_events: u64,
    pub(crate) snapshot: Option<Task>,
    pub(crate) poison: Option<Arc<AppendError>>,
}

type Group = Vec<(Vec<Envelope>, OnDurable)>;

/// Calls back; a caller that panics does not take the storage thread with it.
fn call(callback: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(callback)) {
        tracing::error!(panic = panic_text(panic.as_ref()), "a journal callback panicked");
    }
}

impl Writer {
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
        if waiting.is_empty() && self.snapshot.is_none() {
            let request = match self.marker.wants_sync_in() {
                Some(time) => self.requests.recv_timeout(time),
                None => self.requests.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match request {
                Ok(request) => waiting.push_back(request),
                Err(RecvTimeoutError::Timeout) => self.sync_marker(),
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

    /// The appends at the front, up to whatever else was asked between them.
    fn take_group(&mut self, waiting: &mut VecDeque<Request>) -> Group {
        let mut group = Vec::new();
        while let Some(request) = waiting.pop_front() {
            match request {
                Request::Append(batch, on_durable) => group.push((batch, on_durable)),
                other => {
                    waiting.push_front(other);
                    break;
                }
            }
        }
        group
    }

    fn append(&mut self, group: Group) {
        let outcome = match &self.poison {
            Some(cause) => Err(AppendError::Poisoned(Arc::clone(cause))),
            None => self.guarded(|this| this.commit(&group)),
        };
        for (events, on_durable) in group {
            let answer = match &outcome {
                Ok(head) => Ok(Durable { head: *head, events }),
                Err(error) => Err(error.clone()),
            };
            call(move || on_durable(answer));
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

    /// Writes a group and makes it durable.
    fn commit(&mut self, group: &Group) -> Result<u64, AppendError> {
        let events = || group.iter().flat_map(|(events, _)| events);
        for event in events() {
            if event.sequence != self.next {
                return Err(AppendError::OutOfOrder { expected: self.next, found: event.sequence });
            }
            self.next += 1;
        }
        let head = self.next - 1;
        chunk::pack(events(), |first, bytes| self.db.put_chunk(first, bytes))?;
        self.db.sync()?;
        self.marker.write(head).map_err(|error| self.marker_error("write", &error))?;
        self.shared.head.store(head, Ordering::Release);
        Ok(head)
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
            let keep_from = this.next.saturating_sub(this.keep_events).max(1);
            let slice = task.step(&this.db, &mut this.snapshots, keep_from)?;
            if let Slice::KeptFrom(first) = slice {
                this.keep_from(first)?;
            }
            Ok(slice)
        });
        match slice {
            Ok(Slice::More | Slice::KeptFrom(_)) => self.snapshot = Some(task),
            Ok(Slice::Done) => call(move || {
                let sequence = task.sequence();
                (task.on_stored)(Ok(sequence));
            }),
            Err(error) => call(move || (task.on_stored)(Err(error))),
        }
    }

    /// Notes from where the log is kept, before anything earlier goes.
    fn keep_from(&self, first: u64) -> Result<(), AppendError> {
        if first > self.shared.oldest.load(Ordering::Acquire) {
            self.db.set_kept_from(first)?;
            self.shared.oldest.store(first, Ordering::Release);
        }
        Ok(())
    }
}

fn size(request: &Request) -> usize {
    match request {
        Request::Append(events, _) => events.len().max(1),
        Request::Snapshot(..) | Request::Close => 1,
    }
}
