//! A channel's errand: takes what is pending, one at a time and in order, says that it is about to leave, sends it, and
//! says what came of it.

use std::time::Duration;

use callsheet_events::Filter;
use callsheet_leader::view::PendingAlert;
use callsheet_leader::{Events, LeaderError, SchedulerCommand as Command, Wanted};
use callsheet_model::{Author, Timestamp};
use callsheet_scheduler::AlertOutcome;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Channel, Ended, Way};
use crate::supervisor::errand::Leaving;

/// What is pending is looked at this often, whatever is heard: clocks are put, alerts are given up.
const LOOK: Duration = Duration::from_secs(60);
/// Between tries of what the leader cannot do right now.
const PAUSE: Duration = Duration::from_millis(500);
/// Why one is sent again that was begun by a leader, or an actor, before this one.
const CUT_OFF: &str = "its sender ended while it was on its way: it is sent again under the same id";

/// Goes on until the leader leaves. What is being sent then is finished first.
pub(super) async fn run(channel: &Channel, way: &Way, mut leaving: Leaving) {
    let mut courier = Courier { channel, way, mine: None };
    let mut stream = None;
    while !leaving.is_told() {
        // Before the look: what is raised after it wakes us.
        let raised = stream.get_or_insert_with(|| channel.raised());
        let wait = courier.look().await;
        if wait.is_zero() {
            continue;
        }
        tokio::select! {
            () = leaving.told() => {}
            () = sleep(wait) => {}
            page = raised.recv() => if !matches!(page, Some(Ok(_))) {
                // It was busy sending, or the leader is being restarted. Nothing is lost: the next look sees it.
                stream = None;
                sleep(PAUSE).await;
            },
        }
    }
}

struct Courier<'a> {
    channel: &'a Channel,
    way: &'a Way,
    /// An alert that may count as being sent because we have said so, though it has not left.
    mine: Option<Uuid>,
}

impl Courier<'_> {
    /// Does the next thing that is to be done; how long until there may be another.
    async fn look(&mut self) -> Duration {
        let leader = &self.channel.leader;
        let Ok(next) = self.channel.next().await else { return PAUSE };
        let Some(pending) = next else { return LOOK };
        let begun_by_another = pending.sending && self.mine != Some(pending.alert.id);
        if begun_by_another {
            self.settle(&pending).await;
            return Duration::ZERO;
        }
        let early = pending.not_before.since(leader.now());
        if !pending.sending && !early.is_zero() {
            return early.min(LOOK);
        }
        if !pending.sending {
            self.mine = Some(pending.alert.id);
            let (alert, channel) = (pending.alert.id, pending.channel.clone());
            let said = leader.command_as(Author::SYSTEM, Command::AlertSending { alert, channel }).await;
            match said {
                Ok(_) => {}
                // It was given up a moment ago.
                Err(LeaderError::Rejected(_)) => return Duration::ZERO,
                // It may have been said or not: the next look tells.
                Err(_) => return PAUSE,
            }
        }
        // From here on it counts as sent, unless we say otherwise.
        self.mine = None;
        let ended = self.way.send(&pending).await;
        self.channel.note(&pending, self.outcome(&pending, ended)).await;
        Duration::ZERO
    }

    /// Nobody knows whether it arrived.
    async fn settle(&self, pending: &PendingAlert) {
        let outcome = if self.way.knows_repeats() {
            AlertOutcome::Failed { error: CUT_OFF.to_owned(), retry_at: Some(self.channel.leader.now()) }
        } else {
            AlertOutcome::Unconfirmed
        };
        self.channel.note(pending, outcome).await;
    }

    fn outcome(&self, pending: &PendingAlert, ended: Ended) -> AlertOutcome {
        let (why, asked) = match ended {
            Ended::Taken => return AlertOutcome::Sent,
            Ended::Unknown { why } if !self.way.knows_repeats() => {
                tracing::warn!(channel = pending.channel, alert = %pending.alert.id, why, "nobody knows whether it arrived");
                return AlertOutcome::Unconfirmed;
            }
            Ended::Unknown { why } => (why, None),
            Ended::Refused { why, wait } => (why, wait),
        };
        let attempt = pending.attempts.saturating_add(u32::from(!pending.sending));
        let seed = pending.alert.id.as_u64_pair().1;
        let wait = self.channel.backoff().wait(attempt, seed).max(asked.unwrap_or_default());
        let retry_at = self.channel.retry_at(pending.raised_at, wait);
        AlertOutcome::Failed { error: why, retry_at }
    }
}

impl Channel {
    /// Alerts that are raised from now on.
    fn raised(&self) -> Events {
        let filter = Filter { types: vec!["alert.raised".to_owned()], ..Filter::default() };
        self.leader.follow(Wanted { after: None, follow: true, filter })
    }

    /// The oldest alert that this channel has not taken.
    async fn next(&self) -> Result<Option<PendingAlert>, LeaderError> {
        let name = self.config.name.clone();
        let look = move |scheduler: &callsheet_leader::Scheduler| {
            scheduler.pending_alerts().into_iter().find(|pending| pending.channel == name)
        };
        self.leader.read(look).await
    }

    /// When it is tried again after a failure, if it is.
    fn retry_at(&self, raised_at: Timestamp, wait: Duration) -> Option<Timestamp> {
        let now = self.leader.now();
        (now < raised_at.plus(self.config.give_up)).then(|| now.plus(wait))
    }

    /// Says what came of a try, until that is durable.
    async fn note(&self, pending: &PendingAlert, outcome: AlertOutcome) {
        let (name, alert) = (&self.config.name, pending.alert.id);
        match &outcome {
            AlertOutcome::Sent => tracing::info!(channel = name, %alert, text = pending.alert.text, "told"),
            AlertOutcome::Failed { error, retry_at: Some(retry_at) } => {
                tracing::warn!(channel = name, %alert, error, %retry_at, "not taken, and tried again");
            }
            AlertOutcome::Failed { error, retry_at: None } => {
                tracing::error!(channel = name, %alert, error, "not taken, and given up");
            }
            AlertOutcome::Unconfirmed => {
                tracing::warn!(channel = name, %alert, "unconfirmed: it is not sent again");
            }
        }
        tried(&self.leader, alert, name, outcome).await;
    }
}

/// Says what came of a try, as often as it takes: a leader that restarts its scheduler may have heard it or not.
pub(super) async fn tried(
    leader: &callsheet_leader::Leader,
    alert: Uuid,
    channel: &str,
    outcome: AlertOutcome,
) {
    let command = Command::AlertTried { alert, channel: channel.to_owned(), outcome };
    // A rejection says that it was heard already.
    while let Err(error) = leader.command_as(Author::SYSTEM, command.clone()).await
        && !matches!(error, LeaderError::Rejected(_))
    {
        sleep(PAUSE).await;
    }
}
