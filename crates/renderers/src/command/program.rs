//! Whether a program is here, and which version of it.

use std::env;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use callsheet_config::CommandDescription;

/// How long a program may take to say its version. Blender on a cold disk needs most of it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of what it says is read.
const MAX_OUTPUT: u64 = 256 * 1024;

/// Where a program is: a bare name is looked up in `PATH`.
pub(super) fn find(program: &Path) -> Result<PathBuf, String> {
    if program.components().count() > 1 || program.is_absolute() {
        let found = runnable(program);
        return found.ok_or_else(|| format!("there is no program at {}", program.display()));
    }
    let directories = env::var_os("PATH").unwrap_or_default();
    let mut candidates = env::split_paths(&directories).map(|directory| directory.join(program));
    let found = candidates.find_map(|candidate| runnable(&candidate));
    found.ok_or_else(|| format!("the program {} is not installed: it is not in PATH", program.display()))
}

fn runnable(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    let with_exe = path.with_extension("exe");
    (cfg!(windows) && with_exe.is_file()).then_some(with_exe)
}

/// Looks whether the program is here and asks for its version; an empty one when there is no way to ask.
pub(super) fn probe(description: &CommandDescription) -> Result<String, String> {
    let path = find(&description.program)?;
    let Some(version) = &description.version else { return Ok(String::new()) };
    let said = output_of(&path, &version.args).map_err(|why| format!("{} {why}", path.display()))?;
    let found = version.pattern.captures(&said).and_then(|groups| groups.name("version"));
    // A greedy pattern must not keep the node out: what it says of itself has a limit.
    found.map(|version| version.as_str().chars().take(60).collect()).ok_or_else(|| {
        let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
        let first: String = first.chars().take(100).collect();
        format!("{} tells no version; it says: {first}", path.display())
    })
}

/// What a program writes, both streams together.
fn output_of(path: &Path, args: &[String]) -> Result<String, String> {
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
    let deadline = Instant::now() + PATIENCE;
    let mut said = String::new();
    loop {
        match told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(bytes) => said.push_str(&String::from_utf8_lossy(&bytes)),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                end(child);
                return Err(format!("did not answer within {} seconds", PATIENCE.as_secs()));
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
