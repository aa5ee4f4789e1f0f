//! A day on which there is something to tell: events for a webhook, a worker that goes and comes back, a job, and an
//! alert for a channel that is gone. Whatever falls meanwhile, all of it is told in the evening: events and traces at
//! least once and under one id, and of no worker the same thing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use callsheet_model::{AlertEvent, Envelope, Event, JobId};
use callsheet_supervision::{InTurn, Record};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::post::{DESK, PEOPLE};
use super::stage::{Stage, in_time, until};
use crate::Outward;

/// A channel that the config does not have any more.
const GONE: &str = "gone";
/// Who goes and comes back.
const WORKER: &str = "clara";

/// What a day came to.
pub(super) struct Evening {
    pub(super) record: Record,
    /// Requests that arrived.
    pub(super) requests: usize,
    /// Requests that told the same as one before.
    pub(super) repeated: usize,
    /// Alerts that nobody knows the end of.
    pub(super) unconfirmed: usize,
    /// How long it took to leave.
    pub(super) leaving: Duration,
}

/// What is struck from outside at a request that is being made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Struck {
    pub(super) who: Who,
    /// The request's number.
    pub(super) at: usize,
    /// The request comes to nobody.
    pub(super) is_lost: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Errands,
    Supervisor,
}

/// Lives through a day with these faults in it, and looks at what was told in the evening.
pub(super) fn day(arrange: impl FnOnce(&Record)) -> Evening {
    day_on_which(None, arrange)
}

pub(super) fn day_on_which(struck: Option<Struck>, arrange: impl FnOnce(&Record)) -> Evening {
    let _in_turn = InTurn::on_this_thread();
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(live(struck, arrange))
}

async fn live(struck: Option<Struck>, arrange: impl FnOnce(&Record)) -> Evening {
    let stage = Stage::set().await;
    stage.see(WORKER, true, &[PEOPLE, DESK, GONE]).await;
    stage.see(WORKER, false, &[PEOPLE, DESK, GONE]).await;
    arrange(&stage.record);
    let outward = Arc::new(stage.outward().await);
    if let Some(struck) = struck {
        strike(&stage, &outward, struck);
    }

    let mut events = stage.events("call.done", 3).await;
    let jobs = [stage.job().await];
    stage.see(WORKER, true, &[PEOPLE, DESK]).await;
    sleep(Duration::from_secs(1)).await;
    events.extend(stage.events("call.done", 2).await);
    let alerts = in_time("every alert has its end", alerts_end(&stage)).await;
    until("every event is told", || {
        stage.post.arrived(|arrived| events.iter().all(|event| arrived.events.contains(event)))
    })
    .await;
    until("every job is told", || stage.post.arrived(|arrived| roots(&arrived.spans, &jobs) == jobs.len()))
        .await;
    if struck.is_some() {
        until("what was struck is started again", || stage.record.starts("target") == 2).await;
    }
    let (began, requests) = (Instant::now(), stage.post.arrived(|arrived| arrived.requests));
    outward.stop().await;
    let leaving = began.elapsed();
    drop(outward);

    // What follows is told by those who follow, and nothing of before is missing.
    let next = Outward::start(stage.leader.clone()).await.unwrap();
    events.extend(stage.events("call.done", 1).await);
    until("the last event is told", || {
        stage.post.arrived(|arrived| events.last().is_some_and(|last| arrived.events.contains(last)))
    })
    .await;
    next.stop().await;
    drop(next);
    let repeated = look(&stage, &events, &alerts);
    let unconfirmed = alerts.values().filter(|end| **end == "alert.unconfirmed").count();
    let record = stage.record.clone();
    stage.strike().await;
    Evening { record, requests, repeated, unconfirmed, leaving }
}

fn strike(stage: &Stage, outward: &Arc<Outward>, struck: Struck) {
    let outward = Arc::downgrade(outward);
    let Struck { who, at, is_lost } = struck;
    stage.post.at_request(at, is_lost, move || {
        let Some(outward) = outward.upgrade() else { return };
        let supervisor = outward.keeper.present();
        match who {
            Who::Errands => supervisor.get_children().iter().for_each(|errand| errand.kill()),
            Who::Supervisor => supervisor.kill(),
        }
    });
}

