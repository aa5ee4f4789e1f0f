//! A node's machine: the shipping agent, and around it what its actors do: the cache, the slots, the hand on the
//! disk, the stream to the leader.

mod actors;
mod cache;
mod link;
mod slots;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callsheet_agent::{Action, Agent, Input};
use callsheet_model::Token;
use callsheet_supervision::Falls;

use super::happening::{Happening, Life, NodeHappening, Said, Stream};
use super::renderer::{Attempt, Beat};
use super::{Core, Shared};
use crate::Micros;
use crate::faults::{Child, Misbehaviour};
use crate::micros;
use crate::scenario::Machine;
use crate::sight::{Guilt, Sight};
use cache::Cache;

/// A service manager starts an ended process again after this.
const STARTED_AGAIN: Micros = 2_000_000;

/// A node's machine.
pub(super) struct Node {
    nth: usize,
    pub(super) life: Life,
    /// Its agent's process runs.
    pub(super) up: bool,
    agent: Agent,
    stream: Option<Stream>,
    dials: u32,
    /// Dials sent and not answered yet.
    dialling: bool,
    slots: Vec<Option<(Token, Attempt)>>,
    cache: Cache,
    falls: BTreeMap<Child, Falls>,
    /// Actors that wait to be started again.
    down: BTreeSet<Child>,
    /// When its clock began, by the world's, and by how much it is ahead of it.
    born: Micros,
    drift: i64,
    /// How long its machine slept, clock and all.
    slept: Micros,
    wakes_at: Option<Micros>,
    pub(super) machine_frozen: Option<Micros>,
    pub(super) agent_frozen: Option<Micros>,
    pub(super) moods: Vec<Misbehaviour>,
    /// The leader was heard, and nothing has disturbed that since.
    contact: bool,
}

impl Node {
    pub(super) fn new(nth: usize, machine: &Machine) -> Self {
        Self {
            nth,
            life: 0,
            up: false,
            agent: Agent::new(machine.capabilities.slots as usize),
            stream: None,
            dials: 0,
            dialling: false,
            slots: Vec::new(),
            cache: Cache::new(machine.cache),
            falls: BTreeMap::new(),
            down: BTreeSet::new(),
            born: 0,
            drift: machine.drift,
            slept: 0,
            wakes_at: None,
            machine_frozen: None,
            agent_frozen: None,
            moods: Vec::new(),
            contact: false,
        }
    }

    /// The agent's process starts.
    pub(super) fn start(&mut self, w: &mut Shared<'_>) {
        if self.up {
            return;
        }
        self.life += 1;
        self.up = true;
        (self.falls, self.down) = Default::default();
        w.core.saw(Sight::Begins { node: Some(self.nth) });
        (self.born, self.slept) = (w.core.now, 0);
        w.core.saw(Sight::Able { node: self.nth, able: true });
        w.core.say(|| format!("node {} starts", self.nth));
        self.begin(w);
        let heartbeat = micros(w.scenario.heartbeat);
        self.after(w, heartbeat, NodeHappening::Heartbeat);
    }

    /// The mind begins anew, with all that works for it.
    fn begin(&mut self, w: &mut Shared<'_>) {
        let slots = w.scenario.machines[self.nth].capabilities.slots as usize;
        self.agent = Agent::new(slots);
        self.slots = (0..slots).map(|_| None).collect();
        (self.stream, self.dialling, self.dials) = (None, false, 0);
        self.wakes_at = None;
        self.begin_cache(w);
        for slot in 0..slots {
            self.mind(w, Input::SlotUp(slot));
        }
        self.dial(w);
    }

    /// The machine, or only the process, dies.
    pub(super) fn die(&mut self, w: &mut Shared<'_>, machine: bool) {
        if !self.up {
            return;
        }
        w.core.say(|| format!("node {} dies", self.nth));
        self.end_all(w);
        if let Some(stream) = self.stream.take() {
            w.net.close_at_node(stream, machine, w.core.now, &mut w.core.queue);
        }
        if machine {
            self.cache.lose_files();
        }
        self.up = false;
        self.life += 1;
        (self.machine_frozen, self.agent_frozen) = (None, None);
        w.core.saw(Sight::Able { node: self.nth, able: false });
    }

    /// Everything that runs is gone at once.
    fn end_all(&mut self, w: &mut Shared<'_>) {
        for slot in 0..self.slots.len() {
            self.empty(w, slot);
        }
    }

    fn empty(&mut self, w: &mut Shared<'_>, slot: usize) -> Option<Token> {
        let (token, attempt) = self.slots.get_mut(slot)?.take()?;
        *w.licences_used -= u16::from(attempt.licensed);
        if !attempt.gone {
            w.core.saw(Sight::Stopped { node: self.nth, token, guilt: Guilt::Nobody });
        }
        Some(token)
    }

    /// Something disturbs its contact with the leader.
    pub(super) fn disturbed(&mut self, core: &mut Core) {
        self.contact = false;
        core.saw(Sight::Contact { node: self.nth, good: false });
    }

    pub(super) fn slept(&mut self, by: Micros) {
        self.slept += by;
    }

    fn local(&self, now: Micros) -> Duration {
        let real = now - self.born - self.slept.min(now - self.born);
        let ahead = i64::try_from(real).unwrap_or(i64::MAX).saturating_mul(self.drift) / 1_000_000;
        Duration::from_micros(real.saturating_add_signed(ahead))
    }

