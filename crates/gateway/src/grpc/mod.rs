//! The gRPC services, one file each, and the one table from errors to status codes.

mod cluster;
mod job_streams;
mod jobs;
mod nodes;
mod offers;
mod views;

use callsheet_leader::LeaderError;
use callsheet_protocol::FieldError;
use callsheet_scheduler::Rejection;
use tonic::Status;

pub(crate) use cluster::Cluster;
pub(crate) use jobs::Jobs;
pub(crate) use nodes::Nodes;

/// The one table from what went wrong to gRPC's codes. The message is the error's own.
pub(crate) fn status(error: &LeaderError) -> Status {
    let message = error.to_string();
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
        LeaderError::NoSuchJob(_) | LeaderError::NoTemplate(_) | LeaderError::NoLogs(_) => {
            Status::not_found(message)
        }
        LeaderError::CursorTooOld { .. } => Status::out_of_range(message),
        LeaderError::Restarting => Status::unavailable(message),
        LeaderError::Io { .. } | LeaderError::Journal(_) => Status::internal(message),
    }
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
