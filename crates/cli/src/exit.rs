//! How a command ends: the exit codes, all of them, and the failures that carry one.

use std::fmt;
use std::process::ExitCode;

/// What the shell is told. The numbers are a promise to scripts; `callsheet --help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Ok = 0,
    /// The job failed or was cancelled, or a check found mistakes.
    Failed = 1,
    /// What was asked makes no sense, or the file that was handed in has mistakes.
    Usage = 2,
    /// The leader does not answer.
    Unreachable = 3,
    /// There is no such job, node or log.
    NotFound = 4,
    /// The leader said no.
    Refused = 5,
    /// Something is broken that should not be.
    Broken = 70,
    /// Someone pressed Ctrl-C.
    Interrupted = 130,
}

/// What `--help` says about them.
pub(crate) const HELP: &str = "\
Exit codes:
  0    all is well
  1    the job failed or was cancelled, or a check found mistakes
  2    what was asked makes no sense, or a file has mistakes
  3    the leader does not answer
  4    there is no such job, node or log
  5    the leader refused
  70   something is broken that should not be
  130  interrupted

Results go to standard output, diagnostics to standard error. CALLSHEET_LOG sets what processes say of
themselves (error, warn, info, debug, trace); NO_COLOR turns colours off.";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        // Every number above fits.
        Self::from(exit as u8)
    }
}

/// A failure with an exit code of its own, and what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None }
    }

    /// For what a person typed or wrote.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// What to do next.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Tells people why a command failed, and the shell with which code.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(broken_pipe) {
        // Whoever read our results has seen enough.
        return Exit::Ok;
    }
    let failure = error.downcast_ref::<Failure>();
    eprintln!("{} {error:#}", console::style("error:").red().bold().for_stderr());
    if let Some(hint) = failure.and_then(|failure| failure.hint.as_ref()) {
        eprintln!("{} {hint}", console::style(" next:").cyan().for_stderr());
    }
    failure.map_or(Exit::Broken, |failure| failure.exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_code() {
        let all = [
            Exit::Ok,
            Exit::Failed,
            Exit::Usage,
            Exit::Unreachable,
            Exit::NotFound,
            Exit::Refused,
            Exit::Broken,
            Exit::Interrupted,
        ];
        for exit in all {
            let number = format!("\n  {} ", exit as u8);
            assert!(HELP.contains(&number), "{exit:?} is not in the help");
        }
    }

    #[test]
    fn a_failure_keeps_its_code_under_more_context() {
        let error = anyhow::Error::new(Failure::new(Exit::NotFound, "no such job")).context("cancelling");
        assert_eq!(report(&error), Exit::NotFound);
        assert_eq!(report(&anyhow::anyhow!("odd")), Exit::Broken);
    }

    #[test]
    fn a_reader_that_left_is_no_failure() {
        let gone = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(report(&anyhow::Error::new(gone)), Exit::Ok);
    }
}
