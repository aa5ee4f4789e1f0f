//! The window through which doors see what goes outward ([`OutwardView`]). It holds targets, not the leader's doors,
//! and delivers nothing itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use callsheet_leader::{Answer, DeadLetter, OutwardError, OutwardView, TargetView};

use crate::target::Target;

/// All targets by name.
pub(crate) struct Desk(BTreeMap<String, Arc<Target>>);

impl Desk {
    pub(crate) fn new(targets: &[Arc<Target>]) -> Self {
        Self(targets.iter().map(|target| (target.name().to_owned(), target.clone())).collect())
    }

    fn target(&self, name: &str) -> Result<&Arc<Target>, OutwardError> {
        let unknown =
            || OutwardError::NoSuchTarget { name: name.to_owned(), known: self.0.keys().cloned().collect() };
        self.0.get(name).ok_or_else(unknown)
    }
}

impl OutwardView for Desk {
    fn targets(&self) -> Vec<TargetView> {
        self.0.values().map(|target| target.status(|status| status.view())).collect()
    }

    fn dead_letters<'a>(&'a self, target: &'a str, after: u64, limit: usize) -> Answer<'a, Vec<DeadLetter>> {
        Box::pin(async move {
            let found = self.target(target)?;
            found.dead_letters(after, limit).await.map_err(disk(target))
        })
    }

    fn redeliver<'a>(&'a self, target: &'a str, sequence: Option<u64>) -> Answer<'a, u64> {
        Box::pin(async move {
            let tried = self.target(target)?.redeliver(sequence).await.map_err(disk(target))?;
            let missing = OutwardError::NoSuchLetter {
                target: target.to_owned(),
                sequence: sequence.unwrap_or_default(),
            };
            tried.ok_or(missing)
        })
    }
}

fn disk(target: &str) -> impl FnOnce(std::io::Error) -> OutwardError {
    let target = target.to_owned();
    move |error| OutwardError::Disk { target, why: error.to_string() }
}
