//! One event of every type that this cluster writes, as the model has it: what examples are made of.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use callsheet_model::alert::{Alert, AlertKind};
use callsheet_model::signal::{CacheAction, CacheUpdate};
use callsheet_model::{
    AlertEvent, ApprovalEvent, ApprovalSpec, Arrival, Capabilities, Chunk, ClearedBy, Crash, Event, Failure,
    FailureClass, FrameSet, Job, JobId, JobSpec, Lease, Md5, NodeName, OfflineReason, OutputPattern, Overdue,
    Pause, PauseEvent, PauseKey, PauseScope, PauseSource, Player, ReleaseReason, Requirements, Running,
    StepIndex, StepSpec, Template, Timeouts, Timestamp, Token, TroupeEvent, Versions, Work, WorkflowEvent,
};
use uuid::Uuid;

/// When all examples happened.
pub(super) const AT: Timestamp = Timestamp(1_780_197_255_120);
pub(super) const PROJECT: Uuid = Uuid::from_u128(0x3f0c_4b1e_6f7a_5d7e_9c56_1f0a_2b3c_4d5e);
pub(super) const JOB: JobId = JobId(Uuid::from_u128(0x0197_2a4b_8c10_7abc_8def_0123_4567_89ab));
pub(super) const PERSON: Uuid = Uuid::from_u128(0x6b1f_7a52_40c1_4e8e_9a77_d2c0_11aa_22bb);
pub(super) const INSTANCE: Uuid = Uuid::from_u128(0x0197_2a4b_9000_7000_8000_0000_0000_0001);
pub(super) const ALERT: Uuid = Uuid::from_u128(0x0197_2a4b_9000_7000_8000_0000_0000_00a1);
pub(super) const TOKEN: Token = Token(3 << 32 | 17);
pub(super) const STEP: StepIndex = StepIndex(0);

/// One event of every type.
pub(super) fn events() -> Option<Vec<Event>> {
    let mut all = vec![Event::LeaderStarted { epoch: 3 }];
    all.extend(jobs()?);
    all.extend(frame_jobs()?);
    all.extend(nodes()?);
    all.extend(approvals().map(Event::Approval));
    all.extend(workflows().map(Event::Workflow));
    all.extend(pauses().map(Event::Pause));
    all.extend(alerts().map(Event::Alert));
    all.extend(troupe()?.map(Event::Troupe));
    Some(all)
}

pub(super) fn node() -> Option<NodeName> {
    NodeName::new("render-07").ok()
}

pub(super) fn md5() -> Option<Md5> {
    "9e107d9d372bb6826bd81d3542a419d6".parse().ok()
}

fn job() -> Option<Job> {
    let steps = vec![
        StepSpec {
            name: "render".into(),
            renderer: "after_effects".into(),
            template: Some(Template { md5: md5()?, bytes: 48_318_382, name: "title.aep".into(), path: None }),
            frames: FrameSet::range(1, 240),
            chunk: Chunk::Frames(NonZeroU32::new(24)?),
            output: OutputPattern::parse("/show/title/beauty_[#####].png").ok(),
            retries: 2,
            timeouts: Timeouts::default(),
            requires: Requirements::default(),
            after: [].into(),
            settings: [].into(),
            approximate: false,
        },
        StepSpec {
            name: "encode".into(),
            renderer: "ffmpeg".into(),
            template: None,
            frames: FrameSet::new(),
            chunk: Chunk::Auto,
            output: OutputPattern::parse("/show/title/title.mp4").ok(),
            retries: 2,
            timeouts: Timeouts::default(),
            requires: Requirements::default(),
            after: [STEP].into(),
            settings: [].into(),
            approximate: false,
        },
    ];
    let spec = JobSpec {
        name: "title sequence".into(),
        project: "show".into(),
        priority: 50,
        approval: Some(release()),
        steps,
    };
    Some(Job { id: JOB, submitted_at: AT, spec })
}

fn release() -> ApprovalSpec {
    ApprovalSpec {
        kind: "budget".into(),
        description: "240 frames for the title: may they be rendered?".into(),
        timeout: Some(Duration::from_secs(30 * 60)),
        overdue: Overdue::Escalate,
    }
}

