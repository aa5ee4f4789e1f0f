//! Streams between nodes and the leader, as TCP is: in order, nothing lost while a stream lives, and what is on its
//! way when the network is cut comes when it is whole again, or never, if the stream was given up meanwhile.

use std::collections::BTreeMap;

use callsheet_model::SessionId;

use super::happening::{Happening, Life, NodeHappening, Queue, Said, Stream, Told};
use crate::Micros;
use crate::dice::Dice;
use crate::faults::Way;

/// A dial without an answer is given up after this.
pub(super) const DIALLING: Micros = 3_000_000;

/// One stream.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) node: usize,
    pub(super) life: Life,
    /// The leader's name for it, once the hello came.
    pub(super) session: Option<SessionId>,
    node_open: bool,
    leader_open: bool,
    last_up: Micros,
    last_down: Micros,
    /// What waits for the network, oldest first.
    held: Vec<(bool, Happening)>,
}

/// How it is between one node and the leader.
#[derive(Clone, Debug, Default)]
struct Link {
    cut_up: u32,
    cut_down: u32,
    slower: Micros,
}

/// What streams are carried over.
#[derive(Debug)]
struct Cables {
    links: Vec<Link>,
    latency: Micros,
    dice: Dice,
}

impl Cables {
    fn delay(&mut self, node: usize) -> Micros {
        let slower = self.links.get(node).map_or(0, |link| link.slower);
        // One in a few hundred messages has to be sent again.
        let again = if self.dice.one_in(300) { 200_000 } else { 0 };
        self.latency / 2 + self.dice.between(0, self.latency) + slower + again
    }

    fn passes(&self, node: usize, up: bool) -> bool {
        self.links.get(node).is_some_and(|link| if up { link.cut_up == 0 } else { link.cut_down == 0 })
    }

    fn carry(&mut self, wire: &mut Wire, up: bool, what: Happening, now: Micros, queue: &mut Queue) {
        let arrives = now + self.delay(wire.node);
        if !self.passes(wire.node, up) {
            wire.held.push((up, what));
            return;
        }
        let last = if up { &mut wire.last_up } else { &mut wire.last_down };
        *last = arrives.max(*last + 1);
        queue.push(*last, what);
    }
}

/// The network.
#[derive(Debug)]
pub(super) struct Network {
    wires: BTreeMap<Stream, Wire>,
    cables: Cables,
    next: Stream,
}

impl Wire {
    /// The leader's end is there.
    pub(super) fn is_open_at_leader(&self) -> bool {
        self.leader_open
    }
}

impl Network {
    pub(super) fn new(nodes: usize, latency: Micros, dice: Dice) -> Self {
        let cables = Cables { links: vec![Link::default(); nodes], latency, dice };
        Self { wires: BTreeMap::new(), cables, next: 0 }
    }

    /// How long something is on its way between a node and the leader.
    pub(super) fn delay(&mut self, node: usize) -> Micros {
        self.cables.delay(node)
    }

    pub(super) fn cut(&mut self, node: usize, way: Way) {
        if let Some(link) = self.cables.links.get_mut(node) {
            link.cut_up += u32::from(way != Way::ToNode);
            link.cut_down += u32::from(way != Way::ToLeader);
        }
    }

    pub(super) fn mend(&mut self, node: usize, way: Way, now: Micros, queue: &mut Queue) {
        if let Some(link) = self.cables.links.get_mut(node) {
            link.cut_up = link.cut_up.saturating_sub(u32::from(way != Way::ToNode));
            link.cut_down = link.cut_down.saturating_sub(u32::from(way != Way::ToLeader));
        }
        let streams: Vec<Stream> =
            self.wires.iter().filter(|(_, wire)| wire.node == node).map(|(stream, _)| *stream).collect();
        for stream in streams {
            if let Some(wire) = self.wires.get_mut(&stream) {
                for (up, what) in std::mem::take(&mut wire.held) {
                    self.cables.carry(wire, up, what, now, queue);
                }
            }
            self.forget_if_over(stream);
        }
    }

