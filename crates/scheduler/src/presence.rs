//! Who is there: sessions, when each was last heard, whose slots are still warm. None of it is durable; after
//! a restart every node counts as just heard.
//!
//! The leader suspects itself first. It says when it wants to be called next; a call that comes much later
//! than that means that the leader was asleep, and the time it slept is nobody else's silence.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use std::time::Duration;

use callsheet_model::{FrameSet, JobId, NodeName, Pause, PauseKey, PauseSource, SessionId, Timestamp, Token};

use crate::policy::Policy;
use crate::state::{ClassId, State};

/// By so much a watcher's pause may last longer than the log says. A leader that starts gives it that long.
pub(crate) const WATCHER_SLACK: Duration = Duration::from_secs(60);

/// One node, as far as it can be seen from here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Here {
    pub(crate) session: Option<SessionId>,
    /// Its silence is counted from here: when it was last heard, and later by what this leader slept through.
    quiet_since: Timestamp,
    /// When this leader last heard it; nothing when it has not, and the node is only believed to be there.
    pub(crate) heard: Option<Timestamp>,
    /// When its stream broke, while it may still come back.
    pub(crate) broken_since: Option<Timestamp>,
    /// Attempts with nothing left to prove whose end was not reported yet: each still holds a slot.
    pub(crate) finishing: Vec<Token>,
    /// It has proven a frame in this session.
    pub(crate) has_history: bool,
    /// Jobs that it was lately told to sweep over this session, and when they ended: it may be that a stream that
    /// breaks takes such a word with it.
    pub(crate) told_to_sweep: VecDeque<(JobId, Timestamp)>,
}

impl Here {
    /// A sign of life.
    pub(crate) fn hear(&mut self, now: Timestamp) {
        self.quiet_since = now;
        self.heard = Some(now);
    }
}

/// How many nodes and slots there are for a class of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Crew {
    pub(crate) nodes: u64,
    pub(crate) slots: u64,
}

/// Failures to publish what an attempt left behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setback {
    pub(crate) tries: u32,
    pub(crate) not_before: Timestamp,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Presence {
    nodes: BTreeMap<NodeName, Here>,
    last_call: Timestamp,
    /// When the next call was asked for.
    promised: Option<Timestamp>,
    /// After a long sleep of this leader: nodes gave up their streams meanwhile, and have until then to come back.
    excused_until: Timestamp,
    /// No node's time is up before this; `None` when it has to be worked out again.
    quiet_until: Option<Timestamp>,
    crews: Vec<Option<Crew>>,
    /// Frames that ended their lease in this batch, with nothing said about it yet.
    pub(crate) unsettled: Vec<(NodeName, Token, FrameSet)>,
    /// By the attempt whose files are to be published.
    pub(crate) setbacks: BTreeMap<Token, Setback>,
    /// Jobs that are over and that nobody may have been told to sweep: no able node was there, or the last
    /// leader may have died before it said so.
    pub(crate) unswept: BTreeSet<JobId>,
    /// When watchers' pauses end, where that is not what the log says.
    pub(crate) prolonged: BTreeMap<PauseKey, Timestamp>,
}

impl Presence {
    /// Time has come to `now`; returns the time to go by, which never runs backwards.
    pub(crate) fn observe(&mut self, now: Timestamp, policy: &Policy) -> Timestamp {
        let now = now.max(self.last_call);
        // Upholds stall_kills_nobody: what this leader slept through is nobody's silence.
        if self.promised.is_some_and(|due| now > due.plus(policy.silence / 10)) {
            let slept = now.since(self.last_call);
            for here in self.nodes.values_mut() {
                here.quiet_since = here.quiet_since.plus(slept);
                here.broken_since = here.broken_since.map(|at| at.plus(slept));
            }
            self.prolonged.values_mut().for_each(|end| *end = end.plus(slept));
            // To nodes a leader that sleeps is one that is gone: they break with it, and dial until it answers.
            if slept >= policy.silence / 2 {
                self.excused_until = now.plus(policy.silence);
            }
            self.quiet_until = None;
        }
        self.promised = None;
        self.last_call = now;
        now
    }

    /// The next call was asked for at this time.
    pub(crate) fn promise(&mut self, wake: Option<Timestamp>) {
        self.promised = wake;
    }

    /// After a restart: every node that was online has just been heard.
    pub(crate) fn begin(&mut self, state: &State, now: Timestamp) {
        // Upholds stall_kills_nobody: nobody was silent for a leader that was not there.
        *self = Self { last_call: now, ..Self::default() };
        for (name, _) in state.nodes().iter().filter(|(_, node)| node.offline.is_none()) {
            self.nodes.insert(name.clone(), Here { quiet_since: now, ..Here::default() });
        }
        for pause in state.pauses().values() {
            self.prolong(&Pause {
                until: pause.until.map(|until| until.max(now.plus(WATCHER_SLACK))),
                ..pause.clone()
            });
        }
    }

