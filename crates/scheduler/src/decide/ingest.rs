//! Keeps events of other services. One whose id is known already is not kept again, and its poster is told where
//! the first one is. Nothing follows from what they say.

use std::sync::Arc;

use callsheet_model::{Context, Event, Outside};

use crate::effect::{Ingested, Reply};
use crate::turn::Turn;

pub(super) fn ingest(turn: &mut Turn<'_>, events: Vec<(Arc<Outside>, Context)>) -> Reply {
    let mut taken = Vec::with_capacity(events.len());
    for (event, context) in events {
        let id = event.id;
        taken.push(match turn.state().outside().number_of(id) {
            Some(sequence) => Ingested { id, sequence, already: true },
            None => {
                turn.emit_as(context, Event::Outside(event));
                Ingested { id, sequence: turn.state().sequence(), already: false }
            }
        });
    }
    Reply::Ingested(taken)
}
