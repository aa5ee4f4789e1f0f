//! What AfterFX is to do, as our own process reads it, and that process: it waits until no other script runs on this
//! machine, starts the program, and reads what the script left.
//!
//! ```text
//!   order ─► lock ─┬─ the project is there already ─────────────────────────────────────► done
//!                  └─ AfterFX -noui -r script ─► ended ─► report ─► judged ─► renamed ─► done
//! ```
//!
//! One script at a time: a second AfterFX would hand its script to the first and return at once. The lock is a file
//! that the system lets go when this process ends, however it ends. It refuses to believe an exit code: only the
//! report says what was done.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use callsheet_after_effects::script::{self, MAX_REPORT_BYTES, Report, Stage};
use callsheet_model::{Failure, FailureClass, RunPhase};
use serde::{Deserialize, Serialize};

use crate::Fact;
use crate::child::Voice;

/// How often the lock is tried.
const KNOCK: Duration = Duration::from_millis(200);
/// How often it is said that it is still waited for, so that nobody takes it for a hang; and what part of "all" is
/// said each time, so that it never comes to an end.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
const A_LITTLE: f32 = 0.99;
/// A report may come after the program's end, when another After Effects ran the script.
const REPORT_COMES_WITHIN: Duration = Duration::from_secs(3);

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// The program.
    pub(super) after_fx: PathBuf,
    /// The script for it.
    pub(super) script: PathBuf,
    /// Where the script reports.
    pub(super) report: PathBuf,
    /// Where it saves the project with the data in it, and what that is called once it is whole.
    pub(super) save: Option<(PathBuf, PathBuf)>,
    /// Whether there is something to be done even if that project is there already.
    pub(super) always: bool,
    /// The machine's lock.
    pub(super) lock: PathBuf,
    /// Variables for the program. They are the job's, so our own process has none of them.
    pub(super) env: BTreeMap<String, String>,
}

/// The whole work of the process.
pub(crate) fn run(order: &Path, voice: &mut Voice<'_>) -> Result<(), Failure> {
    let order: Order = crate::child::read_order(order)?;
    voice.say(&Fact::Phase(RunPhase::Launch))?;
    let _lock = locked(&order.lock, voice)?;
    if !order.always && order.save.as_ref().is_some_and(|(_, whole)| whole.is_file()) {
        return Ok(());
    }
    // What another attempt left would be taken for this one's.
    remove(&order.report)?;
    if let Some((draft, _)) = &order.save {
        remove(draft)?;
    }
    let status = start(&order)?;
    let report = awaited(&order.report, REPORT_COMES_WITHIN);
    died(report.as_deref(), status)?;
    let warnings = script::judge(report.as_deref()).inspect_err(|failure| {
        // Lines that are no facts are evidence.
        failure.evidence.iter().for_each(|line| eprintln!("{line}"));
    })?;
    for warning in warnings {
        voice.say(&Fact::Warning(warning))?;
    }
    let Some((draft, whole)) = &order.save else { return Ok(()) };
    fs::rename(draft, whole).map_err(|error| {
        let message = format!("After Effects says that it saved {}, but: {error}", draft.display());
        Failure::new(FailureClass::OutputIo, message)
    })
}

/// Waits for the machine's lock.
fn locked(path: &Path, voice: &mut Voice<'_>) -> Result<File, Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        let message =
            format!("scripts take turns with the file {}, which cannot be locked: {error}", path.display());
        Failure::new(FailureClass::NodeConfig, message)
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| cannot(&error))?;
    let (mut said, mut left) = (Instant::now(), 1.0);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(KNOCK),
            Err(TryLockError::Error(error)) => return Err(cannot(&error)),
        }
        if said.elapsed() >= SIGN_OF_LIFE {
            (said, left) = (Instant::now(), left * A_LITTLE);
            voice.say(&Fact::Progress(1.0 - left))?;
        }
    }
}

/// Runs the program to its end. What it says goes into the log, marked, so that it cannot pass for our own words.
fn start(order: &Order) -> Result<Option<ExitStatus>, Failure> {
    let script = order.script.to_string_lossy();
    let mut command = Command::new(&order.after_fx);
    command.args(callsheet_after_effects::arguments::script(&script));
    command.envs(&order.env).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        let message = format!("{} cannot be started: {error}", order.after_fx.display());
        Failure::new(FailureClass::NodeConfig, message)
    })?;
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || repeat(stdout));
    }
    if let Some(stderr) = child.stderr.take() {
        thread::spawn(move || repeat(stderr));
    }
    match child.wait() {
        Ok(status) => {
            eprintln!("AfterFX: ended with {status}");
            Ok(Some(status))
        }
        Err(error) => {
            eprintln!("AfterFX: nobody knows how it ended: {error}");
            Ok(None)
        }
    }
}

