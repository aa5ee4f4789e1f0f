//! What stories do not show: whom events come from, what limits hold, and that a log cut off anywhere mends.

// Whatever is wrong here ends the test, and is meant to.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use callsheet_model::approval::{approval_uuid, nobody_uuid};
use callsheet_model::limits::{MAX_ALERTS_WAITING, MAX_PAUSES, MAX_PLAYERS, MAX_WATCHED};
use callsheet_model::{
    AlertEvent, ApprovalEvent, ApprovalSpec, Arrival, Author, Capabilities, Chunk, Context, Envelope, Event,
    FrameSet, JobId, JobSpec, JobState, Md5, NodeName, Observation, OfflineReason, Outside, Overdue, Pause,
    PauseKey, PauseScope, PauseSource, Player, PlayerChange, Requirements, Running, SessionId, StepIndex,
    StepSpec, Timeouts, Timestamp, TroupeEvent, Versions, WorkflowEvent,
};
use callsheet_scheduler::{Command, Output, Policy, Rejection, Reply, Scheduler};
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const JOB: JobId = JobId(Uuid::from_u128(7));

fn anna() -> NodeName {
    NodeName::new("anna").unwrap()
}

fn came_from() -> Arrival {
    let templates = [Md5([1; 16]), Md5([2; 16])].into();
    Arrival {
        address: Some([192, 0, 2, 7].into()),
        cache_used_bytes: Some(5),
        cached_templates: Some(templates),
    }
}

struct Bench {
    scheduler: Scheduler,
    now: Timestamp,
    log: Vec<Envelope>,
}

impl Bench {
    fn new() -> Self {
        let mut bench = Self { scheduler: Scheduler::new(Policy::default()), now: NOW, log: Vec::new() };
        bench.tell(Author::SYSTEM, Command::StartLeader).unwrap();
        bench
    }

    /// One command as a batch of its own; what happened is the end of the log.
    fn tell(&mut self, author: Author, command: Command) -> Result<Reply, Rejection> {
        let mut out = Output::default();
        let reply = self.scheduler.handle(self.now, author, command, &mut out);
        self.scheduler.dispatch(self.now, &mut out);
        self.scheduler.check().unwrap();
        self.log.append(&mut out.events);
        reply
    }

    fn connect(&mut self) {
        let capabilities = Capabilities {
            renderers: [("lottie".to_owned(), Versions::default())].into(),
            slots: 1,
            ..Capabilities::default()
        };
        let (node, session, held) = (anna(), SessionId(1), BTreeSet::new());
        let arrival = Box::new(came_from());
        let hello = Command::ConnectNode { node, session, capabilities, arrival, held };
        self.tell(Author::SYSTEM, hello).unwrap();
    }

    fn last(&self) -> &Envelope {
        self.log.last().unwrap()
    }
}

fn step(name: &str, after: BTreeSet<StepIndex>) -> StepSpec {
    StepSpec {
        name: name.to_owned(),
        renderer: "lottie".to_owned(),
        template: None,
        frames: FrameSet::one(1),
        chunk: Chunk::Auto,
        output: None,
        retries: 0,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after,
        settings: BTreeMap::new(),
        approximate: false,
    }
}

fn two_steps(overdue: Overdue) -> Command {
    let approval = ApprovalSpec {
        kind: "release".into(),
        description: "may it?".into(),
        timeout: Some(Duration::from_secs(90)),
        overdue,
    };
    let steps = vec![step("render", BTreeSet::new()), step("encode", [StepIndex(0)].into())];
    let (name, project) = ("j".to_owned(), "p".to_owned());
    let spec = JobSpec { name, project, priority: 50, approval: Some(approval), steps };
    Command::SubmitJob { id: JOB, spec }
}

fn pause(nth: usize) -> Pause {
    let scope = PauseScope::Pool(format!("pool-{nth}"));
    let key = PauseKey { scope, source: PauseSource::Person };
    Pause { key, reason: "test".into(), until: None, running: Running::Finish }
}

