//! Hands out frames: the most urgent step first, to the least loaded node that can run it. Looks only at nodes
//! whose situation changed and at the best step of each class, so that the length of the queue costs nothing.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use callsheet_model::{Event, FrameSet, Lease, NodeName, Work};

use super::{proven, publish, share};
use crate::presence::{Crew, Here};
use crate::state::{ClassId, NodeRecord, Place, State, StepRecord};
use crate::turn::Turn;

/// Steps of one class that are looked at for one node. Only steps whose ready frames all avoid the node are
/// passed over, and another node takes those.
const LOOK_AT_MOST: usize = 64;

/// Room that a node has.
#[derive(Clone, Copy, PartialEq)]
enum Room {
    /// A slot is free.
    Slot,
    /// All slots are taken; so many leases wait behind them already.
    Ahead { held: u64 },
}

/// Gives everyone who has room what is due.
pub(crate) fn dispatch(turn: &mut Turn<'_>) {
    proven::settle(turn);
    publish::hand_out(turn);
    let mut queue: BinaryHeap<_> = turn
        .take_stirred()
        .into_iter()
        .filter(|name| turn.presence.is_available(turn.state(), name))
        .map(|name| Reverse((load(turn, &name), name)))
        .collect();
    while let Some(Reverse((_, name))) = queue.pop() {
        if let Some((place, frames)) = best(turn, &name) {
            hand_over(turn, &name, place, frames);
            queue.push(Reverse((load(turn, &name), name)));
        }
    }
}

fn occupied(node: &NodeRecord, here: Option<&Here>) -> u64 {
    u64::from(node.busy) + here.map_or(0, |here| here.finishing.len() as u64)
}

/// How full a node is, in millionths of its slots.
fn load(turn: &Turn<'_>, name: &NodeName) -> u64 {
    let Some(node) = turn.state().node(name) else { return u64::MAX };
    let slots = u64::from(node.capabilities.slots.max(1));
    occupied(node, turn.presence.get(name)).saturating_mul(1_000_000) / slots
}

/// The most urgent frames that this node has room for.
fn best(turn: &mut Turn<'_>, name: &NodeName) -> Option<(Place, FrameSet)> {
    let node = turn.state().node(name)?;
    let room = room(node, turn.presence.get(name)?);
    let (first, class) = most_urgent(turn.state(), node)?;
    let crew = turn.crew(class);
    if let Some(frames) = frames_for(turn, name, room, first, crew) {
        return Some((first, frames));
    }
    // Ahead of its slots a node is handed only what is most urgent: the rest may yet become more so.
    if room != Room::Slot {
        return None;
    }
    let mut others = ready_for(turn.state(), turn.state().node(name)?, LOOK_AT_MOST);
    others.sort_unstable();
    others.into_iter().find_map(|(place, class)| {
        let crew = turn.crew(class);
        Some((place, frames_for(turn, name, room, place, crew)?))
    })
}

fn most_urgent(state: &State, node: &NodeRecord) -> Option<(Place, ClassId)> {
    classes_for(state, node).filter_map(|(id, ready)| Some((*ready.first()?, id))).min()
}

fn ready_for(state: &State, node: &NodeRecord, at_most: usize) -> Vec<(Place, ClassId)> {
    classes_for(state, node)
        .flat_map(|(id, ready)| ready.iter().take(at_most).map(move |place| (*place, id)))
        .collect()
}

/// Ready steps by class, of the classes that a node can run and has memory for.
fn classes_for<'a>(
    state: &'a State,
    node: &'a NodeRecord,
) -> impl Iterator<Item = (ClassId, &'a BTreeSet<Place>)> {
    let free = node.capabilities.memory.saturating_sub(node.memory);
    state
        .index()
        .active()
        .filter(move |(id, class)| {
            node.can_run(*id) && class.requires.memory.is_none_or(|memory| memory <= free)
        })
        .map(|(id, class)| (id, &class.ready))
}

/// Frames of a step for a node, if it has any that the node may have now.
fn frames_for(turn: &Turn<'_>, name: &NodeName, room: Room, place: Place, crew: Crew) -> Option<FrameSet> {
    let (spec, step) = turn.state().job(place.job)?.step(place.step)?;
    let measure = share::Measure { waiting: step.waiting.len(), frame_nanos: step.mean_nanos(), crew };
    let chunk = share::chunk(turn.policy, spec.chunk, measure);
    if let Room::Ahead { held } = room {
        let slots = turn.state().node(name)?.capabilities.slots;
        let plenty =
            turn.presence.get(name)?.has_history && held < share::ahead(turn.policy, chunk, slots, measure);
        return (plenty && !step.waiting.is_empty()).then(|| step.waiting.peek_first(chunk));
    }
    // One lease of troubled frames at a time while there are others: a frame that hangs every renderer for ten
    // minutes must not take all slots from those that would render.
    let hold_back = !step.waiting.is_empty() && step.is_trouble_in_hands();
    let troubled = if hold_back { None } else { troubled(turn, name, step, spec.retries, chunk) };
    troubled.or_else(|| (!step.waiting.is_empty()).then(|| step.waiting.peek_first(chunk)))
}

fn room(node: &NodeRecord, here: &Here) -> Room {
    let (slots, occupied) = (u64::from(node.capabilities.slots), occupied(node, Some(here)));
    if occupied < slots { Room::Slot } else { Room::Ahead { held: occupied - slots } }
}

/// Frames with a history whose back-off is over. Frames that failed together go out again in halves, and alone
/// on their last try, so that the one that is to blame is found and the others get through.
fn troubled(
    turn: &Turn<'_>,
    name: &NodeName,
    step: &StepRecord,
    retries: u32,
    chunk: u64,
) -> Option<FrameSet> {
    if step.retrying.is_empty() {
        return None;
    }
    for (history, frames) in step.troubles.iter().take_while(|(history, _)| history.not_before <= turn.now) {
        let idle = frames.intersection(&step.retrying);
        let avoided = history.avoid.contains(name) && is_someone_else_there(turn, step.class, &history.avoid);
        if idle.is_empty() || avoided {
            continue;
        }
        let size = match history.charged {
            0 => chunk,
            charged if charged >= retries => 1,
            _ => chunk.min(frames.len().div_ceil(2)),
        };
        return Some(idle.peek_first(size));
    }
    None
}

/// Whether a node could take them that they have not failed on yet.
fn is_someone_else_there(turn: &Turn<'_>, class: ClassId, avoid: &BTreeSet<NodeName>) -> bool {
    let state = turn.state();
    let able = |(name, node): (&NodeName, &NodeRecord)| {
        node.can_run(class)
            && node.capabilities.slots > 0
            && !avoid.contains(name)
            && turn.presence.is_available(state, name)
    };
    state.nodes().iter().any(able)
}

fn hand_over(turn: &mut Turn<'_>, node: &NodeName, place: Place, frames: FrameSet) {
    let token = turn.state().last_token().next();
    let lease =
        Lease { token, job: place.job, step: place.step, node: node.clone(), work: Work::Render, frames };
    turn.emit(Event::FramesLeased { lease: lease.clone() });
    turn.offer(lease);
}
