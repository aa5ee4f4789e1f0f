//! A task that ends with whoever holds it.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;

/// Aborts its task when dropped, so that no task outlives the actor that started it.
#[derive(Debug)]
pub struct Held(JoinHandle<()>);

impl Held {
    /// Starts a task that calls this after a while.
    pub fn after(wait: Duration, call: impl FnOnce() + Send + 'static) -> Self {
        Self::spawn(async move {
            tokio::time::sleep(wait).await;
            call();
        })
    }

    /// Starts a task on the runtime it is called on.
    pub fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.abort();
    }
}
