//! `leader`: serves until it is told to leave.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use callsheet_config::ClusterConfig;
use callsheet_gateway::Doors;
use callsheet_journal::{DiskStore, Options};
use callsheet_leader::{Figures, Leader};
use callsheet_node::Shutdown;
use callsheet_outward::Outward;
use callsheet_telemetry::Form;
use tokio_util::sync::CancellationToken;

use crate::exit::{Exit, Failure};
use crate::files;
use crate::leaving::{Wishes, wished};

/// Connections that are still open after this long are not waited for any more. Well within the time after which
/// nodes, who are not heard any more meanwhile, would be taken for lost.
const LINGER: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The cluster config
    #[arg(long, value_name = "FILE", env = "CALLSHEET_CONFIG")]
    config: PathBuf,
    /// Write diagnostics as JSON lines
    #[arg(long)]
    log_json: bool,
    /// Standard input is a lifeline: leave when it ends
    #[arg(long, hide = true)]
    lifeline: bool,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let config = files::cluster_config(&args.config)?;
    callsheet_telemetry::start("info", if args.log_json { Form::Json } else { Form::Text });
    let wishes = Wishes::listen(args.lifeline)?;
    let mut urgent = wishes.subscribe();
    tokio::select! {
        done = serve(config, &wishes) => done,
        () = wished(&mut urgent, Shutdown::Now) => {
            // What anyone was told is durable; nothing else has to be saved.
            tracing::warn!("leaving at once");
            std::process::exit(Exit::Interrupted as i32);
        }
    }
}

/// How long events are kept, and who counts the time that keeping them takes.
fn options(config: &ClusterConfig, figures: Arc<Figures>) -> Options {
    let keep = &config.leader.keep;
    Options {
        keep_events: keep.events,
        keep_age: keep.events_age,
        keep_bytes: keep.events_size,
        on_flush: Some(Arc::new(move |took, events| {
            figures.flushes.observe(took);
            figures.flushed.add(events as u64);
        })),
        ..Options::default()
    }
}

async fn serve(config: ClusterConfig, wishes: &Wishes) -> Result<Exit> {
    let journal = config.leader.data.join("journal");
    let figures = Arc::new(Figures::default());
    let store = DiskStore::new(journal, options(&config, figures.clone()));
    let name = config.name.clone();
    // Its doors are served by the threads of this runtime, and may keep all of them busy.
    let started = Leader::start_apart(config, Arc::new(store), figures).await;
    let leader = started.map_err(|error| {
        Failure::new(Exit::Broken, format!("the leader cannot start: {error}"))
            .hint("a damaged journal is looked at with `callsheet journal verify`, and saved with `export`")
    })?;
    let doors = match Doors::bind(leader.clone()).await {
        Ok(doors) => doors,
        Err(error) => {
            leader.stop().await;
            let hint = "another leader may be running: stop it, or change leader.listen";
            return Err(Failure::new(Exit::Broken, error.to_string()).hint(hint).into());
        }
    };
    let outward = send_outward(&leader).await?;
    let url = leader.config().leader.advertise.clone();
    tracing::info!(cluster = name, url, "serving");
    let leave = CancellationToken::new();
    let mut serving = tokio::spawn(doors.serve(leave.clone()));
    let mut wish = wishes.subscribe();
    tokio::select! {
        ended = &mut serving => {
            outward.stop().await;
            leader.stop().await;
            ended.context("the doors")?.context("the doors closed")?;
            return Ok(Exit::Ok);
        }
        reason = leader.failed() => {
            leave.cancel();
            return Err(Failure::new(Exit::Broken, format!("the leader cannot go on: {reason}")).into());
        }
        () = wished(&mut wish, Shutdown::Drain) => {}
    }
    tracing::info!("leaving: nodes keep their work and wait for the next leader");
    leave.cancel();
    if tokio::time::timeout(LINGER, &mut serving).await.is_err() {
        tracing::warn!("some connections stayed open, and are cut");
        serving.abort();
    }
    // It says how far each target is, which it reads from the leader's log.
    outward.stop().await;
    leader.stop().await;
    tracing::info!("left");
    Ok(Exit::Ok)
}

/// Starts webhooks, brokers, alert channels and traces, as far as the config names any.
async fn send_outward(leader: &Leader) -> Result<Outward> {
    match Outward::start(leader.clone()).await {
        Ok(outward) => Ok(outward),
        Err(error) => {
            leader.stop().await;
            let hint = "mend the config or the file that it names, and start the leader again";
            Err(Failure::new(Exit::Broken, error.to_string()).hint(hint).into())
        }
    }
}
