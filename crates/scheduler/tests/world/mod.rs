//! A world of nodes that do what they are told to, or do not. It keeps a small account of its own of what
//! happened, to hold the scheduler to its promises.

mod account;
mod beside;
mod deeds;
mod heal;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use account::Account;
use beside::Beside;
use callsheet_model::{
    ApprovalSpec, Capabilities, Chunk, Envelope, Event, Failure, FailureClass, FrameSet, JobId, JobSpec,
    NodeName, OfflineReason, Outcome, OutputPattern, Overdue, Report, Reported, Requirements, SessionId,
    StepIndex, StepSpec, Timeouts, Timestamp, Token, Versions, Work,
};
use callsheet_scheduler::{Command, Effect, Holding, Output, Policy, Scheduler};
pub(crate) use deeds::Aside;
use proptest::sample::Index;
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Submit { job: u8, kind: u8 },
    Cancel { job: u8 },
    Pause { job: u8 },
    Resume { job: u8 },
    Prioritise { job: u8, priority: u32 },
    Retry { job: u8, only: Option<FrameSet> },
    Connect { node: u8, slots: u32, honest: bool },
    Disconnect { node: u8, goodbye: bool },
    Hear { node: u8, holding: u8 },
    Drain { node: u8, drained: bool },
    Clear { node: u8, all: bool },
    Prove { lease: Index, frames: FrameSet, own: bool },
    Publish { lease: Index, frames: FrameSet, own: bool },
    Lose { lease: Index, frames: FrameSet },
    End { lease: Index, how: usize, blamed: FrameSet },
    Fail { lease: Index, how: usize },
    Begin { lease: Index, ms: u64 },
    Aside(Aside),
    Lie { node: u8, token: u64, frames: FrameSet },
    Wait { ms: u64 },
    Sleep { ms: u64 },
    Restart { from_image: bool },
}

#[derive(Clone, Debug)]
struct Offer {
    node: NodeName,
    token: Token,
    work: Work,
    frames: FrameSet,
}

pub(crate) struct World {
    scheduler: Scheduler,
    journal: Vec<Envelope>,
    now: Timestamp,
    sessions: BTreeMap<NodeName, SessionId>,
    last_session: u64,
    /// Every lease ever offered, dead or alive.
    offers: Vec<Offer>,
    /// What was offered and confirmed since it was last looked at.
    fresh: Vec<Offer>,
    confirmed: Vec<(NodeName, Token, FrameSet)>,
    account: Account,
    beside: Beside,
}

/// The renderer that looks at a step before its frames go out.
const LOOKS: &str = "looks";

fn node(number: u8) -> NodeName {
    NodeName::new(["anna", "ben", "cleo", "dora"][usize::from(number) % 4]).unwrap()
}

fn number_of(name: &NodeName) -> u8 {
    (0..4).find(|number| node(*number) == *name).unwrap_or(0)
}

fn job(number: u8) -> JobId {
    JobId(Uuid::from_u128(u128::from(number) + 1))
}

fn step(name: &str, frames: FrameSet, chunk: Chunk, output: bool, retries: u32) -> StepSpec {
    StepSpec {
        name: name.to_owned(),
        renderer: match (retries, name) {
            (3, _) => "rare",
            (_, "looked at") => LOOKS,
            _ => "common",
        }
        .to_owned(),
        template: None,
        frames,
        chunk,
        output: output.then(|| OutputPattern::parse_absolute("/out/f_[####].png").unwrap()),
        retries,
        timeouts: Timeouts::default(),
        requires: Requirements { memory: output.then_some(1 << 30), ..Requirements::default() },
        after: BTreeSet::new(),
        settings: BTreeMap::new(),
        approximate: false,
    }
}

