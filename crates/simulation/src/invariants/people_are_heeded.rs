//! What a person says holds: a drained node is handed nothing, of a paused job nothing goes out to be rendered, and of
//! one that is over nothing is in anyone's hands.

use std::collections::BTreeSet;

use callsheet_model::{Event, JobId, NodeName, Work};

use super::Invariant;
use super::books::Books;
use crate::Micros;
use crate::sight::Sight;

/// Knows what people said.
#[derive(Default)]
pub(super) struct PeopleAreHeeded {
    drained: BTreeSet<NodeName>,
    paused: BTreeSet<JobId>,
    over: BTreeSet<JobId>,
    books: Books,
}

impl Invariant for PeopleAreHeeded {
    fn name(&self) -> &'static str {
        "people_are_heeded"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Durable(event) => {
                match &event.envelope.event {
                    Event::NodeDrained { node } => drop(self.drained.insert(node.clone())),
                    Event::NodeUndrained { node } => drop(self.drained.remove(node)),
                    Event::JobPaused { job } => drop(self.paused.insert(*job)),
                    Event::JobResumed { job } => drop(self.paused.remove(job)),
                    Event::JobCancelled { job, .. } | Event::JobFailed { job, .. } => {
                        self.over.insert(*job);
                    }
                    Event::JobRetried { job, .. } => drop(self.over.remove(job)),
                    Event::FramesLeased { lease } => {
                        let renders = !matches!(lease.work, Work::Publish { .. });
                        let said = match () {
                            () if self.drained.contains(&lease.node) => "a drained node",
                            () if renders && self.paused.contains(&lease.job) => "a paused job",
                            () if self.over.contains(&lease.job) => "a job that is over",
                            () => "",
                        };
                        if !said.is_empty() {
                            return Err(format!("{} goes out to {} for {said}", lease.token, lease.node));
                        }
                    }
                    _ => {}
                }
                self.books.take(&event.envelope);
            }
            // Within a batch a job ends first, and its leases follow.
            Sight::Weighed(_) => {
                let mut held = self.books.leases.values();
                if let Some(held) = held.find(|held| self.over.contains(&held.lease.job)) {
                    let (token, job) = (held.lease.token, held.lease.job.short());
                    return Err(format!("{token} is in force, and its job {job} is over"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
