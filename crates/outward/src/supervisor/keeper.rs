//! Starts the supervisor again when it falls. There is nobody above it, and the leader does not end for the sake of
//! other services; without a supervisor nothing would leave the leader any more, and nobody would be told.
//!
//! It is a task and no actor, and it refuses to do anything else: there is nothing in it that could fall.

use std::sync::{Arc, Mutex, PoisonError};

use callsheet_supervision::Falls;
use ractor::{Actor, ActorRef, SpawnErr};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, sleep};

use super::{Message, Parts, Supervisor, table};

/// Why those fell that did nothing wrong.
const WITH_IT: &str = "what looks after it fell";

/// The tree, and whoever keeps it up.
pub(crate) struct Keeper {
    present: Present,
    keeping: AbortHandle,
    over: watch::Receiver<bool>,
}

/// The supervisor, whichever it is at the moment.
#[derive(Clone)]
struct Present(Arc<Mutex<ActorRef<Message>>>);

impl Present {
    fn get(&self) -> ActorRef<Message> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, supervisor: ActorRef<Message>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = supervisor;
    }
}

impl Keeper {
    /// Starts the tree.
    ///
    /// # Errors
    /// When there is no supervisor even once.
    pub(crate) async fn start(parts: Parts) -> Result<Self, SpawnErr> {
        let (supervisor, end) = spawn(&parts).await?;
        let present = Present(Arc::new(Mutex::new(supervisor)));
        let (ends, over) = watch::channel(false);
        let kept = present.clone();
        let keeping = tokio::spawn(async move {
            keep(parts, kept, end).await;
            ends.send_replace(true);
        });
        Ok(Self { present, keeping: keeping.abort_handle(), over })
    }

    /// The supervisor that there is now.
    #[cfg(test)]
    pub(crate) fn present(&self) -> ActorRef<Message> {
        self.present.get()
    }

    /// Waits until errands that were told to leave have left.
    pub(crate) async fn ended(&self) {
        // If nobody can tell any more, it has ended.
        let _ = self.over.clone().wait_for(|over| *over).await;
    }

    /// Ends it as it is.
    pub(crate) fn cut_off(&self) {
        self.keeping.abort();
        self.present.get().kill();
    }
}

impl Drop for Keeper {
    /// Without a word nothing is written down; nothing is lost either.
    fn drop(&mut self) {
        self.cut_off();
    }
}

async fn spawn(parts: &Parts) -> Result<(ActorRef<Message>, JoinHandle<()>), SpawnErr> {
    Actor::spawn(None, parts.tripwire.wire("supervisor", Supervisor), parts.clone()).await
}

async fn keep(parts: Parts, present: Present, mut end: JoinHandle<()>) {
    let (mut leaving, since, mut falls) = (parts.leaving.clone(), Instant::now(), Falls::default());
    loop {
        tokio::select! {
            biased;
            () = leaving.told() => {
                // One that has gone has no children either.
                let _ = present.get().cast(Message::Leave);
                let _ = end.await;
                return;
            }
            _ = &mut end => {}
        }
        end = loop {
            parts.errands.iter().for_each(|errand| errand.fell(WITH_IT));
            let wait = table::wait(&mut falls, since.elapsed());
            tracing::error!(?wait, "the supervisor of all that goes outward fell, and is started again");
            tokio::select! {
                () = sleep(wait) => {}
                () = leaving.told() => return,
            }
            if let Ok((supervisor, end)) = spawn(&parts).await {
                present.put(supervisor);
                break end;
            }
        };
    }
}
