//! Who falls is started again, later each time, as often as the restart table says; one fall more, and the failure goes
//! up. What fell long ago is forgiven, and a new process has a clean record.

use std::collections::BTreeMap;

use callsheet_supervision::Verdict;

use super::Invariant;
use crate::sight::{Performer, Sight};
use crate::{Micros, micros};

/// Remembers every fall.
#[derive(Default)]
pub(super) struct FallsGoUp(BTreeMap<Performer, Vec<Micros>>);

impl Invariant for FallsGoUp {
    fn name(&self) -> &'static str {
        "falls_go_up"
    }

    fn see(&mut self, now: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Fell { who, rule, verdict } => {
                let falls = self.0.entry(*who).or_default();
                falls.push(now);
                let before = falls.iter().filter(|fall| now - **fall <= micros(rule.within)).count() - 1;
                let doubled = 1_u32.checked_shl(u32::try_from(before).unwrap_or(u32::MAX));
                let wait = doubled.and_then(|times| rule.first.checked_mul(times));
                let wait = wait.unwrap_or(rule.longest).min(rule.longest);
                let expected = match before < rule.most {
                    true => Verdict::RestartAfter(wait),
                    false => Verdict::GoesUp,
                };
                if *verdict != expected {
                    return Err(format!("{who:?} fell after {before} falls: {verdict:?}, not {expected:?}"));
                }
            }
            Sight::Begins { node } => self.0.retain(|who, _| match who {
                Performer::Scheduler => node.is_some(),
                Performer::Of(of, _) => *node != Some(*of),
            }),
            _ => {}
        }
        Ok(())
    }
}
