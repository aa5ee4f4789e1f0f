//! Pauses of the cluster, a pool or a queue over REST. What may be asked for is the protocol's to say, so that gRPC
//! and REST refuse the same.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use callsheet_leader::SchedulerCommand;
use callsheet_model::Pause;
use callsheet_protocol::{pause_from_wire, pause_key_from_wire, v1};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Body, Caller, Code, Params, Problem, Routes, Shared};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(list, set, lift))
}

/// All pauses in force.
#[derive(Serialize, ToSchema)]
struct Pauses {
    /// By what they pause.
    pauses: Vec<PauseView>,
}

/// What is paused.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Scope {
    /// Everything.
    Cluster,
    /// Nodes with a label.
    Pool,
    /// Steps of a renderer.
    Queue,
}

/// Who pauses.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Source {
    /// By hand.
    Person,
    /// A watcher's mode.
    Watcher,
    /// A calendar's window.
    Calendar,
}

/// What becomes of frames in hands when a pause begins.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Running {
    /// They are finished.
    #[default]
    Finish,
    /// They are called back, and wait again, uncharged.
    HandBack,
}

/// A pause in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PauseView {
    /// What is paused: `cluster`, `pool` or `queue`.
    #[schema(example = "pool")]
    scope: &'static str,
    /// Which pool or queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "gpu")]
    name: Option<String>,
    /// By whom: `person`, `watcher` or `calendar`.
    #[schema(example = "person")]
    source: &'static str,
    /// Which watcher or calendar window.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_name: Option<String>,
    /// Why; of a watcher its mode.
    reason: String,
    /// It ends by itself then; never when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
    /// What became of frames in hands: `finish` or `hand_back`.
    #[schema(example = "finish")]
    running: &'static str,
}

/// A pause to be set by hand. It takes the place of an earlier one of the same scope.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetPause {
    /// What is to be paused.
    scope: Scope,
    /// Which pool or queue; the cluster has none.
    #[serde(default)]
    #[schema(required = false, max_length = 64, example = "gpu")]
    name: Option<String>,
    /// Why, for people: one line.
    #[serde(default)]
    #[schema(required = false, max_length = 1024, example = "the power company is here")]
    reason: String,
    /// How long, in milliseconds; until it is lifted when it is left out.
    #[serde(default)]
    #[schema(required = false, minimum = 1, maximum = 315_360_000_000_u64, example = 7_200_000)]
    for_ms: Option<u64>,
    /// What becomes of frames in hands.
    #[serde(default)]
    #[schema(required = false, default = "finish")]
    running: Running,
}

/// Which pause is lifted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LiftParams {
    /// What is paused.
    #[param(inline)]
    scope: Scope,
    /// Which pool or queue; the cluster has none.
    #[param(max_length = 64)]
    name: Option<String>,
    /// By whom it was paused; by hand when nothing is said.
    #[param(inline)]
    source: Option<Source>,
    /// Which watcher or calendar window.
    #[param(max_length = 64)]
    source_name: Option<String>,
}

impl From<Scope> for v1::PauseScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Cluster => Self::Cluster,
            Scope::Pool => Self::Pool,
            Scope::Queue => Self::Queue,
        }
    }
}

impl From<&Pause> for PauseView {
    fn from(pause: &Pause) -> Self {
        Self {
            scope: pause.key.scope.word(),
            name: pause.key.scope.name().map(str::to_owned),
            source: pause.key.source.word(),
            source_name: pause.key.source.name().map(str::to_owned),
            reason: pause.reason.clone(),
            until: pause.until.map(|until| until.to_string()),
            running: pause.running.word(),
        }
    }
}

async fn all(shared: &Shared) -> Result<Json<Pauses>, Problem> {
    let pauses = shared.leader.read(|scheduler| scheduler.pauses()).await?;
    Ok(Json(Pauses { pauses: pauses.iter().map(Into::into).collect() }))
}

/// Lists all pauses in force. (A job's own pause is a state of the job.)
#[utoipa::path(
    get, path = "/api/v1/pauses", tag = "pauses", operation_id = "list_pauses",
    responses((status = 200, description = "All pauses in force", body = Pauses)),
)]
async fn list(State(shared): State<Arc<Shared>>) -> Result<Json<Pauses>, Problem> {
    all(&shared).await
}

/// Pauses the cluster, a pool or a queue by hand, or changes or prolongs such a pause.
#[utoipa::path(
    put, path = "/api/v1/pauses", tag = "pauses", operation_id = "set_pause",
    params(("x-actor-id" = Option<Uuid>, Header, description = "Which person asks.")),
    request_body = SetPause,
    responses(
        (status = 200, description = "All pauses in force then", body = Pauses),
        (status = 409, description = "Too many pauses are in force", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
async fn set(
    State(shared): State<Arc<Shared>>,
    Caller(author): Caller,
    Body(SetPause { scope, name, reason, for_ms, running }): Body<SetPause>,
) -> Result<Json<Pauses>, Problem> {
    let running = match running {
        Running::Finish => v1::Running::Finish,
        Running::HandBack => v1::Running::HandBack,
    };
    let request = v1::SetPauseRequest {
        scope: v1::PauseScope::from(scope).into(),
        name: name.unwrap_or_default(),
        reason,
        for_ms,
        running: running.into(),
    };
    let wanted = pause_from_wire(&request).map_err(Problem::of_wire(Code::Invalid))?;
    let until = wanted.lasts.map(|lasts| shared.leader.now().plus(lasts));
    let pause = Pause { key: wanted.key, reason: wanted.reason, until, running: wanted.running };
    shared.leader.command_as(author, SchedulerCommand::SetPause { pause }).await?;
    all(&shared).await
}

/// Ends a pause; one that is not there is no mistake.
#[utoipa::path(
    delete, path = "/api/v1/pauses", tag = "pauses", operation_id = "lift_pause",
    params(LiftParams, ("x-actor-id" = Option<Uuid>, Header, description = "Which person asks.")),
    responses((status = 200, description = "All pauses in force then", body = Pauses)),
)]
async fn lift(
    State(shared): State<Arc<Shared>>,
    Caller(author): Caller,
    Params(LiftParams { scope, name, source, source_name }): Params<LiftParams>,
) -> Result<Json<Pauses>, Problem> {
    let source = match source {
        None | Some(Source::Person) => v1::PauseSource::Person,
        Some(Source::Watcher) => v1::PauseSource::Watcher,
        Some(Source::Calendar) => v1::PauseSource::Calendar,
    };
    let request = v1::LiftPauseRequest {
        scope: v1::PauseScope::from(scope).into(),
        name: name.unwrap_or_default(),
        source: source.into(),
        source_name: source_name.unwrap_or_default(),
    };
    let key = pause_key_from_wire(&request).map_err(Problem::of_wire(Code::BadParameter))?;
    shared.leader.command_as(author, SchedulerCommand::LiftPause { key }).await?;
    all(&shared).await
}
