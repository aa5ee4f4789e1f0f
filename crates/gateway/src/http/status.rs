//! The cluster at a glance: its own figures, and the status that the agents' office shows.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use callsheet_leader::Scheduler;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::told::moment;
use super::{Problem, Routes, Shared};
use crate::grpc::views;

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(status)).routes(routes!(office))
}

/// The cluster in figures.
#[derive(Serialize, ToSchema)]
struct Status {
    /// Its name.
    cluster: String,
    /// The leader's version.
    version: String,
    /// How many leaders there have been.
    epoch: u32,
    /// When this one began.
    #[schema(format = DateTime)]
    started_at: String,
    /// The last event's number.
    sequence: u64,
    /// The oldest event's number that is kept.
    oldest: u64,
    /// Jobs that wait for a person's release.
    jobs_awaiting: u64,
    /// Jobs of which nothing has been handed out yet.
    jobs_queued: u64,
    /// Jobs that are being worked on.
    jobs_running: u64,
    /// Jobs that were paused.
    jobs_paused: u64,
    /// Jobs that are over.
    jobs_over: u64,
    /// Nodes that are there.
    nodes_online: u64,
    /// Nodes ever seen.
    nodes_known: u64,
    /// Slots of the nodes that are there.
    slots: u64,
    /// Leases in force.
    leases: u64,
    /// Pauses in force.
    pauses: u64,
}

/// Tells the cluster in figures.
#[utoipa::path(
    get, path = "/api/v1/status", tag = "cluster", operation_id = "get_status",
    responses((status = 200, description = "The cluster in figures", body = Status)),
)]
async fn status(State(shared): State<Arc<Shared>>) -> Result<Json<Status>, Problem> {
    let leader = &shared.leader;
    let (name, started) = (leader.config().name.clone(), leader.started_at());
    let (oldest, _) = leader.range();
    let look = move |scheduler: &Scheduler| views::status(scheduler, name, started, oldest);
    let told = leader.read(look).await?;
    Ok(Json(Status {
        cluster: told.cluster,
        version: told.version,
        epoch: told.epoch,
        started_at: moment(told.started_at_ms),
        sequence: told.sequence,
        oldest: told.oldest,
        jobs_awaiting: told.jobs_awaiting,
        jobs_queued: told.jobs_queued,
        jobs_running: told.jobs_running,
        jobs_paused: told.jobs_paused,
        jobs_over: told.jobs_over,
        nodes_online: told.nodes_online,
        nodes_known: told.nodes_known,
        slots: told.slots,
        leases: told.leases,
        pauses: told.pauses,
    }))
}

/// The status that existing clients know: `redis_ok` is whether the state store answers.
#[derive(ToSchema)]
#[schema(as = Office)]
#[expect(dead_code, reason = "it is only described: callsheet-monitor makes it")]
struct OfficeForm {
    /// Whether the state store answers. When it does not, `workers` and `links` are empty.
    redis_ok: bool,
    /// Whether anything is paused.
    paused: bool,
    /// The watcher's mode; `trading` when none is known.
    #[schema(example = "trading")]
    paused_reason: String,
    /// When this was put together.
    #[schema(format = DateTime)]
    generated_at: String,
    /// Workers and render nodes, by name.
    workers: Vec<WorkerForm>,
    /// Ways that work takes.
    links: Vec<LinkForm>,
}

/// A worker or render node.
#[derive(ToSchema)]
#[schema(as = OfficeWorker)]
#[expect(dead_code, reason = "it is only described")]
struct WorkerForm {
    /// Its name.
    #[schema(example = "image-render")]
    name: String,
    /// `render`, `watcher` or `trader`.
    #[schema(pattern = "^(render|watcher|trader)$")]
    kind: String,
    /// Whether it gives signs of life.
    alive: bool,
    /// One of its kind's states; null when it has never been heard.
    #[schema(required = true)]
    state: Option<String>,
    /// Seconds since its last sign of life; null when it has never been heard.
    #[schema(required = true)]
    last_beat_age_s: Option<u64>,
    /// Frames that wait for it.
    queue_depth: u64,
    /// Frames that were put aside.
    dead_letter: u64,
    /// Frames in its hands.
    processing: u64,
    /// Jobs it has done.
    jobs_done: u64,
    /// Jobs it has failed at.
    jobs_failed: u64,
    /// When it last did one.
    #[schema(required = true, format = DateTime)]
    last_job_at: Option<String>,
}

/// A way that work takes.
#[derive(ToSchema)]
#[schema(as = OfficeLink)]
#[expect(dead_code, reason = "it is only described")]
struct LinkForm {
    /// Where it begins.
    from: String,
    /// Where it ends.
    to: String,
    /// `redis-queue` is work that the leader hands out, `http-pull` work that the worker fetches itself.
    #[schema(pattern = "^(redis-queue|http-pull)$")]
    r#type: String,
    /// How it is.
    #[schema(pattern = "^(healthy|paused|degraded|down)$")]
    status: String,
}

/// Tells workers, render nodes and the ways of work between them.
#[utoipa::path(
    get, path = "/api/agent-office/nodes", tag = "cluster", operation_id = "get_office",
    responses((status = 200, description = "Workers, render nodes and links", body = OfficeForm)),
)]
async fn office(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Json(shared.leader.office().await))
}
