//! What attempts of a job said, for every door: what is kept of it from the beginning, and if it is wanted what comes
//! from then on, until the job is over.
//!
//! ```text
//!   kept, attempt by attempt ──► live pieces ... ──► the job is over: nothing more comes
//! ```
//!
//! It is pulled, never pushed, and holds one attempt's output at a time: a reader that takes nothing costs no more
//! than that, and misses live pieces, which shows by the offset of the next one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use callsheet_events::{Filter, Sealed};
use callsheet_leader::{AttemptLog, Events, KeptAttempt, Leader, LeaderError, Wanted, next_signal};
use callsheet_model::signal::Signal;
use callsheet_model::{Event, JobId, JobState, Token};
use callsheet_protocol::v1;
use tokio::sync::broadcast;

/// Bytes of one attempt's kept output per piece.
const PIECE: usize = 256 << 10;
/// What a job ends with.
const ENDS: [&str; 3] = ["job.succeeded", "job.failed", "job.cancelled"];
/// What an attempt begins with.
const LEASED: &str = "frame_job.leased";

/// Which attempts of a job are meant: those that fit everything that is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Which {
    /// Only this one.
    pub(crate) token: Option<Token>,
    /// Only those that held this frame.
    pub(crate) frame: Option<i32>,
}

/// Attempts that are wanted: those of a frame are looked up in the log of events.
struct Sieve {
    which: Which,
    /// Those that held the frame.
    held: BTreeSet<Token>,
}

impl Sieve {
    async fn of(leader: &Leader, job: JobId, which: Which) -> Result<Self, LeaderError> {
        let mut sieve = Self { which, held: BTreeSet::new() };
        if which.frame.is_some() {
            let (oldest, _) = leader.range();
            let filter = of_job(job, &[LEASED]);
            let wanted = Wanted { after: Some(oldest.saturating_sub(1)), follow: false, filter };
            let mut events = leader.follow(wanted);
            while let Some(page) = events.recv().await {
                page?.iter().for_each(|event| sieve.learn(&event.envelope.event));
            }
        }
        Ok(sieve)
    }

    fn learn(&mut self, event: &Event) {
        if let (Event::FramesLeased { lease }, Some(frame)) = (event, self.which.frame)
            && lease.frames.contains(frame)
        {
            self.held.insert(lease.token);
        }
    }

    async fn kept(&self, leader: &Leader, job: JobId) -> Result<Vec<KeptAttempt>, LeaderError> {
        let mut attempts = leader.attempts(job).await?;
        attempts.retain(|attempt| self.takes(attempt.token));
        Ok(attempts)
    }

    fn takes(&self, token: Token) -> bool {
        self.which.token.is_none_or(|wanted| wanted == token)
            && (self.which.frame.is_none() || self.held.contains(&token))
    }
}

/// Attempts of a job that have output and are wanted, the oldest first.
pub(crate) async fn attempts(
    leader: &Leader,
    job: JobId,
    which: Which,
) -> Result<Vec<KeptAttempt>, LeaderError> {
    Sieve::of(leader, job, which).await?.kept(leader, job).await
}

/// Output of a job's attempts, for one reader.
pub(crate) struct Output {
    leader: Leader,
    job: JobId,
    sieve: Sieve,
    /// Attempts whose kept output is still to be told.
    kept: VecDeque<KeptAttempt>,
    pieces: VecDeque<v1::LogChunk>,
    /// How much of each was told.
    told: BTreeMap<Token, u64>,
    live: Option<Live>,
}

/// What comes from now on.
struct Live {
    signals: broadcast::Receiver<Arc<Signal>>,
    /// Leases of the job, and its end.
    changes: Events,
    /// It has ended: what is passing already is still told.
    over: bool,
}

impl Output {
    /// Begins to tell of a job that is there; with `follow` until it is over.
    ///
    /// # Errors
    /// The leader's.
    pub(crate) async fn open(
        leader: &Leader,
        job: JobId,
        which: Which,
        follow: bool,
    ) -> Result<Self, LeaderError> {
        // Live first: a piece that comes while what is kept is read is told once, by its offset.
        let live = if follow { Live::open(leader, job).await? } else { None };
        let sieve = Sieve::of(leader, job, which).await?;
        let kept = sieve.kept(leader, job).await?.into();
        let (leader, pieces, told) = (leader.clone(), VecDeque::new(), BTreeMap::new());
        Ok(Self { leader, job, sieve, kept, pieces, told, live })
    }

