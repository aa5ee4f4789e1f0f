//! Events for tests: one of every kind with nothing in it that need not be, and with what is hardest to write.

#![allow(dead_code)]

use std::sync::Arc;
use std::time::Duration;

use callsheet_events::{Digest, Sealed};
use callsheet_model::alert::{Alert, AlertEvent, AlertKind};
use callsheet_model::approval::{ApprovalEvent, ApprovalSpec, Overdue};
use callsheet_model::pause::{Pause, PauseEvent, PauseKey, PauseScope, PauseSource, Running};
use callsheet_model::signal::{CacheAction, CacheUpdate};
use callsheet_model::{
    Author, Capabilities, ClearedBy, Context, Crash, Envelope, Event, Failure, FailureClass, FrameSet, Job,
    JobId, JobSpec, Lease, Md5, NodeName, OfflineReason, Player, ReleaseReason, StepIndex, Timestamp, Token,
    TroupeEvent, Versions, Work, WorkflowEvent,
};
use uuid::Uuid;

pub(crate) const AT: Timestamp = Timestamp(1_700_000_000_123);
pub(crate) const JOB: JobId = JobId(Uuid::from_u128(5));
pub(crate) const TOKEN: Token = Token(1 << 32 | 7);
pub(crate) const STEP: StepIndex = StepIndex(0);

/// Texts with everything that JSON has to escape, and keys that UTF-8 and UTF-16 sort differently.
pub(crate) const HARD: &str = "\"\\/\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}\u{80}\u{2028}é\u{fb33}😀";

pub(crate) fn node() -> NodeName {
    NodeName::new("anna").unwrap()
}

pub(crate) fn envelope(sequence: u64, at: Timestamp, event: Event) -> Envelope {
    Envelope { sequence, at, context: Context { project: None, author: Author::SYSTEM }, event }
}

pub(crate) fn sealed(event: Event) -> Sealed {
    Sealed::seal(envelope(1, AT, event), &Digest::default())
}

/// Events sealed one after the other.
pub(crate) fn chain(events: impl IntoIterator<Item = (Timestamp, Event)>) -> Vec<Arc<Sealed>> {
    let mut before = Digest::default();
    let mut all = Vec::new();
    for (sequence, (at, event)) in (1..).zip(events) {
        let sealed = Sealed::seal(envelope(sequence, at, event), &before);
        before = sealed.chain;
        all.push(Arc::new(sealed));
    }
    all
}

pub(crate) fn lease(token: Token, frames: FrameSet, work: Work) -> Lease {
    Lease { token, job: JOB, step: STEP, node: node(), work, frames, gentle: false }
}

pub(crate) fn failure() -> Failure {
    Failure::new(FailureClass::Crash, HARD)
}

/// One event of every kind, with as little in it as there can be and hard values where there are any.
pub(crate) fn bare() -> Vec<Event> {
    let (token, job, step, frames) = (TOKEN, JOB, STEP, FrameSet::one(-3));
    let frames = || frames.clone();
    let mut all = vec![
        Event::LeaderStarted { epoch: u32::MAX },
        Event::JobSubmitted { job: Arc::new(bare_job()) },
        Event::JobPaused { job },
        Event::JobResumed { job },
        Event::JobCancelled { job, reason: String::new() },
        Event::JobSucceeded { job },
        Event::JobFailed { job, reason: HARD.into() },
        Event::JobRetried { job, steps: Vec::new() },
        Event::JobForgotten { job },
        Event::JobPrioritised { job, priority: 0 },
        Event::StepSucceeded { job, step: StepIndex(u16::MAX) },
        Event::StepCleared { job, step, node: node() },
        Event::FramesLeased { lease: lease(token, frames(), Work::Publish { of: Token(u64::MAX) }) },
        Event::AttemptBegan { token, job, step, fetched: Duration::MAX, loaded: Duration::ZERO },
        Event::FramesAccepted { token, job, step, frames: frames(), bytes: u64::MAX, took: Duration::ZERO },
        Event::FramesPublished { token, job, step, frames: frames() },
        Event::FramesFailed {
            token,
            job,
            step,
            frames: frames(),
            failure: failure(),
            not_before: Timestamp(0),
            charged: false,
        },
        Event::FramesDeadLettered { token, job, step, frames: frames(), failure: failure() },
        Event::FramesReturned { token, job, step, frames: FrameSet::new() },
        Event::FramesLost { token, job, step, frames: frames() },
        Event::LeaseReleased { token, job, step, reason: ReleaseReason::Unknown },
    ];
    all.extend(of_nodes());
    all.extend(of_people());
    all
}

fn bare_job() -> Job {
    let spec =
        JobSpec { name: HARD.into(), project: "p".into(), priority: 0, approval: None, steps: Vec::new() };
    Job { id: JOB, submitted_at: AT, spec }
}

