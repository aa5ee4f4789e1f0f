//! Releases: jobs that a person has to say yes or no to. Who says it has to tell who they are, since that is what a
//! release is worth.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use callsheet_leader::SchedulerCommand;
use callsheet_model::{Author, JobId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::change::{change, note};
use crate::http::told::{Approval, JobView, moment};
use crate::http::{Body, Caller, Code, Maybe, PathOf, Problem, Shared};

/// A yes.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Grant {
    /// What the person says to it.
    #[schema(max_length = 1024, required = false, example = "go ahead")]
    comments: Option<String>,
}

/// A no.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Deny {
    /// Why.
    #[schema(min_length = 1, max_length = 1024, example = "not before the contract is signed")]
    reason: String,
}

/// Jobs that wait for a person.
#[derive(Serialize, ToSchema)]
pub(super) struct Approvals {
    /// The oldest request first.
    approvals: Vec<ApprovalView>,
}

/// A job that waits for a person.
#[derive(Serialize, ToSchema)]
pub(super) struct ApprovalView {
    /// The request's UUID.
    #[schema(format = Uuid)]
    approval_id: String,
    /// The job.
    #[schema(format = Uuid)]
    job: String,
    /// What people call it.
    job_name: String,
    /// The project it belongs to.
    project: String,
    /// What is asked.
    approval: Approval,
    /// When it was asked for.
    #[schema(format = DateTime)]
    asked_at: String,
    /// When its time is up; never when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// Its time was up, and it was told once more.
    escalated: bool,
}

/// The person who says it.
fn person(author: Author) -> Result<Uuid, Problem> {
    author.id.ok_or_else(|| {
        let allowed = "who releases a job, or refuses to, says so with their UUID";
        Problem::of_field(Code::BadHeader, "x-actor-id", "", allowed)
    })
}

async fn grant_job(shared: &Shared, author: Author, id: &str, said: Grant) -> Result<Json<JobView>, Problem> {
    let by = person(author)?;
    let comments = said.comments.map(|text| note("comments", text)).transpose()?;
    change(shared, author, id, |job| SchedulerCommand::GrantApproval { job, by, comments }).await
}

async fn deny_job(shared: &Shared, author: Author, id: &str, said: Deny) -> Result<Json<JobView>, Problem> {
    let by = person(author)?;
    let reason = note("reason", said.reason)?;
    if reason.trim().is_empty() {
        return Err(Problem::of_field(Code::Invalid, "reason", &reason, "whoever asked wants to know why"));
    }
    change(shared, author, id, |job| SchedulerCommand::DenyApproval { job, by, reason }).await
}

/// Releases a job that waits for a person.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/approve", tag = "approvals", operation_id = "approve_job",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough"),
        ("x-actor-id" = Uuid, Header, description = "Which person releases it."),
    ),
    request_body(content = Option<Grant>, description = "May be left out"),
    responses(
        (status = 200, description = "The job, released", body = JobView),
        (status = 404, description = "There is no such job", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "It does not wait for a person", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn approve(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    Caller(author): Caller,
    Maybe(said): Maybe<Grant>,
) -> Result<Json<JobView>, Problem> {
    grant_job(&shared, author, &id, said).await
}

/// Refuses to release a job: it fails.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/deny", tag = "approvals", operation_id = "deny_job",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough"),
        ("x-actor-id" = Uuid, Header, description = "Which person refuses."),
    ),
    request_body = Deny,
    responses(
        (status = 200, description = "The job, failed", body = JobView),
        (status = 404, description = "There is no such job", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "It does not wait for a person", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn deny(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    Caller(author): Caller,
    Body(said): Body<Deny>,
) -> Result<Json<JobView>, Problem> {
    deny_job(&shared, author, &id, said).await
}

/// Lists jobs that wait for a person, the oldest request first.
#[utoipa::path(
    get, path = "/api/v1/approvals", tag = "approvals", operation_id = "list_approvals",
    responses((status = 200, description = "Jobs that wait", body = Approvals)),
)]
pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Result<Json<Approvals>, Problem> {
    let waiting = shared.leader.read(|scheduler| scheduler.approvals()).await?;
    let approvals = waiting.into_iter().map(|waiting| ApprovalView {
        approval_id: waiting.approval.to_string(),
        job: waiting.job.to_string(),
        job_name: waiting.name,
        project: waiting.project,
        approval: callsheet_protocol::approval_to_wire(&waiting.spec).into(),
        asked_at: waiting.asked_at.to_string(),
        due_at: waiting.due_at.map(|at| moment(at.0)),
        escalated: waiting.escalated,
    });
    Ok(Json(Approvals { approvals: approvals.collect() }))
}

/// Says yes to a request.
#[utoipa::path(
    post, path = "/api/v1/approvals/{approval_id}/grant", tag = "approvals", operation_id = "grant_approval",
    params(
        ("approval_id" = Uuid, Path, description = "The request's UUID"),
        ("x-actor-id" = Uuid, Header, description = "Which person releases the job."),
    ),
    request_body(content = Option<Grant>, description = "May be left out"),
    responses(
        (status = 200, description = "The job, released", body = JobView),
        (status = 404, description = "There is no such request, or it is answered", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "It was answered in this moment", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn grant_request(
    State(shared): State<Arc<Shared>>,
    PathOf(approval): PathOf<Uuid>,
    Caller(author): Caller,
    Maybe(said): Maybe<Grant>,
) -> Result<Json<JobView>, Problem> {
    let job = job_of(&shared, approval).await?;
    grant_job(&shared, author, &job.to_string(), said).await
}

/// Says no to a request.
#[utoipa::path(
    post, path = "/api/v1/approvals/{approval_id}/deny", tag = "approvals", operation_id = "deny_approval",
    params(
        ("approval_id" = Uuid, Path, description = "The request's UUID"),
        ("x-actor-id" = Uuid, Header, description = "Which person refuses."),
    ),
    request_body = Deny,
    responses(
        (status = 200, description = "The job, failed", body = JobView),
        (status = 404, description = "There is no such request, or it is answered", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "It was answered in this moment", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn deny_request(
    State(shared): State<Arc<Shared>>,
    PathOf(approval): PathOf<Uuid>,
    Caller(author): Caller,
    Body(said): Body<Deny>,
) -> Result<Json<JobView>, Problem> {
    let job = job_of(&shared, approval).await?;
    deny_job(&shared, author, &job.to_string(), said).await
}

/// The job that a request is about.
async fn job_of(shared: &Shared, approval: Uuid) -> Result<JobId, Problem> {
    let found = shared.leader.read(move |scheduler| {
        scheduler.approvals().into_iter().find(|waiting| waiting.approval == approval).map(|found| found.job)
    });
    let wrong = || {
        let detail = format!("no job waits under request {approval}: it was answered, or never made");
        Problem::new(Code::UnknownApproval, detail)
    };
    found.await?.ok_or_else(wrong)
}
