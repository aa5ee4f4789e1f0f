//! Replaying the log gives the state: what a leader recovers from snapshot and tail is the fold of every event that
//! ever reached the platter, and it is sound in itself.

use callsheet_scheduler::Scheduler;

use super::Invariant;
use crate::Micros;
use crate::scenario::Scenario;
use crate::sight::Sight;

/// Folds every durable event a second time.
pub(super) struct ReplayIsState(Scheduler);

impl ReplayIsState {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self(Scheduler::new(scenario.policy.clone()))
    }
}

impl Invariant for ReplayIsState {
    fn name(&self) -> &'static str {
        "replay_is_state"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Durable(event) => self.0.replay(&event.envelope),
            Sight::Replayed { scheduler, .. } if scheduler.state() != self.0.state() => {
                return Err("what was recovered is not the fold of all durable events".to_owned());
            }
            Sight::End { scheduler: Some(scheduler), .. } => {
                scheduler.check().map_err(|damage| format!("{damage:?}"))?;
            }
            _ => {}
        }
        Ok(())
    }
}
