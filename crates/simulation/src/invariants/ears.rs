//! What the present leader can know of each node: whether it has a stream with it, and when it heard it last. Told a
//! second time, by what reached it.

use std::collections::BTreeMap;

use callsheet_model::SessionId;

use crate::Micros;
use crate::sight::Sight;

/// How a node stands with the present leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    /// There is one.
    Open(SessionId),
    /// The last one is known to be gone.
    Gone,
}

/// All that reached the present leader.
#[derive(Debug, Default)]
pub(super) struct Ears {
    streams: BTreeMap<usize, Stream>,
    heard: BTreeMap<usize, Micros>,
    /// It serves since then.
    began: Option<Micros>,
    /// It stood still from then to then, in order, none touching the next.
    stalls: Vec<(Micros, Micros)>,
}

impl Ears {
    /// Takes down what is seen.
    pub(super) fn take(&mut self, now: Micros, sight: &Sight<'_>) {
        match sight {
            Sight::Replayed { .. } => {
                *self = Self { began: Some(now), ..Self::default() };
            }
            Sight::LeaderDown => *self = Self::default(),
            Sight::LeaderStalls { until } => match self.stalls.last_mut() {
                Some((_, end)) if *end >= now => *end = (*end).max(*until),
                _ => self.stalls.push((now, *until)),
            },
            Sight::Session { node, session, open: true } => {
                self.streams.insert(*node, Stream::Open(*session));
                self.heard.insert(*node, now);
            }
            // The end of an older one is no news.
            Sight::Session { node, session, open: false }
                if self.streams.get(node) == Some(&Stream::Open(*session)) =>
            {
                self.streams.insert(*node, Stream::Gone);
            }
            Sight::Heard { node } => drop(self.heard.insert(*node, now)),
            _ => {}
        }
    }

    /// Whether silence is all that this leader could give a node up for: its stream is not known to be gone.
    pub(super) fn only_silent(&self, node: usize) -> bool {
        self.streams.get(&node) != Some(&Stream::Gone)
    }

    /// How long a node has been quiet while this leader was there and awake; nothing without one.
    pub(super) fn quiet(&self, now: Micros, node: usize) -> Option<Micros> {
        let heard = self.heard.get(&node).copied().unwrap_or(0);
        let since = self.began?.max(heard);
        let slept = |(from, until): &(Micros, Micros)| (*until).min(now).saturating_sub((*from).max(since));
        let slept: Micros = self.stalls.iter().rev().map(slept).take_while(|slept| *slept > 0).sum();
        Some((now - since).saturating_sub(slept))
    }
}
