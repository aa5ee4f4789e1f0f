//! One turn of the scheduler: what a handler may read, and the two ways to act: `emit` an event, which is
//! folded in at once, or `tell` the world an effect.

use std::sync::Arc;

use callsheet_model::{
    Author, Context, Envelope, Event, FrameSet, Job, NodeName, SessionId, Timestamp, Token,
};

use crate::effect::Effect;
use crate::policy::Policy;
use crate::presence::Presence;
use crate::scheduler::Output;
use crate::state::State;

pub(crate) struct Turn<'a> {
    state: &'a mut State,
    pub(crate) presence: &'a mut Presence,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
    author: Author,
    /// The node that speaks, until it is known as the author. Most of what nodes say leads to no event, and working
    /// out an id takes longer than hearing a pulse.
    speaker: Option<NodeName>,
    out: &'a mut Output,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(
        state: &'a mut State,
        presence: &'a mut Presence,
        policy: &'a Policy,
        now: Timestamp,
        author: Author,
        out: &'a mut Output,
    ) -> Self {
        Self { state, presence, policy, now, author, speaker: None, out }
    }

    /// What happens in this turn comes from a node, if it is one that speaks.
    pub(crate) fn spoken_by(mut self, node: Option<NodeName>) -> Self {
        self.speaker = node;
        self
    }

    /// Whom what happens in this turn comes from.
    pub(crate) fn author(&mut self) -> Author {
        if let Some(node) = self.speaker.take() {
            self.author = Author::agent(node.uuid());
        }
        self.author
    }

    /// What happens from here on comes from someone else.
    pub(crate) fn comes_from(&mut self, author: Author) {
        (self.author, self.speaker) = (author, None);
    }

    /// The state, to read.
    pub(crate) fn state(&self) -> &State {
        self.state
    }

    /// Decides an event: it has its number and time from here on, and the state knows of it.
    pub(crate) fn emit(&mut self, event: Event) {
        let context = Context { project: self.project_of(&event), author: self.author() };
        self.emit_as(context, event);
    }

    /// Decides an event that says itself whom it comes from.
    pub(crate) fn emit_as(&mut self, context: Context, event: Event) {
        // Upholds numbered_once: the one place that numbers are given in.
        let envelope = Envelope { sequence: self.state.sequence() + 1, at: self.now, context, event };
        self.state.evolve(&envelope);
        self.out.events.push(envelope);
    }

    fn project_of(&self, event: &Event) -> Option<uuid::Uuid> {
        match event {
            Event::JobSubmitted { job } => Some(job.spec.project_id()),
            Event::CacheUpdated { update } => Some(update.project),
            event => self.state.job(event.job()?).map(|record| record.project),
        }
    }

    /// After a restart: every node that was online has just been heard.
    pub(crate) fn begin_presence(&mut self) {
        self.presence.begin(self.state, self.now);
    }

    /// The state and the presence side by side, for what is derived from both.
    pub(crate) fn crew(&mut self, class: crate::state::ClassId) -> crate::presence::Crew {
        self.presence.crew(self.state, class)
    }

    /// Makes the next dispatch look at a node.
    pub(crate) fn stir(&mut self, node: &NodeName) {
        self.state.stir(node);
    }

    /// Makes the next dispatch look at every node: who can be handed work has changed.
    pub(crate) fn stir_all(&mut self) {
        self.state.stir_all();
        self.presence.changed();
    }

    pub(crate) fn take_stirred(&mut self) -> Vec<NodeName> {
        self.state.take_stirred()
    }

    pub(crate) fn advance(&mut self) {
        self.state.advance(self.now);
    }

    fn tell(&mut self, node: &NodeName, effect: impl FnOnce(NodeName, SessionId) -> Effect) {
        // A node without a session hears of it when it comes back.
        if let Some(session) = self.presence.session(node) {
            self.out.effects.push(effect(node.clone(), session));
        }
    }

    pub(crate) fn offer(&mut self, lease: callsheet_model::Lease) {
        let Some(job) = self.state.job(lease.job).map(|record| Arc::clone(&record.job)) else { return };
        if let Some(session) = self.presence.session(&lease.node) {
            self.out.effects.push(Effect::OfferLease { session, lease, job });
        }
    }

    pub(crate) fn revoke(&mut self, node: &NodeName, token: Token, why: &'static str) {
        self.tell(node, |node, session| Effect::RevokeLease { node, session, token, why });
    }

    pub(crate) fn confirm(&mut self, node: &NodeName, token: Token, frames: FrameSet) {
        if !frames.is_empty() {
            self.tell(node, |node, session| Effect::ConfirmAccepted { node, session, token, frames });
        }
    }

    pub(crate) fn close(&mut self, node: &NodeName, token: Token) {
        self.tell(node, |node, session| Effect::CloseLease { node, session, token });
    }

    pub(crate) fn sweep(&mut self, node: &NodeName, job: Arc<Job>) {
        let up_to = self.state.last_token();
        self.tell(node, |node, session| Effect::SweepJob { node, session, job, up_to });
    }

    /// Not told over the node's session, but over the one that it has no more.
    pub(crate) fn end_session(&mut self, node: &NodeName, session: SessionId) {
        self.out.effects.push(Effect::EndSession { node: node.clone(), session });
    }

    pub(crate) fn tell_drained(&mut self, node: &NodeName, drained: bool) {
        self.tell(node, |node, session| Effect::TellDrained { node, session, drained });
    }
}
