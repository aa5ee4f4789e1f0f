//! Services that are told of events (webhooks and brokers): how they stand, and what they did not take.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use callsheet_leader::{OutwardError, OutwardView};
use callsheet_protocol::text::TARGET;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Code, Maybe, Params, PathOf, Problem, Routes, Shared, paging};

/// What stands before the name of a webhook.
const WEBHOOK: &str = "webhook-";

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(dead_letters)).routes(routes!(redeliver))
}

/// All services that are told of events.
#[derive(Serialize, ToSchema)]
struct Targets {
    /// By name.
    targets: Vec<TargetView>,
}

/// A service that is told of events, and how it stands.
#[derive(Serialize, ToSchema)]
struct TargetView {
    /// `webhook-NAME`, `nats` or `amqp`.
    #[schema(example = "webhook-studio")]
    name: String,
    /// `webhook`, `nats` or `amqp`.
    #[schema(example = "webhook")]
    kind: &'static str,
    /// Where it is, without anything secret.
    address: String,
    /// `starting`, `delivering`, `away`, `fallen` or `stopped`.
    #[schema(example = "delivering")]
    state: &'static str,
    /// Every event up to this number is delivered, not wanted, or a dead letter.
    cursor: u64,
    /// Events that it has confirmed since the leader's start.
    delivered: u64,
    /// Tries that failed since the leader's start.
    failed: u64,
    /// Events that were dropped from the log before it could be told of them, since the leader's start.
    missed: u64,
    /// How often its actor fell since the leader's start.
    falls: u64,
    /// Dead letters that wait for someone.
    dead_letters: u64,
    /// Dead letters that were dropped because there were too many, ever.
    dropped: u64,
    /// Why the last try failed, if it has not succeeded since.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

/// A page of events that a target did not take.
#[derive(Serialize, ToSchema)]
struct DeadLetters {
    /// In their order.
    events: Vec<Letter>,
    /// For the page after it; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<u64>,
}

/// An event that a target did not take.
#[derive(Serialize, ToSchema)]
struct Letter {
    /// Its number in the log.
    sequence: u64,
    /// Its UUID.
    id: Uuid,
    /// Its type.
    #[serde(rename = "type")]
    kind: String,
    /// When it was given up, or last tried again.
    #[schema(format = DateTime)]
    at: String,
    /// Tries so far.
    attempts: u32,
    /// Why the last one failed.
    why: String,
    /// The event's envelope, as it is sent.
    #[schema(value_type = Object)]
    envelope: Option<Box<RawValue>>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageParams {
    /// From the page before: only events after this number.
    page_token: Option<u64>,
    /// Most events on the page.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    page_size: Option<u32>,
}

/// What is tried once more.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Redeliver {
    /// Only the event of this number; all of them when it is left out.
    #[schema(required = false)]
    sequence: Option<u64>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
struct Redelivered {
    /// So many are tried.
    events: u64,
}

impl From<OutwardError> for Problem {
    fn from(error: OutwardError) -> Self {
        let code = match &error {
            OutwardError::NoSuchTarget { .. } => Code::UnknownTarget,
            OutwardError::NoSuchLetter { .. } => Code::UnknownLetter,
            OutwardError::Disk { .. } => {
                tracing::error!(%error, "dead letters cannot be served");
                Code::Internal
            }
        };
        Self::new(code, error.to_string())
    }
}

/// A target by its name; a webhook also by the name it has in the config.
fn find<'a>(shared: &'a Shared, name: &str) -> Result<(&'a dyn OutwardView, String), Problem> {
    TARGET.check("name", name).map_err(Problem::of_wire(Code::BadParameter))?;
    let unknown =
        |known: Vec<String>| OutwardError::NoSuchTarget { name: name.chars().take(60).collect(), known };
    let outward = shared.leader.outward().ok_or_else(|| unknown(Vec::new()))?;
    let known: Vec<String> = outward.targets().into_iter().map(|target| target.name).collect();
    let fits = |target: &&String| *target == name || target.strip_prefix(WEBHOOK) == Some(name);
    match known.iter().find(fits) {
        Some(target) => Ok((outward.as_ref(), target.clone())),
        None => Err(unknown(known).into()),
    }
}

/// Lists webhooks and brokers that are told of events, and how they stand.
#[utoipa::path(
    get, path = "/api/v1/targets", tag = "targets", operation_id = "list_targets",
    responses((status = 200, description = "All of them", body = Targets)),
)]
async fn list(State(shared): State<Arc<Shared>>) -> Json<Targets> {
    let targets = shared.leader.outward().map(|outward| outward.targets()).unwrap_or_default();
    let targets = targets.into_iter().map(|target| TargetView {
        name: target.name,
        kind: target.kind,
        address: target.address,
        state: target.state.word(),
        cursor: target.cursor,
        delivered: target.delivered,
        failed: target.failed,
        missed: target.missed,
        falls: target.falls,
        dead_letters: target.dead_letters,
        dropped: target.dropped,
        trouble: target.trouble,
    });
    Json(Targets { targets: targets.collect() })
}

/// Lists events that a target did not take, in their order.
#[utoipa::path(
    get, path = "/api/v1/targets/{name}/dead_letters", tag = "targets", operation_id = "list_dead_letters",
    params(("name" = String, Path, description = "The target's name; a webhook's also without `webhook-`"), PageParams),
    responses(
        (status = 200, description = "A page of them", body = DeadLetters),
        (status = 404, description = "There is no such target", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
async fn dead_letters(
    State(shared): State<Arc<Shared>>,
    PathOf(name): PathOf<String>,
    Params(PageParams { page_token, page_size }): Params<PageParams>,
) -> Result<Json<DeadLetters>, Problem> {
    let size = paging::size(page_size)?;
    let (outward, target) = find(&shared, &name)?;
    let mut letters = outward.dead_letters(&target, page_token.unwrap_or(0), size + 1).await?;
    let more = letters.len() > size;
    letters.truncate(size);
    let next_page_token = letters.last().filter(|_| more).map(|letter| letter.sequence);
    let events = letters.into_iter().map(|letter| Letter {
        sequence: letter.sequence,
        id: letter.id,
        kind: letter.kind,
        at: letter.at.to_string(),
        attempts: letter.attempts,
        why: letter.why,
        envelope: RawValue::from_string(letter.json.to_string()).ok(),
    });
    Ok(Json(DeadLetters { events: events.collect(), next_page_token }))
}

/// Has events that a target did not take tried once more, beside what is delivered in order.
#[utoipa::path(
    post, path = "/api/v1/targets/{name}/redeliver", tag = "targets", operation_id = "redeliver",
    params(("name" = String, Path, description = "The target's name; a webhook's also without `webhook-`")),
    request_body(content = Option<Redeliver>, description = "May be left out"),
    responses(
        (status = 202, description = "They are tried", body = Redelivered),
        (status = 404, description = "There is no such target or event", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
async fn redeliver(
    State(shared): State<Arc<Shared>>,
    PathOf(name): PathOf<String>,
    Maybe(Redeliver { sequence }): Maybe<Redeliver>,
) -> Result<(axum::http::StatusCode, Json<Redelivered>), Problem> {
    let (outward, target) = find(&shared, &name)?;
    let events = outward.redeliver(&target, sequence).await?;
    Ok((axum::http::StatusCode::ACCEPTED, Json(Redelivered { events })))
}
