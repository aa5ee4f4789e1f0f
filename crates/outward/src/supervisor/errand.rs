//! What the supervisor's children do: something that goes on for as long as the leader serves.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use callsheet_supervision::kinds;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::watch;

/// Why an errand cannot go on.
pub(crate) type Fall = Box<dyn std::error::Error + Send + Sync>;

/// What an errand is while it runs.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<(), Fall>> + Send>>;

/// Work of its own that is started again when it falls. It must stand being cancelled at every await.
pub(crate) trait Errand: Send + Sync + 'static {
    /// What it is called in logs.
    fn name(&self) -> &str;

    /// What kind of actor it is.
    fn actor(&self) -> &'static str;

    /// Goes on until the leader leaves, which `leaving` tells, or until it cannot.
    fn run(self: Arc<Self>, leaving: Leaving) -> Running;

    /// It fell, and stays down for a while.
    fn fell(&self, why: &str);
}

/// Tells an errand that it is time to go.
#[derive(Clone, Debug)]
pub(crate) struct Leaving(watch::Receiver<bool>);

impl Leaving {
    /// It is time when this says so. If nobody can say it any more, everybody has left.
    pub(crate) fn new(leaving: watch::Receiver<bool>) -> Self {
        Self(leaving)
    }

    /// Whether that moment has come.
    pub(crate) fn is_told(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits for that moment.
    pub(crate) async fn told(&mut self) {
        // An error says that nobody can tell any more.
        let _ = self.0.wait_for(|leaving| *leaving).await;
    }
}

/// The actor around an errand. Its one message begins it, and is handled for as long as it goes on.
pub(crate) struct Runner;

/// Begins.
pub(crate) struct Go;

kinds!(Go { "go": Go });

/// What it owns.
pub(crate) struct Held {
    pub(crate) errand: Arc<dyn Errand>,
    pub(crate) leaving: Leaving,
}

impl Actor for Runner {
    type Msg = Go;
    type State = Held;
    type Arguments = Held;

    async fn pre_start(&self, myself: ActorRef<Go>, held: Held) -> Result<Held, ActorProcessingErr> {
        myself.cast(Go)?;
        Ok(held)
    }

    async fn handle(&self, myself: ActorRef<Go>, _: Go, held: &mut Held) -> Result<(), ActorProcessingErr> {
        held.errand.clone().run(held.leaving.clone()).await?;
        myself.stop(None);
        Ok(())
    }
}
