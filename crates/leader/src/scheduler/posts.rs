//! Events from outside that wait to be taken in.
//!
//! A hundred thousand of them must not be felt by a node that waits for its next frame. So they go behind
//! everything else, in appends of their own, one at a time and with a rest between them while the cluster has
//! something to do; and what can be done for them beforehand is done on the threads of those who post. What was
//! posted at once is never divided: it is one append, which is there whole after a crash or not at all.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::yield_now;
use std::time::Instant;

use callsheet_events::Prepared;
use callsheet_events::ingest::Posted;
use callsheet_model::{Context, Outside};
use callsheet_scheduler::{Ingested, Rejection, Reply};
use callsheet_supervision::aside;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::flight::Flight;
use crate::error::LeaderError;

/// Events that posts are joined up to in one batch. Writing so many takes the storage thread a fraction of a
/// millisecond, and that is what a command may have to wait beside its own; a larger post takes longer, alone.
const JOINED: usize = 128;
/// The same in bytes of payload.
const JOINED_BYTES: usize = 64 << 10;
/// So many events are prepared in passing, in about a tenth of a millisecond; more of them aside.
const FEW: usize = 32;

/// What was posted at once.
pub(crate) struct Post {
    events: Guests,
    reply: oneshot::Sender<Result<Vec<Ingested>, Rejection>>,
    /// The poster's place at the door.
    permit: OwnedSemaphorePermit,
    since: Instant,
}

/// An event from outside, and what it belongs to.
pub(crate) type Guest = (Arc<Outside>, Context);

/// Events from outside, ready for the scheduler and for the journal.
pub(crate) struct Guests {
    events: Vec<Guest>,
    /// In their order.
    prepared: Vec<Prepared>,
}

impl Guests {
    /// Does what needs neither a number nor a chain.
    pub(crate) async fn of(posted: Vec<Posted>) -> Result<Self, LeaderError> {
        if posted.len() <= FEW {
            return Ok(Self::now(posted));
        }
        aside(move || Self::now(posted)).await.map_err(|_| LeaderError::Restarting)
    }

    fn now(posted: Vec<Posted>) -> Self {
        let events: Vec<Guest> =
            posted.into_iter().map(|posted| (Arc::new(posted.event), posted.context)).collect();
        let mut prepared = Vec::with_capacity(events.len());
        for some in events.chunks(FEW) {
            prepared.extend(some.iter().map(|(event, context)| Prepared::of(event, context)));
            // A thousand of them take milliseconds, for which nobody should have to wait.
            yield_now();
        }
        Self { events, prepared }
    }

    /// About what they take in memory, in bytes: each event's texts are there twice.
    pub(crate) fn bytes(&self) -> usize {
        let size = |event: &Outside| size_of_val(event) + event.kind.len() + text(event);
        self.events.iter().map(|(event, _)| size(event)).sum()
    }
}

/// Bytes of an event's texts.
fn text(event: &Outside) -> usize {
    event.payload.len() + event.fields.len()
}

/// Posts, the oldest first.
#[derive(Default)]
pub(crate) struct Posts(VecDeque<Post>);

impl Post {
    pub(crate) fn new(
        events: Guests,
        reply: oneshot::Sender<Result<Vec<Ingested>, Rejection>>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self { events, reply, permit, since: Instant::now() }
    }
}

impl Posts {
    pub(crate) fn push(&mut self, post: Post) {
        self.0.push_back(post);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Has the next posts decided; their answers go into the flight. What was prepared for their events, in order.
    pub(crate) fn decide(
        &mut self,
        flight: &mut Flight,
        mut ingest: impl FnMut(Vec<Guest>) -> Result<Reply, Rejection>,
    ) -> Vec<Prepared> {
        let (mut joined, mut bytes, mut all) = (0, 0, Vec::new());
        while let Some(post) = self.0.pop_front() {
            let events = &post.events.events;
            let size: usize = events.iter().map(|(event, _)| text(event)).sum();
            if joined > 0 && (joined + events.len() > JOINED || bytes + size > JOINED_BYTES) {
                self.0.push_front(post);
                break;
            }
            joined += events.len();
            bytes += size;
            let Post { events: Guests { events, prepared }, reply, permit, since } = post;
            all.extend(prepared);
            let outcome = ingest(events).map(|reply| match reply {
                Reply::Ingested(taken) => taken,
                _ => Vec::new(),
            });
            if let Ok(taken) = &outcome {
                flight.ingested += taken.len();
                flight.repeated += taken.iter().filter(|event| event.already).count();
            }
            flight.permits.push(permit);
            flight.posts.push(since);
            flight.tells.push(Box::new(move || {
                // The poster has gone: there is no one to tell.
                let _ = reply.send(outcome);
            }));
        }
        all
    }
}
