//! When the first word is said on a stream: the hello tells what is in the cache, so a stream that opens before the
//! cache's directory was read stays silent until it was. Not for long: a directory that cannot be read, or is slow,
//! keeps no node from its leader, and then the hello does not say what nobody knows.

use std::time::Duration;

use callsheet_agent::{Action, Input};
use tokio::time::Instant;

use crate::agent::messages::Outlet;
use crate::agent::state::State;

/// The directory's listing is waited for so long.
const PATIENCE: Duration = Duration::from_secs(1);

/// A stream that is open, and that nothing was said on yet.
pub(super) struct Silent {
    session: u64,
    outlet: Outlet,
    until: Instant,
}

impl Silent {
    pub(super) fn new(session: u64, outlet: Outlet) -> Self {
        Self { session, outlet, until: Instant::now() + PATIENCE }
    }

    /// When the hello is said in any case.
    pub(super) fn until(&self) -> Instant {
        self.until
    }
}

impl State {
    /// Says hello on a stream that is open, once it is known what the cache holds, or has been waited for.
    pub(super) fn greet(&mut self, actions: &mut Vec<Action>) {
        let known = self.cached.is_some();
        let Some(Silent { session, outlet, .. }) =
            self.silent.take_if(|silent| known || silent.until <= Instant::now())
        else {
            return;
        };
        // What was about to be said on the stream before: all of it goes out again after the welcome, and nothing may
        // come before the hello.
        self.reports.clear();
        self.session = Some((session, outlet));
        self.news.stream_changed();
        self.think(Input::LinkUp, actions);
    }
}
