//! Refusals over HTTP: `application/problem+json` (RFC 9457) with a code that stays, and the one table from what
//! went wrong to codes and statuses. Its twin for gRPC stands in `grpc/mod.rs`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use callsheet_leader::{LeaderError, Mistake};
use callsheet_protocol::FieldError;
use callsheet_scheduler::Rejection;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// The media type of all refusals.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
/// What was found is shown up to this many characters.
const SHOWN: usize = 60;
/// Most mistakes told at once.
const MOST_ERRORS: usize = 100;
/// Mistakes told in the sentence for people.
const MOST_TOLD: usize = 5;
/// Where the state is, for those who cannot begin with events.
const SNAPSHOT: &str = "/api/v1/snapshot";
/// When to ask again after a refusal that passes by itself, in seconds.
const SOON: u64 = 1;

/// A refusal. It is small, since every handler's answer has room for one.
#[derive(Debug)]
pub(crate) struct Problem(Box<Told>);

/// What is told of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(
    as = Problem,
    description = "Why something was not done (RFC 9457). `code` stays what it is; `detail` is for people."
)]
struct Told {
    /// `urn:callsheet:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:callsheet:problem:unknown_job")]
    kind: String,
    /// What kind of problem it is, for people.
    #[schema(example = "There is no such job")]
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// What kind of problem it is, for programs.
    #[schema(example = "unknown_job")]
    code: &'static str,
    /// What exactly is wrong, and what to do.
    #[schema(example = "no job's id ends in \"ffffffff\"")]
    detail: String,
    /// The fields that are wrong, if fields are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
    /// What else a program may want to know, by code.
    #[serde(flatten)]
    #[schema(ignore)]
    more: BTreeMap<&'static str, Value>,
}

/// A field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Which: `steps[0].frames`, or the name of a header or parameter.
    #[schema(example = "steps[0].frames")]
    field: String,
    /// What stood there, cut to a printable length; empty when that is no help.
    #[schema(example = "\"9-1\"")]
    found: String,
    /// What may stand there.
    #[schema(example = "a range begins with its lower end")]
    allowed: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:ident, $title:literal;)*) => {
        /// What can be wrong, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All of them.
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its word, its status, and its title.
            pub(crate) fn row(self) -> (&'static str, StatusCode, &'static str) {
                match self { $(Self::$name => ($word, StatusCode::$status, $title),)* }
            }
        }
    };
}

