//! One step's frames, as sets: where each of them is. Knows nothing of other steps, nodes or time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callsheet_model::image::DeadImage;
use callsheet_model::trust::Look;
use callsheet_model::{Failure, FailureClass, FrameSet, NodeName, StepSpec, Timestamp, Token};

use super::index::ClassId;
use super::tally::Tally;

/// Distinct failures kept with a step's dead frames; further frames are filed under the last one.
const MAX_DEAD_ENTRIES: usize = 1000;
/// What passes by itself is met for as long as it lasts. Once so many nodes have met it, it is none of theirs, and
/// their names are let go: a night without licences must not leave every node's name with every frame.
const MAX_AVOIDED_WAITING: usize = 8;

/// What frames have been through. Frames of equal history are kept, and tried again, together.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct History {
    /// Not handed out before this.
    pub(crate) not_before: Timestamp,
    /// Failures that counted against them.
    pub(crate) charged: u32,
    /// Failures in a row that did not, and that do not pass by themselves.
    pub(crate) uncharged: u32,
    /// How often in a row they met what passes by itself.
    pub(crate) waited: u32,
    /// Nodes they failed on.
    pub(crate) avoid: BTreeSet<NodeName>,
    /// They ran out of memory: they go out to be rendered with as little as can be.
    pub(crate) gentle: bool,
}

impl History {
    /// Less than every history of frames that are not due at `now`, and more than all others.
    pub(super) fn beyond(now: Timestamp) -> Self {
        Self { not_before: Timestamp(now.0.saturating_add(1)), ..Self::default() }
    }

    /// All failures that the next wait is the longer for.
    pub(crate) fn failures(&self) -> u32 {
        self.charged.saturating_add(self.uncharged).saturating_add(self.waited)
    }

    /// One more failure, which counted or not.
    fn count(&mut self, charged: bool, class: FailureClass) {
        let waits = !charged && class.is_waited_for();
        self.waited = if waits { self.waited.saturating_add(1) } else { 0 };
        if charged {
            self.charged = self.charged.saturating_add(1);
            self.uncharged = 0;
        } else if !waits {
            self.uncharged = self.uncharged.saturating_add(1);
        }
    }
}

/// A step's frames. Every frame of the work is in exactly one of: `waiting`, `retrying`, a lease's remaining
/// frames, `accepted`, `dead`.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepRecord {
    /// Frames that were accepted.
    pub(crate) accepted: FrameSet,
    /// Of those, frames at their final path.
    pub(crate) published: FrameSet,
    /// Frames put aside.
    pub(crate) dead: Vec<DeadImage>,
    /// Frames that failed and are not yet accepted or dead, in hands or not.
    pub(crate) troubles: BTreeMap<History, FrameSet>,
    /// Accepted frames that wait for someone to publish them, by the attempt that left them.
    pub(crate) unpublished: BTreeMap<Token, FrameSet>,
    /// Every frame was published, and the event written.
    pub(crate) succeeded: bool,
    /// Bytes of all accepted frames.
    pub(crate) bytes: u64,
    /// Render time of all accepted frames.
    pub(crate) took: Duration,
    /// The last failure seen.
    pub(crate) last_failure: Option<Failure>,
    /// How far the look is that comes before its frames.
    pub(crate) look: Look,
    /// Nodes that said they are not set up for it, while no frame of it had been accepted anywhere.
    pub(crate) unfit: BTreeSet<NodeName>,
    /// Nodes where its renderer died or hung, likewise.
    pub(crate) died_on: BTreeSet<NodeName>,
    /// What its frames wait for, and since when.
    pub(crate) awaits: Option<(FailureClass, Timestamp)>,

    // Derived from here on.
    /// Frames without a history, in nobody's hands.
    pub(crate) waiting: FrameSet,
    /// Frames with a history, in nobody's hands.
    pub(crate) retrying: FrameSet,
    /// The lease of the node that looks at it.
    pub(crate) looking: Option<Token>,
    /// Leases in force on frames of this step.
    pub(crate) leases: BTreeSet<Token>,
    /// How many frames there are in all.
    pub(crate) total: u64,
    /// Steps before this one that have not succeeded.
    pub(crate) blockers: usize,
    /// Whether results are published.
    pub(crate) has_output: bool,
    /// What it asks of nodes.
    pub(crate) class: ClassId,
    /// Under which marks it is in the index.
    pub(super) listing: Listing,
}

