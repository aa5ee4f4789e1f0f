//! Latencies of commands and looks that are asked at a steady pace, whether or not the ones before are answered: a
//! leader that stands still for a second is not asked once in it, but as often as in any other second.

use std::future::Future;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::Failure;
use crate::leader::Leader;

/// What was seen.
pub(crate) struct Latencies {
    commands: Vec<Duration>,
    looks: Vec<Duration>,
}

/// Asks until it is stopped.
pub(crate) struct Sampler {
    enough: CancellationToken,
    commands: JoinHandle<Result<Vec<Duration>, Failure>>,
    looks: JoinHandle<Result<Vec<Duration>, Failure>>,
}

impl Sampler {
    /// Begins to ask; once each time the pace says.
    pub(crate) fn start(leader: &Leader, pace: Duration) -> Self {
        let enough = CancellationToken::new();
        let (commands, looks) = (leader.commands(), leader.commands());
        let command = move || {
            let commands = commands.clone();
            async move { commands.command().await }
        };
        let look = move || {
            let looks = looks.clone();
            async move { looks.look().await }
        };
        Self {
            commands: tokio::spawn(asked(command, pace, enough.clone())),
            looks: tokio::spawn(asked(look, pace, enough.clone())),
            enough,
        }
    }

    /// Asks nothing more, and waits for the answers that are still to come.
    pub(crate) async fn stop(self) -> Result<Latencies, Failure> {
        self.enough.cancel();
        Ok(Latencies { commands: self.commands.await??, looks: self.looks.await?? })
    }
}

async fn asked<F>(
    ask: impl Fn() -> F,
    pace: Duration,
    enough: CancellationToken,
) -> Result<Vec<Duration>, Failure>
where
    F: Future<Output = Result<Duration, Failure>> + Send + 'static,
{
    let (mut asked, mut ticks) = (JoinSet::new(), interval(pace));
    // A tick that this process missed is not the leader's fault.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while enough.run_until_cancelled(ticks.tick()).await.is_some() {
        asked.spawn(ask());
    }
    asked.join_all().await.into_iter().collect()
}

impl Latencies {
    pub(crate) fn print(&self) {
        line("a durable command over gRPC", &self.commands);
        line("a look at the scheduler over gRPC", &self.looks);
    }
}

fn line(what: &str, samples: &[Duration]) {
    let mut samples = samples.to_vec();
    samples.sort_unstable();
    let at = |part: f64| {
        let nth = (samples.len() as f64 * part).ceil() as usize;
        let sample = samples.get(nth.saturating_sub(1)).copied().unwrap_or_default();
        format!("{:.2} ms", sample.as_secs_f64() * 1e3)
    };
    let (median, most, nearly, worst) = (at(0.5), at(0.95), at(0.99), at(1.0));
    println!("    {what:<40} {median:>9} {most:>9} {nearly:>9} {worst:>9} {:>7}", samples.len());
}
