//! Work that takes a processor for long, beside a person who may have enough of it: it runs on a thread of its own,
//! which ends with the process.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::oneshot;

/// How often it is looked how far it is.
const LOOK: Duration = Duration::from_millis(150);

/// Does it; nothing comes of it when someone presses Ctrl-C. `look` is called now and then meanwhile.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    mut look: impl FnMut(),
) -> Result<Option<T>> {
    let (done, mut waits) = oneshot::channel();
    let thread = move || {
        // Whoever waited may have left.
        let _ = done.send(work());
    };
    thread::Builder::new().name("simulation".into()).spawn(thread).context("starting a thread")?;
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            result = &mut waits => return result.context("the simulation's thread died").map(Some),
            _ = &mut interrupted => return Ok(None),
            _ = ticks.tick() => look(),
        }
    }
}

/// A sign that something goes on.
pub(super) fn spinner(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(what);
    // A terminal that cannot draw it shows nothing.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(LOOK);
    bar
}
