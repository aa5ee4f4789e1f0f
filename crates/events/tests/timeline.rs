//! Timelines: what became of each frame job, for people and as JSON.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use callsheet_events::{Sealed, Timeline};
use callsheet_model::approval::{ApprovalEvent, ApprovalSpec, Overdue};
use callsheet_model::limits::MAX_TIMELINE;
use callsheet_model::{
    Chunk, Event, Failure, FailureClass, FrameSet, Job, JobId, JobSpec, OutputPattern, ReleaseReason,
    Requirements, StepIndex, StepSpec, Timeouts, Timestamp, Token, Work,
};
use common::{AT, JOB, STEP, chain, lease};
use serde_json::{Value, json};
use uuid::Uuid;

const SECOND: StepIndex = StepIndex(1);

fn after(ms: u64) -> Timestamp {
    AT.plus(Duration::from_millis(ms))
}

fn frames(text: &str) -> FrameSet {
    text.parse().unwrap()
}

fn token(serial: u64) -> Token {
    Token(1 << 32 | serial)
}

fn step(name: &str, frames: FrameSet, after: BTreeSet<StepIndex>) -> StepSpec {
    StepSpec {
        name: name.into(),
        renderer: "lottie".into(),
        template: None,
        frames,
        chunk: Chunk::Auto,
        output: Some(OutputPattern::parse("/out/a_[####].png").unwrap()),
        retries: 1,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after,
        settings: [].into(),
        approximate: false,
    }
}

fn submitted(approval: Option<ApprovalSpec>) -> Event {
    let steps = vec![step("draw", frames("1-10"), [].into()), step("again", frames("1-2"), [STEP].into())];
    let spec = JobSpec { name: "banner".into(), project: "show".into(), priority: 1, approval, steps };
    Event::JobSubmitted { job: Arc::new(Job { id: JOB, submitted_at: AT, spec }) }
}

fn leased(serial: u64, set: &str) -> Event {
    Event::FramesLeased { lease: lease(token(serial), frames(set), Work::Render) }
}

fn accepted(serial: u64, set: &str) -> Event {
    let (bytes, took) = (1000, Duration::from_millis(1500));
    Event::FramesAccepted { token: token(serial), job: JOB, step: STEP, frames: frames(set), bytes, took }
}

fn published(serial: u64, set: &str) -> Event {
    Event::FramesPublished { token: token(serial), job: JOB, step: STEP, frames: frames(set) }
}

/// A job of two steps whose first meets a crash.
fn story() -> Vec<Arc<Sealed>> {
    let failure = Failure {
        exit: Some("killed by SIGSEGV".into()),
        ..Failure::new(FailureClass::Crash, "the renderer died at frame 6")
    };
    let (token, job, step) = (token(1), JOB, STEP);
    let (fetched, loaded) = (Duration::from_millis(250), Duration::from_millis(2000));
    let spec = ApprovalSpec {
        kind: "budget".into(),
        description: "10 frames?".into(),
        timeout: None,
        overdue: Overdue::Escalate,
    };
    let (approval, by) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let asked = ApprovalEvent::Requested { approval, job, spec: spec.clone(), requested_by: None };
    let granted = ApprovalEvent::Granted { approval, job, by, comments: Some("go".into()) };
    chain([
        (AT, submitted(Some(spec))),
        (AT, Event::Approval(asked)),
        (after(5_000), Event::Approval(granted)),
        (after(6_000), leased(1, "1-10")),
        (after(8_500), Event::AttemptBegan { token, job, step, fetched, loaded }),
        (after(9_000), accepted(1, "1-3")),
        (after(9_500), accepted(1, "4-5")),
        (after(9_600), published(1, "1-5")),
        (
            after(10_000),
            Event::FramesFailed {
                token,
                job,
                step,
                frames: frames("6"),
                failure: failure.clone(),
                not_before: after(15_000),
                charged: true,
            },
        ),
        (after(10_001), Event::LeaseReleased { token, job, step, reason: ReleaseReason::Failed }),
        (after(11_000), leased(2, "7-10")),
        (after(12_000), accepted(2, "7-10")),
        (after(12_100), published(2, "7-10")),
        (after(16_000), leased(3, "6")),
        (
            after(17_000),
            Event::FramesDeadLettered { token: self::token(3), job, step, frames: frames("6"), failure },
        ),
        (after(17_001), Event::JobFailed { job, reason: "1 frame is dead-lettered".into() }),
        (after(90_000_000), Event::JobRetried { job, steps: vec![(STEP, frames("6"))] }),
        (after(90_000_500), leased(4, "6")),
        (after(90_001_000), accepted(4, "6")),
        (after(90_001_100), published(4, "6")),
        (after(90_001_100), Event::StepSucceeded { job, step }),
    ])
}

