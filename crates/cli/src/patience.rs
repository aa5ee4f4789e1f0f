//! How long one goes on asking a leader that does not answer.

use std::time::{Duration, Instant};

/// The first pause.
const FIRST: Duration = Duration::from_millis(100);
/// No pause is longer.
const LONGEST: Duration = Duration::from_secs(2);

/// Doubling pauses, until it has taken too long.
pub(crate) struct Patience {
    most: Duration,
    since: Option<Instant>,
    next: Duration,
}

impl Patience {
    /// Gives up after this long without an answer.
    pub(crate) fn of(most: Duration) -> Self {
        Self { most, since: None, next: FIRST }
    }

    /// There was an answer: all of it is there again.
    pub(crate) fn renew(&mut self) {
        self.since = None;
        self.next = FIRST;
    }

    /// How long to wait before asking again; `None`: no more.
    pub(crate) fn pause(&mut self, now: Instant) -> Option<Duration> {
        let since = *self.since.get_or_insert(now);
        if now.duration_since(since) >= self.most {
            return None;
        }
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST);
        Some(pause)
    }

    /// Waits before asking again; false: no more.
    pub(crate) async fn wait(&mut self) -> bool {
        match self.pause(Instant::now()) {
            Some(pause) => {
                tokio::time::sleep(pause).await;
                true
            }
            None => false,
        }
    }

    /// Whether this is the first failure since the last answer: the one to tell people about.
    pub(crate) fn is_fresh(&self) -> bool {
        self.since.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_and_is_renewed_by_an_answer() {
        let mut patience = Patience::of(Duration::from_secs(10));
        let start = Instant::now();
        assert_eq!(patience.pause(start), Some(FIRST));
        assert_eq!(patience.pause(start), Some(FIRST * 2));
        assert_eq!(patience.pause(start + Duration::from_secs(10)), None);
        patience.renew();
        assert_eq!(patience.pause(start + Duration::from_secs(99)), Some(FIRST));
    }
}
