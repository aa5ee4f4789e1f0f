//! How what is not about frames is written down: releases, workflows, pauses, alerts, actors; and the views of them.

use callsheet_model::signal::CacheUpdate;
use callsheet_model::{
    AlertEvent, ApprovalEvent, Arrival, NodeName, Pause, PauseEvent, PauseKey, TroupeEvent, WorkflowEvent,
};
use uuid::Uuid;

use crate::stage::Stage;
use crate::words::job;

pub(crate) fn arrival(arrival: &Arrival) -> String {
    let Arrival { address, cache_used_bytes, cached_templates } = arrival;
    let from = address.map(|address| format!(", from {address}")).unwrap_or_default();
    let used = cache_used_bytes.map(|bytes| format!(", {bytes} bytes in its cache")).unwrap_or_default();
    let held = cached_templates.as_ref().map(|held| {
        let held: Vec<String> = held.iter().map(ToString::to_string).collect();
        format!(": {}", held.join(" "))
    });
    format!("{from}{used}{}", held.unwrap_or_default())
}

pub(crate) fn approval(stage: &Stage, event: &ApprovalEvent) -> String {
    let name = job(stage, event.job());
    match event {
        ApprovalEvent::Requested { spec, requested_by, .. } => {
            let by = requested_by.map_or("whoever submitted it".to_owned(), |by| stage.who(by));
            format!("job {name} waits for a release ({}), asked by {by}", spec.kind)
        }
        ApprovalEvent::Granted { by, comments, .. } => {
            let said = comments.as_ref().map(|said| format!(": {said}")).unwrap_or_default();
            format!("job {name} is released by {}{said}", stage.who(*by))
        }
        ApprovalEvent::Denied { by, reason, .. } => {
            format!("job {name} is not released by {}: {reason}", stage.who(*by))
        }
        ApprovalEvent::Escalated { .. } => format!("job {name} still waits for its release"),
    }
}

pub(crate) fn workflow(stage: &Stage, event: &WorkflowEvent) -> String {
    let flow = format!("workflow {}", job(stage, event.job()));
    match event {
        WorkflowEvent::Started { total, .. } => format!("{flow} starts, {total} steps"),
        WorkflowEvent::StepCompleted { name, number, total, frames, .. } => {
            format!("{flow}: {name} is done, {number} of {total}, {frames} frames")
        }
        WorkflowEvent::Completed { duration, frames, .. } => {
            format!("{flow} is done after {duration:?}, {frames} frames")
        }
        WorkflowEvent::Failed { message, step, recoverable, .. } => {
            let at = step.as_ref().map(|step| format!(" at {step}")).unwrap_or_default();
            let again = if *recoverable { "a retry could help" } else { "no retry helps" };
            format!("{flow} failed{at}, {again}: {message}")
        }
    }
}

fn key(key: &PauseKey) -> String {
    let name = key.source.name().map(|name| format!(" {name}")).unwrap_or_default();
    format!("{} by {}{name}", key.scope, key.source.word())
}

fn paused(stage: &Stage, pause: &Pause) -> String {
    let until = pause.until.map_or("it is lifted".to_owned(), |until| stage.since_dawn(until));
    format!("{} until {until} ({}), {}", key(&pause.key), pause.reason, pause.running.word())
}

pub(crate) fn pause(stage: &Stage, event: &PauseEvent) -> String {
    match event {
        PauseEvent::Paused(pause) => format!("paused: {}", paused(stage, pause)),
        PauseEvent::Resumed { key: over, expired: true } => format!("goes on: {}, its time is up", key(over)),
        PauseEvent::Resumed { key: over, expired: false } => format!("goes on: {}", key(over)),
    }
}

