//! The forms in which things are told over HTTP: the protocol's messages, field by field under the protocol's names,
//! with words for enums and RFC 3339 for times. What is told is made once, in `grpc/views.rs`; nothing here looks
//! anything up.

mod frames;
mod job;
mod node;

use callsheet_model::{FailureClass, Timestamp};
use callsheet_protocol::v1;
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use frames::StepFrames;
pub(crate) use job::{Approval, JobList, JobView};
pub(crate) use node::NodeView;

/// A moment of the protocol as it is told.
pub(crate) fn moment(ms: u64) -> String {
    Timestamp(ms).to_string()
}

/// A text of the protocol, whose empty one says nothing.
pub(crate) fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The word of one of the protocol's enums: its name without the enum's own, in lower case.
pub(crate) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase()
}

/// A failed attempt, with its evidence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failure {
    /// What kind of failure it is: `crash`, `oom`, `job_fatal`, ...
    #[schema(example = "crash")]
    class: String,
    /// One sentence.
    #[schema(example = "the renderer died while it rendered")]
    message: String,
    /// How the process ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "killed by SIGSEGV")]
    exit: Option<String>,
    /// The lines of output that show it, oldest first.
    #[schema(max_items = 50)]
    evidence: Vec<String>,
}

impl From<v1::Failure> for Failure {
    fn from(failure: v1::Failure) -> Self {
        let class = callsheet_model::Failure::try_from(&failure).map(|read| read.class);
        let class = class.map_or_else(|_| FailureClass::Agent.word(), FailureClass::word);
        let v1::Failure { message, exit, evidence, .. } = failure;
        Self { class: class.to_owned(), message, exit: said(exit), evidence }
    }
}
