//! News for the leader that it remembers and decides nothing by: changes of the cache and of the troupe.
//!
//! While nobody listens they wait, the latest few. A change of the cache is forgotten once the leader has answered a
//! pulse that was sent after it; when the stream breaks before, it is said again, and may so be said twice. What was
//! on its way of the troupe is not: all that live are told after the next welcome.

use std::collections::VecDeque;

use callsheet_protocol::v1::node_message::Body;
use callsheet_protocol::{troupe_to_wire, v1};

use crate::agent::state::State;

/// Changes of the cache that wait; the oldest go first.
const WAITING: usize = 1000;

/// What waits to be told, and whether there is someone to be told.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Changes of the cache to be said.
    waiting: VecDeque<v1::CacheUpdate>,
    /// Said over the open stream, each with the first pulse after it.
    said: VecDeque<(Option<u64>, v1::CacheUpdate)>,
    /// The leader at the other end of the open stream has taken our hello.
    welcomed: bool,
}

impl News {
    pub(super) fn cache_changed(&mut self, update: v1::CacheUpdate) {
        self.waiting.push_back(update);
        shorten(&mut self.waiting);
    }

    /// A stream was opened or lost: nobody is at its other end yet, or any more.
    pub(super) fn stream_changed(&mut self) {
        self.welcomed = false;
        while let Some((_, update)) = self.said.pop_back() {
            self.waiting.push_front(update);
        }
        shorten(&mut self.waiting);
    }

    /// A pulse goes out now.
    pub(super) fn pulse_sent(&mut self, number: u64) {
        for (pulse, _) in self.said.iter_mut().rev().take_while(|(pulse, _)| pulse.is_none()) {
            *pulse = Some(number);
        }
    }

    /// The leader has answered a pulse: it has all that was said before it.
    pub(super) fn pulse_acked(&mut self, number: u64) {
        self.said.retain(|(pulse, _)| pulse.is_none_or(|pulse| pulse > number));
    }

    fn next_to_say(&mut self) -> Option<v1::CacheUpdate> {
        let update = self.waiting.pop_front()?;
        self.said.push_back((None, update.clone()));
        shorten(&mut self.said);
        Some(update)
    }
}

fn shorten<T>(queue: &mut VecDeque<T>) {
    queue.drain(..queue.len().saturating_sub(WAITING));
}

impl State {
    /// The leader has taken our hello: what waited comes first, so that reasons are known; then all that live.
    pub(super) fn say_all_news(&mut self) {
        self.news.welcomed = true;
        self.say_news();
        let whole = self.parts.troupe.whole();
        self.say(Body::Troupe(troupe_to_wire(&whole, true)));
    }

    /// Says what waits, as far as there is room. To be called whenever something has happened.
    pub(super) fn say_news(&mut self) {
        if !self.news.welcomed || self.session.is_none() {
            return;
        }
        let untold = self.parts.troupe.take_untold();
        if !untold.is_empty() {
            self.say(Body::Troupe(troupe_to_wire(&untold, false)));
        }
        while let Some((_, outlet)) = &self.session
            && outlet.has_room()
            && let Some(update) = self.news.next_to_say()
        {
            self.say(Body::Cache(update));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(nth: u64) -> v1::CacheUpdate {
        v1::CacheUpdate { cache_used_bytes: nth, ..Default::default() }
    }

    fn next(news: &mut News) -> Option<u64> {
        news.next_to_say().map(|update| update.cache_used_bytes)
    }

    #[test]
    fn the_latest_changes_of_the_cache_wait() {
        let (mut news, many) = (News::default(), WAITING as u64);
        (0..many + 3).for_each(|nth| news.cache_changed(update(nth)));
        let all = std::iter::from_fn(|| next(&mut news)).collect::<Vec<_>>();
        assert_eq!(all, (3..many + 3).collect::<Vec<_>>());
    }

    #[test]
    fn what_no_answered_pulse_followed_is_said_again_over_the_next_stream() {
        let mut news = News::default();
        (1..=4).for_each(|nth| news.cache_changed(update(nth)));
        assert_eq!(next(&mut news), Some(1));
        news.pulse_sent(7);
        assert_eq!(next(&mut news), Some(2));
        news.pulse_sent(8);
        assert_eq!(next(&mut news), Some(3));
        news.pulse_acked(7);
        news.stream_changed();
        assert_eq!([(); 4].map(|()| next(&mut news)), [Some(2), Some(3), Some(4), None]);
        news.pulse_sent(9);
        news.pulse_acked(9);
        news.stream_changed();
        assert_eq!(next(&mut news), None);
    }
}
