//! A target's errand: follows the log from its cursor, delivers, tries again, gives up, writes down how far it is.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use callsheet_events::Sealed;
use callsheet_leader::{DeadLetter, Leader, LeaderError, Wanted};
use callsheet_model::Timestamp;
use tokio::time::{Instant, sleep, sleep_until};

use super::Target;
use crate::courier::{Courier, Parcel, Trouble};
use crate::disk;
use crate::supervisor::errand::{Fall, Leaving};

/// Most events in the courier's hands.
const BATCH: usize = 256;
/// The cursor is written so long after an event was delivered, or after so many ...
const WRITE_AFTER: Duration = Duration::from_millis(200);
const WRITE_EVERY: u64 = 256;
/// ... and so long after events that are not wanted passed: to repeat the look at them costs nobody anything.
const PASSED_AFTER: Duration = Duration::from_secs(5);
/// A page that took longer to deliver: the log is followed anew, as a reader that has to catch up.
const LONG: Duration = Duration::from_secs(1);
/// Between tries of what the leader or the disk refused.
const PAUSE: Duration = Duration::from_secs(1);

/// Goes on until the leader leaves.
pub(super) async fn run(
    target: Arc<Target>,
    leader: Leader,
    courier: Courier,
    leaving: Leaving,
) -> Result<(), Fall> {
    let mut cursor = Cursor::load(&target, &leader).await?;
    target.status(|status| status.started(cursor.at));
    let mut errand = Round { target: target.clone(), leader, courier };
    let mut told = leaving.clone();
    let ended = tokio::select! {
        ended = errand.go_on(&mut cursor) => ended,
        () = told.told() => Ok(()),
    };
    // What was confirmed last is written down, if it still can be.
    cursor.store(&target).await;
    ended?;
    target.status(super::Status::stopped);
    Ok(())
}

/// How far a target is.
struct Cursor {
    at: u64,
    /// What the file says.
    stored: u64,
    /// When it is to be written.
    due: Option<Instant>,
}

impl Cursor {
    async fn load(target: &Arc<Target>, leader: &Leader) -> Result<Self, Fall> {
        let (target, leader) = (target.clone(), leader.clone());
        let at = disk::blocking(move || target.where_to_begin(&leader)).await?;
        Ok(Self { at, stored: at, due: None })
    }

    fn advance(&mut self, target: &Target, to: u64, within: Duration) {
        self.at = to;
        target.status(|status| status.cursor(to));
        let due = Instant::now() + within;
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    async fn store_if_due(&mut self, target: &Target) {
        if self.at.abs_diff(self.stored) >= WRITE_EVERY || self.due.is_some_and(|due| due <= Instant::now()) {
            self.store(target).await;
        }
    }

    /// A disk that takes nothing costs repetitions, not events: it is tried again later.
    async fn store(&mut self, target: &Target) {
        if self.at == self.stored {
            self.due = None;
            return;
        }
        let (file, at) = (target.cursor.clone(), self.at);
        match disk::blocking(move || file.store(at)).await {
            Ok(()) => (self.stored, self.due) = (at, None),
            Err(error) => {
                tracing::warn!(target = target.name, %error, "the cursor cannot be written");
                self.due = Some(Instant::now() + PAUSE);
            }
        }
    }
}

/// What an errand works with.
struct Round {
    target: Arc<Target>,
    leader: Leader,
    courier: Courier,
}

impl Round {
    async fn go_on(&mut self, cursor: &mut Cursor) -> Result<(), Fall> {
        self.connect(cursor).await;
        // What was asked of the one that fell.
        self.target.again().resume();
        self.target.asked.notify_one();
        // Events and dead letters that are to be tried again take turns.
        let mut had_turn = false;
        loop {
            let wanted = Wanted { after: Some(cursor.at), follow: true, ..Wanted::default() };
            let mut events = self.leader.follow(wanted);
            loop {
                let due = cursor.due.unwrap_or_else(|| Instant::now() + PASSED_AFTER);
                tokio::select! {
                    biased;
                    () = sleep_until(due), if cursor.due.is_some() => cursor.store(&self.target).await,
                    () = self.target.asked.notified(), if !had_turn => had_turn = self.redeliver().await?,
                    page = events.recv() => match page {
                        Some(Ok(page)) => {
                            had_turn = false;
                            let began = Instant::now();
                            self.take(cursor, page).await?;
                            if began.elapsed() > LONG {
                                break;
                            }
                        }
                        Some(Err(error)) => {
                            self.lost(cursor, error).await;
                            break;
                        }
                        None => {
                            sleep(PAUSE).await;
                            break;
                        }
                    },
                    () = self.target.asked.notified(), if had_turn => had_turn = self.redeliver().await?,
                }
            }
        }
    }

    /// Before there is something to deliver, so that everybody sees whether it can be reached.
    async fn connect(&mut self, cursor: &mut Cursor) {
        let mut tries = 0;
        while let Err(why) = self.courier.connect().await {
            tries += 1;
            self.failed(&why);
            cursor.store_if_due(&self.target).await;
            sleep(self.target.patience.backoff.wait(tries, cursor.at)).await;
        }
        self.took(0);
    }

