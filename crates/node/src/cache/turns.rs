//! Turns of errands: few are under way at the same time, the others wait in order. Whoever has a turn has it for as long
//! as the work moves. A lease that waits for one is not spared its own bound: behind sources that hang it may be over.
//!
//! It refuses to know what the work is.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::cache::orders::Withdrawn;

/// Places for errands: so many are looked at, and so many are fetched, at the same time.
pub(super) const AT_ONCE: usize = 4;

/// Errands take turns, in order. What is here does not wait behind what has to come from afar.
#[derive(Debug)]
pub(super) struct Turns {
    pub(super) looks: Semaphore,
    pub(super) fetches: Semaphore,
}

impl Default for Turns {
    fn default() -> Self {
        Self { looks: Semaphore::new(AT_ONCE), fetches: Semaphore::new(AT_ONCE) }
    }
}

/// Why work ends that nobody waits for.
const GIVEN_UP: &str = "it was given up";

/// How work that was waited for ended.
pub(super) enum Ended<T> {
    Done(T),
    /// It stood still for too long.
    StoodStill,
    /// Nobody wants it any more.
    Withdrawn,
}

/// Waits for a turn, and has it until the work is over or stands still. Work that is withdrawn ends at its next
/// step, and until then its turn is not another's: work on the blocking pool cannot be ended from outside.
pub(super) async fn in_turn<T>(
    turns: &Semaphore,
    standstill: Duration,
    withdrawn: &Withdrawn,
    work: impl AsyncFnOnce(Moves) -> T,
) -> Ended<T> {
    let _turn = tokio::select! {
        biased;
        () = withdrawn.cancelled() => return Ended::Withdrawn,
        turn = turns.acquire() => turn,
    };
    let (moves, mut moved) = watch::channel(());
    let mut work = pin!(work(Moves(moves)));
    let mut told = true;
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Ended::Done(done),
            () = withdrawn.cancelled() => break,
            moving = timeout(standstill, moved.changed()), if told => match moving {
                Ok(moving) => told = moving.is_ok(),
                Err(_) => return Ended::StoodStill,
            },
            // Nothing more will be told: only the end is missing.
            () = sleep(standstill), if !told => return Ended::StoodStill,
        }
    }
    drop(moved);
    match timeout(standstill, work).await {
        Ok(done) => Ended::Done(done),
        Err(_) => Ended::Withdrawn,
    }
}

/// Says that work moves, to whoever waits for it.
#[derive(Clone)]
pub(super) struct Moves(watch::Sender<()>);

impl Moves {
    /// An error when nobody waits any more.
    pub(super) fn tell(&self) -> Result<(), String> {
        self.0.send(()).map_err(|_| GIVEN_UP.to_owned())
    }

    /// Waits for something as long as anybody waits for this work.
    pub(super) async fn unless_given_up<T>(&self, it: impl Future<Output = T>) -> Result<T, String> {
        tokio::select! {
            biased;
            () = self.0.closed() => Err(GIVEN_UP.to_owned()),
            done = it => Ok(done),
        }
    }
}
