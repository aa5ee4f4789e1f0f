//! Events from outside that wait to be taken in.
//!
//! A hundred thousand of them must not be felt by a node that waits for its next frame. So they go behind
//! everything else, some with each batch, and none before those of the batch before are on the platter. What was
//! posted at once is never divided: it is one append, which is there whole after a crash or not at all.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use callsheet_model::{Context, Outside};
use callsheet_scheduler::{Ingested, Rejection, Reply};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::flight::Flight;

/// Events that posts are joined up to in one batch. Sealing and writing so many takes the storage thread about half a
/// millisecond, and that is what a command may have to wait beside its own; a larger post takes longer, alone.
const JOINED: usize = 64;
/// The same in bytes of payload.
const JOINED_BYTES: usize = 64 << 10;

/// What was posted at once.
pub(crate) struct Post {
    events: Vec<Guest>,
    reply: oneshot::Sender<Result<Vec<Ingested>, Rejection>>,
    /// The poster's place at the door.
    permit: OwnedSemaphorePermit,
    since: Instant,
}

/// An event from outside, and what it belongs to.
pub(crate) type Guest = (Arc<Outside>, Context);

/// Posts, the oldest first.
#[derive(Default)]
pub(crate) struct Posts(VecDeque<Post>);

impl Post {
    pub(crate) fn new(
        events: Vec<Guest>,
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

    /// Has the next posts decided; their answers go into the flight.
    pub(crate) fn decide(
        &mut self,
        flight: &mut Flight,
        mut ingest: impl FnMut(Vec<Guest>) -> Result<Reply, Rejection>,
    ) {
        let (mut joined, mut bytes) = (0, 0);
        while let Some(post) = self.0.pop_front() {
            let size: usize =
                post.events.iter().map(|(event, _)| event.payload.len() + event.fields.len()).sum();
            if joined > 0 && (joined + post.events.len() > JOINED || bytes + size > JOINED_BYTES) {
                self.0.push_front(post);
                return;
            }
            joined += post.events.len();
            bytes += size;
            let Post { events, reply, permit, since } = post;
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
    }
}
