//! Looks at one job: where it stands, where its frames are, and what became of its frame jobs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use callsheet_events::Filter;
use callsheet_events::timeline::Timeline;
use callsheet_leader::{LeaderError, Wanted};
use callsheet_protocol::text::SOUGHT;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{find, view};
use crate::grpc::views;
use crate::http::told::{JobView, StepFrames};
use crate::http::{Code, Params, PathOf, Problem, Shared, etag};

/// Looks at a job.
///
/// The `etag` changes when the job does: asked with `if-none-match`, the answer is short while nothing has changed.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}", tag = "jobs", operation_id = "get_job",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough"),
        ("if-none-match" = Option<String>, Header, description = "The `etag` of the answer that is known"),
    ),
    responses(
        (status = 200, description = "The job, with its leases and why its frames are where they are",
            body = JobView, headers(("etag" = String, description = "Changes when the job does"))),
        (status = 304, description = "Nothing has changed"),
        (status = 404, description = "There is no such job", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = find(&shared, &id).await?;
    let mut view = view(&shared, id).await?;
    // Other jobs' events count the log on, and change nothing of this one.
    let sequence = std::mem::take(&mut view.sequence);
    let tag = etag::of(&view);
    view.sequence = sequence;
    Ok(etag::answer(&headers, &tag, || Json(view)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FrameParams {
    /// Only this step, by name.
    #[param(max_length = 64)]
    step: Option<String>,
}

/// Where the frames of a job are.
#[derive(Serialize, ToSchema)]
pub(super) struct Frames {
    /// Step by step.
    steps: Vec<StepFrames>,
}

/// Tells where the frames of a job are, and what is dead-lettered with its evidence.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}/frames", tag = "jobs", operation_id = "get_frames",
    params(("id" = String, Path, description = "The whole id, or the end of it if that is enough"), FrameParams),
    responses(
        (status = 200, description = "Frames by where they are", body = Frames),
        (status = 404, description = "There is no such job or step", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn frames(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    Params(FrameParams { step }): Params<FrameParams>,
) -> Result<Json<Frames>, Problem> {
    let id = find(&shared, &id).await?;
    let wanted = step.clone().unwrap_or_default();
    SOUGHT.check("step", &wanted).map_err(Problem::of_wire(Code::BadParameter))?;
    let steps = shared.leader.read(move |scheduler| views::frames(scheduler, id, &wanted)).await?;
    let steps = steps.ok_or_else(|| LeaderError::NoSuchJob(id.to_string()))?;
    match step {
        Some(step) if steps.is_empty() => {
            let allowed = format!("job {id} has no such step");
            Err(Problem::of_field(Code::UnknownStep, "step", &step, &allowed))
        }
        _ => Ok(Json(Frames { steps: steps.into_iter().map(Into::into).collect() })),
    }
}

/// Tells what became of each frame job: queued, leased, fetched, loading, rendering, proven, published, retried and
/// why. As JSON, or in lines for people (`accept: text/plain`).
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}/timeline", tag = "jobs", operation_id = "get_timeline",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough"),
        ("accept" = Option<String>, Header, description = "`application/json` or `text/plain`"),
    ),
    responses(
        (status = 200, description = "The timeline", content(
            (Object = "application/json"),
            (String = "text/plain"),
        )),
        (status = 404, description = "There is no such job", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn timeline(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = find(&shared, &id).await?;
    let (oldest, _) = shared.leader.range();
    let filter = Filter { job: Some(id.0), ..Filter::default() };
    let wanted = Wanted { after: Some(oldest.saturating_sub(1)), follow: false, filter };
    let mut events = shared.leader.follow(wanted);
    let (mut timeline, mut told) = (Timeline::new(id), 0);
    while let Some(page) = events.recv().await {
        let page = page?;
        told += page.len();
        page.iter().for_each(|event| timeline.add(event));
    }
    if told == 0 {
        // A job that is remembered and whose events are not kept has a timeline, an empty one.
        view(&shared, id).await?;
    }
    let no_store = (CACHE_CONTROL, "no-cache");
    if prefers_text(&headers) {
        let kind = (CONTENT_TYPE, "text/plain; charset=utf-8");
        return Ok((StatusCode::OK, [kind, no_store, (VARY, "accept")], timeline.text()).into_response());
    }
    Ok(([no_store, (VARY, "accept")], Json(timeline)).into_response())
}

/// Whether text for people is asked for rather than JSON.
pub(super) fn prefers_text(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
    kinds
        .take(16)
        .find(|kind| matches!(*kind, "text/plain" | "text/*" | "application/json" | "*/*"))
        .is_some_and(|kind| kind.starts_with("text/"))
}
