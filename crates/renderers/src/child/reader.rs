//! Understands a built-in renderer's process.

use callsheet_model::Failure;

use super::words;
use crate::evidence::Evidence;
use crate::{Exit, Fact, Reader};

/// The reader of one child.
#[derive(Debug, Default)]
pub(crate) struct ChildReader {
    evidence: Evidence,
}

impl Reader for ChildReader {
    fn line(&mut self, line: &str) -> Vec<Fact> {
        let heard = words::heard(line);
        match &heard {
            Some(Fact::Error(class, message)) => self.evidence.error(*class, message),
            // Our own words are no evidence; anything else is somebody's last ones.
            Some(_) => self.evidence.spoke(),
            None => self.evidence.line(line),
        }
        heard.into_iter().collect()
    }

    fn verdict(&mut self, exit: Exit) -> Result<(), Failure> {
        self.evidence.verdict(exit, None)
    }
}