codes! {
    BadParameter = "bad_parameter", BAD_REQUEST, "A parameter cannot be read";
    BadHeader = "bad_header", BAD_REQUEST, "A header cannot be read";
    Malformed = "malformed_body", BAD_REQUEST, "The body cannot be read";
    AmbiguousJob = "ambiguous_job", BAD_REQUEST, "Several jobs are meant";
    CursorAhead = "cursor_ahead", BAD_REQUEST, "There is no such event yet";
    NoWebSocket = "no_websocket", BAD_REQUEST, "This is no WebSocket's request";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "A token is wanted";
    ForeignOrigin = "foreign_origin", FORBIDDEN, "Pages of this origin may not ask here";
    NoSuchPath = "no_such_path", NOT_FOUND, "There is nothing at this path";
    UnknownJob = "unknown_job", NOT_FOUND, "There is no such job";
    UnknownStep = "unknown_step", NOT_FOUND, "The job has no such step";
    UnknownNode = "unknown_node", NOT_FOUND, "There is no such node";
    UnknownTemplate = "unknown_template", NOT_FOUND, "There is no such template";
    UnknownLog = "unknown_log", NOT_FOUND, "There is no such output";
    UnknownApproval = "unknown_approval", NOT_FOUND, "There is no such request for approval";
    UnknownTarget = "unknown_target", NOT_FOUND, "There is no such target";
    UnknownLetter = "unknown_dead_letter", NOT_FOUND, "There is no such dead letter";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This cannot be done here";
    Timeout = "body_too_slow", REQUEST_TIMEOUT, "The body did not come in time";
    JobIdTaken = "job_id_taken", CONFLICT, "The id belongs to another job";
    WrongState = "wrong_state", CONFLICT, "It is not in a state for this";
    CursorTooOld = "cursor_too_old", GONE, "These events are not kept any more";
    LengthRequired = "length_required", LENGTH_REQUIRED, "A length is wanted";
    TooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    TemplateTooLarge = "template_too_large", PAYLOAD_TOO_LARGE, "The template is too large";
    WrongMediaType = "wrong_media_type", UNSUPPORTED_MEDIA_TYPE, "The body is in no form that is read here";
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "Something in it is wrong";
    InvalidJob = "invalid_job", UNPROCESSABLE_ENTITY, "The job has mistakes";
    InvalidEvents = "invalid_events", UNPROCESSABLE_ENTITY, "An event has mistakes";
    BrokenTemplate = "broken_template", UNPROCESSABLE_ENTITY, "The template is not what was announced";
    TooManyJobs = "too_many_jobs", TOO_MANY_REQUESTS, "No more jobs are remembered";
    Internal = "internal", INTERNAL_SERVER_ERROR, "The leader failed";
    Restarting = "restarting", SERVICE_UNAVAILABLE, "The leader restarts a part of itself";
    TooManyReaders = "too_many_readers", SERVICE_UNAVAILABLE, "No more streams are served";
    FellBehind = "fell_behind", SERVICE_UNAVAILABLE, "The reader was too slow";
    Leaving = "leaving", SERVICE_UNAVAILABLE, "The leader is leaving";
}

impl FieldProblem {
    /// A field, what stood there, and what may.
    pub(crate) fn new(
        field: impl Into<String>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), found: found.into(), allowed: allowed.into() }
    }
}

impl Problem {
    /// A refusal because of parameters that are wrong.
    pub(crate) fn invalid_fields(wrong: Vec<FieldProblem>) -> Self {
        Self::of_fields(Code::BadParameter, wrong)
    }

    /// A refusal because of fields that are wrong.
    pub(crate) fn of_fields(code: Code, mut wrong: Vec<FieldProblem>) -> Self {
        let sentence = |field: &FieldProblem| match field.found.as_str() {
            "" => format!("{}: {}", field.field, field.allowed),
            found => format!("{}: found {found}, and {}", field.field, field.allowed),
        };
        let told = wrong.iter().take(MOST_TOLD).map(sentence).collect::<Vec<_>>().join("; ");
        let rest = wrong.len().saturating_sub(MOST_TOLD);
        let rest = if rest == 0 { String::new() } else { format!("; and {rest} more") };
        wrong.truncate(MOST_ERRORS);
        let mut problem = Self::new(code, told + &rest);
        problem.0.errors = wrong;
        problem
    }

    /// A refusal with this to say.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        let (word, status, title) = code.row();
        Self(Box::new(Told {
            kind: format!("urn:callsheet:problem:{word}"),
            title,
            status: status.as_u16(),
            code: word,
            detail: detail.into(),
            errors: Vec::new(),
            more: BTreeMap::new(),
        }))
    }

    /// A refusal because of one field.
    pub(crate) fn of_field(code: Code, field: &str, found: &str, allowed: &str) -> Self {
        Self::of_fields(code, vec![FieldProblem::new(field, shown(found), allowed)])
    }

    /// Names a field that is wrong.
    pub(crate) fn field(
        mut self,
        field: impl Into<String>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        if self.0.errors.len() < MOST_ERRORS {
            self.0.errors.push(FieldProblem::new(field, found, allowed));
        }
        self
    }

    /// Adds what a program may want to know.
    pub(crate) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.0.more.insert(key, value.into());
        self
    }

    /// A refusal by the protocol's rules, whose fields have the same names here.
    pub(crate) fn of_wire(code: Code) -> impl FnOnce(FieldError) -> Self {
        move |error| Self::of_field(code, &error.field, "", &error.message)
    }

    /// Its code.
    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    /// What it says.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    fn of_mistakes(mistakes: Vec<Mistake>, detail: String) -> Self {
        let each = |problem: Self, mistake: Mistake| problem.field(mistake.place, "", mistake.message);
        mistakes.into_iter().fold(Self::new(Code::InvalidJob, detail), each)
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        Told::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Problem")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Told::schemas(schemas);
    }
}

