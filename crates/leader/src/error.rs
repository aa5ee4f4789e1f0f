//! What the leader answers when it cannot do what was asked. Doors turn these into their own codes.

use callsheet_model::{JobId, Md5, Token};
use callsheet_scheduler::Rejection;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum LeaderError {
    /// The scheduler said no; nothing has changed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The job is not sound; every mistake at once.
    #[error("the job has {} mistake(s): {}", .0.len(), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Mistake>),
    /// A part of the leader is being restarted; what was asked may or may not have been done.
    #[error("the leader is restarting a part of itself: try again")]
    Restarting,
    /// No id ends like this.
    #[error("no job's id ends in {0:?}")]
    NoSuchJob(String),
    /// Several do.
    #[error("{0:?} is not enough to tell one job from another: give more of the id")]
    AmbiguousJob(String),
    /// No such template.
    #[error("there is no template {0} here: upload it first")]
    NoTemplate(Md5),
    /// The bytes are not what was announced.
    #[error("the template's bytes are not what was announced: {0}")]
    BrokenTemplate(String),
    /// Too large.
    #[error("a template of {found} bytes: at most {max} are allowed")]
    TemplateTooLarge {
        /// What was announced or sent.
        found: u64,
        /// The limit.
        max: u64,
    },
    /// There is no output of that job's attempts.
    #[error("there is no output of job {0} here")]
    NoLogs(JobId),
    /// There is no output of that attempt.
    #[error("there is no output of attempt {token} of job {job} here")]
    NoAttempt {
        /// The job.
        job: JobId,
        /// The attempt's token.
        token: Token,
    },
    /// The log's beginning was dropped.
    #[error(
        "what came after event {asked} is not all kept any more: the oldest event there is has number {oldest}; \
         start before it, or from a snapshot"
    )]
    CursorTooOld {
        /// The cursor that was asked for.
        asked: u64,
        /// The number of the oldest event there is.
        oldest: u64,
    },
    /// The log does not go that far.
    #[error("there is no event {asked} yet: the last one has number {head}; ask from there")]
    CursorAhead {
        /// The cursor that was asked for.
        asked: u64,
        /// The last event's number.
        head: u64,
    },
    /// A live reader did not keep up, and is cut off.
    #[error("too much has happened since event {cursor} was taken: read on from there")]
    FellBehind {
        /// The last event that the reader was handed, or that its filter passed over: nothing is missing up to it.
        cursor: u64,
    },
    /// The disk said no.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The journal cannot be read.
    #[error("the journal cannot be read: {0}")]
    Journal(String),
}

impl LeaderError {
    /// For `map_err`: an I/O error with what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// One mistake in a submitted job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `steps[2].frames`.
    pub place: String,
    /// What was found and what is allowed.
    pub message: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl From<callsheet_config::Problem> for Mistake {
    fn from(problem: callsheet_config::Problem) -> Self {
        let found =
            if problem.found.is_empty() { String::new() } else { format!("found {}: ", problem.found) };
        Self { place: problem.key, message: format!("{found}{}", problem.why) }
    }
}