fn spec(kind: u8) -> JobSpec {
    let chunk = |count| Chunk::Frames(NonZeroU32::new(count).unwrap());
    let mut steps = match kind % 5 {
        0 => vec![step("render", FrameSet::range(1, 20), chunk(6), true, 2)],
        1 => vec![step("simulate", FrameSet::range(-2, 12), Chunk::Auto, false, 1)],
        2 => vec![
            step("left", FrameSet::range(1, 9), chunk(4), true, 0),
            step("right", FrameSet::range(5, 7), chunk(1), false, 3),
            step("join", FrameSet::new(), Chunk::Auto, true, 1),
        ],
        3 => vec![step("task", FrameSet::new(), Chunk::Auto, false, 2)],
        _ => vec![step("looked at", FrameSet::range(1, 10), chunk(3), true, 1)],
    };
    if let Some(join) = steps.get_mut(2) {
        join.after = [StepIndex(0), StepIndex(1)].into();
    }
    // From here on the same jobs, which a person has to release.
    let approval = (kind >= 5).then(|| ApprovalSpec {
        kind: "release".into(),
        description: "may it?".into(),
        timeout: (kind > 5).then_some(Duration::from_secs(20)),
        overdue: if kind == 7 { Overdue::Deny } else { Overdue::Escalate },
    });
    let (name, project) = ("chaos".into(), "tests".into());
    JobSpec { name, project, priority: u32::from(kind) * 10, approval, steps }
}

impl World {
    pub(crate) fn new() -> Self {
        let mut world = Self {
            scheduler: Scheduler::new(Policy {
                keep_finished: Duration::from_secs(60),
                preflight: [LOOKS.to_owned()].into(),
                quarantine_first: Duration::from_secs(3),
                quarantine_max: Duration::from_secs(60),
                crashes_max: 2,
                ..Policy::default()
            }),
            journal: Vec::new(),
            now: Timestamp(1_000_000),
            sessions: BTreeMap::new(),
            last_session: 0,
            offers: Vec::new(),
            fresh: Vec::new(),
            confirmed: Vec::new(),
            account: Account::default(),
            beside: Beside::default(),
        };
        world.batch(vec![Command::StartLeader]);
        world
    }

    pub(crate) fn play(&mut self, deed: Deed) {
        let commands = match deed {
            Deed::Submit { job: id, kind } => vec![Command::SubmitJob { id: job(id), spec: spec(kind) }],
            Deed::Cancel { job: id } => vec![Command::CancelJob { job: job(id), reason: String::new() }],
            Deed::Pause { job: id } => vec![Command::PauseJob { job: job(id) }],
            Deed::Prioritise { job: id, priority } => {
                vec![Command::PrioritiseJob { job: job(id), priority }]
            }
            Deed::Resume { job: id } => vec![Command::ResumeJob { job: job(id) }],
            Deed::Retry { job: id, only } => vec![Command::RetryJob { job: job(id), frames: only }],
            Deed::Connect { node: number, slots, honest } => vec![self.connect(node(number), slots, honest)],
            Deed::Disconnect { node: number, goodbye } => {
                let node = node(number);
                let session = self.sessions.remove(&node).unwrap_or_default();
                let goodbye = goodbye.then_some(OfflineReason::Shutdown);
                vec![Command::DisconnectNode { node, session, goodbye }]
            }
            Deed::Hear { node: number, holding } => vec![self.hear(node(number), holding)],
            Deed::Drain { node: number, drained: true } => vec![Command::DrainNode { node: node(number) }],
            Deed::Drain { node: number, drained: false } => vec![Command::UndrainNode { node: node(number) }],
            Deed::Clear { node: number, all } => {
                let renderer = (!all).then(|| "common".to_owned());
                vec![Command::ClearNode { node: node(number), renderer }]
            }
            Deed::Prove { lease, frames, own } => self.of_lease(lease, |offer| {
                let frames = if own { offer.frames.intersection(&frames) } else { frames };
                Reported::Proven { frames, bytes: u64::MAX / 2, took: Duration::from_millis(7) }
            }),
            Deed::Publish { lease, frames, own } => self.of_lease(lease, |offer| Reported::Published {
                frames: if own { offer.frames.clone() } else { frames },
            }),
            Deed::Lose { lease, frames } => self.of_lease(lease, |_| Reported::Lost { frames }),
            Deed::End { lease, how, blamed } => {
                self.of_lease(lease, |_| Reported::Ended { outcome: outcome(how), blamed, last_frame: None })
            }
            Deed::Begin { lease, ms } => self.of_lease(lease, |_| {
                let loaded = Duration::from_millis(ms);
                Reported::Began { fetched: Duration::MAX, loaded }
            }),
            Deed::Aside(aside) => self.aside(aside),
            Deed::Fail { lease, how } => self.in_force(lease, how),
            Deed::Lie { node: number, token, frames } => {
                let what = Reported::Proven { frames, bytes: 0, took: Duration::MAX };
                vec![Command::Report { node: node(number), report: Report { token: Token(token), what } }]
            }
            Deed::Wait { ms } => return self.wait(ms),
            Deed::Sleep { ms } => {
                self.now = Timestamp(self.now.0 + ms);
                vec![Command::Tick]
            }
            Deed::Restart { from_image } => return self.restart(from_image),
        };
        self.batch(commands);
    }

