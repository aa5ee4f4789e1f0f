//! A renderer's processes, as an attempt sees them: started, read, asked how much they compute, killed, gone.
//!
//! A machine's node has [`crate::platform::Tree`] behind this. In a simulated cluster, where time is not the
//! machine's, something else plays them. It refuses to know what is run.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use callsheet_renderers::{Exit, Invocation};
use tokio::io::AsyncRead;

use crate::platform::{Family, Tree};

/// Starts what renderers ask for.
pub trait Processes: Debug + Send + Sync {
    /// Starts a process.
    ///
    /// # Errors
    /// What the system says when it cannot be started.
    fn start(&self, invocation: &Invocation) -> io::Result<Box<dyn Process>>;
}

/// A process and everything it started. Dropping it kills all of them.
pub trait Process: Send {
    /// Its output, once.
    fn output(&mut self) -> Vec<Pipe>;

    /// What it and all below it use of the processors.
    fn used(&self) -> Box<dyn Used>;

    /// Has all of it killed. [`Self::wait`] says when nothing is left.
    fn kill(&mut self);

    /// Kills it in the hardest way there is, since it does not get done. Blocking, shortly.
    fn force(&mut self);

    /// Waits until nothing of it is left, and says how it ended. Can be dropped while it waits, and called again.
    fn wait(&mut self) -> Pin<Box<dyn Future<Output = Exit> + Send + '_>>;
}

/// Output of a process.
pub type Pipe = Box<dyn AsyncRead + Send + Unpin>;

/// How much of the processors something uses.
pub trait Used: Debug + Send {
    /// Processor time used since it began. Blocking. `None` when it is gone, or nobody can tell.
    fn used(&mut self) -> Option<Duration>;
}

/// Processes of this machine.
#[derive(Debug)]
pub(crate) struct Guarded {
    /// An executable that answers to `guard`.
    pub(crate) guard: PathBuf,
}

impl Processes for Guarded {
    fn start(&self, invocation: &Invocation) -> io::Result<Box<dyn Process>> {
        Ok(Box::new(Tree::spawn(invocation, &self.guard)?))
    }
}

impl Process for Tree {
    fn output(&mut self) -> Vec<Pipe> {
        let (stdout, stderr) = self.output();
        stdout
            .map(|pipe| Box::new(pipe) as Pipe)
            .into_iter()
            .chain(stderr.map(|pipe| Box::new(pipe) as Pipe))
            .collect()
    }

    fn used(&self) -> Box<dyn Used> {
        Box::new(self.family())
    }

    fn kill(&mut self) {
        self.kill();
    }

    fn force(&mut self) {
        self.force();
    }

    fn wait(&mut self) -> Pin<Box<dyn Future<Output = Exit> + Send + '_>> {
        Box::pin(self.wait())
    }
}

impl Used for Family {
    fn used(&mut self) -> Option<Duration> {
        self.used()
    }
}
