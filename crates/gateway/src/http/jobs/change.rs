//! Changes to one job: cancel, pause, resume, prioritise, retry. The same word twice is answered like the first time, or refused
//! because of the job's state; nothing is done twice.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use callsheet_leader::{SchedulerCommand, SchedulerReply};
use callsheet_model::limits::MAX_FRAME_TEXT_BYTES;
use callsheet_model::{Author, FrameSet, JobId};
use callsheet_protocol::priority_from_wire;
use callsheet_protocol::text::NOTE;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{find, view};
use crate::http::told::JobView;
use crate::http::{Body, Caller, Code, Maybe, PathOf, Problem, Shared};

/// Gives a command about one job, and answers with the job.
pub(super) async fn change(
    shared: &Shared,
    author: Author,
    id: &str,
    command: impl FnOnce(JobId) -> SchedulerCommand,
) -> Result<Json<JobView>, Problem> {
    let id = find(shared, id).await?;
    shared.leader.command_as(author, command(id)).await?;
    Ok(Json(view(shared, id).await?))
}

/// A text for people that came with a command.
pub(super) fn note(field: &str, text: String) -> Result<String, Problem> {
    NOTE.check(field, &text).map_err(Problem::of_wire(Code::Invalid))?;
    Ok(text)
}

/// Why a job is cancelled.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Cancel {
    /// For people.
    #[schema(max_length = 1024, required = false, example = "the client wants it blue")]
    reason: String,
}

/// Ends a job. Frames in hands are called back.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/cancel", tag = "jobs", operation_id = "cancel_job",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough"),
        ("x-actor-id" = Option<Uuid>, Header, description = "Which person asks."),
    ),
    request_body(content = Option<Cancel>, description = "May be left out"),
    responses(
        (status = 200, description = "The job, cancelled", body = JobView),
        (status = 404, description = "There is no such job", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "The job is over", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn cancel(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    Caller(author): Caller,
    Maybe(Cancel { reason }): Maybe<Cancel>,
) -> Result<Json<JobView>, Problem> {
    let reason = note("reason", reason)?;
    change(&shared, author, &id, |job| SchedulerCommand::CancelJob { job, reason }).await
}

/// Hands out nothing more of a job; frames in hands are finished.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/pause", tag = "jobs", operation_id = "pause_job",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough"),
        ("x-actor-id" = Option<Uuid>, Header, description = "Which person asks."),
    ),
    responses(
        (status = 200, description = "The job, paused", body = JobView),
        (status = 404, description = "There is no such job", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "The job is over", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn pause(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    Caller(author): Caller,
) -> Result<Json<JobView>, Problem> {
    change(&shared, author, &id, |job| SchedulerCommand::PauseJob { job }).await
}

/// Goes on with a paused job.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/resume", tag = "jobs", operation_id = "resume_job",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough"),
        ("x-actor-id" = Option<Uuid>, Header, description = "Which person asks."),
    ),
    responses(
        (status = 200, description = "The job, going on", body = JobView),
        (status = 404, description = "There is no such job", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "The job is over", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn resume(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    Caller(author): Caller,
) -> Result<Json<JobView>, Problem> {
    change(&shared, author, &id, |job| SchedulerCommand::ResumeJob { job }).await
}

/// Which priority a job is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Priority {
    /// 0 to 100; higher goes first.
    #[schema(minimum = 0, maximum = 100, example = 90)]
    priority: u32,
}

/// Hands out what waits of a job earlier or later than until now; frames in hands stay where they are.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/prioritise", tag = "jobs", operation_id = "prioritise_job",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough"),
        ("x-actor-id" = Option<Uuid>, Header, description = "Which person asks."),
    ),
    request_body = Priority,
    responses(
        (status = 200, description = "The job, with this priority", body = JobView),
        (status = 404, description = "There is no such job", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "The job is over", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn prioritise(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    Caller(author): Caller,
    Body(Priority { priority }): Body<Priority>,
) -> Result<Json<JobView>, Problem> {
    let priority = priority_from_wire(Some(priority)).map_err(Problem::of_wire(Code::Invalid))?;
    change(&shared, author, &id, |job| SchedulerCommand::PrioritiseJob { job, priority }).await
}

/// What is retried.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Retry {
    /// Only these dead-lettered frames; all of them when it is left out.
    #[schema(
        min_length = 1,
        max_length = 16384,
        pattern = "^[-0-9x, ]+$",
        required = false,
        example = "17,40-44"
    )]
    frames: Option<String>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct Retried {
    /// So many frames wait again.
    frames: u64,
}

/// Lets dead-lettered frames wait again; in a job that failed or was cancelled, everything unfinished.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/retry", tag = "jobs", operation_id = "retry_job",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough"),
        ("x-actor-id" = Option<Uuid>, Header, description = "Which person asks."),
    ),
    request_body(content = Option<Retry>, description = "May be left out"),
    responses(
        (status = 200, description = "They wait again", body = Retried),
        (status = 404, description = "There is no such job", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "There is nothing to retry", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn retry(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    Caller(author): Caller,
    Maybe(Retry { frames }): Maybe<Retry>,
) -> Result<Json<Retried>, Problem> {
    let frames = frames.as_deref().map(set).transpose()?;
    let job = find(&shared, &id).await?;
    match shared.leader.command_as(author, SchedulerCommand::RetryJob { job, frames }).await? {
        SchedulerReply::Retried { frames } => Ok(Json(Retried { frames })),
        other => Err(Problem::new(Code::Internal, format!("a retry was answered with {other:?}"))),
    }
}

fn set(text: &str) -> Result<FrameSet, Problem> {
    let wrong = |why: &str| Problem::of_field(Code::Invalid, "frames", text, why);
    if text.len() > MAX_FRAME_TEXT_BYTES {
        return Err(wrong(&format!("here may be at most {MAX_FRAME_TEXT_BYTES} bytes")));
    }
    text.parse::<FrameSet>().map_err(|error| wrong(&error.to_string()))
}
