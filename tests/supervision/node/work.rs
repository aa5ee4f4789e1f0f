//! The way of a frame through a node, with real processes and real files.

use std::sync::atomic::Ordering;

use callsheet_protocol::v1;
use callsheet_protocol::v1::leader_message::Body as Down;
use callsheet_protocol::v1::node_message::Body as Up;

use crate::leader::{Leader, words};
use crate::node::{COPY, Node, accept};
use crate::processes::{all_gone, pids_in, until};

#[tokio::test(flavor = "multi_thread")]
async fn frames_are_proven_accepted_and_only_then_published() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let (mut session, hello) = leader.welcome().await;
    assert_eq!((hello.node.as_str(), hello.held.len()), ("node-1", 0));
    assert_eq!(hello.capabilities.unwrap().renderers["script"], "1");
    node.offer_with(&session, 7, 1, 3, true);
    let reports = session.reports_until_the_end(7).await;
    assert_eq!(reports.last().unwrap(), "7: Succeeded");
    assert!(!node.has_published(1));
    // The first report said that its renderer began.
    let count = 1 + reports.len() as u64;
    accept(&session, count, 7, 1, 2);
    assert_eq!(session.report("7: published 1-2").await, count + 1);
    assert!(node.has_published(1) && node.has_published(2) && !node.has_published(3));
    session.say(Down::Close(v1::Close { tokens: vec![7] }));
    let folder = node.home.path().join("out/.callsheet");
    let place = |folder: &std::path::Path| {
        walk(folder).iter().any(|name| name.ends_with("1.7") || name.contains("0.7"))
    };
    until("the attempt's place is gone", || !place(&folder));
    // The same template again is not fetched again.
    node.offer_with(&session, 8, 4, 4, true);
    assert_eq!(session.reports_until_the_end(8).await, ["8: proven 4", "8: Succeeded"]);
    assert_eq!(leader.fetches.load(Ordering::SeqCst), 1);
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        names.push(entry.path().to_string_lossy().into_owned());
        names.extend(walk(&entry.path()));
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_renderer_leaves_decides_not_what_it_says() {
    let scripts = [
        ("exit 0", "failed BrokenOutput 1-2"),
        ("for f in $FRAMES; do echo done $f; : > $PLACE/a_000$f.png; done", "failed BrokenOutput 1-2"),
        (
            "head -c 40 $HOME_OF_TEST/picture.png > $PLACE/a_0001.png; cp $HOME_OF_TEST/picture.png $PLACE/a_0002.png",
            "failed BrokenOutput 1",
        ),
        ("echo frame 2; exit 3", "failed Crash 2"),
        ("echo frame 1; kill -KILL $$", "failed Crash 1"),
    ];
    for (script, end) in scripts {
        let mut leader = Leader::listen().await;
        let node = Node::with(leader.address, script, 1);
        let (mut session, _) = leader.welcome().await;
        node.offer(&session, 7, 1, 2);
        let reports = session.reports_until_the_end(7).await;
        assert_eq!(reports.last().unwrap(), &format!("7: {end}"), "{script}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_attempt_is_killed_with_all_it_started() {
    let script = format!("sh -c 'echo $$ >> $HOME_OF_TEST/pids; sleep 1000' & setsid sleep 1001 & {COPY}");
    let mut leader = Leader::listen().await;
    let node = Node::with(leader.address, &script, 1);
    node.hold();
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    let pids = tokio::task::block_in_place(|| pids_in(&node.pids(), 2));
    session.say(Down::Revoke(v1::Revoke { token: 7, why: "test".into() }));
    tokio::task::block_in_place(|| all_gone(&pids));
    node.let_go();
    // The slot is free again once all of it is gone.
    node.offer(&session, 8, 2, 2);
    assert_eq!(session.reports_until_the_end(8).await.last().unwrap(), "8: Succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_to_its_end_does_not_keep_the_slot() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    node.hide_results();
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    let pids = tokio::task::block_in_place(|| pids_in(&node.pids(), 1));
    tokio::task::block_in_place(|| all_gone(&pids));
    session.say(Down::Revoke(v1::Revoke { token: 7, why: "test".into() }));
    // It frees its slot while the file still hangs: the next one's process runs.
    node.offer(&session, 8, 2, 2);
    tokio::task::block_in_place(|| pids_in(&node.pids(), 2));
    node.find_results();
    assert_eq!(session.reports_until_the_end(8).await, ["8: proven 2", "8: Succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_hears_that_an_attempt_is_over() {
    for (script, end) in [(COPY, "7: Succeeded"), ("echo frame 1; exit 3", "7: failed Crash 1")] {
        let mut leader = Leader::listen().await;
        let node = Node::with(leader.address, script, 1);
        let (mut session, _) = leader.welcome().await;
        node.offer(&session, 7, 1, 1);
        session.report(end).await;
        let is_last = |message: &Up| matches!(message, Up::Progress(told) if told.token == 7 && told.remaining.is_empty());
        if !session.seen.iter().any(is_last) {
            session.wait_for(|message| is_last(message).then_some(())).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_output_neither_blocks_the_renderer_nor_drowns_the_leader() {
    let script = format!("yes 'a line of output that says nothing' | head -n 400000; {COPY}");
    let mut leader = Leader::listen().await;
    let node = Node::with(leader.address, &script, 1);
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    session
        .wait_for(|message| match message {
            Up::Reports(reports) => {
                reports.reports.iter().any(|report| words(report) == "7: Succeeded").then_some(())
            }
            _ => None,
        })
        .await;
    let mut at = 0;
    let mut text = String::new();
    for message in &session.seen {
        if let Up::Log(chunk) = message {
            assert_eq!(chunk.offset, at);
            at += chunk.text.len() as u64;
            text.push_str(&chunk.text);
        }
    }
    assert!(text.len() < (1 << 16) + 1000, "{}", text.len());
    assert!(text.contains("bytes left out]") && text.ends_with("done 1\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_tell_how_the_machine_is() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    node.hold();
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 5, 5);
    let beat = session
        .wait_for(|message| match message {
            Up::Heartbeat(beat) if beat.current_frame == Some(5) && beat.cpu_pct.is_some() => {
                Some(beat.clone())
            }
            _ => None,
        })
        .await;
    assert_eq!((beat.status(), beat.current_token), (v1::NodeStatus::Busy, Some(7)));
    assert!(beat.renderer_running && beat.ram_available_mb > Some(0));
    let held = session
        .wait_for(|message| match message {
            Up::Pulse(pulse) => pulse.holding.clone(),
            _ => None,
        })
        .await;
    assert_eq!((held.tokens, held.last_offered), (vec![7], 7));
}
