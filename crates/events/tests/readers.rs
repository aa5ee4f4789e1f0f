//! What readers ask for: scopes, patterns, signals.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use callsheet_events::passing::{FRAME_COMPLETED, JOB_PROGRESS, NODE_HEARTBEAT};
use callsheet_events::{Digest, Filter, Sealed, completed_frames, ingest, passing};
use callsheet_model::signal::{ForeignBeat, Progress, Signal};
use callsheet_model::{
    Author, Context, Envelope, Event, FrameSet, NodeName, NodeStatus, StepIndex, TroupeEvent, Work,
};
use common::{AT, JOB, STEP, TOKEN, node};
use serde_json::Value;
use uuid::Uuid;

const PROJECT: Uuid = Uuid::from_u128(50);
const PERSON: Uuid = Uuid::from_u128(60);

fn filter(pairs: &[(&str, &str)]) -> Filter {
    Filter::parse(pairs.iter().copied()).unwrap()
}

fn takes(pairs: &[(&str, &str)], sealed: &Sealed) -> bool {
    filter(pairs).takes(sealed.kind(), &sealed.scopes)
}

fn sealed(event: Event, author: Author) -> Sealed {
    let context = Context { project: Some(PROJECT), author };
    Sealed::seal(Envelope { sequence: 1, at: AT, context, event }, &Digest::default())
}

fn accepted(frames: FrameSet) -> Event {
    Event::FramesAccepted {
        token: TOKEN,
        job: JOB,
        step: STEP,
        frames,
        bytes: 10,
        took: std::time::Duration::ZERO,
    }
}

#[test]
fn every_scope_takes_its_own_events_and_no_others() {
    let run = TOKEN.frame_job_uuid(JOB).to_string();
    let (job, node_id) = (JOB.to_string(), node().uuid().to_string());
    let (project, person) = (PROJECT.to_string(), PERSON.to_string());
    let leased = sealed(
        Event::FramesLeased { lease: common::lease(TOKEN, FrameSet::one(1), Work::Render) },
        Author::user(Some(PERSON)),
    );
    let other = Uuid::from_u128(99).to_string();
    for (name, value) in [
        ("job", &job),
        ("workflow", &job),
        ("run", &run),
        ("node", &node_id),
        ("node", &"anna".to_owned()),
        ("project", &project),
        ("user", &person),
        ("correlation", &job),
    ] {
        assert!(takes(&[(name, value)], &leased), "{name}={value}");
        assert!(!takes(&[(name, &other)], &leased), "{name}={other}");
    }
    assert!(takes(&[("job", &job), ("node", "anna"), ("types", "frame_job.*")], &leased));
    assert!(!takes(&[("job", &job), ("node", "ben")], &leased), "all that is asked for has to fit");
    assert!(takes(&[], &leased));
}

#[test]
fn what_a_node_reports_of_its_leases_is_its_own() {
    let reported = sealed(accepted(FrameSet::one(1)), Author::agent(node().uuid()));
    assert!(takes(&[("node", "anna")], &reported));
    assert!(takes(&[("agent", &node().uuid().to_string())], &reported));
    assert!(!takes(&[("user", &node().uuid().to_string())], &reported));
    let paused = sealed(Event::JobPaused { job: JOB }, Author::agent(node().uuid()));
    assert!(!takes(&[("node", "anna")], &paused), "it is about no lease");
}

#[test]
fn an_agents_events_are_those_by_it_and_about_it() {
    let instance = Uuid::from_u128(7);
    let event =
        TroupeEvent::Terminated { node: node(), instance, reason: String::new(), status: "failed".into() };
    let about = sealed(Event::Troupe(event), Author::agent(node().uuid()));
    for agent in [instance, node().uuid()] {
        assert!(takes(&[("agent", &agent.to_string())], &about));
    }
    assert!(!takes(&[("agent", &PERSON.to_string())], &about));
}

#[test]
fn a_projects_name_is_as_good_as_its_id() {
    let show = callsheet_model::id::project_uuid("show");
    assert_eq!(filter(&[("project", "show")]), filter(&[("project", &show.to_string())]));
    assert_eq!(filter(&[("node", "anna")]).node, Some(NodeName::new("anna").unwrap().uuid()));
}

#[test]
fn posted_events_belong_to_what_their_payload_names() {
    let uuid = |n: u128| Uuid::from_u128(n).to_string();
    let body = format!(
        r#"{{"type":"x.y","execution_id":5,"payload":{{"render_job_id":"{}","frame_job_id":"{}","node_id":"{}",
            "agent_instance_id":"{}"}}}}"#,
        uuid(1),
        uuid(2),
        uuid(3),
        uuid(4)
    );
    let posted = ingest::read(body.as_bytes(), AT, &mut Uuid::nil).unwrap().remove(0);
    let event = Event::Outside(Arc::new(posted.event));
    let sealed =
        Sealed::seal(Envelope { sequence: 1, at: AT, context: posted.context, event }, &Digest::default());
    for (name, value) in [
        ("job", uuid(1)),
        ("workflow", uuid(1)),
        ("run", uuid(2)),
        ("node", uuid(3)),
        ("agent", uuid(4)),
        ("correlation", "5".into()),
    ] {
        assert!(takes(&[(name, &value)], &sealed), "{name}={value}");
        assert!(!takes(&[(name, &uuid(77))], &sealed), "{name}");
    }
}