type Alerts = BTreeMap<(Uuid, String), &'static str>;

/// How each alert that was raised ended on each of its channels, once all have.
async fn alerts_end(stage: &Stage) -> Alerts {
    loop {
        let log = stage.log().await;
        let raised: BTreeMap<Uuid, usize> = log.iter().filter_map(raised).collect();
        let mut ends = Alerts::new();
        for (alert, end) in log.iter().filter_map(end).filter(|((id, _), _)| raised.contains_key(id)) {
            assert_eq!(ends.insert(alert.clone(), end), None, "{alert:?} ends twice");
        }
        if raised.len() == 2 && ends.len() == raised.values().sum::<usize>() {
            return ends;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// An alert about the worker that goes and comes back, and for how many channels it is raised. On a long day the leader
/// misses others too.
fn raised(event: &Envelope) -> Option<(Uuid, usize)> {
    match &event.event {
        Event::Alert(AlertEvent::Raised { alert, channels }) if alert.worker == WORKER => {
            Some((alert.id, channels.len()))
        }
        _ => None,
    }
}

fn end(event: &Envelope) -> Option<((Uuid, String), &'static str)> {
    let Event::Alert(told) = &event.event else { return None };
    match told {
        AlertEvent::Sent { alert, channel }
        | AlertEvent::Unconfirmed { alert, channel }
        | AlertEvent::Failed { alert, channel, retry_at: None, .. } => {
            Some(((*alert, channel.clone()), told.kind()))
        }
        _ => None,
    }
}

/// Jobs whose whole trace was told.
fn roots(spans: &[opentelemetry_proto::tonic::trace::v1::Span], jobs: &[JobId]) -> usize {
    let is_root = |job: &&JobId| {
        spans.iter().any(|span| span.trace_id == job.0.as_bytes() && span.parent_span_id.is_empty())
    };
    jobs.iter().filter(is_root).count()
}

/// Each event came, in order; each alert as its end says. Returns how many requests told something again.
fn look(stage: &Stage, events: &[(String, u64)], alerts: &Alerts) -> usize {
    stage.post.arrived(|arrived| {
        let mut seen = BTreeSet::new();
        let firsts: Vec<_> = arrived.events.iter().filter(|event| seen.insert(*event)).cloned().collect();
        assert_eq!(firsts, events, "first arrivals, in order and under one id");

        let ends = |channel| ends_at(alerts, channel).into_iter().collect::<BTreeSet<_>>();
        assert_eq!(ends(GONE), ["alert.failed"].into(), "it is given up");
        assert_eq!(
            ends(DESK),
            ["alert.sent"].into(),
            "whoever can tell repeats apart is told until he has it"
        );
        assert!(ends(PEOPLE).is_subset(&["alert.sent", "alert.unconfirmed"].into()), "{:?}", ends(PEOPLE));
        let about: BTreeSet<String> = alerts.keys().map(|(alert, _)| alert.to_string()).collect();
        let told: Vec<&String> = arrived.alerts.iter().filter(|id| about.contains(*id)).collect();
        let ids: BTreeSet<&String> = told.iter().copied().collect();
        assert_eq!(ids.len(), ends_at(alerts, DESK).len(), "one id for each");
        let alerts_again = told.len() - ids.len();
        let told: Vec<&String> = arrived.texts.iter().filter(|text| text.contains(WORKER)).collect();
        let texts: BTreeSet<&String> = told.iter().copied().collect();
        assert_eq!(texts.len(), told.len(), "nobody is told the same twice: {told:?}");
        let people = ends_at(alerts, PEOPLE);
        let sent = people.iter().filter(|end| **end == "alert.sent").count();
        assert!((sent..=people.len()).contains(&texts.len()), "{texts:?} for {people:?}");

        let spans: BTreeSet<_> = arrived.spans.iter().map(|span| (&span.trace_id, &span.span_id)).collect();
        arrived.events.len() - firsts.len() + alerts_again + arrived.spans.len() - spans.len()
    })
}

/// How all alerts ended on a channel.
fn ends_at(alerts: &Alerts, channel: &str) -> Vec<&'static str> {
    alerts.iter().filter(|((_, at), _)| at == channel).map(|(_, end)| *end).collect()
}
