//! Indices over the state, so that handing out frames costs the same with one job as with forty thousand.
//!
//! Steps that ask the same of a node are a class; each class has its ready steps in the order they go out.
//! All of it is derived: rebuilding it from the durable state gives the same.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::{JobId, NodeName, Requirements, StepIndex, StepSpec, Timestamp};

use super::step::{History, Listing};
use super::tally::Tally;
use super::{JobRecord, NodeRecord};

/// Which class of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClassId(pub(crate) usize);

/// A step's place in the order in which frames go out: priority, then order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    urgency: Reverse<u32>,
    rank: u64,
    pub(crate) step: StepIndex,
    pub(crate) job: JobId,
}

impl Place {
    pub(super) fn new(priority: u32, rank: u64, step: StepIndex, job: JobId) -> Self {
        Self { urgency: Reverse(priority), rank, step, job }
    }
}

/// Steps that ask the same of a node.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) renderer: String,
    pub(crate) requires: Requirements,
    /// Steps with something to hand out now.
    pub(crate) ready: BTreeSet<Place>,
    /// Its queue is paused: nothing of it is handed out to be rendered.
    pub(crate) is_paused: bool,
    /// Frames of all its steps.
    pub(crate) tally: Tally,
}

/// What can be handed out, and who should be looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    classes: Vec<Class>,
    by_need: BTreeMap<(String, Requirements), ClassId>,
    /// Classes with a ready step.
    active: BTreeSet<ClassId>,
    /// Steps that will have something to hand out later.
    wakes: BTreeSet<(Timestamp, Place)>,
    /// When nodes in quarantine can be tried with their renderers.
    trials: BTreeSet<(Timestamp, NodeName, String)>,
    /// Steps with accepted frames that wait for someone to publish them.
    orphans: BTreeSet<Place>,
    /// Steps with frames put aside, of jobs that are over too.
    dead: BTreeSet<Place>,
    /// Renderers whose queue is paused.
    paused_queues: BTreeSet<String>,
    /// Back-offs up to here are over.
    watermark: Timestamp,
    stirred: Vec<NodeName>,
    all_stirred: bool,
}

impl Index {
    /// The class of a step, made when it is the first of its kind.
    pub(super) fn class_of(
        &mut self,
        spec: &StepSpec,
        nodes: &mut BTreeMap<NodeName, NodeRecord>,
    ) -> ClassId {
        let need = (spec.renderer.clone(), spec.requires.clone());
        if let Some(class) = self.by_need.get(&need) {
            return *class;
        }
        let class = ClassId(self.classes.len());
        let (renderer, requires) = need.clone();
        let is_paused = self.paused_queues.contains(&renderer);
        let (ready, tally) = (BTreeSet::new(), Tally::default());
        self.classes.push(Class { renderer, requires, ready, is_paused, tally });
        self.by_need.insert(need, class);
        nodes.values_mut().for_each(|node| self.judge(node));
        class
    }

    /// Which classes a node can run.
    pub(super) fn judge(&self, node: &mut NodeRecord) {
        let able = |class: &Class| node.capabilities.meets(&class.renderer, &class.requires).is_ok();
        node.able = self.classes.iter().map(able).collect();
    }

    pub(crate) fn class(&self, class: ClassId) -> Option<&Class> {
        self.classes.get(class.0)
    }

    pub(crate) fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// What the steps of a class are rendered with.
    pub(crate) fn renderer(&self, class: ClassId) -> &str {
        self.class(class).map_or("", |class| class.renderer.as_str())
    }

    /// Memory that each lease of a class needs.
    pub(crate) fn memory(&self, class: ClassId) -> u64 {
        self.class(class).and_then(|class| class.requires.memory).unwrap_or(0)
    }

    /// Classes with something to hand out.
    pub(crate) fn active(&self) -> impl Iterator<Item = (ClassId, &Class)> {
        self.active.iter().filter_map(|id| Some((*id, self.class(*id)?)))
    }

    /// Whether there is nothing to hand out to be rendered.
    pub(super) fn is_idle(&self) -> bool {
        self.active.is_empty()
    }

    pub(crate) fn orphans(&self) -> &BTreeSet<Place> {
        &self.orphans
    }

    pub(crate) fn dead(&self) -> &BTreeSet<Place> {
        &self.dead
    }

    /// Exactly these renderers' queues are paused from now on.
    pub(super) fn pause_queues(&mut self, renderers: BTreeSet<String>) {
        for class in &mut self.classes {
            class.is_paused = renderers.contains(&class.renderer);
        }
        self.paused_queues = renderers;
    }

    pub(super) fn wakes(&self) -> &BTreeSet<(Timestamp, Place)> {
        &self.wakes
    }

