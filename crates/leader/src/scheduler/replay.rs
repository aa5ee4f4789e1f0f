//! Start-up: the journal is opened and folded into the scheduler as it was.

use std::sync::Arc;

use callsheet_journal::{Journal, Store};
use callsheet_model::Timestamp;
use callsheet_scheduler::{Policy, Scheduler};
use ractor::ActorProcessingErr;

/// What start-up gives.
pub(super) struct Replayed {
    pub(super) scheduler: Scheduler,
    pub(super) journal: Arc<dyn Journal>,
    /// The time of the last event.
    pub(super) last_seen: Timestamp,
    /// The last event in the newest snapshot.
    pub(super) snapshot_at: u64,
}

/// Opens the journal and folds it into the scheduler as it was.
pub(super) fn replay(policy: Policy, store: &dyn Store) -> Result<Replayed, ActorProcessingErr> {
    let recovered = store.open()?;
    for damage in &recovered.notes {
        tracing::warn!(%damage, "the journal is damaged, but nothing is lost");
    }
    let snapshot_at = recovered.image.as_ref().map_or(0, |image| image.sequence);
    let mut scheduler = match recovered.image {
        Some(image) => Scheduler::from_image(policy, image),
        None => Scheduler::new(policy),
    };
    let mut last_seen = Timestamp::default();
    for envelope in recovered.tail {
        let envelope = envelope?;
        last_seen = last_seen.max(envelope.at);
        scheduler.replay(&envelope);
    }
    Ok(Replayed { scheduler, journal: recovered.journal, last_seen, snapshot_at })
}
