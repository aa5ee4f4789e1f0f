//! Events from outside that wait to be taken in.
//!
//! A hundred thousand of them must not be felt by a node that waits for its next frame. So they go behind
//! everything else, a small piece with each batch, and no second piece before the first is on the platter. A post
//! that is larger than a piece becomes durable piece by piece and is answered once, after its last. If the
//! leader dies in between, nobody was told anything, and whoever posts the same again finds each event by its id.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use callsheet_model::{Context, Outside};
use callsheet_scheduler::{Ingested, Rejection, Reply};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::flight::Flight;

/// Most events of a piece. Sealing and writing so many takes the storage thread about half a millisecond, and that
/// is what a command may have to wait beside its own.
const PIECE: usize = 64;
/// Most bytes of a piece, beyond its first event.
const PIECE_BYTES: usize = 64 << 10;

/// What was posted at once.
pub(crate) struct Post {
    rest: std::iter::Peekable<std::vec::IntoIter<Guest>>,
    taken: Vec<Ingested>,
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
        let taken = Vec::with_capacity(events.len());
        Self { rest: events.into_iter().peekable(), taken, reply, permit, since: Instant::now() }
    }
}

impl Posts {
    pub(crate) fn push(&mut self, post: Post) {
        self.0.push_back(post);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Has the next piece decided; answers of posts that are whole with it go into the flight.
    pub(crate) fn decide(
        &mut self,
        flight: &mut Flight,
        mut ingest: impl FnMut(Vec<Guest>) -> Result<Reply, Rejection>,
    ) {
        let (mut room, mut bytes) = (PIECE, PIECE_BYTES);
        while room > 0 && bytes > 0 {
            let Some(mut post) = self.0.pop_front() else { break };
            let piece = post.piece(&mut room, &mut bytes);
            let size = piece.len();
            let rejected = match ingest(piece) {
                Ok(Reply::Ingested(taken)) => {
                    flight.ingested += size;
                    flight.repeated += taken.iter().filter(|event| event.already).count();
                    post.taken.extend(taken);
                    None
                }
                Ok(_) => None,
                Err(rejection) => Some(rejection),
            };
            if rejected.is_none() && post.rest.peek().is_some() {
                self.0.push_front(post);
                break;
            }
            let Post { taken, reply, permit, since, .. } = post;
            flight.permits.push(permit);
            flight.posts.push(since);
            flight.tells.push(Box::new(move || {
                // The poster has gone: there is no one to tell.
                let _ = reply.send(rejected.map_or(Ok(taken), Err));
            }));
        }
    }
}

impl Post {
    fn piece(&mut self, room: &mut usize, bytes: &mut usize) -> Vec<Guest> {
        let mut piece = Vec::with_capacity((*room).min(self.rest.len()));
        while *room > 0 && *bytes > 0 {
            let Some(guest) = self.rest.next() else { break };
            *room -= 1;
            *bytes = bytes.saturating_sub(guest.0.payload.len() + guest.0.fields.len());
            piece.push(guest);
        }
        piece
    }
}
