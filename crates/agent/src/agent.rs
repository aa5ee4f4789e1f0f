//! The agent itself: takes each input to the place that knows what it means, and looks after time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use callsheet_model::{FrameSet, JobId, NodeStatus, Outcome, Reported, Token, Work};

use crate::action::{Action, Hello, Pulse};
use crate::clock::LeaseClock;
use crate::experience::Experience;
use crate::held::{Held, Phase, Run};
use crate::input::Input;
use crate::leaving::Leaving;
use crate::offer::Offer;
use crate::outbox::Outbox;

/// What a slot is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Its actor is not there yet.
    Coming,
    /// Its actor died, and is started again.
    Fallen,
    Free,
    /// Something of this lease runs in it, even when the lease itself is already dropped.
    Busy(Token),
}

/// What a lease leaves behind on this machine.
#[derive(Debug)]
pub(crate) struct Remains {
    offer: Arc<Offer>,
    /// Files that someone may still publish.
    keep: FrameSet,
}

/// The node's mind.
#[derive(Debug)]
pub struct Agent {
    pub(crate) slots: Vec<Slot>,
    pub(crate) held: BTreeMap<Token, Held>,
    /// Attempts that are being killed, of leases that are not ours any more: what is to be done afterwards.
    pub(crate) dying: BTreeMap<Token, Remains>,
    /// Leases that wait for a slot, in the order they were offered.
    pub(crate) queue: VecDeque<Token>,
    pub(crate) outbox: Outbox,
    pub(crate) clock: LeaseClock,
    pub(crate) link_up: bool,
    last_offered: Token,
    pub(crate) leaving: Option<Leaving>,
    /// An attempt ended as a crash or hang, and no frame has been proven since.
    pub(crate) unwell: bool,
    /// How long attempts were silent, and yet did well.
    pub(crate) experience: Experience,
    pub(crate) actions: Vec<Action>,
}

/// An attempt that is running right now.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// In which slot.
    pub slot: usize,
    /// What.
    pub offer: Arc<Offer>,
    /// The frame being rendered, or else the last one finished, if the renderer tells.
    pub frame: Option<i32>,
}

