//! How a process is told to leave: signals, and the lifeline to whoever started it.
//!
//! ```text
//!   SIGINT, SIGTERM, Ctrl-C       first: drain    second: now
//!   lifeline (standard input)     a line: drain   its end: now, whoever held it is gone
//! ```

use std::io::{self, BufRead};
use std::thread;

use anyhow::{Context, Result};
use callsheet_node::Shutdown;
use tokio::sync::watch;

/// What is written into a lifeline to have the process drain.
pub(crate) const DRAIN: &[u8] = b"drain\n";

/// What is wished of this process from now on.
pub(crate) struct Wishes {
    sender: watch::Sender<Shutdown>,
}

impl Wishes {
    /// Listens to signals, and to the lifeline if there is one. Needs the runtime.
    pub(crate) fn listen(lifeline: bool) -> Result<Self> {
        let sender = watch::Sender::new(Shutdown::Stay);
        signals(sender.clone())?;
        if lifeline {
            let wishes = sender.clone();
            let watch = move || watch_lifeline(io::stdin().lock(), &wishes);
            thread::Builder::new().name("lifeline".into()).spawn(watch).context("watching the lifeline")?;
        }
        Ok(Self { sender })
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Shutdown> {
        self.sender.subscribe()
    }
}

/// Waits until leaving is wished, at least this urgently.
pub(crate) async fn wished(wishes: &mut watch::Receiver<Shutdown>, least: Shutdown) {
    if wishes.wait_for(|wish| *wish >= least).await.is_err() {
        std::future::pending().await
    }
}

fn raise(wishes: &watch::Sender<Shutdown>, wish: Shutdown) {
    wishes.send_if_modified(|current| {
        let more = wish > *current;
        *current = wish.max(*current);
        more
    });
}

/// One more signal: more urgent than before.
fn hurry(wishes: &watch::Sender<Shutdown>) {
    let next = match *wishes.borrow() {
        Shutdown::Stay => Shutdown::Drain,
        Shutdown::Drain | Shutdown::Now => Shutdown::Now,
    };
    raise(wishes, next);
}

#[cfg(unix)]
fn signals(wishes: watch::Sender<Shutdown>) -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("listening to SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening to SIGTERM")?;
    tokio::spawn(async move {
        loop {
            let heard = tokio::select! {
                heard = interrupt.recv() => heard,
                heard = terminate.recv() => heard,
            };
            if heard.is_none() {
                return;
            }
            hurry(&wishes);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn signals(wishes: watch::Sender<Shutdown>) -> Result<()> {
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            hurry(&wishes);
        }
    });
    Ok(())
}

fn watch_lifeline(mut lifeline: impl BufRead, wishes: &watch::Sender<Shutdown>) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match lifeline.read_until(b'\n', &mut line) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return raise(wishes, Shutdown::Now),
            Ok(_) if line == DRAIN => raise(wishes, Shutdown::Drain),
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_signal_is_more_urgent() {
        let wishes = watch::Sender::new(Shutdown::Stay);
        hurry(&wishes);
        assert_eq!(*wishes.borrow(), Shutdown::Drain);
        hurry(&wishes);
        assert_eq!(*wishes.borrow(), Shutdown::Now);
    }

    #[test]
    fn a_lifeline_says_drain_and_its_end_says_now() {
        let wishes = watch::Sender::new(Shutdown::Stay);
        watch_lifeline(DRAIN, &wishes);
        assert_eq!(*wishes.borrow(), Shutdown::Now, "it ended, too");
        raise(&wishes, Shutdown::Drain);
        assert_eq!(*wishes.borrow(), Shutdown::Now, "nothing is less urgent again");
    }
}
