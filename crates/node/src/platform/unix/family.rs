//! A renderer's processes as Linux shows them: who belongs to it, and how much of the processors all of them
//! have used together.
//!
//! They are looked for below their guard, which adopts whoever loses its parent. Whoever was seen once is
//! remembered by number and moment of birth, so that even when the guard itself is killed nobody is forgotten,
//! and nobody else is taken for one of them. It refuses to count more than [`MOST`] processes.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Processes that are looked at in one look.
const MOST: usize = 4096;
/// The unit of the system's process times: it is a hundredth of a second on every machine this is built for.
const TICK: Duration = Duration::from_millis(10);

/// The processes below a guard, with the moment of birth of each. Clones share what they know.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    guard: Pid,
    members: Arc<Mutex<BTreeMap<i32, u64>>>,
}

/// What the system says of a process.
struct Stat {
    parent: i32,
    is_dead: bool,
    /// Its own time and that of children that are gone, in ticks.
    used: u64,
    born: u64,
}

impl Family {
    pub(super) fn of(guard: Pid) -> Self {
        Self { guard, members: Arc::default() }
    }

    /// Processor time that the whole family has used since it began, of those gone as far as somebody waited
    /// for them. Remembers who is there. Blocking. `None` when the guard is gone.
    pub(crate) fn used(&mut self) -> Option<Duration> {
        let guard = stat(self.guard.as_raw())?;
        let mut ticks = guard.used;
        let mut members = BTreeMap::new();
        for pid in below(self.guard.as_raw()) {
            if let Some(stat) = stat(pid) {
                ticks = ticks.saturating_add(stat.used);
                members.insert(pid, stat.born);
            }
        }
        *self.members.lock().unwrap_or_else(PoisonError::into_inner) = members;
        Some(TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX)))
    }

    /// Kills those that are alive, and says whether there were any. Blocking.
    pub(super) fn kill(&self) -> bool {
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let mut some = false;
        for (pid, born) in members.iter() {
            // A number may have been given to somebody else since.
            if stat(*pid).is_some_and(|stat| stat.born == *born && !stat.is_dead) {
                let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
                some = true;
            }
        }
        some
    }
}

fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // `pid (name) state parent ...`, where the name may contain anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |nth: usize| fields.get(nth)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        is_dead: matches!(*fields.first()?, "Z" | "X"),
        used: (11..=14).filter_map(number).fold(0, u64::saturating_add),
        born: number(19)?,
    })
}

/// All processes below one, nearest first.
fn below(root: i32) -> Vec<i32> {
    let mut found = Vec::new();
    let mut asked = 0;
    let mut next = Some(root);
    while let Some(pid) = next {
        found.extend(children(pid));
        found.truncate(MOST);
        next = found.get(asked).copied();
        asked += 1;
    }
    found
}

/// The children that a process has right now.
pub(super) fn children(pid: i32) -> Vec<i32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists: Result<Vec<String>, _> =
        tasks.map(|task| fs::read_to_string(task.path().join("children"))).collect();
    match lists {
        Ok(lists) => {
            let pids = lists.iter().flat_map(|list| list.split_ascii_whitespace());
            pids.filter_map(|pid| pid.parse().ok()).collect()
        }
        // It is gone, or this kernel has no such file.
        Err(_) => children_by_parent(pid),
    }
}

fn children_by_parent(parent: i32) -> Vec<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|stat| stat.parent == parent)).collect()
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn shell(script: &str) -> (Child, Family) {
        let child = Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
        let family = Family::of(Pid::from_raw(i32::try_from(child.id()).unwrap()));
        (child, family)
    }

    fn until(mut so: impl FnMut() -> bool) {
        let began = std::time::Instant::now();
        while !so() {
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn time_of_grandchildren_counts_and_so_does_that_of_the_dead() {
        let spin = "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done";
        let (mut idle, mut still) = shell("read line");
        let (mut child, mut family) = shell(&format!("sh -c '{spin}; exit 0'; read line; exit 0"));
        until(|| family.used().unwrap() >= Duration::from_millis(30));
        // The one that computed is gone; what it used is not forgotten.
        until(|| below(family.guard.as_raw()).is_empty());
        assert!(family.used().unwrap() >= Duration::from_millis(30));
        assert!(still.used().unwrap() < Duration::from_millis(30));
        for child in [&mut child, &mut idle] {
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        assert_eq!(family.used(), None);
    }

    #[test]
    fn children_are_found_with_and_without_the_kernels_list() {
        let (mut child, family) = shell("sleep 100 & sleep 100 & wait");
        let root = family.guard.as_raw();
        until(|| children(root).len() == 2);
        let sorted = |mut pids: Vec<i32>| {
            pids.sort_unstable();
            pids
        };
        assert_eq!(sorted(children(root)), sorted(children_by_parent(root)));
        let mut seen = family.clone();
        seen.used().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(family.kill(), "they are remembered when their parent is gone");
        until(|| !family.kill());
    }
}
