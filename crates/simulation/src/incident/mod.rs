//! Incidents: the log of a real cluster, looked at again. It is folded into the shipping scheduler and judged by all
//! invariants that events alone can tell of; and it is made a scenario, to ask what would have happened otherwise.
//!
//! ```text
//!   export ─► events ─┬─► replay: scheduler, invariants, timeline        what did happen
//!                     └─► model: jobs, nodes, costs, failures ─► world   what would have happened
//! ```
//!
//! It refuses to know files: it takes snapshots and events, from wherever they are.

mod change;
mod history;
mod measure;
mod model;
mod replay;
mod table;

use std::time::Duration;

use callsheet_model::image::Image;
use callsheet_model::{Envelope, Timestamp};

pub use change::{Change, ChangeError};
pub use measure::{Ended, Ending, Figures};
pub use model::{Model, ModelError, Simulated};
pub use replay::{Replayed, TimelineLine};
pub use table::side_by_side;

/// A log as a cluster left it.
#[derive(Clone, Debug)]
pub struct Incident {
    /// What was known before the first event, when the log does not begin with the first of all.
    image: Option<Image>,
    events: Vec<Envelope>,
}

/// A log that cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IncidentError {
    /// There is no event in it.
    #[error("there are no events in it")]
    Empty,
    /// Events are missing, or out of order.
    #[error(
        "event {expected} should follow, and {found} does: export the journal again, or cut the export off here"
    )]
    Gap {
        /// The next number.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// Nothing says what came before.
    #[error(
        "the events begin with {first}, and no snapshot says what came before: export them with their snapshots"
    )]
    NoBeginning {
        /// The first event's number.
        first: u64,
    },
}

impl Incident {
    /// Takes a log: snapshots, and events in order. Events that are in the snapshot it begins with are left out.
    ///
    /// # Errors
    /// There are no events, some are missing, or nothing says what came before them.
    pub fn new(images: Vec<Image>, mut events: Vec<Envelope>) -> Result<Self, IncidentError> {
        let Some(first) = events.first().map(|event| event.sequence) else {
            return Err(IncidentError::Empty);
        };
        for (expected, event) in (first..).zip(&events) {
            if event.sequence != expected {
                return Err(IncidentError::Gap { expected, found: event.sequence });
            }
        }
        if first == 1 {
            return Ok(Self { image: None, events });
        }
        let mut fits: Vec<Image> = images.into_iter().filter(|image| image.sequence + 1 >= first).collect();
        fits.sort_by_key(|image| image.sequence);
        let Some(image) = fits.into_iter().next() else { return Err(IncidentError::NoBeginning { first }) };
        events.retain(|event| event.sequence > image.sequence);
        if events.is_empty() {
            return Err(IncidentError::Empty);
        }
        Ok(Self { image: Some(image), events })
    }

    /// Events in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are none, which is refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// It begins with a snapshot, and not with the first event of all.
    #[must_use]
    pub fn begins_with_snapshot(&self) -> bool {
        self.image.is_some()
    }

    /// The first event's time.
    #[must_use]
    pub fn begin(&self) -> Timestamp {
        self.events.first().map_or_else(Timestamp::default, |event| event.at)
    }

    /// From the first event to the last.
    #[must_use]
    pub fn span(&self) -> Duration {
        self.events.last().map_or(Duration::ZERO, |event| event.at.since(self.begin()))
    }
}

#[cfg(test)]
mod tests {
    use callsheet_model::{Context, Event};

    use super::*;

    fn events(numbers: impl IntoIterator<Item = u64>) -> Vec<Envelope> {
        let event = |sequence| Envelope {
            sequence,
            at: Timestamp(sequence * 1000),
            context: Context::default(),
            event: Event::LeaderStarted { epoch: 1 },
        };
        numbers.into_iter().map(event).collect()
    }

    fn image(sequence: u64) -> Image {
        Image { sequence, ..Image::default() }
    }

    #[test]
    fn a_log_has_a_beginning_and_no_gaps() {
        let error =
            |images: Vec<Image>, numbers: Vec<u64>| Incident::new(images, events(numbers)).unwrap_err();
        assert_eq!(error(vec![], vec![]), IncidentError::Empty);
        assert_eq!(error(vec![], vec![1, 2, 4]), IncidentError::Gap { expected: 3, found: 4 });
        assert_eq!(error(vec![], vec![1, 2, 2]), IncidentError::Gap { expected: 3, found: 2 });
        assert_eq!(error(vec![image(3)], vec![5, 6]), IncidentError::NoBeginning { first: 5 });
        assert_eq!(error(vec![image(9)], vec![5, 6]), IncidentError::Empty);
    }

    #[test]
    fn it_begins_with_the_oldest_snapshot_that_fits() {
        let incident = Incident::new(vec![image(3), image(4), image(6)], events(5..9)).unwrap();
        assert!(incident.begins_with_snapshot());
        assert_eq!(
            (incident.len(), incident.begin(), incident.span()),
            (4, Timestamp(5000), Duration::from_secs(3))
        );
        let incident = Incident::new(vec![image(6)], events(5..9)).unwrap();
        assert_eq!((incident.len(), incident.begin()), (2, Timestamp(7000)));
        let whole = Incident::new(vec![image(2)], events(1..9)).unwrap();
        assert!(!whole.begins_with_snapshot() && whole.len() == 8);
    }
}
