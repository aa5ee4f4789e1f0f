//! A task that ends with whoever holds it.

use std::future::Future;

use tokio::task::JoinHandle;

/// Aborts its task when dropped, so that no task outlives the actor that started it.
#[derive(Debug)]
pub(crate) struct Held(JoinHandle<()>);

impl Held {
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.abort();
    }
}