    /// The next piece; `None` when nothing more comes. It may be dropped while it waits, and called again.
    ///
    /// # Errors
    /// The leader's. That is the end.
    pub(crate) async fn next(&mut self) -> Result<Option<v1::LogChunk>, LeaderError> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return Ok(Some(piece));
            }
            if let Some(attempt) = self.kept.front().cloned() {
                let log = self.leader.output(self.job, attempt).await?;
                self.kept.pop_front();
                self.told.insert(log.token, log.end);
                self.pieces = pieces(self.job, &log);
                continue;
            }
            let Some(live) = &mut self.live else { return Ok(None) };
            match live.wait(&mut self.sieve).await? {
                None => self.live = None,
                Some(signal) => {
                    let piece = self.passed(&signal);
                    self.pieces.extend(piece);
                }
            }
        }
    }

    /// A live piece that is wanted and was not told.
    fn passed(&mut self, signal: &Signal) -> Option<v1::LogChunk> {
        let Signal::Log(chunk) = signal else { return None };
        if chunk.job != self.job || !self.sieve.takes(chunk.token) {
            return None;
        }
        let told = self.told.entry(chunk.token).or_insert(0);
        if chunk.offset < *told {
            return None;
        }
        *told = chunk.offset + chunk.text.len() as u64;
        Some(chunk.into())
    }
}

impl Live {
    /// What comes of a job; nothing of one that is over.
    async fn open(leader: &Leader, job: JobId) -> Result<Option<Self>, LeaderError> {
        let signals = leader.signals();
        // A job that was retried has ended before: only an end after this look counts.
        let look = move |scheduler: &callsheet_leader::Scheduler| {
            scheduler.job(job).map(|view| (view.state, scheduler.sequence()))
        };
        let (state, sequence) =
            leader.read(look).await?.ok_or_else(|| LeaderError::NoSuchJob(job.to_string()))?;
        if JobState::is_final(state) {
            return Ok(None);
        }
        let types = ENDS.iter().chain([&LEASED]).copied().collect::<Vec<_>>();
        let wanted = Wanted { after: Some(sequence), follow: true, filter: of_job(job, &types) };
        Ok(Some(Self { signals, changes: leader.follow(wanted), over: false }))
    }

    /// The next signal; `None` when the job is over.
    async fn wait(&mut self, sieve: &mut Sieve) -> Result<Option<Arc<Signal>>, LeaderError> {
        loop {
            if self.over {
                // A node says everything that an attempt said before it says that the attempt is over.
                match self.signals.try_recv() {
                    Ok(signal) => return Ok(Some(signal)),
                    Err(broadcast::error::TryRecvError::Lagged(_)) => continue,
                    Err(_) => return Ok(None),
                }
            }
            let signal = tokio::select! {
                page = self.changes.recv() => {
                    self.learn(&page.ok_or(LeaderError::Restarting)??, sieve);
                    continue;
                }
                signal = next_signal(&mut self.signals) => signal.ok_or(LeaderError::Restarting)?,
            };
            // A lease is in the log before its attempt says anything: it is known before that is judged.
            while let Ok(page) = self.changes.try_recv() {
                self.learn(&page?, sieve);
            }
            return Ok(Some(signal));
        }
    }

    fn learn(&mut self, page: &[Arc<Sealed>], sieve: &mut Sieve) {
        for event in page {
            sieve.learn(&event.envelope.event);
            self.over |= ENDS.contains(&event.envelope.event.kind());
        }
    }
}

fn of_job(id: JobId, types: &[&str]) -> Filter {
    let types = types.iter().map(|&kind| kind.to_owned()).collect();
    Filter { job: Some(id.0), types, ..Filter::default() }
}

/// A kept output in pieces, cut at line ends where there are any.
fn pieces(job: JobId, log: &AttemptLog) -> VecDeque<v1::LogChunk> {
    let mut pieces = VecDeque::new();
    let (mut rest, mut offset) = (log.text.as_str(), 0);
    while !rest.is_empty() {
        let mut cut = rest.len().min(PIECE);
        while !rest.is_char_boundary(cut) {
            cut -= 1;
        }
        let cut = if cut == rest.len() { cut } else { rest[..cut].rfind('\n').map_or(cut, |at| at + 1) };
        let (text, behind) = rest.split_at(cut);
        pieces.push_back(v1::LogChunk {
            token: log.token.0,
            job: job.to_string(),
            step: log.step.0.into(),
            offset,
            text: text.to_owned(),
            node: log.node.clone(),
        });
        offset += text.len() as u64;
        rest = behind;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use callsheet_model::StepIndex;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn kept_output_is_whole_again_from_its_pieces_which_end_with_lines_where_there_are_any() {
        let line = "a line with an \u{e9} in it\n";
        for (text, lines) in [
            (String::new(), true),
            ("short".to_owned(), false),
            (line.repeat(40_000), true),
            ("\u{1f600}".repeat(200_000), false),
        ] {
            let (token, step, node) = (Token(7), StepIndex(1), "anna".to_owned());
            let log = AttemptLog { token, step, node, end: text.len() as u64, text };
            let mut whole = String::new();
            for piece in pieces(JobId(Uuid::nil()), &log) {
                assert_eq!(piece.offset, whole.len() as u64);
                assert!(!piece.text.is_empty() && piece.text.len() <= PIECE);
                assert_eq!(piece.text.ends_with('\n'), lines);
                assert_eq!((piece.token, piece.step, piece.node.as_str()), (7, 1, "anna"));
                whole.push_str(&piece.text);
            }
            assert_eq!(whole, log.text);
        }
    }
}
