//! One event of every kind and an image with something in every field, for the golden file and the other tests.

mod families;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use callsheet_events::{Digest, Sealed};
use callsheet_model::image::{
    DeadImage, Image, JobEnd, JobImage, LeaseImage, NodeImage, StepImage, TroubleImage,
};
use callsheet_model::trust::{Doubt, Look, Quarantine};
use callsheet_model::{
    Arrival, Author, Capabilities, Chunk, ClearedBy, Context, Crash, Envelope, Event, Failure, FailureClass,
    FrameSet, Job, JobId, JobSpec, Lease, Md5, NodeName, OfflineReason, OutputPattern, ReleaseReason,
    Requirements, StepIndex, StepSpec, Template, Timeouts, Timestamp, Token, Versions, Work,
};
use uuid::Uuid;

pub(crate) use families::full_image;

pub(crate) fn job_id() -> JobId {
    "018f2d3c-1111-7222-8333-0123456789ab".parse().unwrap()
}

pub(crate) fn node() -> NodeName {
    NodeName::new("render-07").unwrap()
}

pub(crate) fn frames(text: &str) -> FrameSet {
    text.parse().unwrap()
}

fn token(serial: u64) -> Token {
    Token(Token::first_of(3).0 + serial)
}

pub(crate) fn failure() -> Failure {
    Failure {
        class: FailureClass::HangFrame,
        message: "no frame for 600 s".into(),
        exit: Some("killed by SIGKILL".into()),
        evidence: vec!["PROGRESS: 0:00:01:02 (27)".into(), "ünïcode".into()],
    }
}

pub(crate) fn capabilities() -> Capabilities {
    Capabilities {
        renderers: [("after_effects".into(), "24.6.1".into()), ("lottie".into(), Versions::default())].into(),
        labels: ["gpu".into(), "floor-2".into()].into(),
        slots: 4,
        memory: 64 << 30,
        cpus: 32,
        os: "windows".into(),
        agent_version: "0.1.0".into(),
        region: "berlin".into(),
    }
}

pub(crate) fn lease(serial: u64, work: Work) -> Lease {
    let frames = frames("-3--1,1-10,12,20-30x5");
    Lease {
        token: token(serial),
        job: job_id(),
        step: StepIndex(1),
        node: node(),
        work,
        frames,
        gentle: false,
    }
}

pub(crate) fn job() -> Job {
    let settings = serde_json::json!({"scale": 0.1, "size": [1920, 1080], "deep": {"a": null, "b": -1e-7}});
    let render = StepSpec {
        name: "render".into(),
        renderer: "after_effects".into(),
        template: Some(Template {
            md5: Md5([0xd4; 16]),
            bytes: 123_456_789,
            name: "shot_010.aep".into(),
            path: Some("P:\\show\\shot_010.aep".into()),
        }),
        frames: frames("1-100x2,-7"),
        chunk: Chunk::Frames(NonZeroU32::new(25).unwrap()),
        output: Some(OutputPattern::parse("/show/out/beauty_[#####].exr").unwrap()),
        retries: 3,
        timeouts: Timeouts::default(),
        requires: Requirements {
            labels: ["gpu".into()].into(),
            memory: Some(8 << 30),
            renderer_version: Some("24.6".into()),
        },
        after: Default::default(),
        settings: settings.as_object().unwrap().clone().into_iter().collect(),
        approximate: true,
    };
    let deliver = StepSpec {
        name: "deliver".into(),
        renderer: "ffmpeg".into(),
        template: None,
        frames: FrameSet::new(),
        chunk: Chunk::Auto,
        output: None,
        retries: 0,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after: [StepIndex(0)].into(),
        settings: Default::default(),
        approximate: false,
    };
    let spec = JobSpec {
        name: "Shot 010".into(),
        project: "Show".into(),
        priority: 70,
        approval: None,
        steps: vec![render, deliver],
    };
    Job { id: job_id(), submitted_at: Timestamp(1_700_000_000_123), spec }
}