#[test]
fn types_are_taken_by_pattern() {
    let drained = sealed(Event::NodeDrained { node: node() }, Author::SYSTEM);
    for (pattern, wanted) in [
        ("node.*", true),
        ("*", true),
        ("node.drained", true),
        ("job.*,node.*", true),
        ("*.drained", true),
        ("n*d*ed", true),
        ("node", false),
        ("node.*.v1", false),
        ("job.*", false),
    ] {
        assert_eq!(takes(&[("types", pattern)], &drained), wanted, "{pattern}");
    }
    assert!(takes(&[("types", "job.*"), ("types", "node.drained")], &drained), "it may come several times");
}

#[test]
fn a_wrong_parameter_is_named_with_what_is_allowed() {
    let many = vec!["a"; 65].join(",");
    for (pairs, wanted) in [
        (vec![("jobs", "x")], "jobs: found \"x\", and the parameters are types, job, run"),
        (vec![("job", "x")], "job: found \"x\", and a UUID is wanted"),
        (vec![("node", "a/b")], "node: found \"a/b\", and a node's UUID or name is wanted"),
        (vec![("types", "a,,b")], "types: found \"a,,b\", and types are 1 to"),
        (vec![("types", many.as_str())], "types: found \"a\", and 64 types are the most"),
        (vec![("correlation", "")], "correlation: found \"\", and 1 to"),
        (vec![("user", "5"), ("user", "5")], "user: found \"5\", and a UUID is wanted"),
        (vec![("node", "a"), ("node", "a")], "node: found \"a\", and it may come only once"),
    ] {
        let said = Filter::parse(pairs).unwrap_err().to_string();
        assert!(said.starts_with(wanted), "{said}");
    }
}

fn progress() -> Signal {
    Signal::Progress(Progress {
        node: node(),
        token: TOKEN,
        job: JOB,
        step: StepIndex(1),
        frame: Some(4),
        fraction: Some(f32::NAN),
        remaining: FrameSet::range(4, 9),
    })
}

#[test]
fn a_job_followed_as_a_workflow_brings_its_progress() {
    let progress = passing(&progress());
    let json: Value = serde_json::from_str(&progress.json).unwrap();
    let payload = &json["payload"];
    assert_eq!((&json["type"], progress.kind), (&Value::from("job.progress"), JOB_PROGRESS));
    assert_eq!(
        (&payload["step"], &payload["step_status"], &payload["remaining_count"]),
        (&1.into(), &"running".into(), &6.into())
    );
    assert_eq!(payload["fraction"], Value::Null, "no number is no fraction");
    assert!(json.get("sequence").is_none() && json.get("hash").is_none());

    let job = JOB.to_string();
    assert!(filter(&[("workflow", &job)]).takes_passing(&progress));
    assert!(filter(&[("types", "job.*"), ("job", &job)]).takes_passing(&progress));
    for quiet in [vec![], vec![("job", job.as_str())], vec![("types", "*")], vec![("types", "node.*")]] {
        assert!(!filter(&quiet).takes_passing(&progress), "{quiet:?}");
    }
    let other = Uuid::nil().to_string();
    assert!(!filter(&[("workflow", &other)]).takes_passing(&progress));
    assert!(filter(&[("workflow", &job)]).wants_passing() && filter(&[("types", "node.h*")]).wants_passing());
    assert!(!filter(&[]).wants_passing() && !filter(&[("types", "step.*,*")]).wants_passing());
}

#[test]
fn an_http_agents_heartbeat_keeps_its_own_words() {
    let node_id = Uuid::from_u128(3);
    let payload =
        format!(r#"{{"node_id":"{node_id}","status":"Busy","current_job_id":"{JOB}","extra":1.0}}"#);
    let beat = ForeignBeat { node_id, status: NodeStatus::Busy, recorded_at: AT, payload: payload.clone() };
    let passing = passing(&Signal::Foreign(beat));
    assert!(passing.json.contains(&payload), "{}", passing.json);
    assert_eq!(
        (passing.kind, passing.scopes.node, passing.scopes.job),
        (NODE_HEARTBEAT, Some(node_id), Some(JOB.0))
    );
}

#[test]
fn each_accepted_frame_is_a_completed_one() {
    let sealed = sealed(accepted(FrameSet::range(1, 10_000_000)), Author::agent(node().uuid()));
    let first: Vec<_> = completed_frames(&sealed).take(2).collect();
    let json: Value = serde_json::from_str(&first[1].json).unwrap();
    assert_eq!((&json["type"], &json["payload"]["frame_number"]), (&FRAME_COMPLETED.into(), &2.into()));
    assert_eq!(json["payload"]["completed_at"], AT.to_string());
    assert_eq!(json["payload"]["file_size_bytes"], Value::Null, "only all of them together are known");
    assert_eq!(json["project_id"], PROJECT.to_string());
    assert_eq!(first[1].scopes.node, Some(node().uuid()));

    let alone = self::sealed(accepted(FrameSet::one(3)), Author::SYSTEM);
    let json: Value = serde_json::from_str(&completed_frames(&alone).next().unwrap().json).unwrap();
    assert_eq!(json["payload"]["file_size_bytes"], 10);
    let other = self::sealed(Event::JobPaused { job: JOB }, Author::SYSTEM);
    assert_eq!(completed_frames(&other).count(), 0);
}