fn of_nodes() -> Vec<Event> {
    let (token, job, step) = (TOKEN, JOB, STEP);
    let mut capabilities = Capabilities { region: HARD.into(), ..Capabilities::default() };
    for name in ["\u{fb33}", "😀", "a"] {
        capabilities.renderers.insert(name.into(), Versions::default());
    }
    let crash = Crash {
        node: node(),
        token,
        job,
        step,
        renderer: "blender".into(),
        version: None,
        last_frame: None,
        failure: failure(),
        recovering: false,
        log_url: None,
    };
    let update = CacheUpdate {
        node: node(),
        project: Uuid::nil(),
        action: CacheAction::Failed,
        md5: Md5([0; 16]),
        bytes: None,
        cache_used_bytes: u64::MAX,
        took_ms: None,
        error: None,
    };
    let player = Player { instance: Uuid::nil(), role: "cache".into(), name: "cache".into() };
    let instance = player.instance;
    vec![
        Event::NodeOnline { node: node(), capabilities, arrival: Box::default() },
        Event::NodeOffline { node: node(), reason: OfflineReason::Disabled, last_heard: None, job: None },
        Event::NodeDrained { node: node() },
        Event::NodeUndrained { node: node() },
        Event::NodeCrashed { crash: Box::new(crash) },
        Event::NodeQuarantined {
            node: node(),
            renderer: "blender".into(),
            job,
            step,
            failure: failure(),
            strike: 1,
            until: Timestamp(u64::MAX >> 20),
        },
        Event::NodeCleared { node: node(), renderer: "blender".into(), by: ClearedBy::Acquittal },
        Event::CacheUpdated { update },
        Event::Troupe(TroupeEvent::Spawned { node: node(), player }),
        Event::Troupe(TroupeEvent::StatusChanged {
            node: node(),
            instance,
            previous: "idle".into(),
            status: "busy".into(),
            reason: Some(HARD.into()),
        }),
        Event::Troupe(TroupeEvent::Terminated {
            node: node(),
            instance,
            reason: "asked to".into(),
            status: "stopped".into(),
        }),
    ]
}

fn of_people() -> Vec<Event> {
    let job = JOB;
    let spec = ApprovalSpec {
        kind: "release".into(),
        description: HARD.into(),
        timeout: None,
        overdue: Overdue::Deny,
    };
    let (approval, by) = (Uuid::nil(), Uuid::max());
    let key = PauseKey { scope: PauseScope::Pool("gpu".into()), source: PauseSource::Person };
    let pause = Pause { key: key.clone(), reason: HARD.into(), until: None, running: Running::HandBack };
    let alert =
        Alert { id: Uuid::nil(), worker: "w".into(), what: AlertKind::Down, text: "🔴 [w] …".into() };
    let (channel, error) = (|| "mail".to_owned(), HARD.to_owned());
    vec![
        Event::Approval(ApprovalEvent::Requested { approval, job, spec, requested_by: None }),
        Event::Approval(ApprovalEvent::Granted { approval, job, by, comments: None }),
        Event::Approval(ApprovalEvent::Denied { approval, job, by, reason: HARD.into() }),
        Event::Approval(ApprovalEvent::Escalated { approval, job }),
        Event::Workflow(WorkflowEvent::Started { job, total: 2 }),
        Event::Workflow(WorkflowEvent::StepCompleted {
            job,
            name: "a".into(),
            number: 1,
            total: 2,
            frames: u64::MAX,
            bytes: 1 << 53,
            took: Duration::from_millis(1),
        }),
        Event::Workflow(WorkflowEvent::Completed { job, duration: Duration::from_secs(3), frames: 1 }),
        Event::Workflow(WorkflowEvent::Failed { job, message: HARD.into(), step: None, recoverable: false }),
        Event::Pause(PauseEvent::Paused(pause)),
        Event::Pause(PauseEvent::Resumed { key, expired: true }),
        Event::Alert(AlertEvent::Noted { worker: "w".into(), alive: None, dead_letters: 0 }),
        Event::Alert(AlertEvent::Raised { alert, channels: Vec::new() }),
        Event::Alert(AlertEvent::Sending { alert: Uuid::nil(), channel: channel(), attempt: 1 }),
        Event::Alert(AlertEvent::Sent { alert: Uuid::nil(), channel: channel() }),
        Event::Alert(AlertEvent::Failed {
            alert: Uuid::nil(),
            channel: channel(),
            attempt: 9,
            error,
            retry_at: None,
        }),
        Event::Alert(AlertEvent::Unconfirmed { alert: Uuid::nil(), channel: channel() }),
    ]
}
