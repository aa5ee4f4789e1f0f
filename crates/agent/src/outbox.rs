//! Reports that the leader has not settled yet. They outlive every stream: after a reconnect all of them go
//! out again, and the leader knows by their numbers which it had.

use std::collections::VecDeque;

use callsheet_model::{Report, Reported, Token};

use crate::action::Numbered;

/// With this many unsettled reports no new attempt is started.
// Upholds bounded.
pub const MAX_UNSETTLED: usize = 20_000;

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    last: u64,
    unsettled: VecDeque<Numbered>,
}

impl Outbox {
    /// Numbers a report and keeps it.
    pub(crate) fn push(&mut self, token: Token, what: Reported) -> Numbered {
        self.last += 1;
        let report = Numbered { number: self.last, report: Report { token, what } };
        self.unsettled.push_back(report.clone());
        report
    }

    /// Forgets what is settled. A number never given counts as the last one that was.
    pub(crate) fn settle(&mut self, up_to: u64) {
        while self.unsettled.front().is_some_and(|report| report.number <= up_to) {
            self.unsettled.pop_front();
        }
    }

    pub(crate) fn unsettled(&self) -> impl ExactSizeIterator<Item = &Numbered> {
        self.unsettled.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unsettled.is_empty()
    }

    /// Whether the leader has to catch up before more is begun.
    pub(crate) fn is_full(&self) -> bool {
        self.unsettled.len() >= MAX_UNSETTLED
    }
}
