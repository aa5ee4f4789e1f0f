//! What is to go wrong at a tripwire, arranged beforehand: which fault, at which point, when it is passed for which
//! time. It also counts what is passed, so that a test knows which points its work reaches.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::tripwire::{Fault, Moment, Point, Tripwire};

/// Faults that are to come. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    waiting: VecDeque<Arranged>,
    passed: BTreeMap<Point, usize>,
}

#[derive(Debug)]
struct Arranged {
    actor: &'static str,
    /// None: at whatever message comes next.
    moment: Option<Moment>,
    fault: Fault,
    /// So often the point is passed before.
    spared: usize,
}

impl Faults {
    /// The wire that these faults are at.
    #[must_use]
    pub fn tripwire(&self) -> Tripwire {
        let faults = self.clone();
        Tripwire::new(move |point| faults.at(point))
    }

    /// A point is passed: what is to happen there?
    #[must_use]
    pub fn at(&self, point: Point) -> Option<Fault> {
        self.plan().at(point)
    }

    /// A fault at a point, once it was passed `spared` times. Of several at one point, the one that was arranged
    /// first comes first.
    pub fn arrange(&self, point: Point, spared: usize, fault: Fault) {
        let Point { actor, moment } = point;
        self.plan().waiting.push_back(Arranged { actor, moment: Some(moment), fault, spared });
    }

    /// A fault as soon as a message comes for this actor.
    pub fn next(&self, actor: &'static str, fault: Fault) {
        self.plan().waiting.push_back(Arranged { actor, moment: None, fault, spared: 0 });
    }

    /// How many faults have not come yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.plan().waiting.len()
    }

    /// How often a point was passed.
    #[must_use]
    pub fn passed(&self, point: Point) -> usize {
        self.plan().passed.get(&point).copied().unwrap_or(0)
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arranged {
    fn is_for(&self, point: Point) -> bool {
        let here = match self.moment {
            Some(moment) => moment == point.moment,
            None => matches!(point.moment, Moment::Before(_)),
        };
        here && self.actor == point.actor
    }
}

impl Plan {
    fn at(&mut self, point: Point) -> Option<Fault> {
        *self.passed.entry(point).or_default() += 1;
        let nth = self.waiting.iter().position(|arranged| arranged.is_for(point))?;
        let arranged = self.waiting.get_mut(nth)?;
        if arranged.spared > 0 {
            arranged.spared -= 1;
            return None;
        }
        self.waiting.remove(nth).map(|arranged| arranged.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_comes_once_when_its_point_was_spared_often_enough() {
        let faults = Faults::default();
        let at = |actor, moment| faults.at(Point { actor, moment });
        let (start, told) = (Moment::Start, Moment::Before("told"));
        faults.arrange(Point { actor: "a", moment: told }, 1, Fault::Error);
        faults.arrange(Point { actor: "a", moment: told }, 0, Fault::Panic);
        faults.next("b", Fault::Kill);
        assert_eq!([at("a", start), at("b", start), at("a", told)], [None; 3]);
        assert_eq!(
            [at("a", told), at("a", told), at("a", told)],
            [Some(Fault::Error), Some(Fault::Panic), None]
        );
        assert_eq!(faults.waiting(), 1);
        assert_eq!(at("b", Moment::Before("anything")), Some(Fault::Kill));
        assert_eq!((faults.waiting(), faults.passed(Point { actor: "a", moment: told })), (0, 4));
    }
}
