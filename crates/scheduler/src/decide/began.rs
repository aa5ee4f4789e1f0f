//! The renderer of a lease began its first frame: told once in a lease, however often it is reported.

use std::time::Duration;

use callsheet_model::{Event, Token};

use crate::turn::Turn;

pub(super) fn began(turn: &mut Turn<'_>, token: Token, fetched: Duration, loaded: Duration) {
    let Some(record) = turn.state().lease(token) else { return };
    // A node that has measured nothing has nothing to tell.
    if record.began || (fetched.is_zero() && loaded.is_zero()) {
        return;
    }
    let (job, step) = (record.lease.job, record.lease.step);
    turn.emit(Event::AttemptBegan { token, job, step, fetched, loaded });
}
