//! The state to begin with: what the log comes to up to one number, so that a newcomer need not read all of it. What
//! happens after that number is told by a stream that follows from it, without a gap.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use callsheet_events::Filter;
use callsheet_leader::{Leader, Scheduler};
use callsheet_monitor::OfficeWorker;
use serde::Serialize;
use utoipa::ToSchema;

use crate::grpc::{snapshot as begin, views};
use crate::http::pauses::PauseView;
use crate::http::told::{JobView, NodeView};
use crate::http::{Code, Problem, Shared, etag};

/// The state after an event.
#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    /// The event's number: what follows it is not in here.
    sequence: u64,
    /// Jobs that are not over, oldest first, at most 1000; then the latest 200 that are.
    jobs: Vec<JobView>,
    /// There are more jobs: `/api/v1/jobs` has all of them, page by page.
    more_jobs: bool,
    /// All nodes.
    nodes: Vec<NodeView>,
    /// Pauses in force.
    pauses: Vec<PauseView>,
    /// Workers, as `/api/agent-office/nodes` shows them. Their signs of life are signals: they are of this moment,
    /// whatever the number.
    #[schema(value_type = Vec<Object>)]
    workers: Vec<OfficeWorker>,
}

/// The state, with its number in the log.
#[utoipa::path(
    get,
    path = "/api/v1/snapshot",
    tag = "events",
    operation_id = "snapshot",
    description = "Follow from `sequence` and nothing is missed, nothing told twice. The `ETag` changes with the state.",
    params(("If-None-Match" = Option<String>, Header, description = "The ETag of the state that the client has.")),
    responses(
        (status = 200, description = "The state.", body = Snapshot),
        (status = 304, description = "The client has it already."),
    )
)]
pub(super) async fn show(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Result<Response, Problem> {
    let snapshot = take(&shared.leader, &Filter::default()).await?;
    Ok(etag::answer(&headers, &snapshot.tag(), || Json(snapshot)))
}

/// The state that a stream begins with, as JSON, and its number. Of a stream of one job or node, only that one.
pub(super) async fn of(leader: &Leader, filter: &Filter) -> Result<(u64, Arc<str>), Problem> {
    let snapshot = take(leader, filter).await?;
    Ok((snapshot.sequence, snapshot.json()?.into()))
}

impl Snapshot {
    /// Changes with the log and with who is alive, not with every sign of life.
    fn tag(&self) -> String {
        let alive = self.workers.iter().map(|worker| (&worker.name, worker.alive, worker.state));
        etag::of(&(self.sequence, alive.collect::<Vec<_>>()))
    }

    fn json(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(|error| {
            tracing::error!(%error, "the state cannot be written as JSON");
            Problem::new(Code::Internal, "the state cannot be written as JSON")
        })
    }
}

async fn take(leader: &Leader, filter: &Filter) -> Result<Snapshot, Problem> {
    let (filter, latest) = (filter.clone(), leader.clone());
    let look = move |scheduler: &Scheduler| {
        let (jobs, more_jobs) = begin::jobs(scheduler, &filter);
        let nodes = scheduler.nodes();
        let nodes = nodes.iter().filter(|node| filter.node.is_none_or(|wanted| node.name.uuid() == wanted));
        let nodes: Vec<_> =
            latest.latest(|latest| nodes.map(|node| views::node(scheduler, latest, node)).collect());
        let pauses: Vec<PauseView> = scheduler.pauses().iter().map(PauseView::from).collect();
        (scheduler.sequence(), jobs, more_jobs, nodes, pauses)
    };
    let (sequence, jobs, more_jobs, nodes, pauses) = leader.read(look).await?;
    Ok(Snapshot {
        sequence,
        jobs: jobs.into_iter().map(JobView::from).collect(),
        more_jobs,
        nodes: nodes.into_iter().map(NodeView::from).collect(),
        pauses,
        workers: leader.office().await.workers,
    })
}