const TEXT: &str = "banner (job 00000005, project show): running
times are UTC, from 2023-11-14 on
  22:13:20.123  submitted
  22:13:20.123  waits for a person's release (budget): 10 frames?
  22:13:25.123  released by 00000000-0000-0000-0000-000000000002: go
  22:13:37.124  failed: 1 frame is dead-lettered
  2023-11-15 23:13:20.123  retried
step draw (lottie), frames 1-10: done at 2023-11-15 23:13:21.223
  1.1 on anna, frames 1-10
    22:13:25.123  queued
    22:13:26.123  leased
    22:13:26.623  fetched in 0.250 s, loading
    22:13:28.623  rendering, after loading for 2.000 s
    22:13:29.623  proven 5 frames (1-5), 3.000 s of rendering, the first at 22:13:29.123
    22:13:29.723  published 5 frames (1-5)
    22:13:30.123  failed at frames 6: crash: the renderer died at frame 6 (killed by SIGSEGV); retried from 22:13:35.123 on, counts against their retries
    22:13:30.124  ended: failed
  1.2 on anna, frames 7-10
    22:13:30.124  queued
    22:13:31.123  leased
    22:13:32.123  proven 4 frames (7-10), 1.500 s of rendering
    22:13:32.223  published 4 frames (7-10)
    22:13:32.223  ended: completed
  1.3 on anna, frames 6
    22:13:30.123  queued
    22:13:36.123  leased
    22:13:37.123  failed at frames 6: crash: the renderer died at frame 6 (killed by SIGSEGV); dead-lettered
  1.4 on anna, frames 6
    2023-11-15 23:13:20.123  queued
    2023-11-15 23:13:20.623  leased
    2023-11-15 23:13:21.123  proven 1 frame (6), 1.500 s of rendering
    2023-11-15 23:13:21.223  published 1 frame (6)
    2023-11-15 23:13:21.223  ended: completed
step again (lottie), frames 1-2: open since 2023-11-15 23:13:21.223
";

#[test]
fn a_person_reads_what_became_of_each_frame_job_and_why() {
    assert_eq!(Timeline::of(JOB, story()).text(), TEXT);
}

#[test]
fn the_same_is_there_as_json() {
    let json = serde_json::to_value(Timeline::of(JOB, story())).unwrap();
    assert_eq!(
        (&json["job_id"], &json["state"], &json["sequence"]),
        (&json!(JOB), &json!("running"), &json!(21))
    );
    assert_eq!(json["turns"][0], json!({"at": AT.to_string(), "type": "job.submitted", "what": "submitted"}));
    let first = &json["steps"][0]["frame_jobs"][0];
    assert_eq!(first["frame_job_id"], json!(token(1).frame_job_uuid(JOB)));
    assert_eq!((&first["token"], &first["queued_at"]), (&json!("1.1"), &json!(after(5_000).to_string())));
    assert_eq!(
        first["began"],
        json!({"fetched_at": after(6_500).to_string(), "fetched_ms": 250, "loading_ms": 2000,
            "rendering_at": after(8_500).to_string()})
    );
    assert_eq!(
        first["proven"],
        json!({"first_at": after(9_000).to_string(), "last_at": after(9_500).to_string(), "frames": "1-5",
            "bytes": 2000, "took_ms": 3000})
    );
    assert_eq!(first["troubles"][0]["class"], "crash");
    assert_eq!(first["troubles"][0]["retried_from"], after(15_000).to_string());
    assert_eq!(first["ended"], json!({"at": after(10_001).to_string(), "reason": "failed"}));
    let third = &json["steps"][0]["frame_jobs"][2];
    assert_eq!((&third["troubles"][0]["dead_lettered"], &third["ended"]), (&json!(true), &Value::Null));
}

