//! How much of the processors a tree of processes has used, where only a list of all processes can be asked.

use std::time::{Duration, Instant};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Listing all processes costs something: it is not done more often than this.
const PAUSE: Duration = Duration::from_secs(5);
/// No family is deeper; a circle of parents, which reused numbers can make, ends there.
const DEEPEST: usize = 64;

/// The processes below one of them, itself among them.
#[derive(Debug)]
pub(crate) struct Family {
    root: Pid,
    system: Option<System>,
    asked: Option<Instant>,
}

impl Family {
    pub(crate) fn of(root: u32) -> Self {
        Self { root: Pid::from_u32(root), system: None, asked: None }
    }

    /// Processor time that those who live have used. It falls when one of them ends. Blocking. `None` when the
    /// system does not tell, or was asked a moment ago.
    pub(crate) fn used(&mut self) -> Option<Duration> {
        if self.asked.is_some_and(|asked| asked.elapsed() < PAUSE) {
            return None;
        }
        self.asked = Some(Instant::now());
        if self.system.is_none() {
            self.system = System::new().ok();
        }
        let system = self.system.as_mut()?;
        let what = ProcessRefreshKind::nothing().with_cpu();
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        let parent = |pid: Pid| system.process(pid).and_then(sysinfo::Process::parent);
        let belongs = |pid: Pid| {
            let mut line = std::iter::successors(Some(pid), |pid| parent(*pid)).take(DEEPEST);
            line.any(|pid| pid == self.root)
        };
        let millis = system
            .processes()
            .iter()
            .filter(|(pid, _)| belongs(**pid))
            .map(|(_, process)| process.accumulated_cpu_time())
            .fold(0, u64::saturating_add);
        (millis > 0).then(|| Duration::from_millis(millis))
    }
}
