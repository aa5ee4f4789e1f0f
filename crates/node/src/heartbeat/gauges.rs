//! The machine's figures, as far as it tells them. Blocking.

use sysinfo::{MemoryRefreshKind, System};

use crate::agent::Figures;

/// Processor use is measured between two readings, so the gauges are kept.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// `None` before the first reading, and where the system cannot be asked.
    system: Option<System>,
}

impl Gauges {
    pub(super) fn read(&mut self) -> Figures {
        let first = self.system.is_none();
        if first {
            self.system = System::new().ok();
        }
        let Some(system) = &mut self.system else { return Figures::default() };
        system.refresh_cpu_usage();
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let use_of_all = system.global_cpu_usage().clamp(0.0, 100.0).round();
        Figures {
            // The first reading has nothing to compare with. The cast is of a number from 0 to 100.
            cpu_pct: (!first && use_of_all.is_finite()).then_some(use_of_all as u8),
            ram_available_mb: match system.available_memory() {
                0 => None,
                bytes => Some(bytes >> 20),
            },
        }
    }
}

/// The machine's memory in bytes; 0 where the system does not tell.
pub(crate) fn total_memory() -> u64 {
    let Ok(mut system) = System::new() else { return 0 };
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    system.total_memory()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_really_asked() {
        let mut gauges = Gauges::default();
        assert_eq!(gauges.read().cpu_pct, None);
        let figures = gauges.read();
        assert!(figures.cpu_pct.is_some_and(|pct| pct <= 100));
        assert!(figures.ram_available_mb.is_some_and(|mb| mb < total_memory() >> 20));
    }
}
