//! What can happen in the world, and the queue that it happens from: by time, and among equals in the order it was
//! planned.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use callsheet_agent::{Action, Offer, Pulse, Welcome};
use callsheet_model::{Failure, FrameSet, Md5, Token};
use callsheet_scheduler::Effect;
use std::sync::Arc;

use super::renderer::Beat;
use crate::Micros;
use crate::faults::Child;

/// One life of a process: what was planned in an earlier one does not happen.
pub(crate) type Life = u32;
/// One stream between a node and the leader.
pub(crate) type Stream = u32;

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// A fault of the plan begins.
    Fault(usize),
    /// A fault of the plan is over.
    Mend(usize),
    /// A person does something; the same again until there is an answer.
    Deed(usize),
    /// A person's request reaches the leader's port.
    Request(usize),
    /// A person hears the leader's answer.
    Answer(usize),
    /// Faults are over: from now on everything has to come to its end.
    Calm,
    /// A reader looks for what is new.
    Look(usize),

    /// The leader's process starts.
    LeaderUp,
    /// The leader's scheduler is started again after a fall.
    SchedulerUp(Life),
    /// The leader decides what has collected.
    Turn(Life),
    /// The scheduler wanted to be called.
    Alarm(Life),
    /// The disk is done with what it was given.
    Synced(Life),
    /// A snapshot is written.
    Snapshot(Life),
    /// Something from a node reaches the leader.
    ToLeader(Stream, Said),
    /// The leader learns that a stream is gone.
    StreamLost(Stream),

    /// Something for one process of a node.
    Node(usize, Life, NodeHappening),
    /// A node's machine starts its agent.
    NodeUp(usize),
}

/// What happens to a node.
#[derive(Clone, Debug)]
pub(crate) enum NodeHappening {
    /// It wanted to be called.
    Wake,
    /// It dials.
    Dial,
    /// A dial was answered.
    Opened(Stream),
    /// A dial that began then, on the node's clock, was refused: nobody listened.
    Refused(std::time::Duration),
    /// A dial or a stream came to nothing.
    Gone(Stream),
    /// The leader says something.
    Heard(Stream, Told),
    /// A heartbeat is due.
    Heartbeat,
    /// An attempt goes on.
    Attempt {
        /// In which slot.
        slot: usize,
        /// Whose.
        token: Token,
        /// How.
        beat: Beat,
    },
    /// The cache has read its directory.
    Listed,
    /// A template is there, or is not: the end of the nth errand.
    Fetched(u32, Md5, Result<(), Failure>),
    /// An order to publish is carried out.
    Moved(Arc<Offer>, FrameSet, Option<std::time::Duration>),
    /// An order to tidy up is carried out.
    Cleaned(Arc<Offer>, FrameSet),
    /// An actor is started again.
    Restarted(Child),
}

/// What a node says on its stream.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    /// A sign of life, which most of it is.
    Pulse(Pulse),
    /// Another word of an agent: hello, report or goodbye.
    Action(Box<Action>),
}

/// What the leader says on a stream.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// To a hello.
    Welcome(Welcome),
    /// To a pulse.
    PulseAck(u64),
    /// What a batch has led to.
    Batch(Vec<Effect>, Option<u64>),
}

/// What is going to happen. The order is kept apart from the things themselves: these are large, and a heap moves
/// what it holds about.
#[derive(Default)]
pub(crate) struct Queue {
    /// When and which, in one number, and where it is.
    heap: BinaryHeap<Reverse<(u128, usize)>>,
    order: u64,
    things: Vec<Option<Happening>>,
    free: Vec<usize>,
}

impl Queue {
    /// Plans something.
    pub(crate) fn push(&mut self, at: Micros, what: Happening) {
        self.order += 1;
        let place = self.free.pop().unwrap_or(self.things.len());
        match self.things.get_mut(place) {
            Some(thing) => *thing = Some(what),
            None => self.things.push(Some(what)),
        }
        self.heap.push(Reverse((u128::from(at) << 64 | u128::from(self.order), place)));
    }

    /// The next thing, and when.
    pub(crate) fn pop(&mut self) -> Option<(Micros, Happening)> {
        let Reverse((when, place)) = self.heap.pop()?;
        self.free.push(place);
        let thing = self.things.get_mut(place)?;
        // The upper half is the time.
        thing.take().map(|what| ((when >> 64) as Micros, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planned_for_one_moment_happens_in_the_order_it_was_planned() {
        let mut queue = Queue::default();
        let mut order = Vec::new();
        for nth in 0..50 {
            queue.push(7 - nth as u64 % 3, Happening::Fault(nth));
            if nth % 5 == 4 {
                order.extend(queue.pop());
            }
        }
        order.extend(std::iter::from_fn(|| queue.pop()));
        assert_eq!(order.len(), 50);
        // Those that were taken out at the end: by time, and then by number.
        let rest: Vec<(Micros, usize)> = order[10..]
            .iter()
            .map(|(at, what)| if let Happening::Fault(nth) = what { (*at, *nth) } else { panic!("{what:?}") })
            .collect();
        assert!(rest.is_sorted(), "{rest:?}");
        assert!(queue.pop().is_none() && queue.things.len() <= 50);
    }
}
