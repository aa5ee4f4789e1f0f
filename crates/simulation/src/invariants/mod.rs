//! What must hold, whatever happens: one file each, named as the code that upholds it names it. Each sees what can be
//! seen from outside, keeps its own small books, and trusts nobody else's.

mod acknowledged_survives;
mod backs_off;
mod books;
mod bounded;
mod ears;
mod every_lease_ends;
mod falls_go_up;
mod finished_iff_complete;
mod nothing_starves;
mod numbered_once;
mod one_accepted_attempt;
mod one_valid_lease;
mod people_are_heeded;
mod pinned_is_there;
mod replay_is_state;
mod retries_on_evidence;
mod stall_kills_nobody;
mod stops_before_reassigned;

use crate::Micros;
use crate::scenario::Scenario;
use crate::sight::Sight;

/// One thing that must hold.
pub trait Invariant: Send {
    /// Its name, by which code refers to it.
    fn name(&self) -> &'static str;

    /// Whether it follows who is heard when. Signs of life are nearly all that happens, and only those are told of
    /// them that make something of it.
    fn has_ears(&self) -> bool {
        false
    }

    /// Sees something.
    ///
    /// # Errors
    /// A sentence that says what is broken.
    fn see(&mut self, now: Micros, sight: &Sight<'_>) -> Result<(), String>;
}

/// Names of all of them. `journal_opens` is judged by the world itself: a leader that starts can read its journal.
pub const NAMES: [&str; 17] = [
    "one_accepted_attempt",
    "finished_iff_complete",
    "one_valid_lease",
    "every_lease_ends",
    "acknowledged_survives",
    "numbered_once",
    "replay_is_state",
    "stall_kills_nobody",
    "stops_before_reassigned",
    "retries_on_evidence",
    "backs_off",
    "people_are_heeded",
    "pinned_is_there",
    "falls_go_up",
    "bounded",
    "nothing_starves",
    "journal_opens",
];

/// Those that can be judged by events alone, without the world that they come from.
pub(crate) fn of_events() -> Vec<Box<dyn Invariant>> {
    // A cluster that says nothing of its nodes: who was heard when is not in a log.
    let scenario = Scenario::draw(0, crate::scenario::Size { nodes: 0, jobs: 0, ..Default::default() });
    vec![
        Box::new(one_accepted_attempt::OneAcceptedAttempt::default()),
        Box::new(finished_iff_complete::FinishedIffComplete::default()),
        Box::new(one_valid_lease::OneValidLease::default()),
        Box::new(every_lease_ends::EveryLeaseEnds::new(&scenario)),
        Box::new(retries_on_evidence::RetriesOnEvidence::default()),
        Box::new(people_are_heeded::PeopleAreHeeded::default()),
    ]
}

/// What was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant.
    pub invariant: &'static str,
    /// How.
    pub why: String,
    /// When.
    pub at: Micros,
}

/// All invariants, and what was broken first.
pub struct Watch {
    all: Vec<Box<dyn Invariant>>,
    /// Those of them that have ears.
    listening: Vec<usize>,
    violation: Option<Violation>,
    checked: u64,
    now: Micros,
}

impl Watch {
    /// Everything that must hold in this cluster.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let all: Vec<Box<dyn Invariant>> = vec![
            Box::new(one_accepted_attempt::OneAcceptedAttempt::beside_the_drawing()),
            Box::new(finished_iff_complete::FinishedIffComplete::default()),
            Box::new(one_valid_lease::OneValidLease::default()),
            Box::new(every_lease_ends::EveryLeaseEnds::new(scenario)),
            Box::new(acknowledged_survives::AcknowledgedSurvives::default()),
            Box::new(numbered_once::NumberedOnce::new(scenario)),
            Box::new(replay_is_state::ReplayIsState::new(scenario)),
            Box::new(stall_kills_nobody::StallKillsNobody::new(scenario)),
            Box::new(stops_before_reassigned::StopsBeforeReassigned::new(scenario)),
            Box::new(retries_on_evidence::RetriesOnEvidence::new(scenario)),
            Box::new(backs_off::BacksOff::new(scenario)),
            Box::new(people_are_heeded::PeopleAreHeeded::default()),
            Box::new(pinned_is_there::PinnedIsThere),
            Box::new(falls_go_up::FallsGoUp::default()),
            Box::new(bounded::Bounded::new(scenario)),
            Box::new(nothing_starves::NothingStarves::default()),
        ];
        let watch = Self { all: Vec::new(), listening: Vec::new(), violation: None, checked: 0, now: 0 };
        watch.with(all)
    }

    /// With others that see the same.
    #[must_use]
    pub(crate) fn with(mut self, others: Vec<Box<dyn Invariant>>) -> Self {
        for other in others {
            self.listening.extend(other.has_ears().then_some(self.all.len()));
            self.all.push(other);
        }
        self
    }

    pub(crate) fn saw(&mut self, now: Micros, sight: &Sight<'_>) {
        self.now = now;
        if matches!(sight, Sight::Heard { .. }) {
            for nth in 0..self.listening.len() {
                self.tell(self.listening[nth], sight);
            }
        } else {
            (0..self.all.len()).for_each(|nth| self.tell(nth, sight));
        }
    }

    fn tell(&mut self, nth: usize, sight: &Sight<'_>) {
        let (at, invariant) = (self.now, &mut self.all[nth]);
        self.checked += 1;
        if let Err(why) = invariant.see(at, sight) {
            let invariant = invariant.name();
            self.violation.get_or_insert(Violation { invariant, why, at });
        }
    }

    pub(crate) fn broke(&mut self, invariant: &'static str, why: String) {
        let at = self.now;
        self.violation.get_or_insert(Violation { invariant, why, at });
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.violation.is_some()
    }

    pub(crate) fn checked(&self) -> u64 {
        self.checked
    }

    pub(crate) fn into_violation(self) -> Option<Violation> {
        self.violation
    }
}
