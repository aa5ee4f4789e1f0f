//! The leader's process: the shipping scheduler and journal, and around them what the scheduler's actor does: judge,
//! remember, act, tell.

mod deciding;
mod hearing;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use callsheet_journal::{AppendError, Durable, Journal, MemoryStore, Store};
use callsheet_model::image::Image;
use callsheet_model::{Author, OfflineReason, SessionId, Timestamp};
use callsheet_scheduler::{Command, Effect, Flights, Output, Rejection, Reply, Report, Scheduler};
use callsheet_supervision::{Falls, Verdict, tables};

use super::happening::{Happening, Life, Stream};
use super::network::Network;
use super::{Core, EPOCH};
use crate::faults::Moment;
use crate::scenario::Scenario;
use crate::sight::{Performer, Sight, Weight};
use crate::{Micros, micros};

/// Batches that may be on their way to the disk at once, as the leader's actor has it.
const MOST_APPENDS: usize = 2;
/// Deciding a batch takes about so long.
const THINKING: Micros = 30;
/// A service manager starts an ended process again after this.
const STARTED_AGAIN: Micros = 2_000_000;

/// Results of appends, as the storage thread says them.
type Landed = Arc<Mutex<VecDeque<Result<Durable, AppendError>>>>;

/// The leader's machine.
pub(super) struct Leader {
    pub(super) store: MemoryStore,
    pub(super) life: Life,
    pub(super) serving: Option<Box<Serving>>,
    /// Its process is there, and its port answers.
    pub(super) listens: bool,
    /// Its machine does not even refuse.
    pub(super) silent: bool,
    pub(super) stalled_until: Option<Micros>,
    /// Its wall clock is so much ahead, in milliseconds.
    pub(super) wall: i64,
    pub(super) slower_by: Micros,
    pub(super) disk_full: bool,
    pub(super) armed: Vec<Moment>,
    falls: Falls,
    sessions_made: u64,
    /// The last event that was shown to be on the platter.
    shown: u64,
}

/// A scheduler at work.
pub(super) struct Serving {
    pub(super) scheduler: Scheduler,
    pub(super) journal: Arc<dyn Journal>,
    flights: Flights<Flight>,
    sessions: BTreeMap<SessionId, Stream>,
    goodbyes: BTreeMap<SessionId, OfflineReason>,
    pending: Vec<Mail>,
    /// What the last batch came in: its memory is kept for the next.
    decided: Vec<Mail>,
    output: Output,
    landed: Landed,
    turn_planned: bool,
    /// Batches that the disk is busy with; what comes meanwhile waits for its next turn.
    syncing: usize,
    alarm: Option<Micros>,
    /// Its clock: this much by the wall, at that moment.
    anchor: (Timestamp, Micros),
    snapshot_at: u64,
    /// Handed to the journal behind appends that are on their way.
    snapshot: Option<Image>,
    /// It is being written.
    writing: bool,
}

/// What waits to be decided.
enum Mail {
    Command {
        author: Author,
        command: Command,
        deed: Option<usize>,
    },
    /// A command on behalf of a node.
    OfNode {
        node: usize,
        command: Command,
    },
    Report {
        node: usize,
        session: SessionId,
        report: Report,
        number: u64,
    },
}

/// What waits for the platter.
#[derive(Default)]
struct Flight {
    effects: BTreeMap<SessionId, Vec<Effect>>,
    settled: BTreeMap<SessionId, u64>,
    answers: Vec<(usize, Result<Reply, Rejection>)>,
}

