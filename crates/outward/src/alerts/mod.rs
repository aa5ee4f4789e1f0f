//! Alerts on their way to people: one actor per channel. What is told, and what was, is the scheduler's to remember;
//! here is only how it gets out, and never twice.
//!
//! ```text
//!   pending ──► AlertSending (durable) ──► the channel ──► AlertTried (durable)
//! ```
//!
//! What a try comes to, and what becomes of one that nobody knows the end of (the leader died while it was under way,
//! or no answer came after everything was said):
//!
//! | channel    | taken when              | not taken: tried again    | nobody knows                                |
//! |------------|-------------------------|---------------------------|---------------------------------------------|
//! | `telegram` | `"ok": true`            | any other answer; no way  | unconfirmed, never again                    |
//! |            |                         | to the server             |                                             |
//! | `slack`    | 2xx                     | as above                  | unconfirmed, never again                    |
//! | `webhook`  | 2xx                     | as above                  | again, with the same `webhook-id`           |
//! | `email`    | the server accepts it   | as above                  | again, with the same `Message-ID`           |
//! | `command`  | it ends with code 0     | another code; it could    | it was killed, by us (it took too long) or  |
//! |            |                         | not be started            | by others: unconfirmed, never again         |
//!
//! A receiver that can tell repeats apart is sent an alert under one id for as long as it takes; a person would be told
//! twice. Alerts of a channel leave in the order they were raised: that a worker went, before that it came back. One
//! that keeps failing holds up those behind it, until its channel's `give_up` has passed since it was raised; each is
//! tried once at least.

mod command;
mod email;
mod http;
mod orphans;
mod run;

use std::sync::Arc;
use std::time::Duration;

use callsheet_config::{AlertChannel, AlertWay};
use callsheet_leader::Leader;
use callsheet_leader::view::PendingAlert;
use callsheet_model::AlertKind;

use crate::StartError;
use crate::backoff::Backoff;
use crate::supervisor::errand::{Errand, Fall, Leaving, Running};
use command::Program;
use email::Email;
use http::{Slack, Telegram, Webhook};
pub(crate) use orphans::Orphans;

/// Most of an error that is kept.
const LONGEST_WHY: usize = 300;

/// A channel, as it outlives its actor.
pub(crate) struct Channel {
    /// `alert-NAME`, in logs.
    title: String,
    config: AlertChannel,
    leader: Leader,
}

/// Which way it goes.
enum Way {
    Telegram(Telegram),
    Slack(Slack),
    Webhook(Webhook),
    Email(Email),
    Program(Program),
}

/// What a try came to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ended {
    /// It was taken.
    Taken,
    /// It was not; not to be tried again before `wait`, if the channel says so.
    Refused { why: String, wait: Option<Duration> },
    /// Everything was said, and no answer came.
    Unknown { why: String },
}

impl Ended {
    fn refused(why: impl Into<String>) -> Self {
        Self::Refused { why: why.into(), wait: None }
    }
}

/// All channels of the leader's config. Blocks for as long as a look at their secrets takes.
pub(crate) fn all(leader: &Leader) -> Result<Vec<Arc<Channel>>, StartError> {
    let open = |config: &AlertChannel| {
        let wrong = |why| StartError::Target { target: format!("alert {}", config.name), why };
        // Both are done again later; here is where a mistake is told at once.
        Way::of(config).map_err(wrong)?.look().map_err(wrong)?;
        let title = format!("alert-{}", config.name);
        Ok(Arc::new(Channel { title, config: config.clone(), leader: leader.clone() }))
    };
    leader.config().outward.alerts.iter().map(open).collect()
}

impl Channel {
    fn backoff(&self) -> Backoff {
        Backoff { first: self.config.retry_first, longest: self.config.retry_max }
    }
}

impl Errand for Channel {
    fn name(&self) -> &str {
        &self.title
    }

    fn actor(&self) -> &'static str {
        "channel"
    }

    fn run(self: Arc<Self>, leaving: Leaving) -> Running {
        Box::pin(async move {
            let way = Way::of(&self.config).map_err(Fall::from)?;
            run::run(&self, &way, leaving).await;
            Ok(())
        })
    }

    fn fell(&self, why: &str) {
        tracing::error!(channel = self.config.name, why, "alerts wait until it is started again");
    }
}

impl Way {
    fn of(config: &AlertChannel) -> Result<Self, String> {
        let timeout = config.timeout;
        Ok(match config.way.clone() {
            AlertWay::Telegram { url, token_file, chat } => {
                Self::Telegram(Telegram::new(url, token_file, chat, timeout)?)
            }
            AlertWay::Slack { url_file } => Self::Slack(Slack::new(url_file, timeout)?),
            AlertWay::Webhook { url, secret_file } => {
                Self::Webhook(Webhook::new(&url, secret_file, timeout)?)
            }
            AlertWay::Email { server, user, password_file, from, to } => {
                Self::Email(Email::new(&server, user, password_file, &from, &to, timeout)?)
            }
            AlertWay::Command { program, args } => Self::Program(Program::new(program, args, timeout)),
        })
    }

    /// Whether what it needs is there.
    fn look(&self) -> Result<(), String> {
        match self {
            Self::Telegram(telegram) => telegram.look(),
            Self::Slack(slack) => slack.look(),
            Self::Webhook(webhook) => webhook.look(),
            Self::Email(email) => email.look(),
            Self::Program(program) => program.look(),
        }
    }

    /// Whether a repeat would be known as one.
    fn knows_repeats(&self) -> bool {
        matches!(self, Self::Webhook(_) | Self::Email(_))
    }

    /// Sends an alert, once. It ends in about the channel's time-out at the latest.
    async fn send(&self, alert: &PendingAlert) -> Ended {
        match self {
            Self::Telegram(telegram) => telegram.send(&alert.alert.text).await,
            Self::Slack(slack) => slack.send(&alert.alert.text).await,
            Self::Webhook(webhook) => webhook.send(alert).await,
            Self::Email(email) => email.send(alert).await,
            Self::Program(program) => program.send(alert).await,
        }
    }
}

/// An alert for programs.
fn json(pending: &PendingAlert) -> String {
    let alert = &pending.alert;
    let count = match alert.what {
        AlertKind::DeadLetters(count) => Some(count),
        AlertKind::Down | AlertKind::Up => None,
    };
    serde_json::json!({
        "alert_id": alert.id,
        "channel": pending.channel,
        "count": count,
        "raised_at": pending.raised_at.to_string(),
        "text": alert.text,
        "what": alert.what.word(),
        "worker": alert.worker,
    })
    .to_string()
}

/// What may be kept and shown of a text from outside: no secrets, one line, not too long.
fn printable(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "(secret)");
    }
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LONGEST_WHY).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_an_answer_holds_no_secret_even_where_it_is_cut_off() {
        let token = "4711:hunter2-hunter2";
        let text = format!("{}{token}\nCannot POST /bot{token}/send", "x".repeat(LONGEST_WHY - 8));
        let shown = printable(&text, &[token, "hunter2-hunter2"]);
        assert!(!shown.contains("hunter") && shown.ends_with("(secret)"), "{shown}");
        assert_eq!(printable(" a\r\nb\u{7} ", &[""]), "a  b");
    }
}
