//! The latest of what passes, bounded. Losing it loses nothing: all of it comes again.

use std::collections::BTreeMap;
use std::time::Duration;

use callsheet_model::signal::{ForeignBeat, Heartbeat, Progress, Signal};
use callsheet_model::{Envelope, Event, NodeName, Token};
use tokio::time::Instant;
use uuid::Uuid;

/// Attempts whose progress is remembered.
const MOST_PROGRESS: usize = 10_000;
/// Agents without a session whose heartbeat is remembered.
const MOST_FOREIGN: usize = 1000;
/// Such an agent is forgotten when it has not been heard for this long.
const FOREIGN_TTL: Duration = Duration::from_secs(600);

/// The latest of what passes.
#[derive(Clone, Debug, Default)]
pub struct Latest {
    /// The last heartbeat of each node that is online.
    pub heartbeats: BTreeMap<NodeName, Heartbeat>,
    /// What attempts under leases in force are doing.
    pub progress: BTreeMap<Token, Progress>,
    /// The last heartbeat of each agent that speaks only HTTP, and when it came.
    foreign: BTreeMap<Uuid, (Instant, ForeignBeat)>,
}

impl Latest {
    /// Heartbeats of agents that speak only HTTP, by the agents' ids, and how long ago each came. An agent that
    /// has not been heard for ten minutes is not among them.
    pub fn foreign(&self) -> impl Iterator<Item = (&ForeignBeat, Duration)> {
        let aged = self.foreign.values().map(|(heard, beat)| (beat, heard.elapsed()));
        aged.filter(|(_, age)| *age <= FOREIGN_TTL)
    }

    pub(super) fn event(&mut self, envelope: &Envelope) {
        match &envelope.event {
            Event::LeaseReleased { token, .. } => {
                self.progress.remove(token);
            }
            Event::NodeOffline { node, .. } => {
                self.heartbeats.remove(node);
                self.progress.retain(|_, progress| progress.node != *node);
            }
            _ => {}
        }
    }

    pub(super) fn signal(&mut self, signal: &Signal) {
        match signal {
            Signal::Heartbeat(beat) => {
                self.heartbeats.insert(beat.node.clone(), beat.clone());
            }
            Signal::Progress(progress) if progress.remaining.is_empty() => {
                self.progress.remove(&progress.token);
            }
            Signal::Progress(progress) => {
                // A node works on few leases at once: what it no longer speaks of is over.
                self.progress.insert(progress.token, progress.clone());
                if self.progress.len() > MOST_PROGRESS {
                    // Old tokens are low ones: a node that never said the end of its attempt is not waited for.
                    self.progress.pop_first();
                }
            }
            Signal::Foreign(beat) => self.heard(beat),
            Signal::Log(_) | Signal::Worker(_) | Signal::FrameCompleted(_) => {}
        }
    }

    fn heard(&mut self, beat: &ForeignBeat) {
        self.foreign.insert(beat.node_id, (Instant::now(), beat.clone()));
        if self.foreign.len() > MOST_FOREIGN {
            self.foreign.retain(|_, (heard, _)| heard.elapsed() <= FOREIGN_TTL);
        }
        if self.foreign.len() > MOST_FOREIGN {
            let longest = self.foreign.iter().min_by_key(|(_, (heard, _))| *heard).map(|(id, _)| *id);
            longest.map(|id| self.foreign.remove(&id));
        }
    }
}

#[cfg(test)]
mod tests {
    use callsheet_model::{NodeStatus, Timestamp};

    use super::*;

    #[test]
    fn progress_that_is_never_ended_does_not_pile_up() {
        let mut latest = Latest::default();
        for number in 0..=MOST_PROGRESS as u64 {
            latest.signal(&Signal::Progress(Progress {
                node: NodeName::new("anna").unwrap(),
                token: Token(number),
                job: callsheet_model::JobId(Uuid::nil()),
                step: callsheet_model::StepIndex(0),
                frame: None,
                fraction: None,
                remaining: callsheet_model::FrameSet::one(1),
            }));
        }
        assert_eq!(latest.progress.len(), MOST_PROGRESS);
        assert!(!latest.progress.contains_key(&Token(0)), "the oldest goes first");
    }

    fn beat(node: u128) -> Signal {
        Signal::Foreign(ForeignBeat {
            node_id: Uuid::from_u128(node),
            status: NodeStatus::Ready,
            recorded_at: Timestamp(1),
            payload: "{}".to_owned(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_that_fell_silent_are_forgotten_and_never_pile_up() {
        let mut latest = Latest::default();
        latest.signal(&beat(7));
        tokio::time::advance(Duration::from_secs(300)).await;
        latest.signal(&beat(0));
        assert_eq!(latest.foreign().map(|(_, age)| age.as_secs()).collect::<Vec<_>>(), [0, 300]);
        tokio::time::advance(Duration::from_secs(301)).await;
        let heard: Vec<u128> = latest.foreign().map(|(beat, _)| beat.node_id.as_u128()).collect();
        assert_eq!(heard, [0], "seven was last heard 601 seconds ago");
        for node in 100..100 + MOST_FOREIGN as u128 {
            tokio::time::advance(Duration::from_millis(1)).await;
            latest.signal(&beat(node));
        }
        assert_eq!(latest.foreign.len(), MOST_FOREIGN);
        assert!(!latest.foreign.contains_key(&Uuid::nil()), "who was heard longest ago goes first");
    }
}