/// One event of every kind, in the order of their numbers on disk.
pub(crate) fn events() -> Vec<Event> {
    let (job_id, step, token) = (job_id(), StepIndex(1), token(17));
    let reason = || "because".to_owned();
    let some = || frames("5-9");
    let mut events = vec![
        Event::LeaderStarted { epoch: 3 },
        Event::JobSubmitted { job: Arc::new(job()) },
        Event::JobPaused { job: job_id },
        Event::JobResumed { job: job_id },
        Event::JobCancelled { job: job_id, reason: reason() },
        Event::JobSucceeded { job: job_id },
        Event::JobFailed { job: job_id, reason: reason() },
        Event::JobRetried { job: job_id, steps: vec![(step, some()), (StepIndex(2), FrameSet::one(0))] },
        Event::JobForgotten { job: job_id },
        Event::StepSucceeded { job: job_id, step },
        Event::FramesLeased { lease: lease(17, Work::Render) },
        Event::FramesAccepted {
            token,
            job: job_id,
            step,
            frames: some(),
            bytes: 6_000_000,
            took: Duration::from_micros(3_650_001),
        },
        Event::FramesPublished { token, job: job_id, step, frames: some() },
        Event::FramesFailed {
            token,
            job: job_id,
            step,
            frames: some(),
            failure: failure(),
            not_before: Timestamp(1_700_000_060_000),
            charged: true,
        },
        Event::FramesDeadLettered { token, job: job_id, step, frames: some(), failure: failure() },
        Event::LeaseReleased { token, job: job_id, step, reason: ReleaseReason::NodeLost },
        Event::FramesLost { token, job: job_id, step, frames: some() },
        Event::NodeOnline { node: node(), capabilities: capabilities(), arrival: Box::default() },
        Event::NodeOffline {
            node: node(),
            reason: OfflineReason::HeartbeatLost,
            last_heard: None,
            job: None,
        },
        Event::NodeDrained { node: node() },
        Event::NodeUndrained { node: node() },
        Event::FramesReturned { token, job: job_id, step, frames: some() },
        Event::StepCleared { job: job_id, step, node: node() },
        Event::NodeCrashed { crash: Box::new(crash()) },
        Event::NodeQuarantined {
            node: node(),
            renderer: "after_effects".into(),
            job: job_id,
            step,
            failure: Failure { class: FailureClass::StorageOut, ..failure() },
            strike: 2,
            until: Timestamp(1_700_000_090_000),
        },
        Event::NodeCleared { node: node(), renderer: "after_effects".into(), by: ClearedBy::Acquittal },
        Event::FramesLeased { lease: Lease { gentle: true, ..lease(17, Work::Preflight) } },
    ];
    events.extend(families::events());
    events.extend(arrivals());
    events.push(Event::JobPrioritised { job: job_id, priority: 90 });
    events
}

/// A node that comes and one that is gone, with all that is known of them.
fn arrivals() -> [Event; 2] {
    let arrival = Arrival {
        address: Some("192.0.2.17".parse().unwrap()),
        cache_used_bytes: Some(7 << 30),
        cached_templates: Some([Md5([0xd4; 16]), Md5([0xab; 16])].into()),
    };
    [
        Event::NodeOnline { node: node(), capabilities: capabilities(), arrival: Box::new(arrival) },
        Event::NodeOffline {
            node: node(),
            reason: OfflineReason::Shutdown,
            last_heard: Some(Timestamp(1_700_000_085_000)),
            job: Some(job_id()),
        },
    ]
}

fn crash() -> Crash {
    Crash {
        node: node(),
        token: token(17),
        job: job_id(),
        step: StepIndex(1),
        renderer: "after_effects".into(),
        version: Some("24.6.1".into()),
        last_frame: Some(-5),
        failure: failure(),
        recovering: true,
        log_url: None,
    }
}

/// Four contexts in turn, the plain one first.
pub(crate) fn context(sequence: u64) -> Context {
    let (project, id) = (Some(Uuid::from_u128(0x5e)), Uuid::from_u128(u128::from(sequence % 4)));
    match sequence % 4 {
        0 => Context::default(),
        1 => Context { project, author: Author::agent(id) },
        2 => Context { project, author: Author::user(None) },
        _ => Context { project: None, author: Author::user(Some(id)) },
    }
}

pub(crate) fn envelopes(first: u64, count: u64) -> Vec<Envelope> {
    let kinds = events();
    let at = |sequence: u64| Timestamp(1_700_000_000_000 + sequence % 1000 * 7);
    let event = |sequence: u64| kinds[(sequence % kinds.len() as u64) as usize].clone();
    (first..first + count)
        .map(|sequence| Envelope {
            sequence,
            at: at(sequence),
            context: context(sequence),
            event: event(sequence),
        })
        .collect()
}

