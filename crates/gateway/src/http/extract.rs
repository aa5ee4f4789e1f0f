//! What handlers are given of a request. Whatever cannot be read is a [`Problem`] that names it; nothing takes more
//! memory than the body limit, nor more time than a body may take.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use callsheet_model::Author;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Code, Problem};

/// A body that is not here whole by then is given up; templates may take this long for each piece.
pub(crate) const BODY_PATIENCE: Duration = Duration::from_secs(30);
/// The header that says which person asks.
const ACTOR: &str = "x-actor-id";

/// A whole body, as it came.
pub(crate) struct Whole(pub(crate) Bytes);

/// A body that says it is JSON, as it came.
pub(crate) struct JsonBytes(pub(crate) Bytes);

/// A body in JSON.
pub(crate) struct Body<T>(pub(crate) T);

/// A body in JSON that may be left out, or be `null`: then it says nothing.
pub(crate) struct Maybe<T>(pub(crate) T);

/// The query's parameters.
pub(crate) struct Params<T>(pub(crate) T);

/// The path's parameters.
pub(crate) struct PathOf<T>(pub(crate) T);

/// Who asks: a person, who may say which one.
pub(crate) struct Caller(pub(crate) Author);

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match tokio::time::timeout(BODY_PATIENCE, Bytes::from_request(request, state)).await {
            Ok(Ok(bytes)) => Ok(Self(bytes)),
            Ok(Err(rejection)) => Err(rejection.into()),
            Err(_) => Err(too_slow()),
        }
    }
}

/// What is said to a body that comes too slowly.
pub(crate) fn too_slow() -> Problem {
    let detail = format!("the body was not here after {} s", BODY_PATIENCE.as_secs());
    Problem::new(Code::Timeout, detail)
}

/// Whether a request says that its body is JSON.
pub(crate) fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// What is said to a body that is not JSON, or does not say so.
pub(crate) fn want_json(headers: &HeaderMap) -> Problem {
    let found = headers.get(CONTENT_TYPE).map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned());
    let found = found.unwrap_or_default();
    Problem::of_field(Code::WrongMediaType, "content-type", &found, "the body must be application/json")
}

impl<S: Send + Sync> FromRequest<S> for JsonBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !says_json(request.headers()) {
            return Err(want_json(request.headers()));
        }
        Ok(Self(Whole::from_request(request, state).await?.0))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let JsonBytes(bytes) = JsonBytes::from_request(request, state).await?;
        Ok(Self(axum::Json::from_bytes(&bytes)?.0))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for Maybe<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let Whole(bytes) = Whole::from_request(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !says_json(&headers) {
            return Err(want_json(&headers));
        }
        let said: Option<T> = axum::Json::from_bytes(&bytes)?.0;
        Ok(Self(said.unwrap_or_default()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(Query::from_request_parts(parts, state).await?.0))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(Path::from_request_parts(parts, state).await?.0))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(said) = parts.headers.get(ACTOR) else { return Ok(Self(Author::user(None))) };
        let id = said.to_str().ok().and_then(|text| Uuid::try_parse(text.trim()).ok());
        let Some(id) = id else {
            let found = String::from_utf8_lossy(said.as_bytes());
            return Err(Problem::of_field(Code::BadHeader, ACTOR, &found, "here must be the person's UUID"));
        };
        Ok(Self(Author::user(Some(id))))
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(Code::TooLarge, "the body is larger than leader.http.body_limit allows")
            }
            _ => Self::new(Code::Malformed, rejection.body_text()),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::BytesRejection(rejection) => rejection.into(),
            JsonRejection::JsonDataError(error) => named(Code::Invalid, &error.body_text(), "body"),
            JsonRejection::JsonSyntaxError(error) => named(Code::Malformed, &error.body_text(), "body"),
            other => Self::new(Code::Malformed, other.body_text()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        named(Code::BadParameter, &rejection.body_text(), "query")
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        match rejection.status() {
            StatusCode::INTERNAL_SERVER_ERROR => {
                tracing::error!(error = rejection.body_text(), "a path cannot be read");
                Self::new(Code::Internal, "the leader has a mistake here: see its log")
            }
            _ => named(Code::BadParameter, &rejection.body_text(), "path"),
        }
    }
}

/// The library's sentence is `what failed: field: why`; the field is left out when the whole is meant, and one that
/// is missing is named in the why.
fn named(code: Code, sentence: &str, whole: &str) -> Problem {
    let rest = sentence.split_once(": ").map_or(sentence, |(_, rest)| rest);
    let is_field = |text: &str| !text.is_empty() && !text.contains([' ', '`']);
    let split = rest.split_once(": ").filter(|(field, _)| is_field(field));
    let (outer, why) = split.map_or((None, rest), |(field, why)| (Some(field), why));
    let missing = why.strip_prefix("missing field `").and_then(|why| why.split_once('`'));
    match (outer, missing) {
        (None, None) => Problem::of_field(code, whole, "", why),
        (Some(field), None) => Problem::of_field(code, field, "", why),
        (None, Some((field, _))) => Problem::of_field(code, field, "", "it is missing"),
        (Some(outer), Some((field, _))) => {
            Problem::of_field(code, &format!("{outer}.{field}"), "", "it is missing")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_found_in_the_librarys_sentence() {
        let problem = named(Code::Invalid, "Failed to x: a.b[1]: invalid type: null, expected y", "body");
        assert_eq!(problem.detail(), "a.b[1]: invalid type: null, expected y");
        let problem = named(Code::Malformed, "Failed to x: EOF while parsing at line 1", "body");
        assert_eq!(problem.detail(), "body: EOF while parsing at line 1");
        let problem = named(Code::Invalid, "Failed to x: missing field `scope` at line 1 column 2", "body");
        assert_eq!(problem.detail(), "scope: it is missing");
        let problem = named(Code::Invalid, "Failed to x: a.b: missing field `c`", "query");
        assert_eq!(problem.detail(), "a.b.c: it is missing");
    }

    #[test]
    fn only_json_says_that_it_is_json() {
        let says = |kind: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, kind.parse().unwrap());
            says_json(&headers)
        };
        assert!(says("application/json") && says("Application/JSON; charset=utf-8"));
        assert!(!says("text/plain") && !says("application/json-seq") && !says_json(&HeaderMap::new()));
    }
}
