//! The cluster that it all happens to: three nodes that render everything, each behind a wire of its own, and a share
//! for what they render that can go away, and where that is possible fill up.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Cluster, Installation, Recipe, Weather, Wire};

pub(super) const NODES: [&str; 3] = ["anna", "bruno", "clara"];
const SLOTS: u32 = 2;
/// All waits are short, so that a storm of seconds sees what takes minutes elsewhere.
const LEADER: &str =
    "\n[leader.quarantine]\nfirst = \"1s\"\nmax = \"2s\"\n\n[leader.http]\nkeep_alive = \"1s\"\n";
const REST: &str = "[retry]\nfirst = \"100ms\"\nmax = \"500ms\"\nretries = 100\nuncharged = 1000\n\n\
                    [timeouts]\nstart = \"5s\"\nframe = \"3s\"\nexit = \"3s\"\n\n";

pub(super) struct Stage {
    // Dropped before the cluster's directory, in which it is mounted.
    pub(super) share: Share,
    pub(super) cluster: Cluster,
    wires: BTreeMap<&'static str, Wire>,
}

impl Stage {
    /// With a disk that can be full, if that is wanted and the system permits it.
    pub(super) async fn set(full: bool) -> Self {
        let installation = || {
            Installation::new("25.1x67")
                .is("life_ms = 30000\n[installation.times]\nlaunch_ms = 100\nload_ms = 50\nframe_ms = 40")
        };
        let recipe = NODES
            .iter()
            .fold(Recipe::new(), |recipe, name| recipe.versatile(name, SLOTS, installation()))
            .leader(LEADER)
            .section(REST);
        let mut cluster = Cluster::lead(recipe).await;
        cluster.keep_if_it_fails();
        let share = Share::lay(cluster.root(), full);
        let mut wires = BTreeMap::new();
        for name in NODES {
            let wire = Wire::to(&cluster.url).await;
            cluster.spawn_through(name, &wire);
            wires.insert(name, wire);
        }
        for name in NODES {
            cluster.online(name, 0).await;
        }
        Self { share, cluster, wires }
    }

    pub(super) fn wire(&self, node: &str) -> &Wire {
        &self.wires[node]
    }

    /// Starts a node again.
    pub(super) fn start(&mut self, node: &str) {
        self.cluster.spawn_through(node, &self.wires[node]);
    }

    /// Nothing is wrong with any wire or disk any more.
    pub(super) fn clear_up(&self) {
        self.wires.values().for_each(|wire| wire.set(Weather::default()));
        self.share.come_back();
        self.share.free();
    }
}

/// Where results go, by a link.
pub(super) struct Share {
    link: PathBuf,
    folder: PathBuf,
    /// A file system of its own, small enough to be filled.
    small: bool,
}

impl Share {
    fn lay(root: &Path, full: bool) -> Self {
        let folder = root.join("out");
        let small = full && mounted(&folder);
        let share = Self { link: link_in(root), folder, small };
        share.come_back();
        share
    }

    fn lead_to(&self, folder: &Path) {
        let draft = self.link.with_extension("draft");
        symlink(folder, &draft).unwrap();
        fs::rename(&draft, &self.link).unwrap();
    }

    /// Whoever looks for a file finds nothing.
    pub(super) fn go_away(&self) {
        self.lead_to(Path::new("/nowhere/at/all"));
    }

    pub(super) fn come_back(&self) {
        self.lead_to(&self.folder);
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }

    /// Not a byte more can be written; false where that would take the whole machine's disk.
    pub(super) fn fill(&self) -> bool {
        if self.small {
            let mut file = fs::File::create(self.filler()).unwrap();
            let block = vec![0x43; 64 * 1024];
            while file.write_all(&block).is_ok() {}
        }
        self.small
    }

    pub(super) fn free(&self) {
        if self.small {
            let _ = fs::remove_file(self.filler());
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.small {
            let done = Command::new("umount").arg("--lazy").arg(&self.folder).status();
            if !done.is_ok_and(|status| status.success()) {
                eprintln!("{} is mounted still", self.folder.display());
            }
        }
    }
}

/// A path on the share: where jobs are told to leave their results.
pub(super) fn link_in(root: &Path) -> PathBuf {
    root.join("share")
}

/// Lays a small file system of its own over a folder, if this user may.
fn mounted(folder: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=160m", "callsheet-chaos"]).arg(folder);
    let done = mount.output().is_ok_and(|output| output.status.success());
    if !done {
        println!("SKIPPED: the disk is never full, since no small file system can be mounted here");
    }
    done
}
