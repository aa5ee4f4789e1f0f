//! The scheduler from outside: state, presence and policy behind one door.

use callsheet_model::image::Image;
use callsheet_model::{Author, Envelope, Timestamp};

use crate::command::Command;
use crate::decide;
use crate::effect::{Effect, Reply};
use crate::policy::Policy;
use crate::presence::Presence;
use crate::rejection::Rejection;
use crate::state::{Damage, State};
use crate::turn::Turn;

/// What a batch of commands has led to. The caller keeps it from batch to batch, and empties it.
///
/// Events go to the journal in this order; effects (and replies) leave only when these are durable.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// What happened, numbered.
    pub events: Vec<Envelope>,
    /// What is to be done about it, in this order.
    pub effects: Vec<Effect>,
}

impl Output {
    /// Forgets everything, and keeps the memory for the next batch.
    pub fn clear(&mut self) {
        self.events.clear();
        self.effects.clear();
    }
}

/// The leader's mind.
///
/// In each batch: [`handle`](Self::handle) every command, then [`dispatch`](Self::dispatch) once, then make the
/// events durable, then let effects and replies out; and be back by [`next_wake`](Self::next_wake).
#[derive(Clone, Debug)]
pub struct Scheduler {
    state: State,
    presence: Presence,
    policy: Policy,
}

impl Scheduler {
    /// One that knows nothing yet.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { state: State::default(), presence: Presence::default(), policy }
    }

    /// One that goes on from a snapshot.
    #[must_use]
    pub fn from_image(policy: Policy, image: Image) -> Self {
        Self { state: State::from_image(image), presence: Presence::default(), policy }
    }

    /// Folds in an event from the journal. After the last one comes [`Command::StartLeader`].
    pub fn replay(&mut self, envelope: &Envelope) {
        self.state.evolve(envelope);
    }

    /// Everything durable, for a snapshot.
    #[must_use]
    pub fn image(&self) -> Image {
        self.state.image()
    }

    /// Carries out one command. What a node says comes from that node, whoever `author` is.
    ///
    /// # Errors
    /// A rejection is a no that changed nothing; effects may still tell a node to drop what it holds.
    pub fn handle(
        &mut self,
        now: Timestamp,
        author: Author,
        command: Command,
        out: &mut Output,
    ) -> Result<Reply, Rejection> {
        let speaker = command.node().cloned();
        decide::decide(&mut self.turn(now, author, out).spoken_by(speaker), command)
    }

    /// Ends a batch: lets time pass, hands out frames to whoever has room for them.
    pub fn dispatch(&mut self, now: Timestamp, out: &mut Output) {
        let mut turn = self.turn(now, Author::SYSTEM, out);
        decide::pass_time(&mut turn);
        decide::dispatch(&mut turn);
        let wake = self.next_wake(now);
        self.presence.promise(wake);
    }

    /// When to call [`dispatch`](Self::dispatch) if nothing else happens. A call that comes much later is taken
    /// for a stall of the leader.
    #[must_use]
    pub fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let forget = self.state.first_ended().map(|(at, _)| at.plus(self.policy.keep_finished));
        let pauses = self.state.pauses().values().filter_map(|pause| self.presence.pause_end(pause)).min();
        let wakes = [
            self.presence.next_wake(&self.policy),
            self.state.index().next_wake(),
            self.presence.next_setback(),
            self.state.next_overdue(),
            pauses,
            forget,
        ];
        wakes.into_iter().flatten().min().map(|at| at.max(now))
    }

    /// The last event's number.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.state.sequence()
    }

    /// The epoch of the leader that served last.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.state.epoch()
    }

    /// What decisions are made by.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The fold of all events, to compare.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn presence(&self) -> &Presence {
        &self.presence
    }

    /// Validates everything.
    ///
    /// # Errors
    /// `Damage` names the first thing that does not fit.
    pub fn check(&self) -> Result<(), Damage> {
        self.state.check()
    }

    fn turn<'a>(&'a mut self, now: Timestamp, author: Author, out: &'a mut Output) -> Turn<'a> {
        let now = self.presence.observe(now, &self.policy);
        Turn::new(&mut self.state, &mut self.presence, &self.policy, now, author, out)
    }
}
