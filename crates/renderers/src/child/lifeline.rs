//! The pipe that ties a child to its agent. The agent also kills its children; but an agent that was killed
//! itself can do nothing any more, and then the system closes the pipe.

use std::io::{self, Read};
use std::thread;

/// The exit code of a child whose agent is gone. Nobody reads it, except in a process listing.
const ORPHANED: i32 = 3;

/// Ends the process when its standard input closes. What arrives there is thrown away.
pub(super) fn watch() {
    let watcher = || {
        let mut stdin = io::stdin().lock();
        let mut bytes = [0; 64];
        loop {
            match stdin.read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => std::process::exit(ORPHANED),
                Ok(_) => {}
            }
        }
    };
    // Without a thread to watch it the child would be bound to nothing: better not to begin.
    if thread::Builder::new().name("lifeline".into()).spawn(watcher).is_err() {
        std::process::exit(ORPHANED);
    }
}
