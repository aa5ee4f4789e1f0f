//! Judges what the monitor sees of workers and nodes, and raises an alert for what people do not know yet. What they
//! were told is durable, so that nothing is told twice over a restart of the leader.
//!
//! The first look at a worker tells nothing, unless it was expected and has not come: one that nobody expects, and that
//! came and went between two looks, is only noted. Dead letters that it has then already have never been told, and are
//! at the next look.

use std::collections::BTreeSet;

use callsheet_model::alert::alert_uuid;
use callsheet_model::limits::{MAX_ALERTS_WAITING, MAX_WATCHED};
use callsheet_model::{Alert, AlertEvent, AlertKind, Event, Observation};
use uuid::Uuid;

use crate::turn::Turn;

pub(super) fn observe_workers(
    turn: &mut Turn<'_>,
    seen: &[Observation],
    threshold: u64,
    channels: &[String],
) {
    let watched: BTreeSet<&str> = seen.iter().map(|seen| seen.worker.as_str()).collect();
    for look in seen {
        let Some(alive) = look.alive else { continue };
        let known = turn.state().book().told().get(&look.worker).cloned();
        let Some(known_alive) = known.as_ref().and_then(|known| known.alive) else {
            if make_room(turn, &watched) {
                first_look(turn, look, alive, channels);
            }
            continue;
        };
        match (known_alive, alive) {
            (true, false) => raise(turn, look, AlertKind::Down, &down(look), channels),
            (false, true) => raise(turn, look, AlertKind::Up, "is back", channels),
            _ => {}
        }
        let told = known.map_or(0, |known| known.dead_letters);
        let count = look.dead_letters;
        if count >= threshold.max(1) && count != told {
            raise(turn, look, AlertKind::DeadLetters(count), &format!("dead letters: {count}"), channels);
        } else if count == 0 && told != 0 {
            note(turn, &look.worker, Some(alive));
        }
    }
}

fn first_look(turn: &mut Turn<'_>, look: &Observation, alive: bool, channels: &[String]) {
    if alive || !look.expected {
        note(turn, &look.worker, Some(alive));
    } else {
        raise(turn, look, AlertKind::Down, "is expected, and has not shown up", channels);
    }
}

fn down(look: &Observation) -> String {
    match look.last_beat_age_s {
        Some(age) => format!("no sign of life for {age} s"),
        None => "gives no sign of life".to_owned(),
    }
}

/// Notes a worker, of which no dead letters count as told from now on.
fn note(turn: &mut Turn<'_>, worker: &str, alive: Option<bool>) {
    turn.emit(Event::Alert(AlertEvent::Noted { worker: worker.to_owned(), alive, dead_letters: 0 }));
}

fn raise(turn: &mut Turn<'_>, look: &Observation, what: AlertKind, said: &str, channels: &[String]) {
    let sign = match what {
        AlertKind::Down => "🔴",
        AlertKind::Up => "🟢",
        AlertKind::DeadLetters(_) => "❌",
    };
    if !channels.is_empty() {
        give_up_oldest(turn);
    }
    let worker = look.worker.clone();
    let id = alert_uuid(&worker, what, turn.state().sequence() + 1);
    let text = format!("{sign} [{worker}] {said}");
    let alert = Alert { id, worker, what, text };
    turn.emit(Event::Alert(AlertEvent::Raised { alert, channels: channels.to_vec() }));
}

/// Makes room for one more worker by forgetting one that nobody watches any more. False when there is none.
fn make_room(turn: &mut Turn<'_>, watched: &BTreeSet<&str>) -> bool {
    let told = turn.state().book().told();
    if told.len() < MAX_WATCHED {
        return true;
    }
    let unwatched = told.keys().find(|worker| !watched.contains(worker.as_str())).cloned();
    if let Some(worker) = &unwatched {
        note(turn, worker, None);
    }
    unwatched.is_some()
}

/// When too many alerts wait for their channels, the oldest is given up wherever it is not on its way.
fn give_up_oldest(turn: &mut Turn<'_>) {
    if turn.state().book().waiting().len() < MAX_ALERTS_WAITING {
        return;
    }
    let idle = |alert: &callsheet_model::image::AlertImage| {
        let waiting = alert.waiting.iter().filter(|(_, delivery)| !delivery.sending);
        let of: Vec<(Uuid, String, u32)> =
            waiting.map(|(channel, delivery)| (alert.alert.id, channel.clone(), delivery.attempts)).collect();
        (!of.is_empty()).then_some(of)
    };
    let oldest = turn.state().book().waiting().find_map(idle).unwrap_or_default();
    for (alert, channel, attempt) in oldest {
        let error = format!("{MAX_ALERTS_WAITING} alerts wait already: the oldest are given up");
        turn.emit(Event::Alert(AlertEvent::Failed { alert, channel, attempt, error, retry_at: None }));
    }
}
