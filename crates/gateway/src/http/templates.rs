//! Templates over REST: uploaded in one streamed body, known by the MD5 of their bytes. A template's size has a limit
//! of its own, and none of it is held in memory.

use std::sync::Arc;

use axum::Json;
use axum::body::Body as Stream;
use axum::extract::State;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use callsheet_leader::LeaderError;
use callsheet_model::Md5;
use callsheet_model::limits::MAX_ASKED;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::extract::{BODY_PATIENCE, too_slow};
use super::problem::FieldProblem;
use super::{Body, Code, PathOf, Problem, Routes, Shared};

pub(super) fn router() -> Routes {
    Routes::new().routes(routes!(put, head)).routes(routes!(missing))
}

/// A template that is here.
#[derive(Serialize, ToSchema)]
struct Uploaded {
    /// 32 hexadecimal digits.
    #[schema(min_length = 32, max_length = 32)]
    md5: String,
    /// The leader had it already.
    already: bool,
}

/// Templates by their MD5s.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Md5s {
    /// 32 hexadecimal digits each.
    #[schema(max_items = 10_000, example = json!(["5d41402abc4b2a76b9719d911017c592"]))]
    md5s: Vec<String>,
}

fn md5(text: &str) -> Result<Md5, Problem> {
    let wrong = |_| Problem::of_field(Code::BadParameter, "md5", text, "here must be 32 hexadecimal digits");
    text.parse().map_err(wrong)
}

/// Uploads a template: its bytes are the body, and `content-length` says how many there are. One that is here
/// already is not read again.
#[utoipa::path(
    put, path = "/api/v1/templates/{md5}", tag = "templates", operation_id = "put_template",
    params(
        ("md5" = String, Path, description = "The MD5 of its bytes", min_length = 32, max_length = 32,
            pattern = "^[0-9a-fA-F]{32}$"),
    ),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "It is here", body = Uploaded),
        (status = 200, description = "It was here already", body = Uploaded),
        (status = 411, description = "`content-length` is missing", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "It is larger than leader.template_limit", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "It has another MD5, or another length than was announced", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
async fn put(
    State(shared): State<Arc<Shared>>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    body: Stream,
) -> Result<Response, Problem> {
    let md5 = md5(&name)?;
    let uploaded = |already| Json(Uploaded { md5: md5.to_string(), already });
    if shared.leader.templates().path(md5).is_some() {
        return Ok(uploaded(true).into_response());
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let Some(length) = length else {
        let allowed = "say how many bytes come";
        return Err(Problem::of_field(Code::LengthRequired, "content-length", "", allowed));
    };
    let mut upload = shared.leader.templates().upload(md5, length).await?;
    let mut pieces = body.into_data_stream();
    loop {
        // Whoever sends something goes on; who sends nothing for a while is given up.
        let piece = tokio::time::timeout(BODY_PATIENCE, pieces.next()).await.map_err(|_| too_slow())?;
        match piece {
            None => break,
            Some(Ok(piece)) => upload.piece(&piece).await?,
            Some(Err(error)) => {
                return Err(Problem::of_field(Code::Malformed, "body", "", &error.to_string()));
            }
        }
    }
    upload.finish().await?;
    Ok((StatusCode::CREATED, uploaded(false)).into_response())
}

/// Tells whether a template is here.
#[utoipa::path(
    head, path = "/api/v1/templates/{md5}", tag = "templates", operation_id = "has_template",
    params(
        ("md5" = String, Path, description = "The MD5 of its bytes", min_length = 32, max_length = 32,
            pattern = "^[0-9a-fA-F]{32}$"),
    ),
    responses((status = 200, description = "It is"), (status = 404, description = "It is not")),
)]
async fn head(
    State(shared): State<Arc<Shared>>,
    PathOf(name): PathOf<String>,
) -> Result<StatusCode, Problem> {
    let md5 = md5(&name)?;
    match shared.leader.templates().path(md5) {
        Some(_) => Ok(StatusCode::OK),
        None => Err(LeaderError::NoTemplate(md5).into()),
    }
}

/// Tells which of these templates the leader does not have yet.
#[utoipa::path(
    post, path = "/api/v1/templates/missing", tag = "templates", operation_id = "missing_templates",
    request_body = Md5s,
    responses((status = 200, description = "Those that have to be uploaded", body = Md5s)),
)]
async fn missing(
    State(shared): State<Arc<Shared>>,
    Body(Md5s { md5s }): Body<Md5s>,
) -> Result<Json<Md5s>, Problem> {
    if md5s.len() > MAX_ASKED {
        let (found, allowed) = (md5s.len().to_string(), format!("here may be at most {MAX_ASKED}"));
        return Err(Problem::of_field(Code::Invalid, "md5s", &found, &allowed));
    }
    let mut read: Vec<(String, Md5)> = Vec::with_capacity(md5s.len());
    for (nth, text) in md5s.into_iter().enumerate() {
        let Ok(md5) = text.parse() else {
            let wrong = FieldProblem::new(format!("md5s[{nth}]"), "", "here must be 32 hexadecimal digits");
            return Err(Problem::of_fields(Code::Invalid, vec![wrong]));
        };
        read.push((text, md5));
    }
    let templates = shared.leader.templates().clone();
    let look = move || -> Vec<String> {
        let missing = read.into_iter().filter(|(_, md5)| templates.path(*md5).is_none());
        missing.map(|(text, _)| text).collect()
    };
    let missing = tokio::task::spawn_blocking(look).await;
    let md5s =
        missing.map_err(|_| Problem::new(Code::Internal, "the templates could not be looked through"))?;
    Ok(Json(Md5s { md5s }))
}