fn look(worker: &str, alive: bool, dead_letters: u64) -> Observation {
    let worker = worker.to_owned();
    Observation { worker, alive: Some(alive), last_beat_age_s: Some(60), dead_letters, expected: true }
}

fn watch(seen: Vec<Observation>, channels: &[&str]) -> Command {
    let channels = channels.iter().map(|channel| (*channel).to_owned()).collect();
    Command::ObserveWorkers { seen, threshold: 1, channels }
}

#[test]
fn events_come_from_whoever_triggered_them_and_belong_to_their_jobs_project() {
    let mut bench = Bench::new();
    let (mia, lena) = (Uuid::from_u128(1), Uuid::from_u128(2));
    bench.connect();
    assert_eq!(bench.last().context.author, Author::agent(anna().uuid()));
    bench.tell(Author::user(Some(mia)), two_steps(Overdue::Escalate)).unwrap();
    let asked = bench.last();
    assert_eq!(asked.context.author, Author::user(Some(mia)));
    let project = asked.context.project;
    assert!(project.is_some() && project == Some(callsheet_model::id::project_uuid("p")));
    let Event::Approval(ApprovalEvent::Requested { requested_by, approval, .. }) = &asked.event else {
        panic!("{asked:?}")
    };
    assert_eq!((*requested_by, *approval), (Some(mia), approval_uuid(JOB, 1)));
    let before = bench.log.len();
    let grant = Command::GrantApproval { job: JOB, by: lena, comments: None };
    bench.tell(Author::user(None), grant).unwrap();
    let (granted, rest) = bench.log[before..].split_first().unwrap();
    assert!(matches!(granted.event, Event::Approval(ApprovalEvent::Granted { by, .. }) if by == lena));
    // Who granted it is who it comes from; that its frames go out then is nobody's doing but the cluster's.
    assert_eq!(granted.context.author, Author::user(Some(lena)));
    let leased = rest.iter().find(|envelope| matches!(envelope.event, Event::FramesLeased { .. })).unwrap();
    assert_eq!(leased.context, Context { project, author: Author::SYSTEM });
}

#[test]
fn what_nobody_answers_is_denied_by_the_cluster_itself() {
    let mut bench = Bench::new();
    bench.tell(Author::user(None), two_steps(Overdue::Deny)).unwrap();
    assert_eq!(bench.scheduler.next_wake(bench.now), Some(NOW.plus(Duration::from_secs(90))));
    let before = bench.log.len();
    bench.now = NOW.plus(Duration::from_secs(90));
    bench.tell(Author::user(Some(Uuid::from_u128(1))), Command::Tick).unwrap();
    let denied = &bench.log[before];
    assert!(
        matches!(&denied.event, Event::Approval(ApprovalEvent::Denied { by, reason, .. })
            if *by == nobody_uuid() && reason == "nobody answered within 2 minutes"),
        "{denied:?}"
    );
    assert!(bench.log[before..].iter().all(|envelope| envelope.context.author == Author::SYSTEM));
    assert!(matches!(
        bench.last().event,
        Event::Workflow(WorkflowEvent::Failed { recoverable: false, step: None, .. })
    ));
}

#[test]
fn requests_for_a_release_are_listed_until_they_are_answered() {
    let mut bench = Bench::new();
    bench.tell(Author::SYSTEM, two_steps(Overdue::Escalate)).unwrap();
    let [waiting] = bench.scheduler.approvals().try_into().unwrap();
    assert_eq!((waiting.approval, waiting.job, waiting.escalated), (approval_uuid(JOB, 1), JOB, false));
    assert_eq!((waiting.asked_at, waiting.due_at), (NOW, Some(NOW.plus(Duration::from_secs(90)))));
    bench.now = NOW.plus(Duration::from_secs(90));
    bench.tell(Author::SYSTEM, Command::Tick).unwrap();
    let [waiting] = bench.scheduler.approvals().try_into().unwrap();
    assert_eq!((waiting.due_at, waiting.escalated), (None, true));
    let deny = Command::DenyApproval { job: JOB, by: Uuid::from_u128(3), reason: "no".into() };
    bench.tell(Author::SYSTEM, deny).unwrap();
    assert!(bench.scheduler.approvals().is_empty());
    bench.tell(Author::SYSTEM, Command::RetryJob { job: JOB, frames: None }).unwrap();
    let [again] = bench.scheduler.approvals().try_into().unwrap();
    assert_eq!((again.approval, again.asked_at), (approval_uuid(JOB, 2), bench.now));
}

