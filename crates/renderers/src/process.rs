//! What a program says, within a bounded time and a bounded memory: how versions are found out.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How much of what it says is read.
const MAX_OUTPUT: u64 = 256 * 1024;

/// What a program writes, both streams together.
pub(crate) fn output_of(path: &Path, args: &[String], patience: Duration) -> Result<String, String> {
    let mut command = Command::new(path);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
    let (tell, told) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        listen(stdout, tell.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        listen(stderr, tell);
    }
    let deadline = Instant::now() + patience;
    let mut said = String::new();
    loop {
        match told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(bytes) => said.push_str(&String::from_utf8_lossy(&bytes)),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                end(child);
                return Err(format!("did not answer within {} seconds", patience.as_secs_f32()));
            }
        }
    }
    end(child);
    Ok(said)
}

/// Reads a stream to its end, or as far as anyone cares.
fn listen(stream: impl Read + Send + 'static, tell: mpsc::Sender<Vec<u8>>) {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error still counts.
        let _ = stream.take(MAX_OUTPUT).read_to_end(&mut bytes);
        let _ = tell.send(bytes);
    });
}

/// It has closed its streams or used up our patience: either way nothing more is wanted of it.
fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}