#[test]
fn a_log_that_begins_late_leaves_what_is_not_known_out() {
    let timeline = Timeline::of(JOB, story().split_off(10));
    let json = serde_json::to_value(&timeline).unwrap();
    assert_eq!((&json["name"], &json["steps"][0]["name"]), (&Value::Null, &Value::Null));
    assert_eq!(json["steps"][0]["frame_jobs"][0]["queued_at"], Value::Null);
    assert!(timeline.text().starts_with("job 00000005: running\n"), "{}", timeline.text());
    let nothing = Timeline::of(JobId(Uuid::nil()), story());
    assert_eq!(nothing, Timeline::new(JobId(Uuid::nil())), "events of other jobs change nothing");
    assert!(nothing.text().contains("nothing is known"));
}

#[test]
fn every_way_a_lease_can_end_is_told() {
    let of = |events: Vec<Event>| {
        let events = std::iter::once(submitted(None)).chain([leased(1, "1-4")]).chain(events);
        let timeline = Timeline::of(JOB, chain(events.map(|event| (AT, event))));
        timeline.steps[&STEP].frame_jobs[&token(1)].clone()
    };
    let (token, job, step) = (token(1), JOB, STEP);
    let released = |reason| Event::LeaseReleased { token, job, step, reason };
    assert_eq!(of(vec![]).ended, None);
    assert_eq!(of(vec![accepted(1, "1-4")]).ended, None, "they are still to be published");
    let whole = of(vec![accepted(1, "1-4"), published(1, "1-4")]);
    assert_eq!(whole.ended.unwrap().reason, "completed");
    let lost = of(vec![accepted(1, "1-2"), released(ReleaseReason::NodeLost)]);
    assert_eq!(lost.ended.unwrap().reason, "node_lost");
    let returned = of(vec![
        accepted(1, "1-2"),
        Event::FramesReturned { token, job, step, frames: frames("3-4") },
        published(1, "1-2"),
    ]);
    assert_eq!((returned.ended.unwrap().reason, returned.returned), ("completed", frames("3-4")));
}

#[test]
fn frames_that_come_back_wait_since_then() {
    let (token, job, step) = (token(1), JOB, STEP);
    let events = [
        (AT, submitted(None)),
        (after(10), leased(1, "1-4")),
        (after(20), Event::LeaseReleased { token, job, step, reason: ReleaseReason::NodeLost }),
        (after(30), leased(2, "3-6")),
        (after(40), leased(3, "7")),
    ];
    let timeline = Timeline::of(JOB, chain(events));
    let queued = |serial| timeline.steps[&STEP].frame_jobs[&self::token(serial)].queued_at;
    assert_eq!((queued(1), queued(2), queued(3)), (Some(AT), Some(after(20)), Some(AT)));
    assert_eq!(timeline.steps[&SECOND].open_at, None);
}

#[test]
fn a_publishing_lease_ends_when_its_frames_are_in_place() {
    let of = token(1);
    let lease = lease(token(2), frames("1-2"), Work::Publish { of });
    let events = [submitted(None), Event::FramesLeased { lease }, published(2, "1-2")];
    let timeline = Timeline::of(JOB, chain(events.map(|event| (AT, event))));
    let attempt = &timeline.steps[&STEP].frame_jobs[&token(2)];
    assert_eq!(attempt.ended.as_ref().map(|ended| ended.reason), Some("completed"));
    assert!(timeline.text().contains("publishes what 1.1 left of frames 1-2"), "{}", timeline.text());
}

#[test]
fn a_long_jobs_timeline_keeps_what_went_wrong() {
    let count = 2 * MAX_TIMELINE as u64;
    let mut timeline = Timeline::new(JOB);
    let failed = Event::FramesDeadLettered {
        token: token(3),
        job: JOB,
        step: STEP,
        frames: frames("3"),
        failure: common::failure(),
    };
    let add = |timeline: &mut Timeline, event| timeline.add(&common::sealed(event));
    add(&mut timeline, submitted(None));
    for serial in 1..=count {
        let set = serial.to_string();
        add(&mut timeline, leased(serial, &set));
        if serial == 3 {
            add(&mut timeline, failed.clone());
        } else {
            add(&mut timeline, accepted(serial, &set));
            add(&mut timeline, published(serial, &set));
        }
    }
    let listed = &timeline.steps[&STEP].frame_jobs;
    assert!(
        listed.len() <= MAX_TIMELINE && listed.contains_key(&token(3)) && listed.contains_key(&token(count))
    );
    assert_eq!(listed.len() as u64 + timeline.left_out, count);
    assert!(timeline.text().contains("older frame jobs that went well are left out"));
}
