//! Sentences about what is not frames: releases, pauses, events from outside, alerts, actors.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::signal::{CacheAction, CacheUpdate};
use callsheet_model::{
    ApprovalSpec, Context, Observation, Outside, Overdue, Pause, PauseKey, PauseScope, PauseSource, Player,
    PlayerChange, Running,
};
use callsheet_scheduler::{AlertOutcome, Command};
use uuid::Uuid;

use crate::stage::Stage;
use crate::told::{node, span};

/// The UUID of whatever goes by this name in stories.
pub(crate) fn uuid(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// `needs release within 30m else deny`.
pub(crate) fn approval(words: &[&str]) -> ApprovalSpec {
    let ["needs", kind, rest @ ..] = words else { panic!("no job begins like {words:?}") };
    let mut spec = ApprovalSpec {
        kind: (*kind).to_owned(),
        description: format!("may it go on? ({kind})"),
        timeout: None,
        overdue: Overdue::Escalate,
    };
    for pair in rest.chunks(2) {
        match pair {
            ["within", time] => spec.timeout = Some(span(time)),
            ["else", "deny"] => spec.overdue = Overdue::Deny,
            ["else", "escalate"] => spec.overdue = Overdue::Escalate,
            _ => panic!("no release is {pair:?}"),
        }
    }
    spec
}

/// One command of a sentence that is not about frames, if it is one.
pub(crate) fn command(stage: &mut Stage, sentence: &str) -> Option<Command> {
    if let Some(looks) = sentence.strip_prefix("watch ") {
        let seen = looks.split(';').map(|look| observation(look.trim())).collect();
        return Some(Command::ObserveWorkers { seen, threshold: 1, channels: stage.channels.clone() });
    }
    let (sentence, reason) = sentence.split_once(" because ").unwrap_or((sentence, ""));
    let words: Vec<&str> = sentence.split_whitespace().collect();
    Some(match words.as_slice() {
        ["grant", job, "by", who, ..] => {
            let comments = (!reason.is_empty()).then(|| reason.to_owned());
            Command::GrantApproval { job: stage.job_id(job), by: stage.person(who), comments }
        }
        ["deny", job, "by", who] => {
            let (job, by) = (stage.job_id(job), stage.person(who));
            Command::DenyApproval { job, by, reason: reason.to_owned() }
        }
        ["hold", rest @ ..] => Command::SetPause { pause: hold(stage, rest, reason) },
        ["let", "go", rest @ ..] => Command::LiftPause { key: hold(stage, rest, reason).key },
        ["outside", "posts", names] => {
            let event = |name: &str| (Arc::new(outside(stage, name)), Context::default());
            Command::Ingest { events: names.split(',').map(event).collect() }
        }
        ["sending", alert, "over", channel] => {
            Command::AlertSending { alert: stage.alert(alert), channel: (*channel).to_owned() }
        }
        [verb @ ("sent" | "failed" | "unconfirmed"), alert, "over", channel, rest @ ..] => {
            let outcome = match (*verb, rest) {
                ("sent", []) => AlertOutcome::Sent,
                ("unconfirmed", []) => AlertOutcome::Unconfirmed,
                ("failed", ["for", "good"]) => {
                    AlertOutcome::Failed { error: "refused".to_owned(), retry_at: None }
                }
                ("failed", ["for", time]) => {
                    let retry_at = Some(stage.now.plus(span(time)));
                    AlertOutcome::Failed { error: "no answer".to_owned(), retry_at }
                }
                _ => panic!("nothing comes of an alert like {rest:?}"),
            };
            Command::AlertTried { alert: stage.alert(alert), channel: (*channel).to_owned(), outcome }
        }
        [name, "caches", template, "as", action] => cache(name, template, action),
        [name, "has", "actors", names] => {
            let spawned = |life: &str| PlayerChange::Spawned(player(name, life));
            troupe(stage, name, names.split(',').map(spawned).collect(), true)
        }
        [name, "spawns", player] => {
            troupe(stage, name, vec![PlayerChange::Spawned(self::player(name, player))], false)
        }
        [name, "says", player, "is", status] => {
            let reason = (!reason.is_empty()).then(|| reason.to_owned());
            let (instance, status) = (self::player(name, player).instance, (*status).to_owned());
            troupe(stage, name, vec![PlayerChange::Status { instance, status, reason }], false)
        }
        [name, "says", player, "ended", status] => {
            let (instance, status) = (self::player(name, player).instance, (*status).to_owned());
            troupe(
                stage,
                name,
                vec![PlayerChange::Ended { instance, reason: reason.to_owned(), status }],
                false,
            )
        }
        _ => return None,
    })
}

/// `pool gpu for 10m by watcher ai handing-back`.
fn hold(stage: &Stage, words: &[&str], reason: &str) -> Pause {
    let (scope, mut rest) = match words {
        ["cluster", rest @ ..] => (PauseScope::Cluster, rest),
        ["pool", name, rest @ ..] => (PauseScope::Pool((*name).to_owned()), rest),
        ["queue", name, rest @ ..] => (PauseScope::Queue((*name).to_owned()), rest),
        _ => panic!("nobody holds {words:?}"),
    };
    let mut pause = Pause {
        key: PauseKey { scope, source: PauseSource::Person },
        reason: reason.to_owned(),
        until: None,
        running: Running::Finish,
    };
    while !rest.is_empty() {
        rest = match rest {
            ["for", time, rest @ ..] => {
                pause.until = Some(stage.now.plus(span(time)));
                rest
            }
            ["by", "watcher", name, rest @ ..] => {
                pause.key.source = PauseSource::Watcher((*name).to_owned());
                rest
            }
            ["by", "calendar", name, rest @ ..] => {
                pause.key.source = PauseSource::Calendar((*name).to_owned());
                rest
            }
            ["handing-back", rest @ ..] => {
                pause.running = Running::HandBack;
                rest
            }
            _ => panic!("no pause is {rest:?}"),
        };
    }
    pause
}

/// `E1` is an event called that, whose payload tells when it was posted.
fn outside(stage: &Stage, name: &str) -> Outside {
    Outside {
        id: uuid(name),
        kind: format!("step.{}", name.to_lowercase()),
        timestamp: stage.now.to_string(),
        correlation: None,
        payload: "{}".to_owned(),
        fields: "{}".to_owned(),
    }
}

/// `image-render alive dead 2`, `trader silent 52s`, `trader silent`, `late missing`, `late expected`.
fn observation(text: &str) -> Observation {
    let words: Vec<&str> = text.split_whitespace().collect();
    let seen = |worker: &&str, alive, age: Option<Duration>, dead_letters| Observation {
        worker: (*worker).to_owned(),
        alive,
        last_beat_age_s: age.map(|age| age.as_secs()),
        dead_letters,
        expected: true,
    };
    match words.as_slice() {
        [worker, "alive"] => seen(worker, Some(true), Some(Duration::from_secs(3)), 0),
        [worker, "alive", "dead", count] => {
            seen(worker, Some(true), Some(Duration::from_secs(3)), count.parse().unwrap())
        }
        [worker, "silent", age] => seen(worker, Some(false), Some(span(age)), 0),
        [worker, "silent"] => seen(worker, Some(false), None, 0),
        [worker, "expected"] => seen(worker, None, None, 0),
        _ => panic!("nobody looks like {text:?}"),
    }
}

fn cache(name: &str, template: &str, action: &str) -> Command {
    let actions = [CacheAction::Downloaded, CacheAction::Evicted, CacheAction::Verified, CacheAction::Failed];
    let update = CacheUpdate {
        node: node(name),
        project: uuid("project"),
        action: actions.into_iter().find(|known| known.word() == action).unwrap(),
        md5: template.parse().unwrap(),
        bytes: Some(1000),
        cache_used_bytes: 5000,
        took_ms: None,
        error: None,
    };
    Command::NoteCache { update }
}

/// `ae_process/2`, or `ae_process/2@3` for its third life.
fn player(node: &str, life: &str) -> Player {
    let name = life.split('@').next().unwrap_or_default();
    let role = name.split('/').next().unwrap_or_default();
    Player { instance: uuid(&format!("{node} {life}")), role: role.to_owned(), name: name.to_owned() }
}

fn troupe(stage: &Stage, name: &str, changes: Vec<PlayerChange>, whole: bool) -> Command {
    let node = node(name);
    let session = stage.sessions.get(&node).copied().unwrap_or_default();
    Command::NoteTroupe { node, session, changes, whole }
}
