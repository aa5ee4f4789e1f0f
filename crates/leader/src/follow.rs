//! Streams of events, from any cursor on, without gaps: history from the journal, then live from the hub, and
//! back to the journal whenever the reader has fallen behind. One reader costs one page of events at most.

use std::sync::{Arc, PoisonError, RwLock};

use callsheet_journal::{Journal, PageLimit, ReadError};
use callsheet_model::signal::Signal;
use callsheet_model::{Envelope, JobId};
use tokio::sync::{broadcast, mpsc};

use crate::Leader;
use crate::error::LeaderError;

/// Events read from the journal at once.
const PAGE: PageLimit = PageLimit { events: 256, bytes: 64 << 10 };
/// Pages that wait for a slow reader.
const READY: usize = 2;

/// What a stream carries.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Events after this number; `None`: only what comes from now on.
    pub after: Option<u64>,
    /// Go on with what comes.
    pub follow: bool,
    /// Only types that match one of these; `*` stands for anything at the end. All when empty.
    pub types: Vec<String>,
    /// Only events of this job.
    pub job: Option<JobId>,
}

impl Wanted {
    /// Whether an event is wanted.
    #[must_use]
    pub fn takes(&self, envelope: &Envelope) -> bool {
        let kind = envelope.event.kind();
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(prefix) => kind.starts_with(prefix),
            None => kind == pattern,
        };
        (self.types.is_empty() || self.types.iter().any(fits))
            && self.job.is_none_or(|job| envelope.event.job() == Some(job))
    }
}

/// Events in pages, ascending; an error ends the stream.
pub type Events = mpsc::Receiver<Result<Vec<Envelope>, LeaderError>>;

/// The open journal, for those who read history. A restarted scheduler puts its own in.
#[derive(Clone, Default)]
pub(crate) struct JournalSlot(Arc<RwLock<Option<Arc<dyn Journal>>>>);

impl JournalSlot {
    pub(crate) fn put(&self, journal: Arc<dyn Journal>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(journal);
    }

    pub(crate) fn get(&self) -> Option<Arc<dyn Journal>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A page of history from the number `from` on; empty at the end.
    async fn page(&self, from: u64) -> Result<Vec<Envelope>, LeaderError> {
        let journal = self.get().ok_or(LeaderError::Restarting)?;
        let page = tokio::task::spawn_blocking(move || journal.read(from, PAGE)).await;
        match page.map_err(|_| LeaderError::Restarting)? {
            Ok(page) => Ok(page.events),
            Err(ReadError::TooOld { oldest, .. }) => Err(LeaderError::CursorTooOld { oldest }),
            Err(error) => Err(LeaderError::Journal(error.to_string())),
        }
    }
}

/// Starts a stream.
pub(crate) fn follow(leader: Leader, wanted: Wanted) -> Events {
    let (to, events) = mpsc::channel(READY);
    tokio::spawn(async move {
        if let Err(error) = run(&leader, &wanted, &to).await {
            // The reader has gone: there is no one to tell.
            let _ = to.send(Err(error)).await;
        }
    });
    events
}

async fn run(
    leader: &Leader,
    wanted: &Wanted,
    to: &mpsc::Sender<Result<Vec<Envelope>, LeaderError>>,
) -> Result<(), LeaderError> {
    let mut cursor = match wanted.after {
        Some(after) => after,
        None => leader.hub().events().1,
    };
    loop {
        let (mut live, head) = leader.hub().events();
        while cursor < head {
            let page = leader.journal().page(cursor + 1).await?;
            let Some(last) = page.last().map(|envelope| envelope.sequence) else { break };
            cursor = last;
            if !send(to, wanted, page.into_iter()).await {
                return Ok(());
            }
        }
        if !wanted.follow {
            return Ok(());
        }
        // Live, until there is a gap.
        while let Some(batch) = next(&mut live, to).await {
            // An empty batch says that something may be missing; so does one that begins too late.
            if batch.first().is_none_or(|envelope| envelope.sequence > cursor + 1) {
                break;
            }
            let fresh = batch.iter().filter(|envelope| envelope.sequence > cursor).cloned();
            let last = batch.last().map_or(cursor, |envelope| envelope.sequence.max(cursor));
            if !send(to, wanted, fresh).await {
                return Ok(());
            }
            cursor = last;
        }
        if to.is_closed() {
            return Ok(());
        }
    }
}

/// The next live batch; `None` when the reader has fallen out of the ring or has gone.
async fn next(
    live: &mut broadcast::Receiver<Arc<Vec<Envelope>>>,
    to: &mpsc::Sender<Result<Vec<Envelope>, LeaderError>>,
) -> Option<Arc<Vec<Envelope>>> {
    tokio::select! {
        batch = live.recv() => batch.ok(),
        () = to.closed() => None,
    }
}

/// False when the reader has gone.
async fn send(
    to: &mpsc::Sender<Result<Vec<Envelope>, LeaderError>>,
    wanted: &Wanted,
    page: impl Iterator<Item = Envelope>,
) -> bool {
    let page: Vec<Envelope> = page.filter(|envelope| wanted.takes(envelope)).collect();
    page.is_empty() && !to.is_closed() || to.send(Ok(page)).await.is_ok()
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
