//! The crowd: connections that carry much and can wait. Hundreds of readers of the log, and those who post to it,
//! keep every thread busy that they are given; whoever gives a command or holds a node's session must not queue up
//! behind them. So they have threads of their own, and the system gives those less than the others.
//!
//! ```text
//!   connection, on the doors' threads ──► its handler asks for the crowd ──► the rest of it, on the crowd's
//!                                                                            (and never back)
//! ```
//!
//! A connection moves as a whole: what it has been doing goes on where it stopped. One of HTTP/2 takes whatever else
//! is asked on it along. It refuses to look at requests: handlers ask for it.
//!
//! Being given less is not enough: whoever wakes while such a thread is at work may have to wait until the system
//! next looks at who should run, and that is milliseconds. So the crowd leaves a processor alone, and offers those
//! that it has to others again and again. (With 200 readers and two processors, a command in twenty took 12 ms
//! before, and then 4.)

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread::{available_parallelism, yield_now};

use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::request::Parts;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::AbortOnDropHandle;

/// How much further back the crowd's threads stand than others, in steps of niceness: each is worth a quarter less
/// of a contested processor. With ten of them it still gets about a tenth beside one that is busy otherwise, so that
/// a leader which shares its machine with renderers stays readable.
#[cfg(target_os = "linux")]
const STEPS_BACK: i32 = 10;
/// Threads for what takes long and may block: reading a large post, reading the log from the disk. More would not
/// be quicker.
const SLOW_WORK: usize = 4;

/// Which threads the crowd gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// Some of its own.
    Own,
    /// Those of the runtime that it is made on, like everybody else.
    Here,
}

/// The crowd's threads. Dropping it cuts whatever runs there.
pub(crate) struct Crowd(Option<Runtime>, Handle);

impl Crowd {
    /// A crowd on these threads.
    ///
    /// # Errors
    /// When the system gives none.
    pub(crate) fn of(threads: Threads) -> io::Result<Self> {
        match threads {
            Threads::Own => Self::new(),
            Threads::Here => Ok(Self(None, Handle::current())),
        }
    }

    /// Threads for all processors but one; for the only one, if there are no more.
    ///
    /// # Errors
    /// When the system gives none.
    pub(crate) fn new() -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        let processors = available_parallelism().map_or(1, usize::from);
        builder.worker_threads((processors - 1).max(1)).max_blocking_threads(SLOW_WORK);
        builder.thread_name("crowd").enable_all();
        #[cfg(target_os = "linux")]
        builder.on_thread_start(behind(rustix::process::getpriority_process(None)));
        let runtime = builder.build()?;
        let handle = runtime.handle().clone();
        Ok(Self(Some(runtime), handle))
    }

    /// A place for a new connection; it begins where it is driven.
    pub(crate) fn home(&self) -> Home {
        Home(Arc::new(Inner {
            crowd: self.1.clone(),
            asked: AtomicBool::new(false),
            moved: AtomicBool::new(false),
        }))
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // It may be let go from within another runtime, where nothing may wait.
            runtime.shutdown_background();
        }
    }
}

/// Puts a thread that starts behind those that are like this one. On Linux a thread has a niceness of its own;
/// elsewhere it would be that of the whole process.
#[cfg(target_os = "linux")]
fn behind(here: rustix::io::Result<i32>) -> impl Fn() + Send + Sync + 'static {
    move || {
        let stepped =
            here.and_then(|here| rustix::process::setpriority_process(None, (here + STEPS_BACK).min(19)));
        if let Err(error) = stepped {
            tracing::debug!(%error, "a thread of the crowd stands where all others do");
        }
    }
}

/// Where a connection is driven; it and its requests share it.
#[derive(Clone)]
pub(crate) struct Home(Arc<Inner>);

struct Inner {
    crowd: Handle,
    /// It is to be driven by the crowd.
    asked: AtomicBool,
    /// It is.
    moved: AtomicBool,
}

impl Home {
    /// Moves the connection, and with it whoever asks: what follows runs on the crowd's threads.
    pub(crate) async fn move_to_crowd(&self) {
        self.0.asked.store(true, Ordering::Release);
        // Whoever drives this takes it there as soon as it waits, and polls it again there.
        let there = || Handle::try_current().is_ok_and(|handle| handle.id() == self.0.crowd.id());
        poll_fn(|_| if there() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Whether the connection has been moved.
    pub(super) fn has_moved(&self) -> bool {
        self.0.moved.load(Ordering::Acquire)
    }

    /// Drives a connection to its end: here, until it is to move, and then there. Dropping this ends it either way.
    pub(super) async fn drive(self, connection: impl Future<Output = ()> + Send + 'static) {
        let Some(rest) = self.until_asked(connection).await else { return };
        let home = self.clone();
        let moved = self.0.crowd.spawn(async move {
            home.0.moved.store(true, Ordering::Release);
            considerate(rest).await;
        });
        // It cannot fail but by a panic, which has been reported where it happened.
        let _ = AbortOnDropHandle::new(moved).await;
    }

    /// Drives something that belongs to the connection: nothing when it came to its end here, else the rest of it.
    async fn until_asked<F>(&self, work: F) -> Option<Pin<Box<F>>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let asked = || self.0.asked.load(Ordering::Acquire);
        let mut work = Some(Box::pin(work));
        poll_fn(|cx| {
            let Some(here) = &mut work else { return Poll::Ready(None) };
            if !asked() && here.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            // It may just have asked for it.
            if asked() { Poll::Ready(work.take()) } else { Poll::Pending }
        })
        .await
    }
}

/// Work of the crowd: whenever it was driven a step, its processor is offered to others.
async fn considerate(work: impl Future<Output = ()>) {
    let mut work = pin!(work);
    poll_fn(|cx| {
        let step = work.as_mut().poll(cx);
        yield_now();
        step
    })
    .await;
}

/// Requests of an HTTP/2 connection each have a task; they go where their connection goes.
impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Home {
    fn execute(&self, request: F) {
        let home = self.clone();
        if self.0.asked.load(Ordering::Acquire) {
            self.0.crowd.spawn(considerate(request));
            return;
        }
        tokio::spawn(async move {
            if let Some(rest) = home.until_asked(request).await {
                home.0.crowd.spawn(considerate(rest));
            }
        });
    }
}

/// Moves the connection of these extensions' request. One without a home is served by something else than the
/// doors, and stays.
pub(crate) async fn joined(extensions: &Extensions) {
    if let Some(home) = extensions.get::<Home>() {
        home.move_to_crowd().await;
    }
}

/// The first thing that a handler for the crowd asks for: when it has it, it runs there.
pub(crate) struct InTheCrowd;

impl<S: Sync> FromRequestParts<S> for InTheCrowd {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        joined(&parts.extensions).await;
        Ok(Self)
    }
}