/// An image with something in every field.
pub(crate) fn image(sequence: u64) -> Image {
    let step = StepImage {
        accepted: frames("1-50x3"),
        published: frames("1-20x3"),
        dead: vec![DeadImage { frames: frames("51"), failure: failure(), token: token(4), node: None }],
        troubles: vec![TroubleImage {
            frame: 53,
            charged: 2,
            uncharged: 1,
            not_before: Timestamp(1_700_000_070_000),
            avoid: [node()].into(),
            waited: 0,
            gentle: false,
        }],
        unpublished: vec![(token(9), frames("22"))],
        succeeded: false,
        bytes: 99_999,
        took: Duration::from_micros(77_777),
        last_failure: Some(failure()),
        ..StepImage::default()
    };
    let job = |end| JobImage {
        job: Arc::new(job()),
        priority: 70,
        paused: true,
        release: None,
        started: None,
        end,
        steps: vec![step.clone()],
    };
    Image {
        sequence,
        epoch: 3,
        last_token: token(400),
        jobs: vec![
            job(None),
            job(Some((JobEnd::Succeeded, Timestamp(1)))),
            job(Some((JobEnd::Failed("no".into()), Timestamp(2)))),
            job(Some((JobEnd::Cancelled("stop".into()), Timestamp(3)))),
        ],
        leases: vec![LeaseImage {
            lease: lease(18, Work::Publish { of: token(9) }),
            since: Timestamp(1_700_000_080_000),
            remaining: frames("22"),
            unpublished: FrameSet::new(),
            began: false,
        }],
        nodes: vec![NodeImage {
            name: node(),
            capabilities: capabilities(),
            offline: Some(OfflineReason::Maintenance),
            since: Timestamp(1_700_000_090_000),
            last_heard: None,
            drained: true,
            doubts: Default::default(),
            quarantines: Default::default(),
            players: Default::default(),
        }],
        ..Image::default()
    }
}

/// An image with something in every field that the first records of images had no place for, beside some with
/// nothing in them.
pub(crate) fn noted_image(sequence: u64) -> Image {
    let mut image = image(sequence);
    if let Some(job) = image.jobs.get_mut(1) {
        let mut noted = job.steps[0].clone();
        noted.look = Look::Begun;
        noted.unfit = [node()].into();
        noted.died_on = [NodeName::new("render-08").unwrap(), node()].into();
        noted.awaits = Some((FailureClass::Licence, Timestamp(1_700_000_065_000)));
        (noted.troubles[0].gentle, noted.troubles[0].waited) = (true, 7);
        let cleared = StepImage { look: Look::Cleared, ..job.steps[0].clone() };
        job.steps.extend([noted, cleared]);
    }
    let look = Lease { gentle: true, ..lease(19, Work::Preflight) };
    image.leases.push(LeaseImage { lease: look, ..image.leases[0].clone() });
    let quarantine = Quarantine {
        job: job_id(),
        step: StepIndex(1),
        failure: failure(),
        strike: 3,
        since: Timestamp(1_700_000_060_000),
        until: Timestamp(1_700_000_180_000),
        versions: "24.6.1, 23.2".into(),
        canary: Some(token(19)),
    };
    let noted = NodeImage {
        name: NodeName::new("render-08").unwrap(),
        doubts: [("lottie".to_owned(), Doubt { failures: 2, last: token(11) })].into(),
        quarantines: [("after_effects".to_owned(), quarantine)].into(),
        ..image.nodes[0].clone()
    };
    image.nodes.push(noted);
    image
}

/// An image of nodes that are gone, and that it is known of when they were last heard.
pub(crate) fn gone_image(sequence: u64) -> Image {
    let mut image = noted_image(sequence);
    image.nodes[0].last_heard = Some(Timestamp(1_700_000_089_000));
    image.nodes[1].last_heard = Some(Timestamp(1));
    image.nodes[1].players = families::full_image(sequence).nodes[1].players.clone();
    image
}

/// An image of jobs that have another priority than they were submitted with, with notes and without.
pub(crate) fn prioritised_image(sequence: u64) -> Image {
    let mut image = families::full_image(sequence);
    image.jobs[0].priority = 90;
    image.jobs[1].priority = 0;
    image
}

/// Events, sealed behind a chain.
pub(crate) fn sealed(events: Vec<Envelope>, before: Digest) -> Vec<Sealed> {
    let mut chain = before;
    let mut seal = |event| {
        let sealed = Sealed::seal(event, &chain);
        chain = sealed.chain;
        sealed
    };
    events.into_iter().map(&mut seal).collect()
}