/// One that ended badly before it came to its script: by itself, which is the node's affair, or by a crash.
fn died(report: Option<&[u8]>, status: Option<ExitStatus>) -> Result<(), Failure> {
    let Some(status) = status.filter(|status| report.is_none() && !status.success()) else { return Ok(()) };
    // A signal, or an exception of Windows, whose codes are negative.
    let class = match status.code() {
        Some(code) if code > 0 => FailureClass::NodeConfig,
        _ => FailureClass::Crash,
    };
    Err(Failure::new(class, format!("After Effects ended with {status} before it came to its script")))
}

fn repeat(from: impl Read) {
    const LONGEST: u64 = 4096;
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while matches!((&mut from).take(LONGEST).read_until(b'\n', &mut line), Ok(count) if count > 0) {
        eprintln!("AfterFX: {}", String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

/// The report, once it is finished; as far as it came when nothing more comes.
fn awaited(path: &Path, patience: Duration) -> Option<Vec<u8>> {
    let mut since = Instant::now();
    let mut last = read(path);
    while since.elapsed() < patience {
        let finished = last.as_deref().and_then(|bytes| Report::read(bytes).ok());
        if finished.is_some_and(|report| {
            matches!(report.stage, Stage::Done | Stage::Refused) || report.error.is_some()
        }) {
            break;
        }
        thread::sleep(KNOCK);
        let now = read(path);
        if now != last {
            (since, last) = (Instant::now(), now);
        }
    }
    last
}

/// A report's bytes, one more than is ever looked at.
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_REPORT_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).ok()?.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let message = format!("{} cannot be removed: {error}", path.display());
            Err(Failure::new(FailureClass::OutputIo, message))
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    /// Runs an AfterFX that does this, with a variable of the job.
    fn ran(body: &str) -> (tempfile::TempDir, Result<(), Failure>) {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        crate::sample::program(&path("AfterFX"), &format!("cd '{}'\n{body}", home.path().display()));
        let order = Order {
            after_fx: path("AfterFX"),
            script: path("i.jsx"),
            report: path("r.json"),
            save: None,
            always: true,
            lock: path("lock"),
            env: [("CALLSHEET_OF_THE_JOB".to_owned(), "ä b".to_owned())].into(),
        };
        fs::write(path("order"), serde_json::to_vec(&order).unwrap()).unwrap();
        let mut said = Vec::new();
        let outcome = run(&path("order"), &mut Voice(&mut said));
        (home, outcome)
    }

    #[test]
    fn the_jobs_variables_are_for_the_program_only() {
        let report = r#"{"version":"25.1","stage":"done","assets":[],"findings":[],"saved":true}"#;
        let body = format!("echo '{report}' > r.json; echo \"$CALLSHEET_OF_THE_JOB\" > heard");
        let (home, outcome) = ran(&body);
        outcome.unwrap();
        assert_eq!(fs::read_to_string(home.path().join("heard")).unwrap(), "ä b\n");
        assert_eq!(std::env::var_os("CALLSHEET_OF_THE_JOB"), None);
    }

    #[test]
    fn one_that_crashes_before_its_script_is_not_taken_for_a_node_that_is_set_up_badly() {
        for (body, class, words) in [
            ("kill -SEGV $$", FailureClass::Crash, "ended with signal: 11"),
            ("exit 70", FailureClass::NodeConfig, "ended with exit status: 70 before it came to its script"),
            ("exit 0", FailureClass::NodeConfig, "another After Effects is open"),
        ] {
            let failure = ran(body).1.unwrap_err();
            assert_eq!(failure.class, class, "{body}: {failure}");
            assert!(failure.message.contains(words), "{body}: {failure}");
        }
        let (_, late) = ran("echo '{\"version\":\"25.1\",\"stage\":\"injecting\"}' > r.json; kill -SEGV $$");
        let failure = late.unwrap_err();
        assert_eq!(failure.class, FailureClass::Crash);
        assert!(failure.message.contains("putting in settings.assets[0]"), "{failure}");
    }
}