    /// A pause lasts until then: kept in mind when it is a watcher's. Others' ends are in the log.
    pub(crate) fn prolong(&mut self, pause: &Pause) {
        match (&pause.key.source, pause.until) {
            (PauseSource::Watcher(_), Some(until)) => self.prolonged.insert(pause.key.clone(), until),
            _ => self.prolonged.remove(&pause.key),
        };
    }

    /// When a pause ends, if it ends by itself.
    pub(crate) fn pause_end(&self, pause: &Pause) -> Option<Timestamp> {
        pause.until.map(|until| self.prolonged.get(&pause.key).copied().unwrap_or(until))
    }

    pub(crate) fn get(&self, name: &NodeName) -> Option<&Here> {
        self.nodes.get(name)
    }

    pub(crate) fn get_mut(&mut self, name: &NodeName) -> Option<&mut Here> {
        self.nodes.get_mut(name)
    }

    pub(crate) fn session(&self, name: &NodeName) -> Option<SessionId> {
        self.nodes.get(name)?.session
    }

    /// A node said hello; its attempts that were about to end stay known.
    pub(crate) fn connected(&mut self, name: &NodeName, session: SessionId, now: Timestamp) {
        let here = self.nodes.entry(name.clone()).or_default();
        *here = Here {
            session: Some(session),
            quiet_since: now,
            heard: Some(now),
            finishing: std::mem::take(&mut here.finishing),
            ..Here::default()
        };
        self.changed();
    }

    /// A node's stream broke.
    pub(crate) fn broken(&mut self, name: &NodeName, now: Timestamp) {
        if let Some(here) = self.nodes.get_mut(name) {
            here.session = None;
            here.broken_since = Some(now);
        }
        self.changed();
    }

    pub(crate) fn gone(&mut self, name: &NodeName) {
        self.nodes.remove(name);
        self.changed();
    }

    /// Who can be handed work has changed.
    pub(crate) fn changed(&mut self) {
        self.crews.clear();
        self.quiet_until = None;
    }

    fn deadline(&self, here: &Here, policy: &Policy) -> Timestamp {
        match here.broken_since {
            Some(at) => at.plus(policy.reconnect_grace).max(self.excused_until),
            None => here.quiet_since.plus(policy.silence),
        }
    }

    /// Nodes whose time is up, in the order of their names.
    pub(crate) fn overdue(&mut self, now: Timestamp, policy: &Policy) -> Vec<NodeName> {
        if self.quiet_until.is_some_and(|until| now < until) {
            return Vec::new();
        }
        let (mut late, mut next) = (Vec::new(), None);
        for (name, here) in &self.nodes {
            let deadline = self.deadline(here, policy);
            if deadline <= now {
                late.push(name.clone());
            } else {
                next = Some(next.map_or(deadline, |next: Timestamp| next.min(deadline)));
            }
        }
        self.quiet_until = next;
        late
    }

    /// When to be called for the nodes' sake: at the next deadline, and often enough to notice an own stall.
    pub(crate) fn next_wake(&self, policy: &Policy) -> Option<Timestamp> {
        if self.nodes.is_empty() {
            return None;
        }
        let pulse = self.last_call.plus(policy.silence / 4);
        let deadline = match self.quiet_until {
            Some(until) => Some(until),
            None => self.nodes.values().map(|here| self.deadline(here, policy)).min(),
        };
        Some(deadline.map_or(pulse, |deadline| deadline.min(pulse)))
    }

    /// Whether a node may be handed work now.
    pub(crate) fn is_available(&self, state: &State, name: &NodeName) -> bool {
        self.session(name).is_some() && state.node(name).is_some_and(|node| node.is_willing())
    }

    /// Who there is for a class of steps.
    pub(crate) fn crew(&mut self, state: &State, class: ClassId) -> Crew {
        if let Some(Some(crew)) = self.crews.get(class.0) {
            return *crew;
        }
        let mut crew = Crew::default();
        let renderer = state.index().renderer(class);
        for (name, node) in state.nodes() {
            let may = node.can_run(class) && node.is_trusted_with(renderer) && !node.is_paused;
            if may && self.is_available(state, name) {
                crew.nodes += 1;
                crew.slots += u64::from(node.capabilities.slots);
            }
        }
        if self.crews.len() <= class.0 {
            self.crews.resize(class.0 + 1, None);
        }
        if let Some(entry) = self.crews.get_mut(class.0) {
            *entry = Some(crew);
        }
        crew
    }

    /// When the next back-off of a publication is over.
    pub(crate) fn next_setback(&self) -> Option<Timestamp> {
        let now = self.last_call;
        self.setbacks.values().map(|setback| setback.not_before).filter(|at| *at > now).min()
    }
}