pub(crate) fn alert(stage: &mut Stage, event: &AlertEvent) -> String {
    match event {
        AlertEvent::Noted { worker, alive: Some(alive), dead_letters } => {
            let how = if *alive { "alive" } else { "gone" };
            format!("noted: {worker} is {how}, {dead_letters} dead letters are told")
        }
        AlertEvent::Noted { worker, alive: None, .. } => format!("noted: {worker} is forgotten"),
        AlertEvent::Raised { alert, channels } => {
            stage.alerts.push(alert.id);
            let to = if channels.is_empty() { "nobody".to_owned() } else { channels.join(" and ") };
            format!("alert A{} to {to}: {}", stage.alerts.len(), alert.text)
        }
        AlertEvent::Sending { alert, channel, attempt } => {
            format!("{} leaves over {channel}, try {attempt}", called(stage, *alert))
        }
        AlertEvent::Sent { alert, channel } => format!("{} was taken by {channel}", called(stage, *alert)),
        AlertEvent::Failed { alert, channel, error, retry_at, .. } => {
            let again =
                retry_at.map_or("given up".to_owned(), |at| format!("again at {}", stage.since_dawn(at)));
            format!("{} was not taken by {channel} ({error}), {again}", called(stage, *alert))
        }
        AlertEvent::Unconfirmed { alert, channel } => {
            format!("{} over {channel}: nobody knows", called(stage, *alert))
        }
    }
}

fn called(stage: &Stage, alert: Uuid) -> String {
    let nth = stage.alerts.iter().position(|known| *known == alert).unwrap();
    format!("A{}", nth + 1)
}

pub(crate) fn troupe(stage: &mut Stage, event: &TroupeEvent) -> String {
    let node = event.node().clone();
    match event {
        TroupeEvent::Spawned { player, .. } => {
            stage.players.insert(player.instance, player.name.clone());
            format!("{node}: {} ({}) is spawned", player.name, player.role)
        }
        TroupeEvent::StatusChanged { instance, previous, status, reason, .. } => {
            let why = reason.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
            format!("{node}: {} was {previous} and is {status}{why}", stage.players[instance])
        }
        TroupeEvent::Terminated { instance, reason, status, .. } => {
            format!("{node}: {} has {status} ({reason})", stage.players[instance])
        }
    }
}

pub(crate) fn cache(update: &CacheUpdate) -> String {
    format!("{}: template {} {}", update.node, update.md5, update.action.word())
}

/// `show queues`, `show figures`, `show pauses`, `show alerts`, `show node anna`.
pub(crate) fn show(stage: &Stage, what: &str) -> Vec<String> {
    let scheduler = &stage.scheduler;
    match what {
        "queues" => {
            let queue = |(name, queue): (&String, &callsheet_scheduler::view::QueueView)| {
                format!("= {name}: {} waiting, {} leased, {} dead", queue.waiting, queue.leased, queue.dead)
            };
            scheduler.queues().iter().map(queue).collect()
        }
        "figures" => {
            let all = scheduler.figures();
            let frames = all.frames;
            let jobs: Vec<String> =
                all.jobs.iter().map(|(state, n)| format!("{n} {}", state.word())).collect();
            let nodes: Vec<String> =
                all.nodes.iter().map(|(node, n)| format!("{n} {}", node.word())).collect();
            assert_eq!(all.jobs, scheduler.job_counts());
            vec![
                format!(
                    "= frames: {} waiting, {} retrying, {} leased, {} accepted, {} published, {} dead",
                    frames.waiting,
                    frames.retrying,
                    frames.leased,
                    frames.accepted,
                    frames.published,
                    frames.dead
                ),
                format!("= jobs: {}", jobs.join(", ")),
                format!("= nodes: {}", nodes.join(", ")),
                format!(
                    "= {} leases, {} pauses, {} alerts on their way, {} ids from outside",
                    all.leases, all.pauses, all.alerts_waiting, all.outside_ids
                ),
            ]
        }
        "pauses" => scheduler.pauses().iter().map(|pause| format!("= {}", paused(stage, pause))).collect(),
        "alerts" => {
            let pending = scheduler.pending_alerts().into_iter().map(|pending| {
                let state = if pending.sending { ", on its way" } else { "" };
                let alert = called(stage, pending.alert.id);
                format!("= {alert} over {}, {} tries{state}", pending.channel, pending.attempts)
            });
            pending.collect()
        }
        _ => {
            let view = scheduler.node(&NodeName::new(what).unwrap()).unwrap();
            let players = view.players.values().map(|(player, status)| format!("{} {status}", player.name));
            let mut players: Vec<String> = players.collect();
            players.sort();
            let standing = scheduler.standing(&view.name).unwrap().word();
            vec![format!(
                "= {what} is {standing}, {} dead letters; {}",
                view.dead_letters,
                players.join(", ")
            )]
        }
    }
}
