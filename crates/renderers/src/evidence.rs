//! The last lines of a process' output, kept for the case that it fails.

use std::collections::VecDeque;

use callsheet_model::limits::{MAX_EVIDENCE_LINE_BYTES, MAX_EVIDENCE_LINES};
use callsheet_model::{Failure, FailureClass};

use crate::Exit;

/// Lines kept without one being known for an error: the last few tell enough.
const TAIL: usize = 20;

/// What a reader keeps of an output for its verdict.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    tail: VecDeque<String>,
    errors: Vec<(FailureClass, String)>,
    spoke: bool,
}

impl Evidence {
    /// Keeps a line for a while.
    pub(crate) fn line(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(bounded(line));
    }

    /// Something was said that is no evidence.
    pub(crate) fn spoke(&mut self) {
        self.spoke = true;
    }

    /// Keeps an error for good.
    pub(crate) fn error(&mut self, class: FailureClass, message: &str) {
        if self.errors.len() < MAX_EVIDENCE_LINES {
            self.errors.push((class, bounded(message)));
        }
    }

    /// The failure that an exit and the errors seen make together. Errors tell more than an exit code, and the
    /// first error is the cause of those after it.
    pub(crate) fn verdict(&mut self, exit: Exit, by_exit: Option<FailureClass>) -> Result<(), Failure> {
        let exited = exit.failure();
        let failure = match (self.errors.first(), exited) {
            (None, None) => return Ok(()),
            // A signal is the stronger word: the process was killed, whatever it had complained of before.
            (Some((class, message)), exited) if !matches!(exit, Exit::Signal(_)) => Failure {
                exit: exited.and_then(|exited| exited.exit),
                ..Failure::new(*class, message.clone())
            },
            (_, exited) => {
                let exited = exited.unwrap_or_else(|| Failure::new(FailureClass::Crash, exit.words()));
                let silent = self.tail.is_empty() && !self.spoke && matches!(exit, Exit::Code(_));
                let by_exit = by_exit.or(silent.then_some(FailureClass::SilentDeath));
                Failure { class: by_exit.unwrap_or(exited.class), ..exited }
            }
        };
        Err(Failure { evidence: self.lines(), ..failure }.bounded())
    }

    fn lines(&mut self) -> Vec<String> {
        let mut lines: Vec<String> =
            std::mem::take(&mut self.errors).into_iter().map(|(_, text)| text).collect();
        lines.retain(|line| !self.tail.iter().any(|last| last.contains(line.as_str())));
        lines.truncate(MAX_EVIDENCE_LINES - TAIL);
        lines.extend(std::mem::take(&mut self.tail));
        lines
    }
}

fn bounded(line: &str) -> String {
    let cut = line.char_indices().map(|(at, _)| at).find(|at| *at >= MAX_EVIDENCE_LINE_BYTES);
    line.get(..cut.unwrap_or(line.len())).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_the_failure_and_the_tail_its_evidence() {
        let mut evidence = Evidence::default();
        (0..100).for_each(|nth| evidence.line(&format!("line {nth}")));
        evidence.error(FailureClass::InputMissing, "no such texture");
        evidence.error(FailureClass::Crash, "giving up");
        let failure = evidence.verdict(Exit::Code(3), None).unwrap_err();
        assert_eq!(
            (failure.class, failure.message.as_str()),
            (FailureClass::InputMissing, "no such texture")
        );
        assert_eq!(failure.exit.as_deref(), Some("exit code 3"));
        assert_eq!(failure.evidence.first().unwrap(), "no such texture");
        assert_eq!(failure.evidence.last().unwrap(), "line 99");
    }

    #[test]
    fn an_error_counts_although_the_exit_code_is_0() {
        let mut evidence = Evidence::default();
        evidence.error(FailureClass::OutputIo, "disk full");
        assert_eq!(evidence.verdict(Exit::Code(0), None).unwrap_err().class, FailureClass::OutputIo);
        assert!(Evidence::default().verdict(Exit::Code(0), None).is_ok());
    }

    #[test]
    fn a_signal_says_more_than_an_error_before_it() {
        let mut evidence = Evidence::default();
        evidence.error(FailureClass::InputMissing, "no such texture");
        let failure = evidence.verdict(Exit::Signal(9), None).unwrap_err();
        assert_eq!(
            (failure.class, failure.message.as_str()),
            (FailureClass::Crash, "the renderer was killed by SIGKILL")
        );
    }
}