#[test]
fn an_event_from_outside_says_itself_whom_it_comes_from() {
    let mut bench = Bench::new();
    let event = |id: u128| {
        let outside = Outside {
            id: Uuid::from_u128(id),
            kind: "step.exit".into(),
            timestamp: "2026-01-01T00:00:00Z".into(),
            correlation: None,
            payload: "{}".into(),
            fields: "{}".into(),
        };
        let author = Author::agent(Uuid::from_u128(id + 1000));
        (Arc::new(outside), Context { project: Some(Uuid::from_u128(5)), author })
    };
    let events = vec![event(1), event(2), event(1)];
    let Ok(Reply::Ingested(taken)) = bench.tell(Author::SYSTEM, Command::Ingest { events }) else { panic!() };
    let told: Vec<_> = taken.iter().map(|one| (one.id.as_u128(), one.sequence, one.already)).collect();
    assert_eq!(told, [(1, 2, false), (2, 3, false), (1, 2, true)]);
    assert_eq!(bench.last().context.author, Author::agent(Uuid::from_u128(1002)));
    assert_eq!((bench.last().sequence, bench.log.len()), (3, 3));
}

#[test]
fn a_log_that_is_cut_off_anywhere_mends_when_a_leader_starts() {
    let mut bench = Bench::new();
    bench.connect();
    bench.tell(Author::SYSTEM, two_steps(Overdue::Escalate)).unwrap();
    let spawned = |id| {
        PlayerChange::Spawned(Player {
            instance: Uuid::from_u128(id),
            role: "cache".into(),
            name: "c".into(),
        })
    };
    let (node, session, changes) = (anna(), SessionId(1), vec![spawned(1), spawned(2)]);
    bench.tell(Author::SYSTEM, Command::NoteTroupe { node, session, changes, whole: true }).unwrap();
    let grant = Command::GrantApproval { job: JOB, by: Uuid::from_u128(2), comments: None };
    bench.tell(Author::SYSTEM, grant).unwrap();
    let key = PauseKey { scope: PauseScope::Cluster, source: PauseSource::Person };
    let pause = Pause { key, reason: "night".into(), until: None, running: Running::HandBack };
    bench.tell(Author::SYSTEM, Command::SetPause { pause }).unwrap();
    let (node, session, goodbye) = (anna(), SessionId(1), Some(OfflineReason::Shutdown));
    bench.tell(Author::SYSTEM, Command::DisconnectNode { node, session, goodbye }).unwrap();
    assert!(matches!(bench.last().event, Event::Troupe(TroupeEvent::Terminated { .. })));
    for cut in 1..=bench.log.len() {
        let mut mended = Bench::new();
        mended.scheduler = Scheduler::new(Policy::default());
        bench.log.iter().take(cut).for_each(|envelope| mended.scheduler.replay(envelope));
        mended.now = bench.now;
        mended.tell(Author::SYSTEM, Command::StartLeader).unwrap();
        let Some(view) = mended.scheduler.job(JOB) else { continue };
        match view.release {
            Some(release) if release.granted => {
                let starts = |envelope: &&Envelope| {
                    matches!(envelope.event, Event::Workflow(WorkflowEvent::Started { .. }))
                };
                let all = bench.log.iter().take(cut).chain(&mended.log);
                assert_eq!(all.filter(starts).count(), 1, "cut at {cut}");
            }
            Some(release) => assert_eq!(release.approval, approval_uuid(JOB, 1), "cut at {cut}"),
            None => panic!("nobody was asked, cut at {cut}"),
        }
        if mended.scheduler.pauses().len() == 1 {
            assert!(mended.scheduler.leases(None, None, 10).items.is_empty(), "cut at {cut}");
        }
    }
}

