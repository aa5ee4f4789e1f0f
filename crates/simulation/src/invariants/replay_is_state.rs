//! Replaying the log gives the state: what a leader recovers from snapshot and tail is the fold of every event that
//! ever reached the platter, and it is sound in itself. A leader that starts anew may mend by accident what its
//! predecessor got wrong; this fold never starts anew.

use callsheet_model::Event;
use callsheet_scheduler::Scheduler;

use super::Invariant;
use crate::Micros;
use crate::scenario::Scenario;
use crate::sight::Sight;

/// The fold is looked through after so many events, and so many more for each job in it: the larger it is, the longer
/// that takes.
const LOOK_AFTER: (u64, u64) = (64, 32);

/// Folds every durable event a second time.
pub(super) struct ReplayIsState {
    fold: Scheduler,
    /// Events since it was last looked through, and jobs in it.
    unseen: u64,
    jobs: u64,
}

impl ReplayIsState {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self { fold: Scheduler::new(scenario.policy.clone()), unseen: 0, jobs: 0 }
    }

    fn look(&mut self) -> Result<(), String> {
        self.unseen = 0;
        self.fold.check().map_err(|damage| damage.to_string())
    }
}

impl Invariant for ReplayIsState {
    fn name(&self) -> &'static str {
        "replay_is_state"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Durable(event) => {
                self.fold.replay(&event.envelope);
                self.unseen += 1;
                self.jobs += u64::from(matches!(event.envelope.event, Event::JobSubmitted { .. }));
                Ok(())
            }
            Sight::Replayed { scheduler, .. } if scheduler.state() != self.fold.state() => {
                Err("what was recovered is not the fold of all durable events".to_owned())
            }
            // Between batches only: within one what belongs together is not all there.
            Sight::Weighed(_) if self.unseen > LOOK_AFTER.0 + LOOK_AFTER.1 * self.jobs => self.look(),
            Sight::End { scheduler: Some(scheduler), .. } => {
                scheduler.check().map_err(|damage| damage.to_string())?;
                self.look()
            }
            _ => Ok(()),
        }
    }
}