    pub(super) fn slow(&mut self, node: usize, by: i64) {
        if let Some(link) = self.cables.links.get_mut(node) {
            link.slower = link.slower.saturating_add_signed(by);
        }
    }

    /// Whether anything arrives this way.
    pub(super) fn passes(&self, node: usize, up: bool) -> bool {
        self.cables.passes(node, up)
    }

    /// Whether everything arrives, and in its usual time.
    pub(super) fn is_good(&self, node: usize) -> bool {
        let slower = self.cables.links.get(node).is_none_or(|link| link.slower > 0);
        !slower && self.passes(node, true) && self.passes(node, false)
    }

    /// A dial was answered: both ends exist.
    pub(super) fn open(&mut self, node: usize, life: Life) -> Stream {
        self.next += 1;
        let wire = Wire {
            node,
            life,
            session: None,
            node_open: true,
            leader_open: true,
            last_up: 0,
            last_down: 0,
            held: Vec::new(),
        };
        self.wires.insert(self.next, wire);
        self.next
    }

    pub(super) fn wire(&self, stream: Stream) -> Option<&Wire> {
        self.wires.get(&stream)
    }

    pub(super) fn name(&mut self, stream: Stream, session: SessionId) {
        if let Some(wire) = self.wires.get_mut(&stream) {
            wire.session = Some(session);
        }
    }

    /// A node says something.
    pub(super) fn say(&mut self, stream: Stream, said: Said, now: Micros, queue: &mut Queue) {
        if let Some(wire) = self.wires.get_mut(&stream).filter(|wire| wire.node_open) {
            self.cables.carry(wire, true, Happening::ToLeader(stream, said), now, queue);
        }
    }

    /// The leader says something.
    pub(super) fn tell(&mut self, stream: Stream, told: Told, now: Micros, queue: &mut Queue) {
        let Some(wire) = self.wires.get_mut(&stream).filter(|wire| wire.leader_open) else { return };
        let what = Happening::Node(wire.node, wire.life, NodeHappening::Heard(stream, told));
        self.cables.carry(wire, false, what, now, queue);
    }

    /// The node gives a stream up. A machine that died says nothing any more.
    pub(super) fn close_at_node(&mut self, stream: Stream, silently: bool, now: Micros, queue: &mut Queue) {
        let Some(wire) = self.wires.get_mut(&stream).filter(|wire| wire.node_open) else { return };
        wire.node_open = false;
        if !silently {
            self.cables.carry(wire, true, Happening::StreamLost(stream), now, queue);
        }
        self.forget_if_over(stream);
    }

    /// The leader's end of a stream is gone. A machine that died says nothing any more.
    pub(super) fn close_at_leader(&mut self, stream: Stream, silently: bool, now: Micros, queue: &mut Queue) {
        let Some(wire) = self.wires.get_mut(&stream).filter(|wire| wire.leader_open) else { return };
        wire.leader_open = false;
        if !silently {
            let what = Happening::Node(wire.node, wire.life, NodeHappening::Gone(stream));
            self.cables.carry(wire, false, what, now, queue);
        }
        self.forget_if_over(stream);
    }

    /// Something came for a stream whose leader's end is gone: its machine says so.
    pub(super) fn refuse(&mut self, stream: Stream, now: Micros, queue: &mut Queue) {
        let Some(wire) = self.wires.get_mut(&stream) else { return };
        let what = Happening::Node(wire.node, wire.life, NodeHappening::Gone(stream));
        self.cables.carry(wire, false, what, now, queue);
    }

    /// Streams whose leader's end is open.
    pub(super) fn open_at_leader(&self) -> Vec<Stream> {
        self.wires.iter().filter(|(_, wire)| wire.leader_open).map(|(stream, _)| *stream).collect()
    }

    fn forget_if_over(&mut self, stream: Stream) {
        let over = |wire: &Wire| !wire.node_open && !wire.leader_open && wire.held.is_empty();
        if self.wires.get(&stream).is_some_and(over) {
            self.wires.remove(&stream);
        }
    }
}
