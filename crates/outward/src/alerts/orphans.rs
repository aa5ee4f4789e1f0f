//! Alerts that were raised for a channel which the config does not have any more: nobody will ever send them, so they
//! are given up, and the log says why. New ones cannot come: alerts are raised for channels of the config only.

use std::sync::Arc;
use std::time::Duration;

use callsheet_leader::{Leader, Scheduler};
use callsheet_scheduler::AlertOutcome;
use tokio::time::sleep;

use super::run::tried;
use crate::supervisor::errand::{Errand, Leaving, Running};

/// Between tries of what the leader cannot do right now.
const PAUSE: Duration = Duration::from_millis(500);

/// Looks after them.
pub(crate) struct Orphans(pub(crate) Leader);

impl Errand for Orphans {
    fn name(&self) -> &str {
        "alerts-without-channel"
    }

    fn actor(&self) -> &'static str {
        "orphans"
    }

    fn run(self: Arc<Self>, mut leaving: Leaving) -> Running {
        Box::pin(async move {
            let mut told = leaving.clone();
            let work = async {
                self.give_up().await;
                leaving.told().await;
            };
            tokio::select! {
                () = work => {}
                () = told.told() => {}
            }
            Ok(())
        })
    }

    fn fell(&self, _: &str) {}
}

impl Orphans {
    async fn give_up(&self) {
        let pending = loop {
            match self.0.read(Scheduler::pending_alerts).await {
                Ok(pending) => break pending,
                Err(_) => sleep(PAUSE).await,
            }
        };
        let channels = &self.0.config().outward.alerts;
        for alert in pending {
            if channels.iter().any(|channel| channel.name == alert.channel) {
                continue;
            }
            let outcome = if alert.sending {
                AlertOutcome::Unconfirmed
            } else {
                AlertOutcome::Failed {
                    error: "the config has no such channel any more".to_owned(),
                    retry_at: None,
                }
            };
            tracing::warn!(channel = alert.channel, alert = %alert.alert.id, "given up: the channel is gone");
            tried(&self.0, alert.alert.id, &alert.channel, outcome).await;
        }
    }
}