impl Agent {
    /// An agent with this many slots, none of which is up yet, and no leases.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self {
            slots: vec![Slot::Coming; slots],
            held: BTreeMap::new(),
            dying: BTreeMap::new(),
            queue: VecDeque::new(),
            outbox: Outbox::default(),
            clock: LeaseClock::default(),
            link_up: false,
            last_offered: Token::default(),
            leaving: None,
            unwell: false,
            experience: Experience::default(),
            actions: Vec::new(),
        }
    }

    /// Takes something that happened, and says what is to be done. `now` never goes backwards.
    pub fn handle(&mut self, now: Duration, input: Input) -> Vec<Action> {
        // Time first: what comes in after a long sleep must not find leases that are over.
        self.look_at_the_clock(now);
        let is_tick = input == Input::Tick;
        self.take(now, input);
        if is_tick {
            // Only once all that came was taken: a sign of life may have waited beside the time's end.
            self.bite(now);
        }
        self.order_publications(now);
        self.fill_slots(now);
        self.advance_leaving(now);
        std::mem::take(&mut self.actions)
    }

    /// When to call with [`Input::Tick`] if nothing else happens. Watchdogs bite at ticks only, so one is due
    /// after other inputs, too.
    #[must_use]
    pub fn next_wake(&self) -> Option<Duration> {
        let leases = self.held.values().filter_map(Held::next_wake);
        let leaving = self.leaving.as_ref().and_then(Leaving::next_wake);
        leases.chain(self.clock.next_wake()).chain(leaving).min()
    }

    /// What runs right now, by slot.
    pub fn running(&self) -> impl Iterator<Item = Running> + '_ {
        self.slots.iter().enumerate().filter_map(|(slot, state)| {
            let Slot::Busy(token) = state else { return None };
            let held = self.held.get(token)?;
            let frame = held.run().and_then(Run::frame);
            Some(Running { slot, offer: held.offer.clone(), frame })
        })
    }

    /// Whether a renderer's process runs, as far as it is known.
    #[must_use]
    pub fn is_rendering(&self) -> bool {
        let runs = |held: &Held| held.run().is_some_and(|run| run.watchdog.is_running());
        self.held.values().any(runs) || !self.dying.is_empty()
    }

    /// How the node is. A renderer that crashed or hung makes it `Crashed` until a frame is proven again, also
    /// while the next attempt runs; so does a slot that is being restarted.
    #[must_use]
    pub fn status(&self) -> NodeStatus {
        let is_busy = self.slots.iter().all(|slot| matches!(slot, Slot::Busy(_) | Slot::Fallen));
        if self.unwell || self.slots.contains(&Slot::Fallen) {
            NodeStatus::Crashed
        } else if is_busy && !self.slots.is_empty() {
            NodeStatus::Busy
        } else {
            NodeStatus::Ready
        }
    }

    /// All leases held.
    #[must_use]
    pub fn held(&self) -> BTreeSet<Token> {
        self.held.keys().copied().collect()
    }

    /// Whether this lease is held.
    #[must_use]
    pub fn holds(&self, token: Token) -> bool {
        self.held.contains_key(&token)
    }

    /// How many reports the leader has not settled yet.
    #[must_use]
    pub fn unsettled(&self) -> usize {
        self.outbox.unsettled().len()
    }

    /// Whether this lease is held, and its template is or may be needed.
    #[must_use]
    pub fn needs_template(&self, token: Token) -> bool {
        self.held.get(&token).is_some_and(Held::needs_template)
    }

    /// Whether any lease of this job is held.
    #[must_use]
    pub fn holds_of(&self, job: JobId) -> bool {
        self.held.values().any(|held| held.offer.brief.job == job)
    }

    fn take(&mut self, now: Duration, input: Input) {
        match input {
            Input::LinkUp => self.link_came_up(now),
            Input::LinkDown => self.link_went_down(),
            Input::Refused { dialled } => {
                self.link_went_down();
                self.clock.refused(dialled.min(now));
            }
            Input::Welcomed(terms) => {
                if self.link_up && self.clock.welcome(now, terms) {
                    self.actions.extend(self.outbox.unsettled().cloned().map(Action::Report));
                    self.pulse(now, true);
                }
            }
            Input::Offered(offers) => offers.into_iter().for_each(|offer| self.offered(now, offer)),
            Input::Unreadable { token, failure } => {
                if !self.held.contains_key(&token) {
                    self.last_offered = self.last_offered.max(token);
                    let outcome = Outcome::Failed(failure.bounded());
                    self.report(
                        token,
                        Reported::Ended { outcome, blamed: FrameSet::new(), last_frame: None },
                    );
                }
            }
            Input::Settled { up_to, accepted } => {
                self.outbox.settle(up_to);
                accepted.into_iter().for_each(|(token, frames)| self.accepted(token, &frames));
            }
            Input::Revoked(token) => self.drop_lease(token),
            Input::Closed(tokens) => tokens.into_iter().for_each(|token| self.close(token)),
            Input::PulseAcked(number) => self.clock.acked(number),
            Input::SlotUp(slot) => {
                if let Some(state @ (Slot::Coming | Slot::Fallen)) = self.slots.get_mut(slot) {
                    *state = Slot::Free;
                }
            }
            Input::SlotDown(slot) => self.slot_died(slot),
            Input::Fetched { token, result } => self.fetched(now, token, result),
            Input::CacheLost => self.fetch_again(),
            Input::Attempt { slot, token, news } => self.news(now, slot, token, news),
            Input::Published { token, done, lost, failed, unbegun } => {
                self.published(now, token, [done, lost, failed, unbegun]);
            }
            Input::Beat => {
                if self.clock.is_welcomed() {
                    self.pulse(now, true);
                }
            }
            Input::Leave { grace } => {
                self.leaving.get_or_insert_with(|| Leaving::new(now, grace)).hurry(now, grace);
            }
            Input::Tick => {}
        }
    }

    fn link_came_up(&mut self, now: Duration) {
        self.link_up = true;
        self.clock.link_up(now);
        self.actions.push(Action::Hello(Hello { held: self.held() }));
    }

    fn link_went_down(&mut self) {
        self.link_up = false;
        self.clock.link_down();
    }

    fn look_at_the_clock(&mut self, now: Duration) {
        // Upholds stops_before_reassigned: what this node can no longer know to be its own, it drops.
        if self.clock.run_out(now) {
            for token in self.held() {
                self.drop_lease(token);
            }
            if self.link_up {
                self.link_went_down();
                self.actions.push(Action::Redial);
            }
        }
        if self.link_up && self.clock.is_ignored(now) {
            self.link_went_down();
            self.actions.push(Action::Redial);
        }
        if self.clock.pulse_is_due(now) {
            self.pulse(now, false);
        }
        self.give_up_fetching(now);
    }

    fn pulse(&mut self, now: Duration, with_holding: bool) {
        let number = self.clock.pulse(now);
        let holding = with_holding.then(|| (self.held(), self.last_offered));
        self.actions.push(Action::Pulse(Pulse { number, holding }));
    }

    /// Reports now if someone listens; otherwise the report goes out with the next welcome.
    pub(crate) fn report(&mut self, token: Token, what: Reported) {
        let report = self.outbox.push(token, what);
        if self.clock.is_welcomed() {
            self.actions.push(Action::Report(report));
        }
    }

    fn offered(&mut self, now: Duration, offer: Offer) {
        let token = offer.token;
        // A lease without a clock to end it could be held for ever.
        if self.held.contains_key(&token) || self.clock.expires().is_none() {
            return;
        }
        self.last_offered = self.last_offered.max(token);
        if self.leaving.as_ref().is_some_and(Leaving::hands_back) {
            // Our goodbye is on its way, and hands it back.
            return;
        }
        let offer = Arc::new(offer);
        let phase = match (offer.work, &offer.brief.spec.template) {
            (Work::Publish { .. }, _) => Phase::Publishing,
            (Work::Render | Work::Preflight, None) => Phase::Waiting,
            (Work::Render | Work::Preflight, Some(_)) => {
                self.actions.push(Action::Fetch(offer.clone()));
                Phase::Fetching { until: now.saturating_add(offer.brief.spec.timeouts.start) }
            }
        };
        let mut held = Held::new(offer, phase, now);
        match held.phase {
            Phase::Publishing => held.publishing.add(&held.offer.frames),
            _ => self.queue.push_back(token),
        }
        self.held.insert(token, held);
        self.order_publications_of(now, token);
    }

    /// The leader has forgotten a lease. What it accepted and nobody has published is still worth something.
    fn close(&mut self, token: Token) {
        let Some(held) = self.held.get(&token) else { return };
        let keep = held.publishing.open();
        self.forget(token, keep);
    }

    /// A lease is not ours any more. Frames reported as proven may have been accepted: whoever publishes them
    /// for us needs their files.
    pub(crate) fn drop_lease(&mut self, token: Token) {
        let Some(held) = self.held.get(&token) else { return };
        let keep = held.proven.clone();
        self.forget(token, keep);
    }

    // Upholds acknowledged_survives: what may have been accepted stays where others find it.
    fn forget(&mut self, token: Token, keep: FrameSet) {
        let Some(held) = self.held.remove(&token) else { return };
        self.queue.retain(|queued| *queued != token);
        let remains = Remains { offer: held.offer, keep };
        match held.phase {
            Phase::Running(run) => {
                self.experience.learn(run.composition, run.watchdog.seen());
                if !run.given_up {
                    self.actions.push(Action::Kill { slot: run.slot, token });
                }
                // Nobody may tidy up around a renderer that still writes.
                self.dying.insert(token, remains);
            }
            Phase::Fetching { .. } | Phase::Waiting => self.tidy(remains, true),
            Phase::Ended | Phase::Publishing => self.tidy(remains, false),
        }
    }

    /// A slot has nothing of this lease running any more.
    pub(crate) fn bury(&mut self, token: Token) {
        if let Some(remains) = self.dying.remove(&token) {
            self.tidy(remains, true);
        }
    }

    fn tidy(&mut self, Remains { offer, keep }: Remains, needed_template: bool) {
        if matches!(offer.work, Work::Publish { .. }) {
            return;
        }
        if needed_template && offer.brief.spec.template.is_some() {
            self.actions.push(Action::Release(offer.token));
        }
        // Whoever only looked has left nothing that anyone could want.
        if offer.work == Work::Render && offer.brief.spec.has_output() {
            self.actions.push(Action::Clean { offer, keep });
        }
    }
}
