//! Nothing starves: once nothing goes wrong any more, everything comes to its end within a bound, and on the way there
//! something always gets on.

use std::collections::BTreeMap;

use callsheet_model::{Event, JobId};

use super::Invariant;
use super::books::Books;
use crate::Micros;
use crate::sight::Sight;

const HOUR: Micros = 3_600_000_000;
/// After the storm everything has to be over within this: a bad farm may have a lot to do.
const PATIENCE: Micros = 7 * 24 * HOUR;
/// Within this some frame has to get on. The longest frame in the slowest renderer takes less.
const STANDSTILL: Micros = 12 * HOUR;

/// Waits for the end.
#[derive(Default)]
pub(super) struct NothingStarves {
    calm: Option<Micros>,
    /// When something last got on.
    last: Micros,
    books: Books,
    /// Jobs, and how they ended.
    jobs: BTreeMap<JobId, Option<&'static str>>,
}

impl NothingStarves {
    fn take(&mut self, now: Micros, event: &Event) {
        match event {
            Event::JobSubmitted { job } => drop(self.jobs.insert(job.id, None)),
            Event::JobRetried { job, .. } => drop(self.jobs.insert(*job, None)),
            Event::JobSucceeded { job } => drop(self.jobs.insert(*job, Some("succeeded"))),
            Event::JobFailed { job, .. } => drop(self.jobs.insert(*job, Some("failed"))),
            Event::JobCancelled { job, .. } => drop(self.jobs.insert(*job, Some("cancelled"))),
            Event::FramesAccepted { .. }
            | Event::FramesPublished { .. }
            | Event::FramesDeadLettered { .. }
            | Event::StepCleared { .. } => {}
            _ => return,
        }
        self.last = now;
    }

    fn what_is_open(&self) -> String {
        let open = self.jobs.iter().filter(|(_, end)| end.is_none());
        let jobs: Vec<String> = open.map(|(job, _)| job.short().to_string()).collect();
        let leases: Vec<String> = self
            .books
            .leases
            .values()
            .take(10)
            .map(|held| format!("{} on {}", held.lease.token, held.lease.node))
            .collect();
        format!("open jobs: [{}], leases in force: [{}]", jobs.join(", "), leases.join(", "))
    }
}

impl Invariant for NothingStarves {
    fn name(&self) -> &'static str {
        "nothing_starves"
    }

    fn see(&mut self, now: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Calm => (self.calm, self.last) = (Some(now), now),
            Sight::Durable(event) => {
                self.take(now, &event.envelope.event);
                self.books.take(&event.envelope);
            }
            Sight::Weighed(_) => {
                let Some(calm) = self.calm else { return Ok(()) };
                if now > self.last + STANDSTILL {
                    let hours = (now - self.last) / HOUR;
                    return Err(format!("nothing got on for {hours} h; {}", self.what_is_open()));
                }
                if now > calm + PATIENCE {
                    return Err(format!("it takes too long; {}", self.what_is_open()));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
