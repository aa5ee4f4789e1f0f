//! Threads of the leader's own. Doors may serve hundreds of readers, and keep every thread of their runtime busy
//! with it; the scheduler must not queue up behind them for its turn. With a runtime of its own it is the
//! operating system that shares the processors out, and there a thread that mostly waits gets one at once.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinError;

/// The scheduler's, and one for whoever else is at work meanwhile: the hub, the sessions.
const THREADS: usize = 2;

/// A runtime that may be let go from within another one.
pub(crate) struct Apart(Option<Runtime>);

impl Apart {
    pub(crate) fn new() -> io::Result<Self> {
        let runtime =
            Builder::new_multi_thread().worker_threads(THREADS).thread_name("leader").enable_all().build();
        runtime.map(|runtime| Self(Some(runtime)))
    }

    /// Runs something there; what it spawns stays there.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T, JoinError>
    where
        T: Send + 'static,
    {
        match &self.0 {
            Some(runtime) => runtime.spawn(work).await,
            None => Ok(work.await),
        }
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
