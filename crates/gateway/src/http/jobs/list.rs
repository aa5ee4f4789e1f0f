//! `GET /api/v1/jobs`: jobs in pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use callsheet_leader::view::JobFilter;
use callsheet_model::{JobId, JobState};
use callsheet_protocol::text::{PART_OF_TITLE, SOUGHT};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::grpc::views;
use crate::http::told::JobList;
use crate::http::{Code, Params, Problem, Shared, paging};

/// All states, for those who ask.
const STATES: [JobState; 7] = [
    JobState::Awaiting,
    JobState::Queued,
    JobState::Running,
    JobState::Paused,
    JobState::Succeeded,
    JobState::Failed,
    JobState::Cancelled,
];

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// From the page before; the newest jobs come first.
    page_token: Option<Uuid>,
    /// Most jobs on the page.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    page_size: Option<u32>,
    /// Only these states, with commas between them.
    #[param(inline, value_type = Option<Vec<StateWord>>, style = Form, explode = false, min_items = 1)]
    state: Option<String>,
    /// Only this project.
    #[param(max_length = 64)]
    project: Option<String>,
    /// Only names with this in them, in any case.
    #[param(max_length = 200)]
    name: Option<String>,
}

/// Where a job stands.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it is only described")]
pub(super) enum StateWord {
    /// A person has to release it first.
    AwaitingApproval,
    /// Nothing of it has been handed out yet.
    Queued,
    /// Some of it is or has been in a node's hands.
    Running,
    /// On request.
    Paused,
    /// Every frame is published.
    Succeeded,
    /// It cannot be finished as it is.
    Failed,
    /// On request.
    Cancelled,
}

/// Lists jobs, the newest first.
#[utoipa::path(
    get, path = "/api/v1/jobs", tag = "jobs", operation_id = "list_jobs", params(ListParams),
    responses((status = 200, description = "A page of jobs", body = JobList)),
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Params(params): Params<ListParams>,
) -> Result<Json<JobList>, Problem> {
    let ListParams { page_token, page_size, state, project, name } = params;
    SOUGHT
        .check("project", project.as_deref().unwrap_or_default())
        .map_err(Problem::of_wire(Code::BadParameter))?;
    PART_OF_TITLE
        .check("name", name.as_deref().unwrap_or_default())
        .map_err(Problem::of_wire(Code::BadParameter))?;
    let states = state.as_deref().map(states).transpose()?.unwrap_or_default();
    let (filter, size) = (JobFilter { states, project, name }, paging::size(page_size)?);
    let list = shared.leader.read(move |scheduler| {
        // The place of a job that is forgotten is not known any more: it would be the first page once again.
        page_token.is_none_or(|token| scheduler.job(JobId(token)).is_some()).then_some(())?;
        let page = scheduler.jobs_newest_first(&filter, page_token.map(JobId), size);
        let next = page.items.last().filter(|_| page.more).map(|job| job.job.id.to_string());
        let jobs: Vec<_> = page.items.iter().map(|job| views::job(scheduler, job)).collect();
        Some((jobs, next))
    });
    let forgotten = || {
        let allowed = "the job that the page was to begin after is forgotten: begin with the first page";
        let token = page_token.unwrap_or_default().to_string();
        Problem::of_field(Code::BadParameter, "page_token", &token, allowed)
    };
    let (jobs, next_page_token) = list.await?.ok_or_else(forgotten)?;
    Ok(Json(JobList { jobs: jobs.into_iter().map(Into::into).collect(), next_page_token }))
}

fn states(text: &str) -> Result<Vec<JobState>, Problem> {
    let known = |word: &str| STATES.into_iter().find(|state| state.word() == word);
    let read = |word: &str| {
        known(word).ok_or_else(|| {
            let words = STATES.map(JobState::word).join(", ");
            Problem::of_field(Code::BadParameter, "state", word, &format!("here may be {words}"))
        })
    };
    text.split(',').map(read).collect()
}
