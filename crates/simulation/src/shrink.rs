//! The shortest plan that still fails: faults are taken out, many at first and then fewer, as long as the same
//! invariant is broken; what is left is made shorter.

use crate::faults::Plan;
use crate::invariants::Violation;
use crate::run::run;
use crate::scenario::Scenario;

/// Runs tried at most.
const TRIES: u32 = 400;
/// Steps of all runs together: what takes days of the cluster to show is not looked for for hours.
const STEPS: u64 = 500_000_000;

/// Finds it. Also says what the short plan breaks, and how many runs it took.
#[must_use]
pub fn shrink(scenario: &Scenario, plan: &Plan, violation: &Violation) -> (Plan, Violation, u32) {
    let (wanted, mut steps) = (violation.invariant, 0);
    shrink_by(plan, violation, |plan| {
        if steps > STEPS {
            return None;
        }
        let outcome = run(scenario.clone(), plan.clone(), false);
        steps += outcome.tally.steps;
        outcome.violation.filter(|found| found.invariant == wanted)
    })
}

/// The same, with what a plan breaks as somebody else finds out.
fn shrink_by(
    plan: &Plan,
    violation: &Violation,
    breaks: impl FnMut(&Plan) -> Option<Violation>,
) -> (Plan, Violation, u32) {
    let mut best = Best { plan: plan.clone(), violation: violation.clone(), breaks, tries: 0 };
    best.take_out();
    best.shorten();
    (best.plan, best.violation, best.tries)
}

struct Best<F> {
    plan: Plan,
    violation: Violation,
    breaks: F,
    tries: u32,
}

impl<F: FnMut(&Plan) -> Option<Violation>> Best<F> {
    /// Whether a plan breaks the same; if so, it is the best so far.
    fn still_fails(&mut self, plan: Plan) -> bool {
        if self.tries >= TRIES {
            return false;
        }
        self.tries += 1;
        let Some(violation) = (self.breaks)(&plan) else { return false };
        (self.plan, self.violation) = (plan, violation);
        true
    }

    fn take_out(&mut self) {
        let mut portion = self.plan.faults.len();
        while portion > 0 {
            let before = self.plan.faults.len();
            let mut at = 0;
            while at < self.plan.faults.len() {
                let end = (at + portion).min(self.plan.faults.len());
                let mut without = self.plan.clone();
                without.faults.drain(at..end);
                if !self.still_fails(without) {
                    at = end;
                }
            }
            // With one gone, another that was needed for it may go too: single ones until none goes any more.
            if portion > 1 || self.plan.faults.len() == before {
                portion /= 2;
            }
        }
    }

    fn shorten(&mut self) {
        for at in 0..self.plan.faults.len() {
            for _ in 0..8 {
                let mut shorter = self.plan.clone();
                let Some(planned) = shorter.faults.get_mut(at) else { break };
                if planned.lasts < 1000 {
                    break;
                }
                planned.lasts /= 2;
                if !self.still_fails(shorter) {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{Fault, Planned};

    fn planned(at: u64, lasts: u64) -> Planned {
        Planned { at, lasts, fault: Fault::StorageOut }
    }

    fn violation() -> Violation {
        Violation { invariant: "one_valid_lease", why: String::new(), at: 0 }
    }

    #[test]
    fn what_is_left_is_what_it_takes() {
        let plan = Plan { faults: (0..60).map(|at| planned(at, 1_000_000)).collect() };
        // It takes the faults at 7 and 31 together, the second for a quarter of a second at least.
        let breaks = |plan: &Plan| {
            let has = |at: u64, least: u64| plan.faults.iter().any(|one| one.at == at && one.lasts >= least);
            (has(7, 0) && has(31, 250_000)).then(violation)
        };
        let (short, _, tries) = shrink_by(&plan, &violation(), breaks);
        assert_eq!(short.faults.iter().map(|one| one.at).collect::<Vec<_>>(), [7, 31]);
        assert!(short.faults[0].lasts < 10_000 && short.faults[1].lasts == 250_000, "{short:?}");
        assert!(tries < TRIES, "{tries}");
    }

    #[test]
    fn one_that_is_needed_only_by_another_goes_with_it() {
        let plan = Plan { faults: (0..3).map(|at| planned(at, 0)).collect() };
        // Fault 2 breaks it alone, or all of them; 1 and 2 together do not.
        let breaks = |plan: &Plan| {
            let all: Vec<u64> = plan.faults.iter().map(|one| one.at).collect();
            matches!(all[..], [0, 1, 2] | [0, 2] | [2]).then(violation)
        };
        let (short, ..) = shrink_by(&plan, &violation(), breaks);
        assert_eq!(short.faults.iter().map(|one| one.at).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn what_fails_without_any_fault_has_an_empty_plan() {
        let plan = Plan { faults: (0..9).map(|at| planned(at, 5)).collect() };
        let (short, _, tries) = shrink_by(&plan, &violation(), |_| Some(violation()));
        assert!(short.faults.is_empty() && tries == 1, "{short:?} {tries}");
    }
}
