//! How an attempt ended, and with what evidence.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;

/// How an attempt at a lease ended, as its node says. It says nothing about frames: those are accepted one
/// by one, and whatever was not accepted when the attempt ended goes out again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The renderer ended well and every frame was proven.
    Succeeded,
    /// It did not.
    Failed(Failure),
    /// It was stopped on purpose: revoked, drained, the node is leaving. Nobody is to blame.
    Stopped,
}

/// A failed attempt, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is, which decides what is done about it.
    pub class: FailureClass,
    /// One sentence for people: lower case, no full stop.
    pub message: String,
    /// How the process ended, in words: `exit code 1`, `killed by SIGKILL`.
    pub exit: Option<String>,
    /// The lines of output that show it, oldest first.
    pub evidence: Vec<String>,
}

impl Failure {
    /// A failure with nothing but a class and a sentence.
    #[must_use]
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), exit: None, evidence: Vec::new() }
    }

    /// Cut to the limits on evidence: the last lines are kept.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let surplus = self.evidence.len().saturating_sub(limits::MAX_EVIDENCE_LINES);
        self.evidence.drain(..surplus);
        for line in self.evidence.iter_mut().chain([&mut self.message]).chain(self.exit.as_mut()) {
            if let Some((cut, _)) = line.char_indices().find(|(at, _)| *at >= limits::MAX_EVIDENCE_LINE_BYTES)
            {
                line.truncate(cut);
            }
        }
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.message)?;
        match &self.exit {
            Some(exit) => write!(f, " ({exit})"),
            None => Ok(()),
        }
    }
}

/// The name of a signal, of those that have the same number on Linux and macOS.
#[must_use]
pub fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return None,
    })
}

/// What kind of failure an attempt met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The job itself cannot be done: composition not found, syntax error, bad settings.
    JobFatal,
    /// Footage, a font, an effect, a codec or the template is not there.
    InputMissing,
    /// The node is not set up for this renderer.
    NodeConfig,
    /// No seat or plug-in licence.
    Licence,
    /// The output cannot be written: disk full, no permission, locked.
    OutputIo,
    /// Out of memory.
    OutOfMemory,
    /// The process died, or said that it failed.
    Crash,
    /// No first frame within its time.
    HangStart,
    /// No next frame within its time.
    HangFrame,
    /// Done, but still alive after its time.
    HangExit,
    /// It ended at once without a word of what it did.
    SilentDeath,
    /// It claims success, but frames are missing or not whole: truncated, empty, of the wrong size.
    BrokenOutput,
    /// The agent itself failed: an actor was restarted. No evidence against the frame.
    Agent,
    /// Nothing at all can be written where the output belongs, or where the node works: full or away. It is waited for.
    StorageOut,
}

impl FailureClass {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::JobFatal,
        Self::InputMissing,
        Self::NodeConfig,
        Self::Licence,
        Self::OutputIo,
        Self::OutOfMemory,
        Self::Crash,
        Self::HangStart,
        Self::HangFrame,
        Self::HangExit,
        Self::SilentDeath,
        Self::BrokenOutput,
        Self::Agent,
        Self::StorageOut,
    ];

    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::JobFatal => "job_fatal",
            Self::InputMissing => "input_missing",
            Self::NodeConfig => "node_config",
            Self::Licence => "licence",
            Self::OutputIo => "output_io",
            Self::OutOfMemory => "oom",
            Self::Crash => "crash",
            Self::HangStart => "hang_start",
            Self::HangFrame => "hang_frame",
            Self::HangExit => "hang_exit",
            Self::SilentDeath => "silent_death",
            Self::BrokenOutput => "broken_output",
            Self::Agent => "agent",
            Self::StorageOut => "storage_out",
        }
    }

    /// Whether trying again, anywhere, is pointless.
    #[must_use]
    pub fn is_fatal_to_job(self) -> bool {
        self == Self::JobFatal
    }

    /// Whether it is evidence against the frame, so that it costs a retry.
    #[must_use]
    pub fn costs_a_retry(self) -> bool {
        !matches!(self, Self::NodeConfig | Self::Licence | Self::Agent | Self::StorageOut)
    }

    /// Whether it passes by itself, so that frames wait for it however often it is met: a seat gets free, the
    /// storage comes back.
    #[must_use]
    pub fn is_waited_for(self) -> bool {
        matches!(self, Self::Licence | Self::StorageOut)
    }

    /// Whether a retry could succeed with the job as it is and nobody having mended anything: what contracts call
    /// recoverable.
    #[must_use]
    pub fn is_recoverable(self) -> bool {
        match self {
            // It would fail in the same way for ever.
            Self::JobFatal => false,
            // More than one node looked for it, or the only one: somebody has to put it there first.
            Self::InputMissing => false,
            // Another node, another moment, more memory, a free seat, a disk that is back: it may go well.
            Self::NodeConfig
            | Self::Licence
            | Self::OutputIo
            | Self::OutOfMemory
            | Self::Crash
            | Self::HangStart
            | Self::HangFrame
            | Self::HangExit
            | Self::SilentDeath
            | Self::BrokenOutput
            | Self::Agent
            | Self::StorageOut => true,
        }
    }

    /// Whether the renderer's process died by itself, without having been asked to.
    #[must_use]
    pub fn is_a_crash(self) -> bool {
        matches!(self, Self::OutOfMemory | Self::Crash | Self::SilentDeath)
    }

    /// Whether a node on trial that meets it has not passed: it is neither the job's own fault nor the agent's, and
    /// not something that is waited for.
    #[must_use]
    pub fn speaks_against_a_node(self) -> bool {
        !matches!(self, Self::JobFatal | Self::Agent) && !self.is_waited_for()
    }

    /// Whether a node where it happens again and again, whatever is rendered, is not to be trusted.
    #[must_use]
    pub fn makes_a_node_suspect(self) -> bool {
        self.is_a_crash() || matches!(self, Self::HangStart | Self::HangFrame | Self::HangExit)
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_person_has_to_mend_first_is_not_recoverable() {
        let lost = FailureClass::ALL.into_iter().filter(|class| !class.is_recoverable());
        assert_eq!(lost.collect::<Vec<_>>(), [FailureClass::JobFatal, FailureClass::InputMissing]);
        // What passes by itself is waited for because it is worth waiting for.
        assert!(FailureClass::ALL.into_iter().all(|class| !class.is_waited_for() || class.is_recoverable()));
    }

    #[test]
    fn evidence_is_cut_to_its_limits() {
        let failure = Failure {
            evidence: (0..200).map(|n| format!("{n}{}", "é".repeat(1000))).collect(),
            exit: Some("é".repeat(1000)),
            ..Failure::new(FailureClass::Crash, "é".repeat(1000))
        }
        .bounded();
        assert!(failure.exit.is_some_and(|exit| exit.len() <= limits::MAX_EVIDENCE_LINE_BYTES + 1));
        assert_eq!(failure.evidence.len(), limits::MAX_EVIDENCE_LINES);
        assert!(failure.evidence[0].starts_with("150"));
        assert!(failure.evidence.iter().all(|line| line.len() <= limits::MAX_EVIDENCE_LINE_BYTES + 1));
    }
}