/// A text as it is shown in a refusal: in quotes, and not longer than fits a line.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{:?}...", text.get(..cut).unwrap_or_default()),
        None if text.is_empty() => String::new(),
        None => format!("{text:?}"),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(SOON));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"callsheet\""));
        }
        response
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let code = match &rejection {
            Rejection::UnknownJob { .. } => Code::UnknownJob,
            Rejection::UnknownNode { .. } => Code::UnknownNode,
            Rejection::JobIdTaken { .. } => Code::JobIdTaken,
            Rejection::TooManyJobs { .. } => Code::TooManyJobs,
            Rejection::UnusableSpec { .. } => Code::InvalidJob,
            // The rest is that something is not in a state for what was asked of it.
            _ => Code::WrongState,
        };
        Self::new(code, rejection.to_string())
    }
}

/// The one table from what went wrong to HTTP's statuses. The detail is the error's own sentence.
impl From<LeaderError> for Problem {
    fn from(error: LeaderError) -> Self {
        let detail = error.to_string();
        let code = match error {
            LeaderError::Rejected(rejection) => return rejection.into(),
            LeaderError::Invalid(mistakes) => return Self::of_mistakes(mistakes, detail),
            LeaderError::AmbiguousJob(_) => Code::AmbiguousJob,
            LeaderError::BrokenTemplate(_) => Code::BrokenTemplate,
            LeaderError::TemplateTooLarge { .. } => Code::TemplateTooLarge,
            LeaderError::NoSuchJob(_) => Code::UnknownJob,
            LeaderError::NoTemplate(_) => Code::UnknownTemplate,
            LeaderError::NoLogs(_) | LeaderError::NoAttempt { .. } => Code::UnknownLog,
            LeaderError::CursorTooOld { oldest, .. } => {
                let problem = Self::new(Code::CursorTooOld, detail).with("oldest", oldest);
                return problem.with("snapshot", SNAPSHOT);
            }
            LeaderError::CursorAhead { head, .. } => {
                return Self::new(Code::CursorAhead, detail).with("head", head);
            }
            LeaderError::FellBehind { cursor } => {
                return Self::new(Code::FellBehind, detail).with("cursor", cursor);
            }
            LeaderError::Restarting => Code::Restarting,
            LeaderError::Io { .. } | LeaderError::Journal(_) => {
                // What the disk said is the operator's; a stranger learns that it was the disk.
                tracing::error!(error = detail, "a request failed");
                Code::Internal
            }
        };
        Self::new(code, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_words_that_differ_and_statuses_are_errors() {
        let mut words = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let (word, status, title) = code.row();
            assert!(words.insert(word), "{word} is there twice");
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{word}");
            assert!(status.is_client_error() || status.is_server_error(), "{word}");
            assert!(!title.is_empty());
        }
    }

    #[test]
    fn what_was_found_is_cut_and_quoted() {
        let problem = Problem::of_field(Code::Invalid, "x", &"ä".repeat(100), "here may be less");
        assert_eq!(problem.0.errors[0].found, format!("{:?}...", "ä".repeat(60)));
        assert!(problem.detail().starts_with("x: found \"ää"), "{}", problem.detail());
        assert_eq!(Problem::of_field(Code::Invalid, "x", "", "it is wanted").detail(), "x: it is wanted");
    }
}
