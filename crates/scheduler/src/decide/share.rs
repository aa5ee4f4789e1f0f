//! How many frames go out at once, and how far ahead. Plain arithmetic over what is known of a step.

use callsheet_model::{Chunk, time::millis};

use crate::policy::Policy;
use crate::presence::Crew;

/// Rounds in which the waiting frames of a step should be shared out among all slots, so that its end comes
/// at about the same time everywhere.
const ROUNDS: u64 = 3;
/// First chunks of a step whose frame time is not known yet are no longer than this.
const FIRST_CHUNK_MAX: u64 = 10;
const NANOS_PER_MILLI: u64 = 1_000_000;

/// What the shares of a step are worked out from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Frames that could go out.
    pub(super) waiting: u64,
    /// What one frame takes, in nanoseconds, once that is known.
    pub(super) frame_nanos: Option<u64>,
    /// Who could run it.
    pub(super) crew: Crew,
}

/// How many frames one lease should hold.
pub(super) fn chunk(policy: &Policy, wanted: Chunk, measure: Measure) -> u64 {
    let slots = measure.crew.slots.max(1);
    match (wanted, measure.frame_nanos) {
        (Chunk::Frames(count), _) => u64::from(count.get()),
        (Chunk::Auto, None) => (measure.waiting / (slots * 4)).clamp(1, FIRST_CHUNK_MAX),
        (Chunk::Auto, Some(nanos)) => {
            let target = millis(policy.chunk_target).saturating_mul(NANOS_PER_MILLI);
            let by_time = target / nanos.max(1);
            let by_share = measure.waiting / (slots * ROUNDS);
            by_time.min(by_share).max(1)
        }
    }
}

/// How many leases of so many frames a node may hold beyond its slots.
pub(super) fn ahead(policy: &Policy, chunk: u64, slots: u32, measure: Measure) -> u64 {
    let Some(frame_nanos) = measure.frame_nanos else { return 0 };
    let lease_nanos = frame_nanos.saturating_mul(chunk).max(1);
    let window = millis(policy.ahead).saturating_mul(NANOS_PER_MILLI);
    let by_time = (window / lease_nanos).saturating_mul(u64::from(slots));
    // Near the end everyone gets a share: no node sits on frames that another could begin with.
    let by_share = measure.waiting / chunk.max(1) / (measure.crew.nodes.max(1) * 2);
    by_time.min(u64::from(policy.ahead_max)).min(by_share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = NANOS_PER_MILLI;

    fn measure(waiting: u64, frame_nanos: Option<u64>) -> Measure {
        Measure { waiting, frame_nanos, crew: Crew { nodes: 2, slots: 8 } }
    }

    fn auto(waiting: u64, frame_nanos: Option<u64>) -> u64 {
        chunk(&Policy::default(), Chunk::Auto, measure(waiting, frame_nanos))
    }

    #[test]
    fn an_unknown_step_begins_with_small_chunks() {
        assert_eq!(auto(1_000_000, None), 10);
        assert_eq!(auto(64, None), 2);
        assert_eq!(auto(3, None), 1);
    }

    #[test]
    fn a_known_step_goes_out_in_chunks_of_the_target_time() {
        assert_eq!(auto(1_000_000, Some(100 * MS)), 100);
        assert_eq!(auto(1_000_000, Some(60_000 * MS)), 1);
    }

    #[test]
    fn the_end_of_a_step_is_shared_out() {
        assert_eq!(auto(240, Some(MS)), 10);
        assert_eq!(auto(5, Some(MS)), 1);
        assert_eq!(auto(0, Some(0)), 1);
    }

    #[test]
    fn only_short_leases_go_out_ahead_and_only_while_there_is_plenty() {
        let ahead = |waiting, nanos| ahead(&Policy::default(), 1, 4, measure(waiting, nanos));
        assert_eq!(ahead(1_000_000, Some(MS)), 80);
        assert_eq!(ahead(1_000_000, Some(1)), 256);
        assert_eq!(ahead(1_000_000, Some(21 * MS)), 0);
        assert_eq!(ahead(40, Some(MS)), 10);
        assert_eq!(ahead(3, Some(MS)), 0);
        assert_eq!(ahead(1_000_000, None), 0);
    }
}
