//! How much room a disk has.

use std::path::Path;

/// Bytes free on the disk that holds this directory, if the system tells.
#[cfg(unix)]
#[allow(clippy::useless_conversion, reason = "these numbers are narrower on macOS")]
pub(crate) fn free_space(directory: &Path) -> Option<u64> {
    let stat = nix::sys::statvfs::statvfs(directory).ok()?;
    Some(u64::from(stat.blocks_available()).saturating_mul(u64::from(stat.fragment_size())))
}

/// Bytes free on the disk that holds this directory, if the system tells.
#[cfg(not(unix))]
pub(crate) fn free_space(directory: &Path) -> Option<u64> {
    let disks = sysinfo::Disks::new_with_refreshed_list().ok()?;
    let holds = |disk: &&sysinfo::Disk| directory.starts_with(disk.mount_point());
    let closest = disks.iter().filter(holds).max_by_key(|disk| disk.mount_point().as_os_str().len());
    closest.map(sysinfo::Disk::available_space)
}
