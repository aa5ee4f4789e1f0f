//! Processes that belong to a test's cluster, found by the test's directory in their command lines.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Whether a process lives; one that is dead and not reaped does not.
pub(crate) fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    match stat.rsplit_once(") ") {
        Some((_, rest)) => !rest.starts_with(['Z', 'X']),
        // No such file system: ask in another way.
        None => !Path::new("/proc/self").exists() && kill(Pid::from_raw(pid), None).is_ok(),
    }
}

/// Living processes with this directory in their command line, each with that line. None where the system
/// does not tell (there is no `/proc`).
pub(crate) fn processes_of(directory: &Path) -> Vec<(i32, String)> {
    let directory = directory.to_string_lossy().into_owned();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let lines = pids.filter_map(|pid| {
        let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let line = String::from_utf8_lossy(&bytes).replace('\0', " ");
        (line.contains(&directory) && is_alive(pid)).then_some((pid, line))
    });
    lines.collect()
}

/// Those of them that draw: built-in renderers and the tests' own, without their guards.
pub(crate) fn renderers_of(directory: &Path) -> Vec<i32> {
    let draws = |line: &str| {
        !line.contains(" guard ") && (line.contains(" render ") || line.contains("test-renderer"))
    };
    processes_of(directory).into_iter().filter(|(_, line)| draws(line)).map(|(pid, _)| pid).collect()
}

/// Those of them that agents have started, and what came of these; each with what it is.
pub(crate) fn below_agents(directory: &Path) -> Vec<(i32, &'static str)> {
    let what = |line: &str| match line {
        line if line.contains(" leader --config ") || line.contains(" node --config ") => None,
        line if line.contains(" guard ") => Some("guard"),
        line if line.contains("AfterFX") => Some("AfterFX"),
        line if line.contains(" --sleep ") => Some("errand"),
        line if line.contains(" render ") || line.contains("test-renderer") => Some("renderer"),
        line if line.contains("aerender") => Some("aerender"),
        _ => None,
    };
    processes_of(directory).into_iter().filter_map(|(pid, line)| Some((pid, what(&line)?))).collect()
}

/// Those of them that are After Effects: `aerender` and `AfterFX` themselves, without their guards.
pub(crate) fn after_effects_of(directory: &Path) -> Vec<(i32, String)> {
    let installations = format!("{}/ae/", directory.display());
    let mut found = processes_of(directory);
    found.retain(|(_, line)| line.starts_with(&installations));
    found
}

/// Waits until none is left; kills what is, and returns it.
pub(crate) fn clear(directory: &Path, patience: Duration) -> Vec<(i32, String)> {
    let began = Instant::now();
    loop {
        let left = processes_of(directory);
        if left.is_empty() {
            return left;
        }
        if began.elapsed() > patience {
            for (pid, _) in &left {
                // Found by the directory of this very test, so it is one of its own.
                let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
            }
            return left;
        }
        // The end of somebody else's child sends no message.
        std::thread::sleep(Duration::from_millis(5));
    }
}