    fn of_lease(&self, lease: Index, what: impl FnOnce(&Offer) -> Reported) -> Vec<Command> {
        if self.offers.is_empty() {
            return Vec::new();
        }
        // Recent leases are the interesting ones, but old ones come back too.
        let recent = self.offers.len().saturating_sub(12);
        let offer = lease.get(&self.offers[recent..]);
        let report = Report { token: offer.token, what: what(offer) };
        vec![Command::Report { node: offer.node.clone(), report }]
    }

    /// An attempt that counts, and fails.
    fn in_force(&self, lease: Index, how: usize) -> Vec<Command> {
        let leases = self.scheduler.leases(None, None, 1000).items;
        if leases.is_empty() {
            return Vec::new();
        }
        let held = &lease.get(&leases).lease;
        let what = Reported::Ended { outcome: outcome(how), blamed: FrameSet::new(), last_frame: Some(3) };
        vec![Command::Report { node: held.node.clone(), report: Report { token: held.token, what } }]
    }

    fn held(&self, node: &NodeName) -> BTreeSet<Token> {
        self.scheduler.node(node).map(|view| view.leases.into_iter().collect()).unwrap_or_default()
    }

    fn connect(&mut self, node: NodeName, slots: u32, honest: bool) -> Command {
        self.last_session += 1;
        self.sessions.insert(node.clone(), SessionId(self.last_session));
        let mut held = if honest { self.held(&node) } else { BTreeSet::new() };
        if slots == 3 {
            held.insert(Token(u64::MAX));
        }
        let version = if slots == 1 { "1" } else { "2" };
        let common = [("common".to_owned(), Versions::from(version)), (LOOKS.to_owned(), "3, 2".into())];
        let rare = (node.as_str() == "anna" || slots == 2).then(|| ("rare".to_owned(), Versions::default()));
        let capabilities = Capabilities {
            renderers: common.into_iter().chain(rare).collect(),
            slots,
            labels: if number_of(&node) % 2 == 1 { ["night".to_owned()].into() } else { BTreeSet::new() },
            memory: 2 << 30,
            ..Capabilities::default()
        };
        Command::ConnectNode {
            node,
            session: SessionId(self.last_session),
            capabilities,
            arrival: Box::default(),
            held,
        }
    }

    fn hear(&self, node: NodeName, holding: u8) -> Command {
        let session = self.sessions.get(&node).copied().unwrap_or_default();
        let holding = match holding {
            0 => None,
            1 => Some(Holding { tokens: self.held(&node), last_offered: Token(u64::MAX) }),
            _ => Some(Holding {
                tokens: [Token(3), Token(u64::MAX)].into(),
                last_offered: self.account.last_token,
            }),
        };
        Command::HearNode { node, session, holding }
    }

    fn batch(&mut self, commands: Vec<Command>) {
        let mut out = Output::default();
        for command in commands {
            let before = out.events.len();
            if self.scheduler.handle(self.now, callsheet_model::Author::SYSTEM, command, &mut out).is_err() {
                assert_eq!(out.events.len(), before, "a rejection changes nothing");
            }
            self.scheduler.check().unwrap();
        }
        self.scheduler.dispatch(self.now, &mut out);
        self.scheduler.check().unwrap();
        self.nobody_is_overlooked();
        for envelope in out.events {
            assert_eq!(envelope.sequence, self.journal.len() as u64 + 1);
            self.account.keep(&self.scheduler, self.now, &envelope.event);
            self.beside.keep(&self.scheduler, &envelope.event);
            self.journal.push(envelope);
        }
        for effect in out.effects {
            self.perform(effect);
        }
    }

