//! What a stream tells its reader, whatever it is written as: a state to begin with, events of the log, what is
//! passing, and a last word.
//!
//! ```text
//!   snapshot? ──► events ... ──► last word: cut_off or leaving
//!                   ▲ │
//!                   │ ▼           signals are put between them as they come, if they are asked for
//!                 signals
//! ```
//!
//! One reader holds two pages of the leader's and one piece of text. It is pulled, never pushed: a reader that
//! takes nothing makes nobody wait, and is cut off by the leader, whose word is then the last one here.

use std::sync::Arc;

use callsheet_events::{Filter, Passing, Sealed, completed_frames, passing};
use callsheet_leader::{Events, Leader, LeaderError, Wanted, next_signal};
use callsheet_model::Event;
use callsheet_model::signal::Signal;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

use super::asked::{Asked, Signals};
use super::snapshot;
use super::words::LastWord;
use crate::http::{Problem, Shared};
use crate::readers::Place;

/// A piece of a stream is about as large as this, in bytes, when there is more to tell.
const PIECE: usize = 64 << 10;
/// Readers that write out events at the same time. Hundreds of them that all have something to tell would else stand
/// in the runtime's queue, and whoever else asks for something would stand behind them.
pub(crate) const TURNS: usize = 2;
/// Frames that count from now on: each of them is a signal of its own.
const FRAMES_ACCEPTED: &str = "frame_job.frames_accepted";
/// How many of an event's frames are written out at once.
const FRAMES_AT_ONCE: usize = 1024;

/// What a stream is written into. Each kind of stream has its own.
pub(super) trait Told: Default {
    /// An event of the log.
    fn event(&mut self, event: &Sealed);
    /// A signal. It never moves the reader's cursor.
    fn passing(&mut self, passing: &Passing);
    /// The state after the event of this number.
    fn snapshot(&mut self, sequence: u64, json: &str);
    /// The end.
    fn last(&mut self, word: &LastWord);
    /// How much it is, in bytes.
    fn bytes(&self) -> usize;
}

/// A reader's stream.
pub(super) struct Feed {
    leave: CancellationToken,
    events: Events,
    signals: Option<broadcast::Receiver<Arc<Signal>>>,
    filter: Filter,
    wanted: Signals,
    /// Single frames are wanted as signals.
    wants_frames: bool,
    /// Everything up to this event was told, or is not wanted.
    cursor: u64,
    /// The last number that the reader knows of.
    known: u64,
    /// What comes after it has happened while the reader was there.
    live_after: u64,
    /// Told first.
    snapshot: Option<(u64, Arc<str>)>,
    page: std::vec::IntoIter<Arc<Sealed>>,
    /// An event whose single frames are being told as signals, and how many were.
    frames: Option<(Arc<Sealed>, usize)>,
    /// Signals still to be told.
    passing: std::vec::IntoIter<Passing>,
    last: Option<LastWord>,
    over: bool,
    turns: Arc<Semaphore>,
    _place: Place,
}

impl Feed {
    /// Begins a stream: from the reader's cursor, or from a snapshot, or from now on.
    ///
    /// # Errors
    /// When there are too many readers, or the leader is being restarted.
    pub(super) async fn open(shared: &Shared, asked: Asked) -> Result<Self, Problem> {
        let place = shared.readers.place()?;
        let leader = &shared.leader;
        // Before the first event: what happens in between is told, and never twice.
        let signals = asked.wants_signals().then(|| leader.signals());
        let (oldest, head) = leader.range();
        let is_there = |cursor: &u64| *cursor <= head && cursor.saturating_add(1) >= oldest;
        let snapshot = match asked.after.filter(|cursor| !asked.snapshot || is_there(cursor)) {
            None if asked.snapshot => Some(snapshot::of(leader, &asked.filter).await?),
            _ => None,
        };
        let cursor = match &snapshot {
            Some((sequence, _)) => *sequence,
            None => asked.after.unwrap_or(head),
        };
        Ok(Self {
            leave: shared.leave.clone(),
            events: follow(leader, &asked, cursor),
            signals,
            wants_frames: asked.wants_frames(),
            wanted: asked.signals,
            filter: asked.filter,
            cursor,
            known: cursor,
            live_after: head.max(cursor),
            snapshot,
            page: Vec::new().into_iter(),
            frames: None,
            passing: Vec::new().into_iter(),
            last: None,
            over: false,
            turns: shared.turns.clone(),
            _place: place,
        })
    }

    /// Everything up to this event was told, or is not wanted: a reader that comes back from here misses nothing.
    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// How far the log was read without finding anything for the reader, if that is news to it. With it a reader of
    /// rare events does not have to come back to its last one, which may be long gone.
    pub(super) fn moved(&mut self) -> Option<u64> {
        self.settle();
        (self.cursor > self.known).then(|| {
            self.known = self.cursor;
            self.cursor
        })
    }

    /// Where the reader may come back to before anything was told. One who waits for a snapshot has nothing yet.
    pub(super) fn begins_at(&self) -> Option<u64> {
        self.snapshot.is_none().then_some(self.cursor)
    }