impl Leader {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let store = MemoryStore::new(scenario.keep_events);
        store.hold(true);
        Self {
            store,
            life: 0,
            serving: None,
            listens: false,
            silent: false,
            stalled_until: None,
            wall: 0,
            slower_by: 0,
            disk_full: false,
            armed: Vec::new(),
            falls: Falls::default(),
            sessions_made: 0,
            shown: 0,
        }
    }

    /// The process starts: the port answers, and the scheduler recovers.
    pub(super) fn start(&mut self, core: &mut Core, scenario: &Scenario) {
        if self.listens {
            return;
        }
        self.life += 1;
        (self.listens, self.silent) = (true, false);
        self.falls = Falls::default();
        core.saw(Sight::Begins { node: None });
        core.say(|| "the leader starts".to_owned());
        self.recover(core, scenario);
    }

    /// The scheduler's actor starts: replay, and then it serves.
    pub(super) fn recover(&mut self, core: &mut Core, scenario: &Scenario) {
        let recovered = match self.store.open() {
            Ok(recovered) => recovered,
            Err(error) => return core.watch.broke("journal_opens", error.to_string()),
        };
        let snapshot_at = recovered.image.as_ref().map_or(0, |image| image.sequence);
        let mut scheduler = match recovered.image {
            Some(image) => Scheduler::from_image(scenario.policy.clone(), image),
            None => Scheduler::new(scenario.policy.clone()),
        };
        let mut seen = Timestamp::default();
        for envelope in recovered.tail {
            match envelope {
                Ok(envelope) => {
                    seen = seen.max(envelope.at);
                    scheduler.replay(&envelope);
                }
                Err(error) => return core.watch.broke("journal_opens", error.to_string()),
            }
        }
        self.show(core, &*recovered.journal);
        core.saw(Sight::Replayed { scheduler: &scheduler, head: recovered.head });
        let wall = Timestamp((EPOCH + core.now / 1000).saturating_add_signed(self.wall));
        self.serving = Some(Box::new(Serving {
            scheduler,
            journal: recovered.journal,
            flights: Flights::default(),
            sessions: BTreeMap::new(),
            goodbyes: BTreeMap::new(),
            pending: Vec::new(),
            decided: Vec::new(),
            output: Output::default(),
            landed: Landed::default(),
            turn_planned: false,
            syncing: 0,
            alarm: None,
            anchor: (wall.max(seen), core.now),
            snapshot_at,
            snapshot: None,
            writing: false,
        }));
        self.post(core, Mail::Command { author: Author::SYSTEM, command: Command::StartLeader, deed: None });
    }

    /// Everything on the platter that was not shown yet is seen, told or not.
    fn show(&mut self, core: &mut Core, journal: &dyn Journal) {
        while let Ok(page) = journal.read(self.shown + 1, callsheet_journal::PageLimit::default()) {
            if page.events.is_empty() {
                return;
            }
            for event in &page.events {
                self.shown = event.envelope.sequence;
                core.saw(Sight::Durable(event));
            }
        }
    }

    /// The process is killed. `kept` batches that were not synced reached the platter nevertheless.
    pub(super) fn crash(&mut self, core: &mut Core, net: &mut Network, kept: u8, silent: bool) {
        if !self.listens {
            return;
        }
        core.tally.leader_crashes += 1;
        core.say(|| format!("the leader dies, {kept} of its batches survive untold"));
        self.store.crash_keeping(usize::from(kept));
        self.stalled_until = None;
        self.down(core, net, silent);
        (self.listens, self.silent) = (false, silent);
    }

    /// The scheduler's actor falls: sessions end, and the table says what comes next.
    pub(super) fn fall(&mut self, core: &mut Core, net: &mut Network, why: &str) {
        if self.serving.is_none() {
            return;
        }
        core.tally.falls += 1;
        core.say(|| format!("the scheduler falls: {why}"));
        self.down(core, net, false);
        let (rule, now) = (tables::leader::SCHEDULER, Duration::from_micros(core.now));
        let verdict = self.falls.fell(now, &rule);
        core.saw(Sight::Fell { who: Performer::Scheduler, rule, verdict });
        match verdict {
            Verdict::RestartAfter(wait) => core.after(micros(wait), Happening::SchedulerUp(self.life)),
            Verdict::GoesUp => {
                self.listens = false;
                core.after(STARTED_AGAIN, Happening::LeaderUp);
            }
        }
    }

    fn down(&mut self, core: &mut Core, net: &mut Network, silent: bool) {
        self.serving = None;
        for stream in net.open_at_leader() {
            net.close_at_leader(stream, silent, core.now, &mut core.queue);
        }
        core.saw(Sight::LeaderDown);
    }

    /// Something came for the leader while it stands still: it comes again when it goes on.
    pub(super) fn defer(&self, core: &mut Core, what: Happening) -> Option<Happening> {
        match self.stalled_until {
            Some(until) => {
                core.queue.push(until, what);
                None
            }
            None => Some(what),
        }
    }

    pub(super) fn weight(&self, snapshot_every: u64) -> Weight {
        let Some(serving) = &self.serving else { return Weight::default() };
        let (oldest, head) = serving.journal.range();
        Weight {
            events_kept: (head + 1).saturating_sub(oldest),
            since_snapshot: serving.scheduler.sequence().saturating_sub(serving.snapshot_at),
            snapshot_every,
            waiting: serving.pending.len(),
            ..Weight::default()
        }
    }
}