    /// Whoever has a free slot has been handed what there is for it: looking at every node once more, which a
    /// stranger's hello makes the scheduler do, finds nothing to put there.
    fn nobody_is_overlooked(&self) {
        let (mut copy, mut out) = (self.scheduler.clone(), Output::default());
        let stranger = Command::ConnectNode {
            node: NodeName::new("stranger").unwrap(),
            session: SessionId(u64::MAX),
            capabilities: Capabilities::default(),
            arrival: Box::default(),
            held: BTreeSet::new(),
        };
        copy.handle(self.now, callsheet_model::Author::SYSTEM, stranger, &mut out).unwrap();
        copy.dispatch(self.now, &mut out);
        for envelope in &out.events {
            if let Event::FramesLeased { lease } = &envelope.event {
                let view = self.scheduler.node(&lease.node).unwrap();
                // Ahead of the slots more may be handed out at any time, when frames turn out to be short.
                assert!(view.busy >= view.capabilities.slots, "{lease:?} could have been handed out before");
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::OfferLease { session, lease, .. } => {
                assert_eq!(
                    self.sessions.get(&lease.node),
                    Some(&session),
                    "offered over a session that is over"
                );
                let callsheet_model::Lease { token, node, work, frames, .. } = lease;
                let offer = Offer { node, token, work, frames };
                self.offers.push(offer.clone());
                self.fresh.push(offer);
            }
            Effect::ConfirmAccepted { node, token, frames, .. } => {
                self.account.confirm(&node, token, &frames);
                self.confirmed.push((node, token, frames));
            }
            _ => {}
        }
    }

    fn wait(&mut self, ms: u64) {
        let end = Timestamp(self.now.0 + ms);
        for _ in 0..10_000 {
            if self.now >= end {
                return;
            }
            let wake = self.scheduler.next_wake(self.now).unwrap_or(end);
            self.now = wake.min(end);
            self.batch(Vec::new());
        }
        panic!("the scheduler wants to be called again and again at {}", self.now);
    }

    fn restart(&mut self, from_image: bool) {
        self.compare();
        let policy = self.scheduler.policy().clone();
        self.scheduler = if from_image {
            Scheduler::from_image(policy, self.scheduler.image())
        } else {
            let mut copy = Scheduler::new(policy);
            self.journal.iter().for_each(|envelope| copy.replay(envelope));
            copy
        };
        self.sessions.clear();
        self.batch(vec![Command::StartLeader]);
    }

    /// Replay and image give the state as it is.
    pub(crate) fn compare(&self) {
        let policy = self.scheduler.policy().clone();
        let mut copy = Scheduler::new(policy.clone());
        self.journal.iter().for_each(|envelope| copy.replay(envelope));
        assert!(copy.state() == self.scheduler.state(), "replay gives another state");
        copy.check().unwrap();
        let copy = Scheduler::from_image(policy, self.scheduler.image());
        assert!(copy.state() == self.scheduler.state(), "an image gives another state");
    }

    pub(crate) fn is_over(&self, number: u8) -> bool {
        self.scheduler.job(job(number)).is_none_or(|view| view.state.is_final())
    }

    /// Every lease at hand fails in this way.
    pub(crate) fn fail_everything(&mut self, how: usize) {
        for offer in std::mem::take(&mut self.fresh) {
            let what = Reported::Ended { outcome: outcome(how), blamed: FrameSet::new(), last_frame: None };
            self.batch(vec![Command::Report {
                node: offer.node,
                report: Report { token: offer.token, what },
            }]);
        }
    }
}

fn outcome(how: usize) -> Outcome {
    match FailureClass::ALL.get(how) {
        Some(class) => Outcome::Failed(Failure::new(*class, "as the test wants it")),
        None if how.is_multiple_of(2) => Outcome::Succeeded,
        None => Outcome::Stopped,
    }
}