fn jobs() -> Option<Vec<Event>> {
    let frames = || FrameSet::range(25, 48);
    Some(vec![
        Event::JobSubmitted { job: Arc::new(job()?) },
        Event::JobPaused { job: JOB },
        Event::JobResumed { job: JOB },
        Event::JobPrioritised { job: JOB, priority: 90 },
        Event::JobCancelled { job: JOB, reason: "the shot was cut".into() },
        Event::JobSucceeded { job: JOB },
        Event::JobFailed { job: JOB, reason: "step render has 2 frames dead-lettered".into() },
        Event::JobRetried { job: JOB, steps: vec![(STEP, frames())] },
        Event::JobForgotten { job: JOB },
        Event::StepSucceeded { job: JOB, step: STEP },
        Event::StepCleared { job: JOB, step: STEP, node: node()? },
    ])
}

fn failure() -> Failure {
    Failure {
        exit: Some("killed by SIGSEGV".into()),
        evidence: vec!["PROGRESS:  0;00;01;01 (26): 2 Seconds".into()],
        ..Failure::new(FailureClass::Crash, "the renderer died at frame 26")
    }
}

fn frame_jobs() -> Option<Vec<Event>> {
    let (token, job, step) = (TOKEN, JOB, STEP);
    let frames = || FrameSet::range(25, 48);
    let lease =
        Lease { token, job, step, node: node()?, work: Work::Render, frames: frames(), gentle: false };
    let (fetched, loaded) = (Duration::from_millis(1830), Duration::from_millis(21_400));
    let not_before = AT.plus(Duration::from_secs(10));
    Some(vec![
        Event::FramesLeased { lease },
        Event::AttemptBegan { token, job, step, fetched, loaded },
        Event::FramesAccepted {
            token,
            job,
            step,
            frames: FrameSet::range(25, 32),
            bytes: 25_165_824,
            took: Duration::from_millis(9_600),
        },
        Event::FramesPublished { token, job, step, frames: FrameSet::range(25, 32) },
        Event::FramesFailed {
            token,
            job,
            step,
            frames: FrameSet::one(26),
            failure: failure(),
            not_before,
            charged: true,
        },
        Event::FramesDeadLettered { token, job, step, frames: FrameSet::one(26), failure: failure() },
        Event::FramesReturned { token, job, step, frames: FrameSet::range(33, 48) },
        Event::FramesLost { token, job, step, frames: FrameSet::one(31) },
        Event::LeaseReleased { token, job, step, reason: ReleaseReason::NodeLost },
    ])
}

fn nodes() -> Option<Vec<Event>> {
    let node = node()?;
    let capabilities = Capabilities {
        renderers: [
            ("after_effects".into(), Versions::from("25.1, 24.6.1")),
            ("ffmpeg".into(), "5.1".into()),
        ]
        .into(),
        labels: ["gpu".to_owned()].into(),
        slots: 2,
        memory: 64 << 30,
        cpus: 16,
        os: "windows".into(),
        agent_version: "0.1.0".into(),
        region: "berlin".into(),
    };
    let arrival = Arrival {
        address: Some([192, 0, 2, 17].into()),
        cache_used_bytes: Some(13_314_398_617),
        cached_templates: Some([md5()?].into()),
    };
    let renderer = || "after_effects".to_owned();
    let crash = Crash {
        node: node.clone(),
        token: TOKEN,
        job: JOB,
        step: STEP,
        renderer: renderer(),
        version: Some("25.1".into()),
        last_frame: Some(26),
        failure: failure(),
        recovering: true,
        log_url: None,
    };
    let update = CacheUpdate {
        node: node.clone(),
        project: PROJECT,
        action: CacheAction::Downloaded,
        md5: md5()?,
        bytes: Some(48_318_382),
        cache_used_bytes: 13_314_398_617,
        took_ms: Some(1830),
        error: None,
    };
    Some(vec![
        Event::NodeOnline { node: node.clone(), capabilities, arrival: Box::new(arrival) },
        Event::NodeOffline {
            node: node.clone(),
            reason: OfflineReason::HeartbeatLost,
            last_heard: Some(Timestamp(AT.0.saturating_sub(5_120))),
            job: Some(JOB),
        },
        Event::NodeDrained { node: node.clone() },
        Event::NodeUndrained { node: node.clone() },
        Event::NodeCrashed { crash: Box::new(crash) },
        Event::NodeQuarantined {
            node: node.clone(),
            renderer: renderer(),
            job: JOB,
            step: STEP,
            failure: failure(),
            strike: 1,
            until: AT.plus(Duration::from_secs(600)),
        },
        Event::NodeCleared { node, renderer: renderer(), by: ClearedBy::Canary },
        Event::CacheUpdated { update },
    ])
}