#[test]
fn there_are_only_so_many_pauses() {
    let mut bench = Bench::new();
    for nth in 0..MAX_PAUSES {
        let mut out = Output::default();
        let set = Command::SetPause { pause: pause(nth) };
        bench.scheduler.handle(NOW, Author::SYSTEM, set, &mut out).unwrap();
    }
    let one_more = bench.tell(Author::SYSTEM, Command::SetPause { pause: pause(MAX_PAUSES) });
    assert_eq!(one_more, Err(Rejection::TooManyPauses { limit: MAX_PAUSES }));
    // One that is there can still be changed, and lifted. The scheduler asks to be called at its end.
    let until = Some(NOW.plus(Duration::from_secs(1)));
    assert_eq!(bench.scheduler.next_wake(NOW), None);
    bench.tell(Author::SYSTEM, Command::SetPause { pause: Pause { until, ..pause(3) } }).unwrap();
    assert_eq!(bench.scheduler.next_wake(NOW), until);
    bench.tell(Author::SYSTEM, Command::LiftPause { key: pause(4).key }).unwrap();
    assert_eq!(bench.scheduler.pauses().len(), MAX_PAUSES - 1);
}

#[test]
fn a_node_has_only_so_many_actors() {
    let mut bench = Bench::new();
    bench.connect();
    let player = |id: usize| {
        let instance = Uuid::from_u128(id as u128);
        PlayerChange::Spawned(Player { instance, role: "cache".into(), name: "cache".into() })
    };
    let note = |ids: std::ops::Range<usize>, whole| Command::NoteTroupe {
        node: anna(),
        session: SessionId(1),
        changes: ids.map(player).collect(),
        whole,
    };
    let too_many = Err(Rejection::TooManyPlayers { node: anna(), limit: MAX_PLAYERS });
    assert_eq!(bench.tell(Author::SYSTEM, note(0..MAX_PLAYERS + 1, true)), too_many);
    bench.tell(Author::SYSTEM, note(0..MAX_PLAYERS, true)).unwrap();
    assert_eq!(bench.tell(Author::SYSTEM, note(MAX_PLAYERS..MAX_PLAYERS + 1, false)), too_many);
    // The same ones again are no more, and others may take their place.
    bench.tell(Author::SYSTEM, note(0..10, false)).unwrap();
    bench.tell(Author::SYSTEM, note(1..MAX_PLAYERS + 1, true)).unwrap();
    assert_eq!(bench.scheduler.node(&anna()).unwrap().players.len(), MAX_PLAYERS);
}

#[test]
fn workers_that_nobody_watches_any_more_make_room_for_others() {
    let mut bench = Bench::new();
    let name = |nth: usize| format!("worker-{nth:05}");
    let all = |range: std::ops::Range<usize>| range.map(|nth| look(&name(nth), true, 0)).collect::<Vec<_>>();
    bench.tell(Author::SYSTEM, watch(all(0..MAX_WATCHED + 5), &[])).unwrap();
    assert_eq!(bench.scheduler.told().len(), MAX_WATCHED);
    bench.tell(Author::SYSTEM, watch(vec![look("fresh", true, 0)], &[])).unwrap();
    assert_eq!(bench.scheduler.told().len(), MAX_WATCHED);
    assert!(bench.scheduler.told().contains_key("fresh"));
    assert!(!bench.scheduler.told().contains_key(&name(0)), "one that was not looked at is forgotten");
}

