//! `POST /api/v1/jobs`: takes a job, durably, and once for each id.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use callsheet_config::{Format, JobDefaults, JobFile, Problems};
use callsheet_leader::{SchedulerReply, Templates};
use callsheet_model::{JobId, JobSpec, Md5, Template};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Job;
use crate::http::extract::JsonBytes;
use crate::http::problem::FieldProblem;
use crate::http::{Caller, Code, Params, Problem, Shared};

/// The header by which a submission is known when it comes twice.
const KEY: &str = "idempotency-key";
/// Longest such key, in bytes.
const LONGEST_KEY: usize = 255;
/// Where relative outputs would start: nowhere, so that they are refused.
const NOWHERE: &str = ".";

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SubmitParams {
    /// Check everything, take nothing.
    #[param(default = false)]
    dry_run: Option<bool>,
}

/// A submission's answer.
#[derive(Serialize, ToSchema)]
pub(super) struct Submitted {
    /// The job's UUID.
    #[schema(format = Uuid)]
    id: String,
    /// It had been taken before, under the same id.
    already: bool,
}

/// Takes a job.
///
/// Templates are uploaded before. The same id with the same content is one job, however often it is submitted: an
/// answer that was lost is asked for again with the same id. Every mistake in the job is told at once.
#[utoipa::path(
    post, path = "/api/v1/jobs", tag = "jobs", operation_id = "submit_job",
    params(
        SubmitParams,
        ("idempotency-key" = Option<String>, Header, description = "The job's id: a UUID, or any text of up to 255 \
            visible ASCII characters that a UUID is derived from.", min_length = 1, max_length = 255),
        ("x-actor-id" = Option<Uuid>, Header, description = "Which person submits it."),
    ),
    request_body = Job,
    responses(
        (status = 201, description = "It is taken", body = Submitted,
            headers(("location" = String, description = "Where the job is"))),
        (status = 200, description = "It had been taken before; or nothing is wrong with it (`dry_run`)",
            body = Submitted),
        (status = 409, description = "The id belongs to another job", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "The job has mistakes", body = Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "No more jobs are remembered", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    Caller(author): Caller,
    Params(SubmitParams { dry_run }): Params<SubmitParams>,
    headers: HeaderMap,
    JsonBytes(body): JsonBytes,
) -> Result<Response, Problem> {
    let key = key(&headers)?;
    let defaults = JobDefaults::from(shared.leader.config());
    let templates = shared.leader.templates().clone();
    // A large job takes a while to read: not on the runtime.
    let read = tokio::task::spawn_blocking(move || read(&body, &defaults, &templates)).await;
    let (own, spec) = read.map_err(|_| Problem::new(Code::Internal, "the job could not be read"))??;
    let id = match (own, key) {
        (Some(own), Some(key)) if own != key => {
            let allowed = "the body has another id: one of the two is enough";
            return Err(Problem::of_field(Code::BadHeader, KEY, &key.to_string(), allowed));
        }
        (own, key) => own.or(key).unwrap_or_else(|| JobId(Uuid::now_v7())),
    };
    if dry_run.unwrap_or(false) {
        shared.leader.check(spec).await?;
        return Ok(Json(Submitted { id: id.to_string(), already: false }).into_response());
    }
    match shared.leader.submit_as(author, id, spec).await? {
        SchedulerReply::Submitted { job, already } => {
            let status = if already { StatusCode::OK } else { StatusCode::CREATED };
            let place = [(LOCATION, format!("/api/v1/jobs/{job}"))];
            Ok((status, place, Json(Submitted { id: job.to_string(), already })).into_response())
        }
        other => Err(Problem::new(Code::Internal, format!("a submission was answered with {other:?}"))),
    }
}

/// The id that the header chooses.
fn key(headers: &HeaderMap) -> Result<Option<JobId>, Problem> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    if text.is_empty() || text.len() > LONGEST_KEY {
        let allowed = format!("here may be 1 to {LONGEST_KEY} visible ASCII characters");
        let found = String::from_utf8_lossy(value.as_bytes());
        return Err(Problem::of_field(Code::BadHeader, KEY, &found, &allowed));
    }
    let id = Uuid::try_parse(text).unwrap_or_else(|_| Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()));
    Ok(Some(JobId(id)))
}

/// A body's own id, and its job.
fn read(
    body: &[u8],
    defaults: &JobDefaults,
    templates: &Templates,
) -> Result<(Option<JobId>, JobSpec), Problem> {
    let malformed = |why: String| Problem::of_field(Code::Malformed, "body", "", &why);
    let mut whole: Value = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    let text = str::from_utf8(body).map_err(|error| malformed(error.to_string()))?;
    let own = whole.as_object_mut().and_then(|fields| fields.remove("id"));
    let (id, text) = match own {
        None => (None, text.to_owned()),
        Some(own) => (Some(own_id(&own)?), whole.to_string()),
    };
    let draft = JobFile::parse(&text, Format::Json, "body").map_err(mistakes)?;
    let spec = draft.into_spec(defaults, NOWHERE, &mut |written| template(templates, written));
    Ok((id, spec.map_err(mistakes)?))
}

fn own_id(own: &Value) -> Result<JobId, Problem> {
    let read = own.as_str().and_then(|text| Uuid::try_parse(text).ok()).map(JobId);
    read.ok_or_else(|| {
        let found = own.as_str().map_or_else(|| own.to_string(), str::to_owned);
        Problem::of_field(Code::InvalidJob, "id", &found, "here must be a UUID")
    })
}

/// An uploaded template by `MD5/file name`.
fn template(templates: &Templates, written: &str) -> Result<Template, String> {
    let wanted = "here must be an uploaded template: its MD5, a slash, and its file name";
    let (md5, name) = written.split_once('/').ok_or(wanted)?;
    let md5: Md5 = md5.parse().map_err(|_| wanted)?;
    let path: PathBuf = templates.path(md5).ok_or("this template is not uploaded: PUT it first")?;
    let bytes = path.metadata().map_err(|error| format!("it cannot be read here: {error}"))?.len();
    Ok(Template { md5, bytes, name: name.to_owned(), path: None })
}

fn mistakes(problems: Problems) -> Problem {
    let field = |problem: callsheet_config::Problem| {
        let key = if problem.key.is_empty() { "body".to_owned() } else { problem.key };
        FieldProblem::new(key, problem.found, problem.why)
    };
    Problem::of_fields(Code::InvalidJob, problems.0.into_iter().map(field).collect())
}
