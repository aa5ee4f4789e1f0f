//! What the leader is told of the node's actors and of its cache: every life, and on whose behalf.

use std::collections::BTreeMap;
use std::path::PathBuf;

use callsheet_node::NodeError;
use callsheet_protocol::v1;
use callsheet_protocol::v1::node_message::Body as Up;
use callsheet_protocol::v1::player_change::Change;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::leader::{Leader, Session, TEMPLATE};
use crate::node::{COPY, Node, PROJECT, Plan};
use crate::processes::{LONG, until};

/// The next message about actors.
async fn troupe(session: &mut Session) -> v1::Troupe {
    session
        .wait_for(|message| if let Up::Troupe(troupe) = message { Some(troupe.clone()) } else { None })
        .await
}

/// All that is told until everyone is: the changes before, and those that live by name, with their ids.
async fn all(session: &mut Session) -> (Vec<Change>, BTreeMap<String, v1::PlayerSpawned>) {
    let mut before = Vec::new();
    loop {
        let troupe = troupe(session).await;
        let changes = troupe.changes.into_iter().map(|change| change.change.unwrap());
        if !troupe.whole {
            before.extend(changes);
            continue;
        }
        let living = changes.filter_map(|change| match change {
            Change::Spawned(player) => Some((player.name.clone(), player)),
            _ => None,
        });
        return (before, living.collect());
    }
}

/// Waits until the end of this life is told.
async fn end_of(session: &mut Session, instance: &str) -> v1::PlayerEnded {
    loop {
        let changes = troupe(session).await.changes;
        if let Some(ended) = ended(changes.into_iter().filter_map(|change| change.change), instance) {
            return ended;
        }
    }
}

