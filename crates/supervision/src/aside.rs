//! Work that blocks, done aside: off the threads of the runtime, as a rule.
//!
//! In which order several such works end is up to the machine. A simulated world, in which a seed is to be all there
//! is to a run, has them done in turn on its one thread instead; there they take none of its time either way.
//!
//! It refuses to know what is worked on. What waits for something that the runtime does cannot be given to it.

use std::cell::Cell;
use std::marker::PhantomData;

use tokio::task::{JoinHandle, spawn, spawn_blocking};

thread_local! {
    static IN_TURN: Cell<bool> = const { Cell::new(false) };
}

/// Has work done that blocks, aside, and gives a handle to wait for it. Nobody has to.
pub fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    if IN_TURN.get() { spawn(async move { work() }) } else { spawn_blocking(work) }
}

/// For as long as it lives, what this thread has done aside is done in turn, on the runtime that it is asked from.
#[derive(Debug)]
pub struct InTurn(PhantomData<*const ()>);

impl InTurn {
    /// From now on.
    #[must_use]
    pub fn on_this_thread() -> Self {
        IN_TURN.set(true);
        Self(PhantomData)
    }
}

impl Drop for InTurn {
    fn drop(&mut self) {
        IN_TURN.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    async fn whereabouts() -> thread::ThreadId {
        aside(|| thread::current().id()).await.unwrap()
    }

    #[tokio::test]
    async fn it_is_done_off_the_runtime_unless_it_is_to_be_done_in_turn() {
        let here = thread::current().id();
        assert_ne!(whereabouts().await, here);
        let in_turn = InTurn::on_this_thread();
        assert_eq!(whereabouts().await, here);
        drop(in_turn);
        assert_ne!(whereabouts().await, here);
    }
}
