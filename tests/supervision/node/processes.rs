//! Looking at processes from outside.

use std::path::Path;
use std::time::{Duration, Instant};

/// Nothing in these tests takes longer, unless it is broken.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Whether a process lives; one that is dead and not reaped does not.
pub(crate) fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    match stat.rsplit_once(") ") {
        Some((_, rest)) => !rest.starts_with(['Z', 'X']),
        // No such file system: ask in another way.
        None => {
            !Path::new("/proc/self").exists()
                && nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok()
        }
    }
}

/// Looks until something is so.
#[track_caller]
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < LONG, "not within {LONG:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The process numbers that a script has written into a file, once there are so many.
#[track_caller]
pub(crate) fn pids_in(file: &Path, count: usize) -> Vec<i32> {
    let read = || -> Vec<i32> {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.lines().filter_map(|line| line.trim().parse().ok()).collect()
    };
    until("the script has said who it is", || read().len() >= count);
    read()
}

#[track_caller]
pub(crate) fn all_gone(pids: &[i32]) {
    until(&format!("{pids:?} are gone"), || !pids.iter().any(|pid| is_alive(*pid)));
}
