//! What a test saw of actors that fell: the faults that came, and the moments that a restart table speaks of. And the
//! list of all falls that a sweep goes through.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::faults::Faults;
use crate::tripwire::{Fault, Moment, Point, Tripwire};

/// Faults that are to come, and when they came. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The faults.
    pub faults: Faults,
    moments: Arc<Mutex<Moments>>,
}

#[derive(Debug, Default)]
struct Moments {
    falls: Vec<(&'static str, Instant)>,
    starts: Vec<(&'static str, Instant)>,
}

impl Record {
    /// The wire that these faults are at.
    #[must_use]
    pub fn tripwire(&self) -> Tripwire {
        let record = self.clone();
        Tripwire::new(move |point| record.at(point))
    }

    fn at(&self, point: Point) -> Option<Fault> {
        let fault = self.faults.at(point);
        let mut moments = self.moments();
        if point.moment == Moment::Start {
            moments.starts.push((point.actor, Instant::now()));
        }
        if fault.is_some() {
            moments.falls.push((point.actor, Instant::now()));
        }
        fault
    }

    /// How long it took from each fall of an actor to its next start; `None`: it was not started again.
    #[must_use]
    pub fn waits(&self, actor: &str) -> Vec<Option<Duration>> {
        let moments = self.moments();
        let falls = moments.falls.iter().filter(|(who, _)| *who == actor);
        let next = |fell: Instant| {
            let mut starts = moments.starts.iter().filter(|(who, at)| *who == actor && *at > fell);
            starts.next().map(|(_, at)| *at - fell)
        };
        falls.map(|(_, fell)| next(*fell)).collect()
    }

    /// How often an actor was started.
    #[must_use]
    pub fn starts(&self, actor: &'static str) -> usize {
        self.faults.passed(Point { actor, moment: Moment::Start })
    }

    fn moments(&self) -> MutexGuard<'_, Moments> {
        self.moments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One fall of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fall {
    /// Where.
    pub point: Point,
    /// So often the point is passed before.
    pub spared: usize,
    /// How.
    pub fault: Fault,
}

/// All ways in which actors end.
pub const WAYS: [Fault; 4] = [Fault::Panic, Fault::Error, Fault::Stop, Fault::Kill];

/// All falls of an actor at its messages: each way, when a message of each kind comes and when it is dealt with, for
/// the first time and in the midst of what the calm one passed.
///
/// # Errors
/// A point that was never passed: nothing could fall there.
pub fn at_every_message(
    calm: &Faults,
    actor: &'static str,
    kinds: &[&'static str],
) -> Result<Vec<Fall>, Point> {
    let moments = kinds.iter().flat_map(|kind| [Moment::Before(kind), Moment::After(kind)]);
    let mut falls = Vec::new();
    for point in moments.map(|moment| Point { actor, moment }) {
        let often = calm.passed(point);
        let turns: &[usize] = match often {
            0 => return Err(point),
            1 => &[0],
            _ => &[0, often / 2],
        };
        for (fault, spared) in WAYS.iter().flat_map(|way| turns.iter().map(move |turn| (*way, *turn))) {
            falls.push(Fall { point, spared, fault });
        }
    }
    Ok(falls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_record_knows_how_long_it_took_until_each_fallen_actor_was_started_again() {
        let record = Record::default();
        let go = Point { actor: "a", moment: Moment::Before("go") };
        let at = |moment| record.at(Point { actor: "a", moment });
        record.faults.arrange(go, 0, Fault::Panic);
        record.faults.arrange(go, 0, Fault::Kill);
        assert_eq!([at(Moment::Start), at(go.moment)], [None, Some(Fault::Panic)]);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!([at(Moment::Start), at(go.moment)], [None, Some(Fault::Kill)]);
        assert_eq!(record.waits("a"), [Some(Duration::from_millis(500)), None]);
        assert_eq!((record.starts("a"), record.waits("b")), (2, vec![]));
    }

    #[test]
    fn a_sweep_falls_in_each_way_at_each_point_and_names_one_that_is_never_passed() {
        let calm = Faults::default();
        let point = |moment| Point { actor: "a", moment };
        for _ in 0..3 {
            assert_eq!(calm.at(point(Moment::Before("go"))), None);
        }
        assert_eq!(at_every_message(&calm, "a", &["go"]), Err(point(Moment::After("go"))));
        assert_eq!(calm.at(point(Moment::After("go"))), None);
        let falls = at_every_message(&calm, "a", &["go"]).unwrap();
        assert_eq!(falls.len(), 2 * WAYS.len() + WAYS.len());
        assert_eq!(falls[1], Fall { point: point(Moment::Before("go")), spared: 1, fault: Fault::Panic });
    }
}