fn ended(mut changes: impl Iterator<Item = Change>, instance: &str) -> Option<v1::PlayerEnded> {
    changes.find_map(|change| match change {
        Change::Ended(ended) if ended.instance == instance => Some(ended),
        _ => None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_actor_is_told_and_a_killed_one_ends_and_another_life_begins() {
    let mut leader = Leader::listen().await;
    let node = Node::with(leader.address, COPY, 2);
    let (mut session, _) = leader.welcome().await;
    let (_, living) = all(&mut session).await;
    let names: Vec<(&str, &str)> =
        living.iter().map(|(name, player)| (name.as_str(), player.role.as_str())).collect();
    let alone = ["agent", "cache", "heartbeat", "leader_link", "supervisor"];
    let mut wanted: Vec<(&str, &str)> = alone.into_iter().map(|name| (name, name)).collect();
    wanted.extend(["ae_process/0", "ae_process/1"].map(|name| (name, "ae_process")));
    wanted.sort_unstable();
    assert_eq!(names, wanted);

    node.trip("heartbeat", 1);
    let first = &living["heartbeat"];
    let ended = end_of(&mut session, &first.instance).await;
    assert_eq!(ended.status, "failed");
    assert!(ended.reason.contains("tripped heartbeat"), "{ended:?}");
    let mut supervisor = Vec::new();
    let mut begun = None;
    // What came together with its end counts, too.
    let mut seen: Vec<Up> = session.seen.drain(..).collect();
    while supervisor.last().is_none_or(|status| status != "running") {
        if seen.is_empty() {
            seen.push(session.next().await);
        }
        for message in seen.drain(..) {
            let Up::Troupe(troupe) = message else { continue };
            for change in
                troupe.changes.into_iter().filter_map(|change| change.change).filter(|_| !troupe.whole)
            {
                match change {
                    Change::Status(status) => supervisor.push(status.status),
                    Change::Spawned(player) if player.name == "heartbeat" => begun = Some(player),
                    _ => {}
                }
            }
        }
    }
    assert_eq!(supervisor, ["restarting", "running"]);
    assert_ne!(begun.unwrap().instance, first.instance);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_agent_tells_how_the_one_before_it_ended_and_who_lives_now() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let (mut session, _) = leader.welcome().await;
    let (_, before) = all(&mut session).await;
    node.trip("agent", 1);
    let (mut session, _) = leader.welcome().await;
    let (changes, now) = all(&mut session).await;
    let how = |name: &str| ended(changes.iter().cloned(), &before[name].instance).unwrap();
    assert_eq!(how("agent").status, "failed");
    assert!(how("agent").reason.contains("tripped agent"));
    for name in ["ae_process/0", "cache", "heartbeat", "leader_link"] {
        assert_eq!(how(name).status, "stopped", "{name} went with it");
        assert_ne!(now[name].instance, before[name].instance);
    }
    assert_eq!(now["supervisor"], before["supervisor"], "it lives on");
    assert_eq!(now.len(), before.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn actors_that_live_on_are_the_same_to_the_next_leader() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let (mut session, _) = leader.welcome().await;
    let (_, before) = all(&mut session).await;
    drop(session);
    let address = leader.die().await;
    let mut leader = Leader::listen_at(address).await;
    let (mut session, _) = leader.welcome().await;
    let (changes, now) = all(&mut session).await;
    assert_eq!((changes, now), (Vec::new(), before));
    node.wish.send(callsheet_node::Shutdown::Now).unwrap();
    let over: Result<(), NodeError> = timeout(LONG, node.over).await.unwrap().unwrap();
    over.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_cache_is_told_with_its_project_even_if_nobody_listens_when_it_happens() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let (session, _) = leader.welcome().await;
    // The template is read from a pipe, so it comes when the test says so.
    let source = node.home.path().join("source");
    assert!(std::process::Command::new("mkfifo").arg(&source).status().unwrap().success());
    node.offer_with(&session, 7, 1, 1, true);
    let writer = source.clone();
    let (opened, open) = std::sync::mpsc::channel();
    let writing = std::thread::spawn(move || {
        // Opening it waits until the node reads.
        let mut pipe = std::fs::File::options().write(true).open(writer).unwrap();
        opened.send(()).unwrap();
        std::io::Write::write_all(&mut pipe, &TEMPLATE[..5]).unwrap();
        pipe
    });
    tokio::task::block_in_place(|| open.recv_timeout(LONG)).expect("the node fetches the template");
    drop(session);
    let address = leader.die().await;
    let mut pipe = writing.join().unwrap();
    std::io::Write::write_all(&mut pipe, &TEMPLATE[5..]).unwrap();
    drop(pipe);
    let cached = node.home.path().join("cache").join(format!("{:x}.json", md5::compute(TEMPLATE)));
    tokio::task::block_in_place(|| until("it is in the cache", || cached.exists()));
    let mut leader = Leader::listen_at(address).await;
    let (mut session, _) = leader.welcome().await;
    let update = session
        .wait_for(|message| if let Up::Cache(update) = message { Some(update.clone()) } else { None })
        .await;
    assert_eq!((update.action(), update.project_id.as_str()), (v1::CacheAction::Downloaded, PROJECT));
    assert_eq!(update.bytes, Some(TEMPLATE.len() as u64));
}

/// A node whose cache has the template from a life before.
fn with_a_cache() -> (TempDir, PathBuf, String) {
    let home = tempfile::tempdir().unwrap();
    let (cache, md5) = (home.path().join("cache"), format!("{:x}", md5::compute(TEMPLATE)));
    std::fs::create_dir_all(cache.join("projects")).unwrap();
    std::fs::write(cache.join(format!("{md5}.json")), TEMPLATE).unwrap();
    let note = cache.join("projects").join(format!("{md5}.json"));
    (home, note, md5)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hello_says_what_is_in_the_cache() {
    let mut leader = Leader::listen().await;
    let _empty = Node::start(leader.address);
    let (_session, hello) = leader.welcome().await;
    assert_eq!((hello.cache_used_bytes, hello.cached_templates), (Some(0), vec![]));

    let (home, _, md5) = with_a_cache();
    let _full = Node::at_home(home, leader.address, Plan::default());
    let (_session, hello) = leader.welcome().await;
    assert_eq!((hello.cache_used_bytes, hello.cached_templates), (Some(TEMPLATE.len() as u64), vec![md5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_cannot_be_read_for_long_keeps_no_node_from_its_leader() {
    let mut leader = Leader::listen().await;
    let (home, note, md5) = with_a_cache();
    // Reading this waits until someone writes.
    nix::unistd::mkfifo(&note, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _node = Node::at_home(home, leader.address, Plan::default());
    let (mut session, hello) = leader.welcome().await;
    assert_eq!((hello.cache_used_bytes, hello.cached_templates), (None, vec![]), "nobody knows");
    let beat = |message: &Up| if let Up::Heartbeat(beat) = message { Some(beat.clone()) } else { None };
    let first = session.wait_for(beat).await;
    assert_eq!((first.cache_used_bytes, first.cached_templates), (None, vec![]), "nor do heartbeats");

    tokio::task::spawn_blocking(move || std::fs::write(note, PROJECT).unwrap()).await.unwrap();
    let known = |message: &Up| beat(message).filter(|beat| beat.cache_used_bytes.is_some());
    let beat = session.wait_for(known).await;
    assert_eq!((beat.cache_used_bytes, beat.cached_templates), (Some(TEMPLATE.len() as u64), vec![md5]));
}