    fn until(&self, now: Micros, then: Duration) -> Micros {
        let wait = micros(then.saturating_sub(self.local(now)));
        // A clock that goes slower needs a little longer.
        wait + wait / 1000 + 1
    }

    fn after(&self, w: &mut Shared<'_>, wait: Micros, what: NodeHappening) {
        w.core.after(wait, Happening::Node(self.nth, self.life, what));
    }

    /// Something happens to it.
    pub(super) fn happens(&mut self, w: &mut Shared<'_>, what: NodeHappening) {
        if let Some(until) = self.machine_frozen {
            return w.core.queue.push(until, Happening::Node(self.nth, self.life, what));
        }
        if let Some(until) = self.agent_frozen {
            // Renderers go on, and what they write is there.
            let what = match what {
                NodeHappening::Attempt { slot, token, beat } if beat != Beat::Learn => {
                    self.play(w, slot, token, beat, true);
                    NodeHappening::Attempt { slot, token, beat: Beat::Learn }
                }
                other => other,
            };
            return w.core.queue.push(until, Happening::Node(self.nth, self.life, what));
        }
        match what {
            NodeHappening::Wake => {
                if self.wakes_at == Some(w.core.now) {
                    self.wakes_at = None;
                    self.mind(w, Input::Tick);
                }
            }
            NodeHappening::Dial => self.dial(w),
            NodeHappening::Opened(stream) => self.opened(w, stream),
            NodeHappening::Refused(dialled) => {
                self.dialling = false;
                self.mind(w, Input::Refused { dialled });
                self.dial_later(w);
            }
            NodeHappening::Gone(stream) => self.gone(w, stream),
            NodeHappening::Heard(stream, told) => self.heard(w, stream, told),
            NodeHappening::Heartbeat => {
                self.mind(w, Input::Beat);
                let heartbeat = micros(w.scenario.heartbeat);
                self.after(w, heartbeat, NodeHappening::Heartbeat);
            }
            NodeHappening::Attempt { slot, token, beat } => self.play(w, slot, token, beat, false),
            NodeHappening::Listed => self.listed(w),
            NodeHappening::Fetched(errand, md5, result) => self.fetched(w, errand, md5, result),
            NodeHappening::Moved(offer, frames, until) => self.moved(w, &offer, &frames, until),
            NodeHappening::Cleaned(offer, keep) => {
                w.storage.clean(offer.brief.job, offer.attempt(), &keep);
            }
            NodeHappening::Restarted(child) => self.restarted(w, child),
        }
    }

    /// Tells the mind, and does what it wants.
    pub(super) fn mind(&mut self, w: &mut Shared<'_>, input: Input) {
        let now = self.local(w.core.now);
        let actions = self.agent.handle(now, input);
        for action in actions {
            self.perform(w, action);
        }
        self.plan_wake(w);
    }

    fn plan_wake(&mut self, w: &mut Shared<'_>) {
        let Some(wake) = self.agent.next_wake() else { return };
        let at = w.core.now + self.until(w.core.now, wake);
        if self.wakes_at.is_none_or(|planned| planned > at || planned <= w.core.now) {
            self.wakes_at = Some(at);
            w.core.queue.push(at, Happening::Node(self.nth, self.life, NodeHappening::Wake));
        }
    }

    fn perform(&mut self, w: &mut Shared<'_>, action: Action) {
        match action {
            Action::Pulse(pulse) => self.say(w, Said::Pulse(pulse)),
            Action::Hello(_) | Action::Report(_) | Action::Goodbye => {
                self.say(w, Said::Action(Box::new(action)));
            }
            Action::Redial => {
                self.drop_stream(w);
                self.dial_later(w);
            }
            Action::Fetch(offer) => self.fetch(w, &offer),
            Action::Release(token) => self.release(token),
            Action::Start { slot, offer } => self.launch(w, slot, offer),
            Action::Bite { slot, token } => self.kill(w, slot, token, true),
            Action::Kill { slot, token } => self.kill(w, slot, token, false),
            Action::Publish { offer, frames, until } => {
                let takes = w.core.dice.between(2_000, 200_000) + w.storage.slower_by;
                self.after(w, takes, NodeHappening::Moved(offer, frames, until));
            }
            Action::Clean { offer, keep } => {
                let takes = w.core.dice.between(2_000, 200_000) + w.storage.slower_by;
                self.after(w, takes, NodeHappening::Cleaned(offer, keep));
            }
            Action::Left => {
                w.core.tally.leavings += 1;
                self.die(w, false);
                w.core.after(STARTED_AGAIN, Happening::NodeUp(self.nth));
            }
        }
    }

    fn say(&self, w: &mut Shared<'_>, said: Said) {
        if let Some(stream) = self.stream {
            w.net.say(stream, said, w.core.now, &mut w.core.queue);
        }
    }

    /// Leases in its hands.
    pub(super) fn held(&self) -> usize {
        if self.up { self.agent.held().len() } else { 0 }
    }

    /// Reports that its leader has not settled.
    pub(super) fn unsettled(&self) -> usize {
        if self.up { self.agent.unsettled() } else { 0 }
    }

    /// Templates kept for leases that need none.
    pub(super) fn stray_pins(&self) -> usize {
        let runs = |token: Token| self.slots.iter().flatten().any(|(held, _)| *held == token);
        self.cache.pinned().filter(|token| !self.agent.holds(*token) && !runs(*token)).count()
    }

    /// Bytes of its cache are damaged.
    pub(super) fn damage_cache(&mut self) {
        self.cache.damage();
    }
}
