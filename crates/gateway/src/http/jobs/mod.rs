//! Jobs over REST, from submission to the last frame, with the verbs and words that gRPC has.

mod body;
mod change;
mod follow;
mod list;
mod logs;
mod look;
mod release;
mod submit;

use callsheet_leader::LeaderError;
use callsheet_model::JobId;
use callsheet_protocol::text::JOB;
use utoipa_axum::routes;

use super::told::JobView;
use super::{Code, Problem, Routes, Shared};
use crate::grpc::views;

pub(super) use body::Job;

pub(super) fn router() -> Routes {
    Routes::new()
        .routes(routes!(list::list, submit::submit))
        .routes(routes!(look::get))
        .routes(routes!(look::frames))
        .routes(routes!(look::timeline))
        .routes(routes!(logs::list))
        .routes(routes!(logs::attempt))
        .routes(routes!(change::cancel))
        .routes(routes!(change::pause))
        .routes(routes!(change::prioritise))
        .routes(routes!(change::resume))
        .routes(routes!(change::retry))
        .routes(routes!(release::approve))
        .routes(routes!(release::deny))
        .routes(routes!(release::list))
        .routes(routes!(release::grant_request))
        .routes(routes!(release::deny_request))
}

/// A job by its id or the end of it.
pub(crate) async fn find(shared: &Shared, text: &str) -> Result<JobId, Problem> {
    JOB.check("id", text).map_err(Problem::of_wire(Code::BadParameter))?;
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let short = text.to_owned();
    let found = shared.leader.read(move |scheduler| scheduler.jobs_named(&short, 2)).await?;
    let shown = || text.chars().take(60).collect();
    match found.as_slice() {
        [id] => Ok(*id),
        [] => Err(LeaderError::NoSuchJob(shown()).into()),
        _ => Err(LeaderError::AmbiguousJob(shown()).into()),
    }
}

/// A whole job as it is told.
async fn view(shared: &Shared, id: JobId) -> Result<JobView, Problem> {
    let view = shared.leader.read(move |scheduler| views::whole_job(scheduler, id)).await?;
    Ok(view.ok_or_else(|| LeaderError::NoSuchJob(id.to_string()))?.into())
}