fn approvals() -> impl Iterator<Item = ApprovalEvent> {
    let (job, approval) = (JOB, callsheet_model::approval::approval_uuid(JOB, 1));
    let reason = "too expensive before the edit is locked".to_owned();
    [
        ApprovalEvent::Requested { approval, job, spec: release(), requested_by: Some(PERSON) },
        ApprovalEvent::Granted { approval, job, by: PERSON, comments: Some("go".into()) },
        ApprovalEvent::Denied { approval, job, by: PERSON, reason },
        ApprovalEvent::Escalated { approval, job },
    ]
    .into_iter()
}

fn workflows() -> impl Iterator<Item = WorkflowEvent> {
    let job = JOB;
    [
        WorkflowEvent::Started { job, total: 2 },
        WorkflowEvent::StepCompleted {
            job,
            name: "render".into(),
            number: 1,
            total: 2,
            frames: 240,
            bytes: 754_974_720,
            took: Duration::from_millis(288_000),
        },
        WorkflowEvent::Completed { job, duration: Duration::from_millis(94_250), frames: 241 },
        WorkflowEvent::Failed {
            job,
            message: "step render has 2 frames dead-lettered".into(),
            step: Some("render".into()),
            recoverable: true,
        },
    ]
    .into_iter()
}

fn pauses() -> impl Iterator<Item = PauseEvent> {
    let key = PauseKey { scope: PauseScope::Cluster, source: PauseSource::Watcher("market-watch".into()) };
    let until = Some(AT.plus(Duration::from_secs(45)));
    let pause = Pause { key: key.clone(), reason: "trading".into(), until, running: Running::Finish };
    [PauseEvent::Paused(pause), PauseEvent::Resumed { key, expired: false }].into_iter()
}

fn alerts() -> impl Iterator<Item = AlertEvent> {
    let channel = || "telegram".to_owned();
    let alert = Alert {
        id: ALERT,
        worker: "render-07".into(),
        what: AlertKind::DeadLetters(3),
        text: "❌ [render-07] dead letters: 3".into(),
    };
    let error = "503 Service Unavailable".to_owned();
    let retry_at = Some(AT.plus(Duration::from_secs(2)));
    [
        AlertEvent::Noted { worker: "render-07".into(), alive: Some(true), dead_letters: 0 },
        AlertEvent::Raised { alert, channels: vec![channel()] },
        AlertEvent::Sending { alert: ALERT, channel: channel(), attempt: 1 },
        AlertEvent::Sent { alert: ALERT, channel: channel() },
        AlertEvent::Failed { alert: ALERT, channel: channel(), attempt: 1, error, retry_at },
        AlertEvent::Unconfirmed { alert: ALERT, channel: channel() },
    ]
    .into_iter()
}

fn troupe() -> Option<impl Iterator<Item = TroupeEvent>> {
    let node = node()?;
    let player = Player { instance: INSTANCE, role: "ae_process".into(), name: "ae_process/2".into() };
    let all = [
        TroupeEvent::Spawned { node: node.clone(), player },
        TroupeEvent::StatusChanged {
            node: node.clone(),
            instance: INSTANCE,
            previous: "idle".into(),
            status: "busy".into(),
            reason: None,
        },
        TroupeEvent::Terminated {
            node,
            instance: INSTANCE,
            reason: "the renderer hung".into(),
            status: "failed".into(),
        },
    ];
    Some(all.into_iter())
}
