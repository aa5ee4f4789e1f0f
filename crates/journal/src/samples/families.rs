//! Events and parts of images of the families that came with the log's second format: approvals, workflows,
//! pauses, alerts, troupes, caches, and what comes from outside.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::image::{AlertImage, DeliveryImage, Image, LeaseImage, ReleaseImage, ToldImage};
use callsheet_model::signal::{CacheAction, CacheUpdate};
use callsheet_model::{
    Alert, AlertEvent, AlertKind, ApprovalEvent, ApprovalSpec, Crash, Event, Job, Md5, Outside, Overdue,
    Pause, PauseEvent, PauseKey, PauseScope, PauseSource, Player, Running, StepIndex, Timestamp, TroupeEvent,
    WorkflowEvent,
};
use uuid::Uuid;

use super::{crash, job, job_id, node, token};

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x018f_2d3c_0000_7000_8000_0000_0000_0000 + number)
}

fn approval() -> ApprovalSpec {
    ApprovalSpec {
        kind: "release".into(),
        description: "May it go out?".into(),
        timeout: Some(Duration::from_secs(90 * 60)),
        overdue: Overdue::Deny,
    }
}

fn approved_job() -> Job {
    let mut job = job();
    job.spec.approval = Some(approval());
    job
}

fn pause(scope: PauseScope, source: PauseSource) -> Pause {
    let key = PauseKey { scope, source };
    Pause {
        key,
        reason: "trading".into(),
        until: Some(Timestamp(1_700_000_099_000)),
        running: Running::HandBack,
    }
}

fn alert(what: AlertKind) -> Alert {
    Alert { id: id(7), worker: "image-render".into(), what, text: "🔴 [image-render] is gone".into() }
}

fn player() -> Player {
    Player { instance: id(8), role: "ae_process".into(), name: "ae_process/2".into() }
}

fn outside() -> Outside {
    Outside {
        id: id(9),
        kind: "step.exit".into(),
        timestamp: "2023-11-14T22:13:20.000000123Z".into(),
        correlation: Some("execution 7".into()),
        payload: r#"{"b":1,"a":[1.50,"ü"]}"#.into(),
        fields: r#"{"execution_id":"9007199254740993","step":"mix"}"#.into(),
    }
}

/// One event of every kind, in the order of their numbers on disk.
pub(super) fn events() -> Vec<Event> {
    let mut events = vec![
        Event::NodeCrashed {
            crash: Box::new(Crash { log_url: Some("http://leader/1.7".into()), ..crash() }),
        },
        Event::JobSubmitted { job: Arc::new(approved_job()) },
        Event::AttemptBegan {
            token: token(17),
            job: job_id(),
            step: StepIndex(1),
            fetched: Duration::from_micros(1_200_003),
            loaded: Duration::from_secs(9),
        },
        Event::CacheUpdated {
            update: CacheUpdate {
                node: node(),
                project: id(1),
                action: CacheAction::Evicted,
                md5: Md5([0xab; 16]),
                bytes: Some(123_456_789),
                cache_used_bytes: 7 << 30,
                took_ms: Some(45),
                error: Some("it was in the way".into()),
            },
        },
    ];
    events.extend(approvals().map(Event::Approval));
    events.extend(workflows().map(Event::Workflow));
    let key = PauseKey { scope: PauseScope::Cluster, source: PauseSource::Calendar("nights".into()) };
    events.push(Event::Pause(PauseEvent::Paused(pause(
        PauseScope::Pool("gpu".into()),
        PauseSource::Watcher("market".into()),
    ))));
    events.push(Event::Pause(PauseEvent::Resumed { key, expired: true }));
    events.extend(alerts().map(Event::Alert));
    events.extend(troupe().map(Event::Troupe));
    events.push(Event::Outside(Arc::new(outside())));
    events
}

