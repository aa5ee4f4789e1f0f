//! Hands out frames: the most urgent step first, to the least loaded node that can run it. Looks only at nodes
//! whose situation changed and at the best step of each class, so that the length of the queue costs nothing.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use callsheet_model::{Event, FrameSet, Lease, NodeName, Work};

use super::{preflight, proven, publish, share, trial};
use crate::presence::{Crew, Here};
use crate::state::{Class, ClassId, NodeRecord, Place, State};
use crate::turn::Turn;

/// Steps of one class that are looked at for one node. Only steps whose ready frames all avoid the node are
/// passed over, and another node takes those.
pub(super) const LOOK_AT_MOST: usize = 64;

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
    let stirred = turn.take_stirred().into_iter();
    let mut queue: BinaryHeap<_> =
        stirred.filter_map(|name| Some(Reverse((load(turn, &name)?, name)))).collect();
    while let Some(Reverse((_, name))) = queue.pop() {
        if let Some(portion) = best(turn, &name) {
            hand_over(turn, &name, portion);
            queue.extend(load(turn, &name).map(|load| Reverse((load, name))));
        }
    }
}

/// Whether a node may be handed something to render now. Publishing is not held up by a pause.
fn is_at_work(turn: &Turn<'_>, name: &NodeName) -> bool {
    let both = turn.state().node(name).zip(turn.presence.get(name));
    both.is_some_and(|(node, here)| is_free(node, here))
}

fn is_free(node: &NodeRecord, here: &Here) -> bool {
    here.session.is_some() && node.is_willing() && !node.is_paused
}

fn occupied(node: &NodeRecord, here: &Here) -> u64 {
    u64::from(node.busy) + here.finishing.len() as u64
}

/// How full a node is, in millionths of its slots; nothing when it may not be handed anything.
fn load(turn: &Turn<'_>, name: &NodeName) -> Option<u64> {
    let (node, here) = (turn.state().node(name)?, turn.presence.get(name)?);
    let slots = u64::from(node.capabilities.slots.max(1));
    is_free(node, here).then(|| occupied(node, here).saturating_mul(1_000_000) / slots)
}

/// What goes out in one lease.
#[derive(Clone, Debug)]
pub(super) struct Portion {
    pub(super) place: Place,
    work: Work,
    frames: FrameSet,
    gentle: bool,
}

impl Portion {
    /// Frames that nothing is known of.
    pub(super) fn plain(place: Place, frames: FrameSet) -> Self {
        Self { place, work: Work::Render, frames, gentle: false }
    }
}

/// The most urgent frames that this node has room for.
fn best(turn: &mut Turn<'_>, name: &NodeName) -> Option<Portion> {
    let node = turn.state().node(name)?;
    let room = room(node, turn.presence.get(name)?);
    if room == Room::Slot
        && !node.quarantines.is_empty()
        && let Some(canary) = trial::canary(turn, name)
    {
        return Some(canary);
    }
    let (first, class) = most_urgent(turn.state(), turn.state().node(name)?)?;
    let crew = turn.crew(class);
    if let Some(portion) = portion_for(turn, name, room, first, crew) {
        return Some(portion);
    }
    // Ahead of its slots a node is handed only what is most urgent: the rest may yet become more so.
    if room != Room::Slot {
        return None;
    }
    let mut others = ready_for(turn.state(), turn.state().node(name)?, LOOK_AT_MOST);
    others.sort_unstable();
    others.into_iter().find_map(|(place, class)| {
        let crew = turn.crew(class);
        portion_for(turn, name, room, place, crew)
    })
}

fn most_urgent(state: &State, node: &NodeRecord) -> Option<(Place, ClassId)> {
    let trusted = classes_for(state, node).filter(|(_, class)| node.is_trusted_with(&class.renderer));
    trusted.filter_map(|(id, class)| Some((*class.ready.first()?, id))).min()
}

fn ready_for(state: &State, node: &NodeRecord, at_most: usize) -> Vec<(Place, ClassId)> {
    classes_for(state, node)
        .filter(|(_, class)| node.is_trusted_with(&class.renderer))
        .flat_map(|(id, class)| class.ready.iter().take(at_most).map(move |place| (*place, id)))
        .collect()
}

/// Classes with ready steps that a node can run and has memory for.
pub(super) fn classes_for<'a>(
    state: &'a State,
    node: &'a NodeRecord,
) -> impl Iterator<Item = (ClassId, &'a Class)> {
    let free = node.capabilities.memory.saturating_sub(node.memory);
    state.index().active().filter(move |(id, class)| {
        !class.is_paused && node.can_run(*id) && class.requires.memory.is_none_or(|memory| memory <= free)
    })
}

