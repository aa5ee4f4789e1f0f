//! Output that cannot be written: by this attempt, or by anybody? With disks that are really full.

use std::path::{Path, PathBuf};
use std::process::Command;

use callsheet_protocol::v1;

use crate::leader::Leader;
use crate::node::{Node, Plan};

/// A disk of our own at a directory, if we may have one.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path, options: &str) -> Option<Self> {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(at).output();
        let mounted = mount.is_ok_and(|mount| mount.status.success());
        if !mounted {
            println!("skipped: no disk can be mounted here, which takes root on Linux");
        }
        mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Fills the disk to its last byte, and complains of it.
const FILLS: &str = r#"head -c 100000000 /dev/zero > "$PLACE/a_0001.png"; exit 5"#;

async fn ended(options: Option<&str>, script: &str) -> Option<v1::Failure> {
    let mut leader = Leader::listen().await;
    let node = Node::with(leader.address, script, 1);
    let out = node.home.path().join("out");
    let _disk = match options {
        Some(options) => Some(Disk::mount(&out, options)?),
        None => None,
    };
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    session.end_of(7).await.failure
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_is_the_storages_fault() {
    let Some(failure) = ended(Some("size=1m"), FILLS).await else { return };
    assert_eq!(failure.class(), v1::FailureClass::StorageOut, "{failure:?}");
    assert!(failure.message.contains("/out is out: No space left on device"), "{failure:?}");
    assert!(failure.message.ends_with("; the renderer ended with exit code 5"), "{failure:?}");
    assert_eq!(failure.exit, "exit code 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_nothing_is_found_out_before_anything_runs() {
    let Some(failure) = ended(Some("ro"), "exit 0").await else { return };
    assert_eq!(failure.class(), v1::FailureClass::StorageOut, "{failure:?}");
    assert!(failure.message.contains("Read-only file system"), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_others_can_write_the_attempt_itself_has_failed() {
    let failure = ended(None, "exit 5").await.unwrap();
    assert_eq!(failure.class(), v1::FailureClass::OutputIo);
    assert_eq!(failure.message, "the renderer ended with exit code 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_directory_without_room_is_waited_for() {
    let mut leader = Leader::listen().await;
    let node = Node::planned(leader.address, Plan { min_free_disk: 1 << 60, ..Plan::default() });
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    let failure = session.end_of(7).await.failure.unwrap();
    assert_eq!(failure.class(), v1::FailureClass::StorageOut, "{failure:?}");
    assert!(failure.message.contains("MiB are free in the work directory, at least "), "{failure:?}");
    // It is waited for with one attempt after the other.
    assert_eq!(left_in_scratch(&node), 0, "what takes room is taken away again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_whose_share_is_away_leaves_nothing_on_its_node() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let out = node.home.path().join("out");
    std::fs::remove_dir(&out).unwrap();
    std::os::unix::fs::symlink("/nowhere/at/all", out).unwrap();
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    let failure = session.end_of(7).await.failure.unwrap();
    assert_eq!(failure.class(), v1::FailureClass::StorageOut, "{failure:?}");
    assert_eq!(left_in_scratch(&node), 0);
}

fn left_in_scratch(node: &Node) -> usize {
    std::fs::read_dir(node.home.path().join("work/scratch")).unwrap().count()
}
