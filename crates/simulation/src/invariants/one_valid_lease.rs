//! No frame is leased under two valid tokens, and tokens only grow. What is accepted, is accepted under a lease that
//! is in force and holds it: a late frame does not count.

use callsheet_model::{Event, FrameSet, Token};

use super::Invariant;
use super::books::Books;
use crate::Micros;
use crate::sight::Sight;

/// Follows every lease.
#[derive(Default)]
pub(super) struct OneValidLease {
    books: Books,
    last: Token,
}

impl Invariant for OneValidLease {
    fn name(&self) -> &'static str {
        "one_valid_lease"
    }

    fn see(&mut self, _: Micros, sight: &Sight<'_>) -> Result<(), String> {
        let Sight::Durable(event) = sight else { return Ok(()) };
        match &event.envelope.event {
            Event::FramesLeased { lease } => {
                if lease.token <= self.last {
                    return Err(format!("{} comes after {}", lease.token, self.last));
                }
                self.last = lease.token;
                let others = self
                    .books
                    .leases
                    .values()
                    .filter(|held| held.lease.job == lease.job && held.lease.step == lease.step);
                for held in others {
                    let both = match lease.work {
                        callsheet_model::Work::Publish { .. } => held.unpublished.intersection(&lease.frames),
                        _ => held.remaining.intersection(&lease.frames),
                    };
                    if !both.is_empty() {
                        return Err(format!(
                            "frames {both} are in {} and in {}",
                            held.lease.token, lease.token
                        ));
                    }
                }
            }
            Event::LeaderStarted { epoch } if Token::first_of(*epoch) <= self.last => {
                return Err(format!("leader {epoch} serves, and {} was given out before", self.last));
            }
            Event::FramesAccepted { token, frames, .. } => {
                let held = self.books.leases.get(token).map(|held| held.remaining.clone());
                let late = frames.difference(&held.unwrap_or_default());
                if !late.is_empty() {
                    return Err(format!(
                        "frames {late} are accepted under {token}, which does not hold them"
                    ));
                }
            }
            Event::FramesPublished { token, frames, .. } => {
                let held = self.books.leases.get(token);
                let waits = held.map_or_else(FrameSet::new, |held| held.unpublished.clone());
                let late = frames.difference(&waits);
                if !late.is_empty() {
                    return Err(format!("frames {late} are published under {token}, which had them not"));
                }
            }
            Event::LeaseReleased { token, .. } if !self.books.leases.contains_key(token) => {
                return Err(format!("{token} is released a second time"));
            }
            _ => {}
        }
        self.books.take(&event.envelope);
        Ok(())
    }
}
