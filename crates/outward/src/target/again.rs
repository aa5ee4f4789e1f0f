//! Dead letters that are to be tried once more. What was asked for outlives a fall of whoever tries: a try that was cut
//! off is made again. Whoever asks while a letter is being tried does not mean that try: if it fails, there is another.
//!
//! It refuses to outlive the leader: who wants a letter tried then asks again.

use std::collections::BTreeSet;

/// Numbers of their events.
#[derive(Debug, Default)]
pub(super) struct Again {
    asked: BTreeSet<u64>,
    trying: Option<u64>,
}

impl Again {
    /// These are to be tried.
    pub(super) fn ask(&mut self, letters: impl IntoIterator<Item = u64>) {
        self.asked.extend(letters);
    }

    /// The next one, which is being tried from now on.
    pub(super) fn begin(&mut self) -> Option<u64> {
        self.trying = self.asked.pop_first();
        self.trying
    }

    /// The try is over, whatever came of it.
    pub(super) fn end(&mut self) {
        self.trying = None;
    }

    /// Whoever tried one has fallen: it is to be tried as if nothing had been done.
    pub(super) fn resume(&mut self) {
        self.asked.extend(self.trying.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_tried_once_however_often_it_is_asked_for_before() {
        let mut again = Again::default();
        again.ask([7, 3]);
        again.ask([7]);
        let tried: Vec<Option<u64>> = (0..3)
            .map(|_| {
                let next = again.begin();
                again.end();
                next
            })
            .collect();
        assert_eq!(tried, [Some(3), Some(7), None]);
    }

    #[test]
    fn one_that_is_asked_for_during_its_try_is_tried_once_more() {
        let mut again = Again::default();
        again.ask([7]);
        assert_eq!(again.begin(), Some(7));
        again.ask([7]);
        again.end();
        assert_eq!(again.begin(), Some(7));
        again.end();
        assert_eq!(again.begin(), None);
    }

    #[test]
    fn a_try_that_was_cut_off_is_made_again_and_one_that_was_over_is_not() {
        let mut again = Again::default();
        again.ask([7]);
        again.begin();
        again.resume();
        assert_eq!(again.begin(), Some(7));
        again.end();
        again.resume();
        assert_eq!(again.begin(), None);
    }
}