/// Frames of a step for a node, if it has any that the node may have now.
fn portion_for(turn: &Turn<'_>, name: &NodeName, room: Room, place: Place, crew: Crew) -> Option<Portion> {
    let (spec, step) = turn.state().job(place.job)?.step(place.step)?;
    if preflight::is_wanted(turn.policy, spec, step) {
        return if room == Room::Slot { look(turn, name, place) } else { None };
    }
    let measure = share::Measure { waiting: step.waiting.len(), frame_nanos: step.mean_nanos(), crew };
    let chunk = share::chunk(turn.policy, spec.chunk, measure);
    let plain = || Portion::plain(place, step.waiting.peek_first(chunk));
    if let Room::Ahead { held } = room {
        let slots = turn.state().node(name)?.capabilities.slots;
        let plenty =
            turn.presence.get(name)?.has_history && held < share::ahead(turn.policy, chunk, slots, measure);
        return (plenty && !step.waiting.is_empty()).then(plain);
    }
    // One lease of troubled frames at a time while there are others: a frame that hangs every renderer for ten
    // minutes must not take all slots from those that would render.
    let hold_back = !step.waiting.is_empty() && step.is_trouble_in_hands();
    let troubled = if hold_back { None } else { troubled(turn, name, place, chunk) };
    troubled.or_else(|| (!step.waiting.is_empty()).then(plain))
}

/// One frame of a step, for the node to look at it. While a look that failed waits for its next try, no other
/// begins.
pub(super) fn look(turn: &Turn<'_>, name: &NodeName, place: Place) -> Option<Portion> {
    let (_, step) = turn.state().job(place.job)?.step(place.step)?;
    if step.looking.is_some() {
        return None;
    }
    let portion = if step.retrying.is_empty() {
        (!step.waiting.is_empty()).then(|| Portion::plain(place, step.waiting.peek_first(1)))?
    } else {
        troubled(turn, name, place, 1)?
    };
    Some(Portion { work: Work::Preflight, ..portion })
}

fn room(node: &NodeRecord, here: &Here) -> Room {
    let (slots, occupied) = (u64::from(node.capabilities.slots), occupied(node, here));
    if occupied < slots { Room::Slot } else { Room::Ahead { held: occupied - slots } }
}

/// Frames with a history whose back-off is over. Frames that failed together go out again in halves, and alone
/// on their last try, so that the one that is to blame is found and the others get through.
pub(super) fn troubled(turn: &Turn<'_>, name: &NodeName, place: Place, chunk: u64) -> Option<Portion> {
    let (spec, step) = turn.state().job(place.job)?.step(place.step)?;
    if step.retrying.is_empty() {
        return None;
    }
    for (history, frames) in step.troubles.iter().take_while(|(history, _)| history.not_before <= turn.now) {
        let idle = frames.intersection(&step.retrying);
        let avoided = history.avoid.contains(name)
            && is_someone_else_there(turn, step.class, &spec.renderer, &history.avoid);
        if idle.is_empty() || avoided {
            continue;
        }
        let size = match history.charged {
            0 => chunk,
            charged if charged >= spec.retries => 1,
            _ => chunk.min(frames.len().div_ceil(2)),
        };
        let frames = idle.peek_first(size);
        return Some(Portion { place, work: Work::Render, frames, gentle: history.gentle });
    }
    None
}

/// Whether another node than these could take a step's frames.
pub(super) fn is_someone_else_there(
    turn: &Turn<'_>,
    class: ClassId,
    renderer: &str,
    avoid: &BTreeSet<NodeName>,
) -> bool {
    let mut others = others(turn.state(), class, renderer, avoid);
    others.any(|name| is_at_work(turn, name))
}

/// Whether there is one, as far as anyone knows: it may be on its way back, as all are when a leader begins.
pub(super) fn is_someone_else_known(
    turn: &Turn<'_>,
    class: ClassId,
    renderer: &str,
    avoid: &BTreeSet<NodeName>,
) -> bool {
    others(turn.state(), class, renderer, avoid).next().is_some()
}

fn others<'a>(
    state: &'a State,
    class: ClassId,
    renderer: &'a str,
    avoid: &'a BTreeSet<NodeName>,
) -> impl Iterator<Item = &'a NodeName> {
    let able = move |(name, node): &(&NodeName, &NodeRecord)| {
        node.can_run(class)
            && node.capabilities.slots > 0
            && node.is_willing()
            && node.is_trusted_with(renderer)
            && !avoid.contains(*name)
    };
    state.nodes().iter().filter(able).map(|(name, _)| name)
}

fn hand_over(turn: &mut Turn<'_>, node: &NodeName, portion: Portion) {
    let Portion { place, work, frames, gentle } = portion;
    // Upholds one_valid_lease: tokens only grow.
    let token = turn.state().last_token().next();
    let lease = Lease { token, job: place.job, step: place.step, node: node.clone(), work, frames, gentle };
    turn.emit(Event::FramesLeased { lease: lease.clone() });
    turn.offer(lease);
}