    /// The log has something to say about the cursor.
    async fn lost(&self, cursor: &mut Cursor, error: LeaderError) {
        let target = &self.target;
        match error {
            LeaderError::CursorTooOld { oldest, .. } => {
                let missed = oldest.saturating_sub(1).saturating_sub(cursor.at);
                tracing::error!(
                    target = target.name,
                    missed,
                    oldest,
                    "events were dropped before they could be delivered"
                );
                target.status(|status| status.missed(missed));
                cursor.advance(target, oldest.saturating_sub(1), WRITE_AFTER);
            }
            LeaderError::CursorAhead { asked, head } => {
                let oldest = self.leader.range().0;
                tracing::error!(
                    target = target.name,
                    asked,
                    head,
                    oldest,
                    "this is another log: beginning at its oldest event"
                );
                cursor.advance(target, oldest.saturating_sub(1), WRITE_AFTER);
            }
            // It was busy with deliveries: the log still has everything.
            LeaderError::FellBehind { .. } => {}
            // It may not get over that by itself.
            LeaderError::Journal(why) => {
                self.failed(&format!("the log cannot be read: {why}"));
                sleep(PAUSE).await;
            }
            error => {
                tracing::debug!(target = target.name, %error, "the log cannot be followed right now");
                sleep(PAUSE).await;
            }
        }
    }

    /// Delivers what is wanted of a page.
    async fn take(&mut self, cursor: &mut Cursor, page: Vec<Arc<Sealed>>) -> Result<(), Fall> {
        let wanted: Vec<Parcel> = page
            .iter()
            .filter(|event| self.target.wants(event))
            .map(|event| Parcel::from(&**event))
            .collect();
        let (mut next, mut tries) = (0, 0);
        while let Some(first) = wanted.get(next) {
            let batch = &wanted[next..wanted.len().min(next + BATCH)];
            let delivered = self.courier.deliver(batch, tries).await;
            if delivered.taken > 0 {
                tries = 0;
                next += delivered.taken;
                self.took(delivered.taken);
                cursor.advance(&self.target, wanted[next - 1].sequence, WRITE_AFTER);
            }
            let first = if delivered.taken > 0 { wanted.get(next) } else { Some(first) };
            if let (Some(trouble), Some(parcel)) = (delivered.trouble, first) {
                tries += 1;
                if let Some(wait) = self.judge(&trouble, tries, parcel).await? {
                    cursor.store_if_due(&self.target).await;
                    sleep(wait).await;
                } else {
                    (next, tries) = (next + 1, 0);
                    cursor.advance(&self.target, parcel.sequence, WRITE_AFTER);
                    // At once: otherwise a crash would have it tried again, and be in the list all the same.
                    cursor.store(&self.target).await;
                }
            }
            cursor.store_if_due(&self.target).await;
        }
        if let Some(last) = page.last().map(|event| event.envelope.sequence).filter(|last| *last > cursor.at)
        {
            cursor.advance(&self.target, last, PASSED_AFTER);
        }
        cursor.store_if_due(&self.target).await;
        Ok(())
    }

    /// What becomes of a parcel that was not taken: how long to wait before the next try, or nothing, when it is in the
    /// dead letters.
    async fn judge(&self, trouble: &Trouble, tries: u32, parcel: &Parcel) -> io::Result<Option<Duration>> {
        let patience = &self.target.patience;
        match trouble {
            Trouble::Failed { why, wait } => {
                self.failed(why);
                if patience.attempts.is_none_or(|attempts| tries < attempts) {
                    let own = patience.backoff.wait(tries, parcel.id.as_u64_pair().1);
                    return Ok(Some(wait.unwrap_or_default().max(own)));
                }
                self.bury(parcel, tries, why).await?;
            }
            Trouble::Refused { why } => self.bury(parcel, tries, why).await?,
        }
        Ok(None)
    }

    async fn bury(&self, parcel: &Parcel, attempts: u32, why: &str) -> io::Result<()> {
        let (sequence, kind) = (parcel.sequence, &parcel.kind);
        tracing::error!(target = self.target.name, sequence, %kind, attempts, why, "goes to the dead letters");
        let letter = letter(parcel, attempts, why);
        self.target.with_letters(move |letters| letters.put(letter)).await
    }

    /// Tries a dead letter once more, as was asked; whether there was one. None of them holds the others up, and all of
    /// them together no event.
    async fn redeliver(&mut self) -> Result<bool, Fall> {
        loop {
            let Some(sequence) = self.target.again().begin() else { return Ok(false) };
            // For the next of them.
            self.target.asked.notify_one();
            let look = move |letters: &mut super::Letters| Ok(letters.get(sequence).cloned());
            // It may have been dropped meanwhile.
            let Some(letter) = self.target.with_letters(look).await? else {
                self.target.again().end();
                continue;
            };
            let parcel = Parcel::from(&letter);
            let delivered = self.courier.deliver(std::slice::from_ref(&parcel), letter.attempts).await;
            self.target.again().end();
            match delivered.trouble {
                None => {
                    self.took(delivered.taken);
                    self.target.with_letters(move |letters| letters.remove(sequence)).await?;
                }
                Some(Trouble::Failed { why, .. } | Trouble::Refused { why }) => {
                    self.failed(&why);
                    self.bury(&parcel, letter.attempts.saturating_add(1), &why).await?;
                }
            }
            return Ok(true);
        }
    }

    fn took(&self, events: usize) {
        if self.target.status(|status| status.took(events)) {
            tracing::info!(target = self.target.name, "takes events again");
        }
    }

    fn failed(&self, why: &str) {
        if self.target.status(|status| status.failed(why)) {
            tracing::warn!(target = self.target.name, why, "takes no events: trying on");
        }
    }
}

fn letter(parcel: &Parcel, attempts: u32, why: &str) -> DeadLetter {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    DeadLetter {
        sequence: parcel.sequence,
        id: parcel.id,
        kind: parcel.kind.to_string(),
        at: Timestamp(callsheet_model::time::millis(now)),
        attempts,
        why: why.to_owned(),
        json: parcel.json.clone(),
    }
}