/// Where the index has a step, so that it can be taken out again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) ready: bool,
    pub(super) wake: Option<Timestamp>,
    pub(super) orphans: bool,
    pub(super) tally: Tally,
}

impl StepRecord {
    /// A step of which nothing is done yet.
    pub(super) fn fresh(spec: &StepSpec, class: ClassId) -> Self {
        let waiting = spec.work();
        Self { total: waiting.len(), waiting, class, has_output: spec.has_output(), ..Self::default() }
    }

    /// Whether anything of it has been handed out.
    pub(crate) fn has_begun(&self) -> bool {
        !(self.leases.is_empty()
            && self.accepted.is_empty()
            && self.dead.is_empty()
            && self.troubles.is_empty())
    }

    /// Whether every frame is at its end.
    pub(crate) fn is_complete(&self) -> bool {
        self.published.len() == self.total
    }

    /// Whether nothing of it waits, is in hands or is to be published, and yet it is not complete.
    pub(crate) fn is_stuck(&self) -> bool {
        !self.dead.is_empty()
            && self.waiting.is_empty()
            && self.retrying.is_empty()
            && self.leases.is_empty()
            && self.unpublished.is_empty()
    }

    /// Whether nobody can tell yet that it can be rendered.
    pub(crate) fn is_unseen(&self) -> bool {
        self.look != Look::Cleared && self.accepted.is_empty()
    }

    /// Whether its frames are held back until a node has looked at it. One that had frames accepted, as it can be
    /// in a journal from before there were looks, is known to be sound.
    pub(crate) fn is_held(&self) -> bool {
        self.look == Look::Begun && self.accepted.is_empty()
    }

    /// A node was asked to look.
    pub(super) fn begin_look(&mut self, token: Token) {
        self.looking = Some(token);
        if self.look == Look::None {
            self.look = Look::Begun;
        }
    }

    /// A node found nothing wrong: what others said before is forgotten, with the histories that it gave.
    pub(super) fn clear(&mut self) {
        self.look = Look::Cleared;
        self.believe();
        self.troubles.clear();
        let again = std::mem::take(&mut self.retrying);
        self.waiting.add(&again);
    }

    /// A node has something to say against it. Of no use once a frame was accepted: then it is not the step.
    pub(super) fn accuse(&mut self, node: &NodeName, class: FailureClass) {
        if !self.accepted.is_empty() {
            return;
        }
        if class == FailureClass::NodeConfig {
            self.unfit.insert(node.clone());
        } else if class.makes_a_node_suspect() {
            self.died_on.insert(node.clone());
        }
    }

    /// Whether a node has something to say against it, and nobody has rendered a frame of it.
    pub(crate) fn is_accused(&self) -> bool {
        !(self.unfit.is_empty() && self.died_on.is_empty())
    }

    /// A frame of it was accepted.
    pub(super) fn believe(&mut self) {
        self.unfit.clear();
        self.died_on.clear();
        self.awaits = None;
    }

    /// Notes what it waits for from now on, if it is something that passes by itself.
    pub(super) fn await_what(&mut self, class: FailureClass, now: Timestamp) {
        self.awaits = match self.awaits {
            _ if !class.is_waited_for() => None,
            Some((before, since)) if before == class => Some((class, since)),
            _ => Some((class, now)),
        };
    }

    /// All frames put aside.
    pub(crate) fn dead_frames(&self) -> FrameSet {
        self.dead.iter().fold(FrameSet::new(), |mut all, dead| {
            all.add(&dead.frames);
            all
        })
    }

    /// All frames with a history.
    pub(crate) fn troubled_frames(&self) -> FrameSet {
        self.troubles.values().fold(FrameSet::new(), |mut all, frames| {
            all.add(frames);
            all
        })
    }

    /// Whether frames with a history are in someone's hands.
    pub(crate) fn is_trouble_in_hands(&self) -> bool {
        !self.troubles.is_empty()
            && self.troubles.values().map(FrameSet::len).sum::<u64>() > self.retrying.len()
    }

