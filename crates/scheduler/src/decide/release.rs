//! The one way in which a lease is ended by decision. (By itself it ends when its last frame is accepted or
//! published: see `State::evolve`.)

use callsheet_model::{Event, ReleaseReason, Token};

use super::progress;
use crate::turn::Turn;

/// Ends a lease: its frames wait again, its accepted frames wait for someone to publish them.
pub(super) fn release(turn: &mut Turn<'_>, token: Token, reason: ReleaseReason) {
    let Some(record) = turn.state().lease(token) else { return };
    let (job, step) = (record.lease.job, record.lease.step);
    turn.emit(Event::LeaseReleased { token, job, step, reason });
    progress::progress(turn, job, step);
}