#[test]
fn when_too_many_alerts_wait_the_oldest_that_is_not_on_its_way_is_given_up() {
    let mut bench = Bench::new();
    let mut out = Output::default();
    let mut tell = |bench: &mut Bench, command| {
        bench.scheduler.handle(NOW, Author::SYSTEM, command, &mut out).unwrap();
    };
    tell(&mut bench, watch(vec![look("w", true, 0)], &["mail"]));
    for count in 1..=MAX_ALERTS_WAITING as u64 {
        tell(&mut bench, watch(vec![look("w", true, count)], &["mail"]));
    }
    let pending = bench.scheduler.pending_alerts();
    assert_eq!(pending.len(), MAX_ALERTS_WAITING);
    let (first, second) = (pending[0].alert.id, pending[1].alert.id);
    tell(&mut bench, Command::AlertSending { alert: first, channel: "mail".into() });
    bench.tell(Author::SYSTEM, watch(vec![look("w", true, 0)], &["mail"])).unwrap();
    bench.tell(Author::SYSTEM, watch(vec![look("w", true, 3)], &["mail"])).unwrap();
    let given_up = bench.log.iter().rev().nth(1).unwrap();
    assert!(
        matches!(&given_up.event, Event::Alert(AlertEvent::Failed { alert, retry_at: None, .. }) if *alert == second)
    );
    let pending = bench.scheduler.pending_alerts();
    assert_eq!(pending.len(), MAX_ALERTS_WAITING);
    assert!(pending[0].alert.id == first && pending[0].sending);
}

#[test]
fn counts_of_jobs_follow_them_from_state_to_state() {
    let mut bench = Bench::new();
    let counts = |bench: &Bench| bench.scheduler.job_counts();
    bench.tell(Author::SYSTEM, two_steps(Overdue::Escalate)).unwrap();
    assert_eq!(counts(&bench), [(JobState::Awaiting, 1)].into());
    bench.tell(Author::SYSTEM, Command::CancelJob { job: JOB, reason: String::new() }).unwrap();
    assert_eq!(counts(&bench), [(JobState::Cancelled, 1)].into());
    bench.tell(Author::SYSTEM, Command::RetryJob { job: JOB, frames: None }).unwrap();
    assert_eq!(counts(&bench), [(JobState::Awaiting, 1)].into());
    let deny = Command::DenyApproval { job: JOB, by: Uuid::from_u128(3), reason: "no".into() };
    bench.tell(Author::SYSTEM, deny).unwrap();
    assert_eq!(counts(&bench), [(JobState::Failed, 1)].into());
    bench.now = NOW.plus(Duration::from_secs(31 * 24 * 3600));
    bench.tell(Author::SYSTEM, Command::Tick).unwrap();
    assert!(counts(&bench).is_empty());
}

#[test]
fn what_is_known_of_a_node_at_the_moment_is_in_its_events_and_of_one_that_is_gone_stays_known() {
    let mut bench = Bench::new();
    bench.connect();
    let online = bench.last().clone();
    let arrival = match online.event {
        Event::NodeOnline { arrival, .. } => *arrival,
        other => panic!("{other:?}"),
    };
    assert_eq!(arrival, came_from(), "told on as it was said");
    let heard = |bench: &Bench| bench.scheduler.node(&anna()).unwrap().last_heard;
    assert_eq!(heard(&bench), Some(NOW));

    // Asleep for a minute: that is no silence of the node's, and makes its last sign of life no later.
    bench.now = bench.now.plus(Duration::from_secs(60));
    bench.tell(Author::SYSTEM, Command::Tick).unwrap();
    assert_eq!(heard(&bench), Some(NOW));
    let (node, session, goodbye) = (anna(), SessionId(1), Some(OfflineReason::Maintenance));
    bench.tell(Author::SYSTEM, Command::DisconnectNode { node, session, goodbye }).unwrap();
    let (reason, last_heard, job) = (OfflineReason::Maintenance, Some(NOW), None);
    let gone = Event::NodeOffline { node: anna(), reason, last_heard, job };
    assert_eq!(bench.log.iter().rev().find(|one| one.event.kind() == gone.kind()).unwrap().event, gone);
    assert_eq!(heard(&bench), Some(NOW));
    let again = Scheduler::from_image(Policy::default(), bench.scheduler.image());
    assert_eq!(again.node(&anna()).unwrap().last_heard, Some(NOW), "also to the next leader");
}
