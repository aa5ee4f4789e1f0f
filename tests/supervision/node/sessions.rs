//! Streams that break, leaders that die or fall silent, and leaving in good order.

use std::sync::atomic::Ordering;
use std::time::Duration;

use callsheet_node::Shutdown;
use callsheet_protocol::v1;
use callsheet_protocol::v1::leader_message::Body as Down;
use callsheet_protocol::v1::node_message::Body as Up;
use tokio::time::timeout;
use tonic::Status;

use crate::leader::Leader;
use crate::node::{Node, accept};
use crate::processes::{LONG, all_gone, is_alive, pids_in};

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_dies_kills_no_renderer_and_takes_the_lease_back() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    node.hold();
    let (session, first) = leader.welcome().await;
    node.offer(&session, 7, 1, 2);
    let pids = tokio::task::block_in_place(|| pids_in(&node.pids(), 1));
    drop(session);
    let address = leader.die().await;
    // Longer than the leader's silence: dials are refused, so there is nobody to fear.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(is_alive(pids[0]));
    node.let_go();

    let mut leader = Leader::listen_at(address).await;
    let (mut session, hello) = leader.welcome().await;
    assert_eq!((hello.held, hello.incarnation), (vec![7], first.incarnation));
    let reports = session.reports_until_the_end(7).await;
    assert_eq!(reports.last().unwrap(), "7: Succeeded");
    accept(&session, reports.len() as u64, 7, 1, 2);
    session.report("7: published 1-2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_leader_costs_the_lease_in_time() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    node.hold();
    let (session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 2);
    let pids = tokio::task::block_in_place(|| pids_in(&node.pids(), 1));
    session.answers.store(false, Ordering::SeqCst);
    let began = std::time::Instant::now();
    tokio::task::block_in_place(|| all_gone(&pids));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let (_, hello) = leader.welcome().await;
    assert!(hello.held.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_stream_is_dialled_again_at_once_and_nothing_is_lost() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    assert_eq!(session.reports_until_the_end(7).await, ["7: proven 1", "7: Succeeded"]);
    let began = std::time::Instant::now();
    drop(session);
    let (mut session, hello) = leader.welcome().await;
    assert!(began.elapsed() < Duration::from_millis(100), "{:?}", began.elapsed());
    assert_eq!(hello.held, [7]);
    // Nothing was settled, so it is all said again.
    assert_eq!(session.reports_until_the_end(7).await, ["7: proven 1", "7: Succeeded"]);
    // The first of three reports said that its renderer began.
    accept(&session, 3, 7, 1, 1);
    assert_eq!(session.report("7: published 1").await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_stream_begins_with_a_hello_whatever_was_to_be_said_on_the_old_one() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let (session, _) = leader.welcome().await;
    node.stall();
    // Handed back at once, with a report: nobody has told this node what the lease is about.
    let lease = v1::OfferedLease { token: 7, ..Default::default() };
    session.say(Down::Offers(v1::Offers { steps: Vec::new(), leases: vec![lease] }));
    session.break_off();
    let mut session = leader.dialled().await;
    node.go_on();
    let first = session.next().await;
    assert!(matches!(first, Up::Hello(_)), "{first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_finishes_what_runs_and_says_goodbye() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    node.hold();
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    node.offer(&session, 8, 2, 2);
    tokio::task::block_in_place(|| pids_in(&node.pids(), 1));
    node.wish.send(Shutdown::Drain).unwrap();
    node.let_go();
    let proven = session.report("7: proven 1").await;
    let stopped = session.report("8: Stopped").await;
    accept(&session, proven.max(stopped), 7, 1, 1);
    let published = session.report("7: published 1").await;
    accept(&session, published, 7, 1, 1);
    session.wait_for(|message| matches!(message, Up::Goodbye(_)).then_some(())).await;
    session.is_over().await;
    timeout(LONG, node.over).await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_at_once_leaves_no_renderer() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    node.hold();
    let (session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    let pids = tokio::task::block_in_place(|| pids_in(&node.pids(), 1));
    node.wish.send(Shutdown::Drain).unwrap();
    node.wish.send(Shutdown::Now).unwrap();
    timeout(LONG, node.over).await.unwrap().unwrap().unwrap();
    tokio::task::block_in_place(|| all_gone(&pids));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_never_share_a_directory() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let _stream = leader.welcome().await;
    let error = timeout(LONG, node.another(leader.address)).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("is in use by another agent"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hello_that_is_refused_for_what_it_says_ends_the_node() {
    let said = "hello.capabilities: renderer name \"a b\" has a space";
    let leader = Leader::refusing(Status::invalid_argument(said)).await;
    let node = Node::start(leader.address);
    let error = timeout(LONG, node.over).await.unwrap().unwrap().unwrap_err();
    assert!(error.to_string().ends_with(&format!("refuses this node: {said}")), "{error}");
}