fn approvals() -> [ApprovalEvent; 4] {
    let (approval, job, by) = (id(2), job_id(), id(3));
    [
        ApprovalEvent::Requested { approval, job, spec: self::approval(), requested_by: Some(by) },
        ApprovalEvent::Granted { approval, job, by, comments: Some("fine".into()) },
        ApprovalEvent::Denied { approval, job, by, reason: "too dark".into() },
        ApprovalEvent::Escalated { approval, job },
    ]
}

fn workflows() -> [WorkflowEvent; 4] {
    let job = job_id();
    [
        WorkflowEvent::Started { job, total: 2 },
        WorkflowEvent::StepCompleted {
            job,
            name: "render".into(),
            number: 1,
            total: 2,
            frames: 100,
            bytes: 5_000_000_000,
            took: Duration::from_micros(3_600_000_001),
        },
        WorkflowEvent::Completed { job, duration: Duration::from_millis(61_001), frames: 101 },
        WorkflowEvent::Failed {
            job,
            message: "no footage".into(),
            step: Some("render".into()),
            recoverable: true,
        },
    ]
}

fn alerts() -> [AlertEvent; 6] {
    let (alert_id, channel) = (id(7), || "telegram".to_owned());
    [
        AlertEvent::Noted { worker: "image-render".into(), alive: Some(true), dead_letters: 0 },
        AlertEvent::Raised {
            alert: alert(AlertKind::DeadLetters(3)),
            channels: vec![channel(), "mail".into()],
        },
        AlertEvent::Sending { alert: alert_id, channel: channel(), attempt: 1 },
        AlertEvent::Sent { alert: alert_id, channel: channel() },
        AlertEvent::Failed {
            alert: alert_id,
            channel: channel(),
            attempt: 2,
            error: "HTTP 503".into(),
            retry_at: Some(Timestamp(1_700_000_091_000)),
        },
        AlertEvent::Unconfirmed { alert: alert_id, channel: channel() },
    ]
}

fn troupe() -> [TroupeEvent; 3] {
    let instance = id(8);
    [
        TroupeEvent::Spawned { node: node(), player: player() },
        TroupeEvent::StatusChanged {
            node: node(),
            instance,
            previous: "idle".into(),
            status: "busy".into(),
            reason: Some("a lease".into()),
        },
        TroupeEvent::Terminated {
            node: node(),
            instance,
            reason: "panicked".into(),
            status: "failed".into(),
        },
    ]
}

/// An image with something in every field that came with these families, beside what was there before.
pub(crate) fn full_image(sequence: u64) -> Image {
    let mut image = super::noted_image(sequence);
    let released = &mut image.jobs[1];
    released.job = Arc::new(approved_job());
    released.release = Some(ReleaseImage {
        nth: 2,
        asked_at: Timestamp(1_700_000_001_000),
        escalated: true,
        granted: false,
    });
    released.started = Some(Timestamp(1_700_000_002_000));
    released.steps[1].dead[0].node = Some(node());
    image.leases[1].began = true;
    image.leases.push(LeaseImage { began: true, ..image.leases[0].clone() });
    image.nodes[0].players = [(id(8), (player(), "busy".to_owned()))].into();
    image.nodes[1].players = [(id(8), (player(), "idle".to_owned()))].into();
    image.pauses = vec![
        pause(PauseScope::Cluster, PauseSource::Person),
        Pause { until: None, ..pause(PauseScope::Queue("lottie".into()), PauseSource::Person) },
    ];
    let told = |alive, dead_letters| ToldImage { alive, dead_letters };
    image.told =
        [("image-render".to_owned(), told(Some(false), 3)), ("new".to_owned(), told(None, 0))].into();
    let delivery = DeliveryImage { attempts: 2, sending: true, not_before: Timestamp(1_700_000_091_000) };
    image.alerts = vec![AlertImage {
        alert: alert(AlertKind::Up),
        raised_at: Timestamp(1_700_000_090_000),
        waiting: [("mail".to_owned(), delivery), ("telegram".to_owned(), DeliveryImage::default())].into(),
    }];
    // More than one record of them.
    image.outside = (0..5000).map(|number| (id(number), 3 * number as u64)).collect();
    image
}
