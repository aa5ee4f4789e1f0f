//! What the present leader can know of each node: whether it has a stream with it, and when it heard it last. Told a
//! second time, by what reached it.

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

/// What the present leader knows of one node.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    stream: Option<Stream>,
    heard: Option<Micros>,
}

/// All that reached the present leader.
#[derive(Debug, Default)]
pub(super) struct Ears {
    /// By node. Signs of life are by far the most of what can be seen.
    nodes: Vec<Known>,
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
                *self.node(*node) = Known { stream: Some(Stream::Open(*session)), heard: Some(now) };
            }
            // The end of an older one is no news.
            Sight::Session { node, session, open: false } => {
                let known = self.node(*node);
                if known.stream == Some(Stream::Open(*session)) {
                    known.stream = Some(Stream::Gone);
                }
            }
            Sight::Heard { node } => self.node(*node).heard = Some(now),
            _ => {}
        }
    }

    fn node(&mut self, node: usize) -> &mut Known {
        if self.nodes.len() <= node {
            self.nodes.resize(node + 1, Known::default());
        }
        &mut self.nodes[node]
    }

    /// Whether silence is all that this leader could give a node up for: its stream is not known to be gone.
    pub(super) fn only_silent(&self, node: usize) -> bool {
        self.nodes.get(node).and_then(|known| known.stream) != Some(Stream::Gone)
    }

    /// How long a node has been quiet while this leader was there and awake; nothing without one.
    pub(super) fn quiet(&self, now: Micros, node: usize) -> Option<Micros> {
        let heard = self.nodes.get(node).and_then(|known| known.heard).unwrap_or(0);
        let since = self.began?.max(heard);
        let slept = |(from, until): &(Micros, Micros)| (*until).min(now).saturating_sub((*from).max(since));
        let slept: Micros = self.stalls.iter().rev().map(slept).take_while(|slept| *slept > 0).sum();
        Some((now - since).saturating_sub(slept))
    }
}
