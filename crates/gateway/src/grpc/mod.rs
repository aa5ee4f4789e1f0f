//! The gRPC services, one file each with what belongs to it, and the one table from errors to status codes.

mod caller;
mod cluster;
mod events;
mod ingest;
mod job_streams;
mod jobs;
mod monitoring;
mod nodes;
mod offers;
mod outward;
mod pauses;
pub(crate) mod snapshot;
mod timeline;
pub(crate) mod views;

use callsheet_leader::LeaderError;
use callsheet_protocol::{FieldError, detailed, v1};
use callsheet_scheduler::Rejection;
use tonic::{Code, Status};

pub(crate) use cluster::Cluster;
pub(crate) use job_streams::leaving;
pub(crate) use jobs::Jobs;
pub(crate) use nodes::Nodes;

/// Longest message of a status, in bytes.
const MOST_BYTES: usize = 4000;

/// The one table from what went wrong to gRPC's codes. The message is the error's own.
pub(crate) fn status(error: &LeaderError) -> Status {
    let message = bounded(error.to_string());
    let end = |code: Code, word: &str, end: v1::StreamEnd| {
        detailed(code, message.clone(), &v1::StreamEnd { code: word.to_owned(), ..end })
    };
    match error {
        LeaderError::Rejected(rejection) => match rejection {
            Rejection::UnknownJob { .. } | Rejection::UnknownNode { .. } => Status::not_found(message),
            Rejection::JobIdTaken { .. } => Status::already_exists(message),
            Rejection::TooManyJobs { .. } => Status::resource_exhausted(message),
            _ => Status::failed_precondition(message),
        },
        LeaderError::Invalid(_)
        | LeaderError::AmbiguousJob(_)
        | LeaderError::BrokenTemplate(_)
        | LeaderError::TemplateTooLarge { .. } => Status::invalid_argument(message),
        LeaderError::NoSuchJob(_)
        | LeaderError::NoTemplate(_)
        | LeaderError::NoLogs(_)
        | LeaderError::NoAttempt { .. } => Status::not_found(message),
        LeaderError::CursorTooOld { oldest, .. } => {
            let oldest = Some(*oldest);
            end(Code::OutOfRange, "cursor_too_old", v1::StreamEnd { oldest, ..Default::default() })
        }
        LeaderError::CursorAhead { head, .. } => {
            let head = Some(*head);
            end(Code::OutOfRange, "cursor_ahead", v1::StreamEnd { head, ..Default::default() })
        }
        LeaderError::FellBehind { cursor } => {
            let cursor = Some(*cursor);
            end(Code::ResourceExhausted, "fell_behind", v1::StreamEnd { cursor, ..Default::default() })
        }
        LeaderError::Restarting => Status::unavailable(message),
        LeaderError::Io { .. } | LeaderError::Journal(_) => Status::internal(message),
    }
}

/// A message travels in a header: a longer one would break the connection of clients with usual limits.
fn bounded(mut message: String) -> String {
    if message.len() > MOST_BYTES {
        let cut = (0..=MOST_BYTES).rev().find(|at| message.is_char_boundary(*at));
        message.truncate(cut.unwrap_or_default());
        message.push_str(" ...");
    }
    message
}

/// A field that could not be read.
pub(crate) fn field_status(error: &FieldError) -> Status {
    Status::invalid_argument(error.to_string())
}

/// For `map_err`.
pub(crate) fn refused(error: LeaderError) -> Status {
    status(&error)
}

/// For `map_err`.
pub(crate) fn unreadable(error: FieldError) -> Status {
    field_status(&error)
}
