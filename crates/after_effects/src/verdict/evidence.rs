//! The lines that show what happened: those that decide, and the last ones.

use std::collections::VecDeque;

use callsheet_model::limits::{MAX_EVIDENCE_LINE_BYTES, MAX_EVIDENCE_LINES};

use crate::log::text::cut;

/// How many of the last lines are kept.
const TAIL: usize = 20;
/// How many of them are enough to look at.
const LAST: usize = 5;
/// How many lines that decide are kept.
const DECIDING: usize = MAX_EVIDENCE_LINES - TAIL;

/// A line with its number in the log, from 1.
type Numbered = (u64, String);

/// Why a line is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It tells an error, or what one is about.
    Error,
    /// It tells a warning.
    Warning,
    /// It says that something is finished.
    Done,
}

/// Lines that are kept of a log.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    deciding: Vec<(Why, Numbered)>,
    done: Vec<Numbered>,
    tail: VecDeque<Numbered>,
}

impl Evidence {
    /// Keeps a line for a while.
    pub(super) fn line(&mut self, number: u64, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back((number, shortened(text)));
    }

    /// Keeps a line for good.
    pub(super) fn keep(&mut self, why: Why, number: u64, text: &str) {
        if why == Why::Done {
            if self.done.len() < LAST {
                self.done.push((number, shortened(text)));
            }
            return;
        }
        let new = self.deciding.last().is_none_or(|(_, (last, _))| *last != number);
        if new && self.deciding.len() < DECIDING {
            self.deciding.push((why, (number, shortened(text))));
        }
    }

    /// The last error turned out to be none.
    pub(super) fn forget_error(&mut self) {
        if let Some(at) = self.deciding.iter().rposition(|(why, _)| *why == Why::Error) {
            self.deciding.remove(at);
        }
    }

    /// The lines that were kept for one reason.
    pub(super) fn of(&self, why: Why) -> Vec<Numbered> {
        if why == Why::Done {
            return self.done.clone();
        }
        let all = self.deciding.iter().filter(|(kept, _)| *kept == why);
        all.map(|(_, line)| line.clone()).collect()
    }

    /// The last few lines.
    pub(super) fn last(&self) -> Vec<Numbered> {
        self.tail.iter().skip(self.tail.len().saturating_sub(LAST)).cloned().collect()
    }

    /// All of them, oldest first.
    pub(super) fn all(&self) -> Vec<String> {
        let deciding = self.deciding.iter().map(|(_, line)| line);
        let mut lines: Vec<&Numbered> = deciding.chain(&self.tail).collect();
        lines.sort_by_key(|(number, _)| *number);
        lines.dedup_by_key(|(number, _)| *number);
        lines.into_iter().map(|(_, text)| text.clone()).collect()
    }
}

fn shortened(text: &str) -> String {
    cut(text.trim_end(), MAX_EVIDENCE_LINE_BYTES).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_stays_however_much_comes_after_it() {
        let mut evidence = Evidence::default();
        for number in 1..=500 {
            evidence.line(number, &format!("line {number}"));
            if number % 7 == 0 {
                evidence.keep(Why::Error, number, &format!("line {number}"));
            }
        }
        let all = evidence.all();
        assert_eq!((all.len(), all[0].as_str(), all[49].as_str()), (50, "line 7", "line 500"));
        assert_eq!((evidence.of(Why::Error).len(), evidence.of(Why::Warning).len()), (30, 0));
    }

    #[test]
    fn lines_are_cut_at_characters() {
        let mut evidence = Evidence::default();
        (1..=9).for_each(|number| evidence.line(number, &"é".repeat(600)));
        assert_eq!(evidence.last().iter().map(|(number, _)| *number).collect::<Vec<_>>(), [5, 6, 7, 8, 9]);
        assert!(evidence.all().iter().all(|line| line.len() <= MAX_EVIDENCE_LINE_BYTES));
    }
}
