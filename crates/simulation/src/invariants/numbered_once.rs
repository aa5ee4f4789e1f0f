//! Every event's number is there exactly once, in order, for every reader, with the same bytes; only who is further
//! behind than the log has to keep may be told so.

use std::collections::BTreeMap;

use super::Invariant;
use crate::Micros;
use crate::scenario::Scenario;
use crate::sight::Sight;

/// Follows the log and its readers.
pub(super) struct NumberedOnce {
    head: u64,
    /// The first bytes of each event's chained hash.
    chain: Vec<u64>,
    readers: BTreeMap<usize, u64>,
    /// So many events are kept for them.
    keep: u64,
}

impl NumberedOnce {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self { head: 0, chain: Vec::new(), readers: BTreeMap::new(), keep: scenario.keep_events }
    }
}

fn brief(event: &callsheet_events::Sealed) -> u64 {
    event.chain.0.iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte))
}

impl Invariant for NumberedOnce {
    fn name(&self) -> &'static str {
        "numbered_once"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Durable(event) => {
                let number = event.envelope.sequence;
                if number != self.head + 1 {
                    return Err(format!("event {number} comes after {}", self.head));
                }
                self.head = number;
                self.chain.push(brief(event));
            }
            Sight::Read { reader, event } => {
                let number = event.envelope.sequence;
                let last = self.readers.entry(*reader).or_default();
                if number != *last + 1 {
                    return Err(format!("reader {reader} gets event {number} after {last}"));
                }
                *last = number;
                let at = usize::try_from(number - 1).unwrap_or(usize::MAX);
                if self.chain.get(at) != Some(&brief(event)) {
                    return Err(format!("reader {reader} gets another event {number} than was written"));
                }
            }
            Sight::TooOld { reader, asked, oldest, head } => {
                if head + 1 - asked <= self.keep {
                    return Err(format!(
                        "reader {reader} is told that {asked} is too old at {head}, and {} are kept",
                        self.keep
                    ));
                }
                self.readers.insert(*reader, oldest - 1);
            }
            _ => {}
        }
        Ok(())
    }
}