    /// What render time one frame takes, in nanoseconds, once there is any experience.
    pub(crate) fn mean_nanos(&self) -> Option<u64> {
        let frames = self.accepted.len();
        let nanos = self.took.as_nanos().checked_div(u128::from(frames))?;
        Some(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The frames split by what they have been through; frames without a history come as the default one.
    pub(crate) fn by_history(&self, frames: &FrameSet) -> Vec<(History, FrameSet)> {
        let mut left = frames.clone();
        let mut parts = Vec::new();
        for (history, troubled) in &self.troubles {
            let part = left.intersection(troubled);
            if !part.is_empty() {
                left.subtract(&part);
                parts.push((history.clone(), part));
            }
        }
        if !left.is_empty() {
            parts.push((History::default(), left));
        }
        parts
    }

    /// Frames come back from a lease that had nothing to say about them.
    pub(super) fn take_back(&mut self, frames: &FrameSet) {
        if self.troubles.is_empty() {
            self.waiting.add(frames);
            return;
        }
        let troubled = frames.intersection(&self.troubled_frames());
        self.waiting.add(&frames.difference(&troubled));
        self.retrying.add(&troubled);
    }

    /// Frames have no history any more.
    pub(super) fn forgive(&mut self, frames: &FrameSet) {
        if self.troubles.is_empty() {
            return;
        }
        self.retrying.subtract(frames);
        self.troubles.retain(|_, troubled| {
            troubled.subtract(frames);
            !troubled.is_empty()
        });
    }

    /// Frames failed on a node and wait for another try.
    pub(super) fn trouble(
        &mut self,
        frames: &FrameSet,
        node: &NodeName,
        not_before: Timestamp,
        charged: bool,
        class: FailureClass,
    ) {
        let parts = self.by_history(frames);
        self.forgive(frames);
        for (mut history, part) in parts {
            history.not_before = not_before;
            if class.is_waited_for() && history.avoid.len() >= MAX_AVOIDED_WAITING {
                history.avoid.clear();
            }
            history.avoid.insert(node.clone());
            history.gentle |= class == FailureClass::OutOfMemory;
            history.count(charged, class);
            self.troubles.entry(history).or_default().add(&part);
        }
        self.retrying.add(frames);
    }

    /// Frames are put aside. Equal failures on one node are kept once, with the newest evidence.
    pub(super) fn bury(&mut self, frames: &FrameSet, failure: &Failure, node: &NodeName, token: Token) {
        self.forgive(frames);
        let full = self.dead.len() >= MAX_DEAD_ENTRIES;
        let like = |dead: &&mut DeadImage| {
            dead.failure.class == failure.class
                && dead.failure.message == failure.message
                && dead.failure.exit == failure.exit
                && dead.node.as_ref() == Some(node)
        };
        let found = if full { self.dead.last_mut() } else { self.dead.iter_mut().find(like) };
        match found {
            Some(dead) => {
                dead.frames.add(frames);
                dead.failure = failure.clone();
                dead.token = token;
                dead.node = Some(node.clone());
            }
            None => {
                let (frames, failure, node) = (frames.clone(), failure.clone(), Some(node.clone()));
                self.dead.push(DeadImage { frames, failure, token, node });
            }
        }
    }

    /// Frames that were put aside, or wait with a history, wait again without one.
    pub(super) fn revive(&mut self, frames: &FrameSet) {
        self.believe();
        let mut again = self.retrying.intersection(frames);
        self.forgive(&again);
        for dead in &mut self.dead {
            let part = dead.frames.intersection(frames);
            dead.frames.subtract(&part);
            again.add(&part);
        }
        self.dead.retain(|dead| !dead.frames.is_empty());
        self.waiting.add(&again);
    }

    /// Why its last attempts failed, for a sentence.
    pub(crate) fn worst_class(&self) -> Option<FailureClass> {
        self.dead.iter().max_by_key(|dead| dead.token).map(|dead| dead.failure.class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_wait_does_not_leave_every_nodes_name_with_a_frame() {
        let mut step = StepRecord::default();
        let fail = |step: &mut StepRecord, nth: u32, class: FailureClass| {
            let node = NodeName::new(&format!("node-{nth}")).unwrap();
            step.trouble(&FrameSet::one(1), &node, Timestamp(nth.into()), false, class);
            step.troubles.first_key_value().unwrap().0.clone()
        };
        for nth in 1..=1000 {
            let history = fail(&mut step, nth, FailureClass::Licence);
            assert!(history.avoid.len() <= MAX_AVOIDED_WAITING && history.waited == nth);
            assert!(history.avoid.contains(&NodeName::new(&format!("node-{nth}")).unwrap()));
        }
        let history = fail(&mut step, 1001, FailureClass::Agent);
        assert_eq!((history.waited, history.uncharged, step.troubles.len()), (0, 1, 1));
    }
}
