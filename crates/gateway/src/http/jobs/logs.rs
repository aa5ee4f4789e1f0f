//! Output of a job's attempts, as it is kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use callsheet_model::{JobId, Token};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::follow::{OutputMessage, follow};
use super::{find, view};
use crate::http::{Code, Params, PathOf, Problem, Shared};
use crate::output::{Which, attempts};

/// Output of a job's attempts.
#[derive(Serialize, ToSchema)]
pub(super) struct Logs {
    /// Attempts with output, the oldest first.
    attempts: Vec<Attempt>,
}

/// One attempt's output.
#[derive(Serialize, ToSchema)]
pub(super) struct Attempt {
    /// Under which token it was made.
    token: u64,
    /// The UUID of its frame job in events.
    #[schema(format = Uuid)]
    frame_job_id: String,
    /// The step, by its place from 0.
    step: u16,
    /// Where it ran.
    node: String,
    /// Bytes of it that are kept.
    bytes: u64,
    /// How long the whole output is so far, in bytes.
    end: u64,
    /// Where its text is.
    #[schema(example = "/api/v1/jobs/0190.../attempts/4294967297/log")]
    log: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LogParams {
    /// Only this attempt: its token as a number, or as people write it, `3.17`.
    #[param(pattern = "^([0-9]{1,19}|[0-9]{1,9}[.][0-9]{1,9})$")]
    token: Option<String>,
    /// Only attempts that held this frame.
    frame: Option<i32>,
    /// Tell the output itself, from the beginning, and on as it comes until the job is over.
    #[param(default = false)]
    follow: Option<bool>,
    /// The clients' secret, with `follow`, for browsers: their `EventSource` cannot send a header.
    #[expect(dead_code, reason = "it has been seen at the door")]
    access_token: Option<String>,
}

/// Lists the attempts of a job that have output; or follows that output.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}/logs", tag = "jobs", operation_id = "list_logs",
    description = "With `follow=true` the answer is a stream of Server-Sent Events: `event: log` with a piece of output \
        as JSON (`token`, `frame_job_id`, `job`, `step`, `node`, `offset`, `text`), what is kept first, then what comes. \
        The last message is `event: over` when the job is over, and else `event: leaving` or `event: cut_off`, with \
        `code` and `reason`.",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough", max_length = 64),
        LogParams,
    ),
    responses(
        (status = 200, description = "Attempts with output, or a stream of it", content(
            (Logs = "application/json"),
            (OutputMessage = "text/event-stream"),
        )),
        (status = 404, description = "There is no such job", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    Params(LogParams { token, frame, follow: follows, .. }): Params<LogParams>,
) -> Result<Response, Problem> {
    let which = Which { token: token.as_deref().map(named).transpose()?, frame };
    let id = find(&shared, &id).await?;
    // It must be there, even if it has no output yet.
    view(&shared, id).await?;
    if follows.unwrap_or(false) {
        return follow(&shared, id, which).await;
    }
    let mut told = Vec::new();
    // One after the other: only their lengths are wanted, and all of them may be long.
    for attempt in attempts(&shared.leader, id, which).await? {
        let log = shared.leader.output(id, attempt).await?;
        told.push(Attempt {
            token: log.token.0,
            frame_job_id: log.token.frame_job_uuid(id).to_string(),
            step: log.step.0,
            bytes: log.text.len() as u64,
            end: log.end,
            log: place(id, log.token),
            node: log.node,
        });
    }
    Ok(Json(Logs { attempts: told }).into_response())
}

/// A token, as a number or as people write it.
fn named(text: &str) -> Result<Token, Problem> {
    let read = text.parse().map(Token).ok().or_else(|| text.parse().ok());
    let allowed =
        "here must be an attempt's token: a whole number, or two with a dot between them, such as 3.17";
    read.ok_or_else(|| Problem::of_field(Code::BadParameter, "token", text, allowed))
}

fn place(job: JobId, token: Token) -> String {
    format!("/api/v1/jobs/{job}/attempts/{token}/log")
}

/// Tells one attempt's output. Where a part is not kept, a line in brackets says so.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}/attempts/{token}/log", tag = "jobs", operation_id = "get_log",
    params(
        ("id" = String, Path, description = "The whole id, or the end of it if that is enough"),
        ("token" = String, Path, description = "The attempt's token, as a number or as people write it: `3.17`",
            pattern = "^([0-9]{1,19}|[0-9]{1,9}[.][0-9]{1,9})$"),
    ),
    responses(
        (status = 200, description = "Its output", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 404, description = "There is no such job or output", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn attempt(
    State(shared): State<Arc<Shared>>,
    PathOf((id, token)): PathOf<(String, String)>,
) -> Result<Response, Problem> {
    let token = named(&token)?;
    let id = find(&shared, &id).await?;
    let log = shared.leader.attempt_log(id, token).await?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], log.text).into_response())
}
