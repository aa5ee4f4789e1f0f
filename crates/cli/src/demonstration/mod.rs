//! `demo`: the promise, kept before one's eyes. A cluster starts on this machine, draws an animation, loses a
//! node in mid-render by SIGKILL, and every frame is on disk all the same.
//!
//! ```text
//!   Stage (directory, config, job) ─► Family (leader, nodes) ─► Play: submit, watch, kill, wait ─► proof
//!                                                                        Incident: what the kill led to
//! ```
//!
//! It uses the doors that everyone uses and tells what the event stream told. It refuses to touch anything
//! outside its own directory.

mod incident;
mod play;
mod proof;
mod stage;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use callsheet_node::Shutdown;
use console::style;

use crate::commands::demo::Args;
use crate::exit::{Exit, Failure};
use crate::family::{Family, Member};
use crate::leaving::{Wishes, wished};
use crate::output;
use crate::watch::feed;
use play::{Diary, Play};
use stage::Stage;

/// A leader on this machine that does not answer within this has failed.
const START: Duration = Duration::from_secs(20);
/// What dies is started again after this: late enough that others can be seen to take its frames.
const PAUSE: Duration = Duration::from_secs(2);

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let began = Instant::now();
    let stage = Stage::prepare(&args)?;
    let wishes = Wishes::listen(false)?;
    for note in &stage.notes {
        output::line(note)?;
    }
    let nodes = stage.config.nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>().join(", ");
    output::line(format!("A leader and its nodes ({nodes}) start on this machine, each its own process."))?;
    let members = Member::all_of(&stage.config, &stage.config_file);
    let diary = Diary::open(&stage.logs, &members)?;
    let (mut family, happenings) = Family::start(members, PAUSE)?;
    let mut drain = wishes.subscribe();
    let done = {
        let playing = async {
            let client = feed::answering(&stage.reach(), START).await?;
            let exit = Play::new(&stage, &family, happenings, diary, client, began).run().await?;
            if args.stay {
                stay(&stage, &wishes).await?;
            }
            Ok::<_, anyhow::Error>(exit)
        };
        tokio::select! {
            done = playing => done,
            () = wished(&mut drain, Shutdown::Drain) => {
                output::note("leaving; Ctrl-C again leaves at once");
                Ok(Exit::Interrupted)
            }
        }
    };
    family.leave(wishes.subscribe()).await;
    done.map_err(|error| with_logs(error, &stage))
}

/// Keeps everything open until someone wants it closed.
async fn stay(stage: &Stage, wishes: &Wishes) -> Result<()> {
    let url = &stage.config.leader.advertise;
    let command = |words: &str| format!("  callsheet {words} --leader {url}");
    output::line("")?;
    output::line(style("The cluster stays until Ctrl-C. In another terminal:").bold().to_string())?;
    for words in ["status", "nodes", "jobs", "events --follow"] {
        output::line(command(words))?;
    }
    // Only who stands in a source tree has it.
    let job = "cluster/jobs/demo.toml";
    if Path::new(job).is_file() {
        output::line(command(&format!("submit {job} --watch")))?;
    }
    output::line("Any gRPC client finds its way by reflection at the same address.")?;
    wished(&mut wishes.subscribe(), Shutdown::Drain).await;
    Ok(())
}

fn with_logs(error: anyhow::Error, stage: &Stage) -> anyhow::Error {
    let hint = format!("what the processes said is in {}", stage.logs.display());
    match error.downcast::<Failure>() {
        Ok(failure) if failure.hint.is_none() => failure.hint(hint).into(),
        Ok(failure) => failure.into(),
        Err(error) => Failure::new(Exit::Broken, format!("{error:#}")).hint(hint).into(),
    }
}