    /// Waits for what comes next, and takes everything that is there, up to one piece. `None` after the last
    /// word. Nothing is lost when it is dropped while it waits.
    pub(super) async fn next<T: Told>(&mut self) -> Option<T> {
        while !self.over {
            if self.is_idle() {
                self.wait().await;
            }
            let turns = self.turns.clone();
            // It is never closed.
            let _turn = turns.acquire().await;
            let told: T = self.piece();
            if told.bytes() > 0 {
                return Some(told);
            }
        }
        None
    }

    /// Everything that is there, up to one piece.
    fn piece<T: Told>(&mut self) -> T {
        let mut told = T::default();
        // First of all: the cursor of whatever else is said rests on it.
        if let Some((sequence, json)) = self.snapshot.take() {
            told.snapshot(sequence, &json);
        }
        if self.leave.is_cancelled() {
            self.settle();
            self.last = Some(LastWord::leaving(self.cursor));
        } else {
            self.tell(&mut told);
            while told.bytes() < PIECE && self.last.is_none() && self.take_ready() {
                self.tell(&mut told);
            }
        }
        if told.bytes() < PIECE
            && let Some(word) = self.last.take()
        {
            told.last(&word);
            self.over = true;
        }
        told
    }

    /// Nothing is in hand.
    fn is_idle(&self) -> bool {
        self.page.as_slice().is_empty()
            && self.passing.as_slice().is_empty()
            && self.snapshot.is_none()
            && self.frames.is_none()
            && self.last.is_none()
    }

    /// Tells what is in hand, until the piece is full.
    fn tell<T: Told>(&mut self, told: &mut T) {
        while told.bytes() < PIECE {
            if let Some(passing) = self.passing.next() {
                if self.wants(&passing) {
                    told.passing(&passing);
                }
                continue;
            }
            if self.take_frames() {
                continue;
            }
            let Some(event) = self.page.next() else { return self.settle() };
            self.cursor = event.envelope.sequence;
            self.known = self.cursor;
            // Only for the frames' sake there are others than those that are wanted.
            if !self.wants_frames || self.filter.takes(event.envelope.event.kind(), &event.scopes) {
                told.event(&event);
            }
            let is_news = self.wants_frames && self.cursor > self.live_after;
            if is_news && matches!(event.envelope.event, Event::FramesAccepted { .. }) {
                self.frames = Some((event, 0));
            }
        }
    }

    /// What was passed over by the filter needs no telling.
    fn settle(&mut self) {
        if self.page.as_slice().is_empty() {
            self.cursor = self.cursor.max(self.events.cursor());
        }
    }

    fn wants(&self, passing: &Passing) -> bool {
        match self.wanted {
            Signals::None => false,
            Signals::Named => self.filter.takes_passing(passing),
            Signals::All => self.filter.takes(passing.kind, &passing.scopes),
        }
    }

    /// Writes out the next single frames of an event; false when there are none.
    fn take_frames(&mut self) -> bool {
        let Some((event, told)) = self.frames.take() else { return false };
        let some: Vec<Passing> = completed_frames(&event).skip(told).take(FRAMES_AT_ONCE).collect();
        if some.len() == FRAMES_AT_ONCE {
            self.frames = Some((event, told + FRAMES_AT_ONCE));
        }
        self.passing = some.into_iter();
        true
    }

    /// Takes one thing that is there already; false when there is none.
    fn take_ready(&mut self) -> bool {
        if let Ok(page) = self.events.try_recv() {
            self.arrived(Some(page));
            return true;
        }
        let Some(signals) = &mut self.signals else { return false };
        match signals.try_recv() {
            Ok(signal) => self.passed(&signal),
            // Signals that a slow reader missed are gone.
            Err(broadcast::error::TryRecvError::Lagged(_)) => {}
            Err(_) => return false,
        }
        true
    }

    async fn wait(&mut self) {
        let signal = async {
            match &mut self.signals {
                Some(signals) => next_signal(signals).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            page = self.events.recv() => self.arrived(page),
            signal = signal => match signal {
                Some(signal) => self.passed(&signal),
                None => self.signals = None,
            },
            // The piece that follows says so.
            () = self.leave.cancelled() => {}
        }
    }

    fn arrived(&mut self, page: Option<Result<Vec<Arc<Sealed>>, LeaderError>>) {
        match page {
            Some(Ok(page)) => self.page = page.into_iter(),
            Some(Err(error)) => {
                self.settle();
                self.last = Some(LastWord::of(&error, self.cursor));
            }
            None => self.last = Some(LastWord::of(&LeaderError::Restarting, self.cursor)),
        }
    }

    fn passed(&mut self, signal: &Signal) {
        self.passing = vec![passing(signal)].into_iter();
    }
}

fn follow(leader: &Leader, asked: &Asked, cursor: u64) -> Events {
    let mut filter = asked.filter.clone();
    if asked.wants_frames() && !filter.types.is_empty() {
        // Not told itself, unless it is wanted: single frames are read out of it.
        filter.types.push(FRAMES_ACCEPTED.to_owned());
    }
    leader.follow(Wanted { after: Some(cursor), follow: true, filter })
}
