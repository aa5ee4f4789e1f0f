//! What people are to be told, and what they were told last. Everything that was ever told is in the log: events of
//! type `alert.*`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Problem, Routes, Shared};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list))
}

/// Alerts on their way, and how things stood when people were told last.
#[derive(Serialize, ToSchema)]
struct Alerts {
    /// Alerts that some channel has not taken yet, the oldest first.
    pending: Vec<PendingAlert>,
    /// What people were last told of each worker and node, by its name.
    last: BTreeMap<String, Told>,
}

/// An alert that a channel has not taken yet.
#[derive(Serialize, ToSchema)]
struct PendingAlert {
    /// Its UUID.
    alert_id: Uuid,
    /// The worker or node it is about.
    worker: String,
    /// What happened: `down`, `up` or `dead_letters`.
    #[schema(example = "down")]
    what: &'static str,
    /// The message as it is sent.
    text: String,
    /// When it was raised.
    #[schema(format = DateTime)]
    raised_at: String,
    /// The channel's name.
    channel: String,
    /// Tries so far.
    attempts: u32,
    /// A try is under way.
    sending: bool,
    /// Not tried before this.
    #[schema(format = DateTime)]
    not_before: String,
}

/// What people were last told of a worker.
#[derive(Serialize, ToSchema)]
struct Told {
    /// Whether it is alive; null when nothing has been seen of it.
    alive: Option<bool>,
    /// Its dead letters.
    dead_letters: u64,
}

/// Lists alerts that some channel has not taken yet, and what people were last told of each worker and node.
#[utoipa::path(
    get, path = "/api/v1/alerts", tag = "alerts", operation_id = "list_alerts",
    responses((status = 200, description = "Alerts on their way, and what was told last", body = Alerts)),
)]
async fn list(State(shared): State<Arc<Shared>>) -> Result<Json<Alerts>, Problem> {
    let look = shared.leader.read(|scheduler| (scheduler.pending_alerts(), scheduler.told().clone()));
    let (pending, told) = look.await?;
    let pending = pending.into_iter().map(|pending| PendingAlert {
        alert_id: pending.alert.id,
        what: pending.alert.what.word(),
        worker: pending.alert.worker,
        text: pending.alert.text,
        raised_at: pending.raised_at.to_string(),
        channel: pending.channel,
        attempts: pending.attempts,
        sending: pending.sending,
        not_before: pending.not_before.to_string(),
    });
    let last = told
        .into_iter()
        .map(|(worker, told)| (worker, Told { alive: told.alive, dead_letters: told.dead_letters }));
    Ok(Json(Alerts { pending: pending.collect(), last: last.collect() }))
}