    pub(super) fn trials(&self) -> &BTreeSet<(Timestamp, NodeName, String)> {
        &self.trials
    }

    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        let trial = self.trials.first().map(|(at, _, _)| *at);
        self.wakes.first().map(|(at, _)| *at).into_iter().chain(trial).min()
    }

    /// A node can be tried with a renderer from this moment; those that can be already are looked at anyway.
    pub(super) fn await_trial(&mut self, at: Timestamp, node: &NodeName, renderer: &str) {
        if at > self.watermark {
            self.trials.insert((at, node.clone(), renderer.to_owned()));
        }
    }

    pub(super) fn forget_trial(&mut self, at: Timestamp, node: &NodeName, renderer: &str) {
        self.trials.remove(&(at, node.clone(), renderer.to_owned()));
    }

    /// A node whose time to be tried has come.
    pub(super) fn pop_trial(&mut self, now: Timestamp) -> Option<NodeName> {
        self.watermark = self.watermark.max(now);
        if self.trials.first().is_none_or(|(at, _, _)| *at > self.watermark) {
            return None;
        }
        self.trials.pop_first().map(|(_, node, _)| node)
    }

    pub(super) fn watermark(&self) -> Timestamp {
        self.watermark
    }

    pub(super) fn set_watermark(&mut self, watermark: Timestamp) {
        self.watermark = watermark;
    }

    pub(super) fn pop_woken(&mut self, now: Timestamp) -> Option<Place> {
        self.watermark = self.watermark.max(now);
        let (at, place) = self.wakes.first().copied()?;
        (at <= self.watermark).then_some(place)
    }

    /// Puts a step where it belongs now, after anything about it changed.
    pub(super) fn relist(&mut self, job: &mut JobRecord, step: StepIndex) {
        let place = job.place(step);
        let (open, over) = (job.is_open(), job.end.is_some());
        let in_queue = !over && !job.is_awaiting();
        let Some(record) = job.steps.get_mut(step.at()) else { return };
        let wanted = {
            let open = open && record.blockers == 0 && !record.succeeded;
            let idle = |frames: &callsheet_model::FrameSet| !frames.is_disjoint(&record.retrying);
            // The end of the next back-off counts even while other frames are due: those may all have to wait for
            // a node that is busy.
            let (due, wake) = match record.retrying.is_empty() || !open {
                true => (false, None),
                false => {
                    let mut past = record.troubles.range(..History::beyond(self.watermark));
                    let mut to_come = record.troubles.range(History::beyond(self.watermark)..);
                    let next =
                        to_come.find(|(_, frames)| idle(frames)).map(|(history, _)| history.not_before);
                    (past.any(|(_, frames)| idle(frames)), next)
                }
            };
            let ready = match record.is_held() {
                false => due || !record.waiting.is_empty(),
                // One frame stands for the step until somebody has looked at it: no other while that one waits.
                true => {
                    let idle = record.retrying.is_empty() && !record.waiting.is_empty();
                    record.looking.is_none() && (due || idle)
                }
            };
            Listing {
                ready: open && ready,
                wake,
                orphans: !over && !record.unpublished.is_empty(),
                tally: record.tally(in_queue && record.blockers == 0 && !record.succeeded),
            }
        };
        let class = record.class;
        let was = std::mem::replace(&mut record.listing, wanted);
        if was != wanted {
            self.move_listing(class, place, was, wanted);
        }
    }

    /// Takes a step out, wherever it is.
    pub(super) fn unlist(&mut self, job: &mut JobRecord, step: StepIndex) {
        let place = job.place(step);
        let Some(record) = job.steps.get_mut(step.at()) else { return };
        let was = std::mem::take(&mut record.listing);
        self.move_listing(record.class, place, was, Listing::default());
    }

    fn move_listing(&mut self, class: ClassId, place: Place, was: Listing, now: Listing) {
        if was.ready != now.ready
            && let Some(ready) = self.classes.get_mut(class.0).map(|class| &mut class.ready)
        {
            if now.ready {
                ready.insert(place);
                self.active.insert(class);
                self.all_stirred = true;
            } else {
                ready.remove(&place);
                if ready.is_empty() {
                    self.active.remove(&class);
                }
            }
        }
        if was.wake != now.wake {
            was.wake.map(|at| self.wakes.remove(&(at, place)));
            now.wake.map(|at| self.wakes.insert((at, place)));
        }
        if was.orphans != now.orphans {
            if now.orphans {
                self.orphans.insert(place)
            } else {
                self.orphans.remove(&place)
            };
        }
        if was.tally != now.tally {
            if let Some(class) = self.classes.get_mut(class.0) {
                class.tally.exchange(was.tally, now.tally);
            }
            match (was.tally.dead, now.tally.dead) {
                (0, 1..) => self.dead.insert(place),
                (1.., 0) => self.dead.remove(&place),
                _ => false,
            };
        }
    }

    pub(super) fn stir(&mut self, name: &NodeName, node: &mut NodeRecord) {
        if !node.stirred {
            node.stirred = true;
            self.stirred.push(name.clone());
        }
    }

    pub(super) fn stir_all(&mut self) {
        self.all_stirred = true;
    }

    pub(super) fn take_stirred(&mut self) -> (bool, Vec<NodeName>) {
        (std::mem::take(&mut self.all_stirred), std::mem::take(&mut self.stirred))
    }
}
