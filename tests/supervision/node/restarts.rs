//! Each of the node's actors panics, is started again as the table says, and the work goes on.

use callsheet_node::NodeError;
use callsheet_protocol::v1::node_message::Body as Up;
use tokio::time::timeout;

use crate::leader::Leader;
use crate::node::{Node, accept};
use crate::processes::{LONG, all_gone, is_alive, pids_in, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_fails_and_everything_begins_anew_without_leases() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    node.hold();
    let (session, first) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    let pids = tokio::task::block_in_place(|| pids_in(&node.pids(), 1));
    node.trip("agent", 1);
    let (mut session, second) = leader.welcome().await;
    assert!(second.held.is_empty());
    assert_ne!(first.incarnation, second.incarnation);
    tokio::task::block_in_place(|| all_gone(&pids));
    node.let_go();
    node.offer(&session, 8, 1, 1);
    assert_eq!(session.reports_until_the_end(8).await, ["8: proven 1", "8: Succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renderer_process_actor_fails_and_only_its_attempt_with_it() {
    let mut leader = Leader::listen().await;
    let node = Node::with(leader.address, crate::node::COPY, 2);
    node.hold();
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    let survivor = tokio::task::block_in_place(|| pids_in(&node.pids(), 1));
    node.trip("ae_process", 1);
    // The second slot's actor panics when it is told to start.
    node.offer(&session, 8, 2, 2);
    assert_eq!(session.reports_until_the_end(8).await, ["8: failed Agent"]);
    assert!(is_alive(survivor[0]));
    node.let_go();
    node.offer(&session, 9, 3, 3);
    assert_eq!(session.reports_until_the_end(9).await.last().unwrap(), "9: Succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renderer_process_actor_that_fails_takes_its_renderer_with_it() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    node.hold();
    let (mut session, _) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    let pids = tokio::task::block_in_place(|| pids_in(&node.pids(), 1));
    node.trip("ae_process", 1);
    session.say(callsheet_protocol::v1::leader_message::Body::Revoke(callsheet_protocol::v1::Revoke {
        token: 7,
        why: "test".into(),
    }));
    tokio::task::block_in_place(|| all_gone(&pids));
    node.let_go();
    node.offer(&session, 8, 1, 1);
    assert_eq!(session.reports_until_the_end(8).await.last().unwrap(), "8: Succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_fails_and_is_asked_again() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let (mut session, _) = leader.welcome().await;
    node.trip("cache", 1);
    node.offer_with(&session, 7, 1, 1, true);
    assert_eq!(session.reports_until_the_end(7).await, ["7: proven 1", "7: Succeeded"]);
    assert!(node.is_tripped("cache"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_heartbeat_fails_and_beats_again() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let (mut session, _) = leader.welcome().await;
    let beat = |message: &Up| matches!(message, Up::Heartbeat(_)).then_some(());
    session.wait_for(beat).await;
    node.trip("heartbeat", 1);
    until("it has failed", || node.is_tripped("heartbeat"));
    session.wait_for(beat).await;
    session.wait_for(beat).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_fails_and_says_again_what_was_not_settled() {
    let mut leader = Leader::listen().await;
    let node = Node::start(leader.address);
    let (mut session, first) = leader.welcome().await;
    node.offer(&session, 7, 1, 1);
    assert_eq!(session.reports_until_the_end(7).await, ["7: proven 1", "7: Succeeded"]);
    node.trip("leader_link", 1);
    // A leader that does not answer pulses makes the agent tell the link to dial again.
    session.answers.store(false, std::sync::atomic::Ordering::SeqCst);
    let (mut session, second) = leader.welcome().await;
    assert!(node.is_tripped("leader_link"));
    assert_eq!(first.incarnation, second.incarnation, "the agent lives");
    assert_eq!(session.reports_until_the_end(7).await, ["7: proven 1", "7: Succeeded"]);
    accept(&session, 2, 7, 1, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_that_fails_too_often_ends_the_node_with_a_clear_message() {
    let leader = Leader::listen().await;
    let node = Node::start(leader.address);
    node.trip("agent", usize::MAX);
    let error = timeout(LONG, node.over).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, NodeError::Escalated { times: 6, .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with("agent failed 6 times within 60s") && text.contains("tripped agent"), "{text}");
}
