//! Processes of this machine that belong together: `up` and `demo` start them, keep them alive, and take them
//! down with them.
//!
//! ```text
//!   Family ──► one keeper per member ──► process ── ends ──► pause (doubling, jittered) ──► process ...
//!                     │  lifeline: its standard input; "drain" asks, its end orders
//!                     └─► Happening: started, said a line, ended, starts again
//! ```
//!
//! A process whose keeper is gone, however it went, sees its lifeline end and leaves at once. It refuses to
//! know what its members do.

mod backoff;
mod keeper;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use callsheet_config::ClusterConfig;
use callsheet_node::Shutdown;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::leaving::wished;
use crate::output::words;
pub(crate) use backoff::FIRST as FIRST_PAUSE;
use keeper::Keeper;

/// A process to keep alive.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// What people call it.
    pub(crate) name: String,
    /// What it runs.
    pub(crate) program: PathBuf,
    /// With which arguments.
    pub(crate) args: Vec<OsString>,
    /// The others are nothing without it: it leaves after them, and when it cannot start it gives up.
    pub(crate) essential: bool,
}

impl Member {
    /// A config's leader and all its nodes.
    pub(crate) fn all_of(config: &ClusterConfig, file: &Path) -> Vec<Self> {
        // Without a name of our own nothing can be started; the error then names this one.
        let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("callsheet"));
        let member = |name: &str, args: &[&str]| {
            let mut whole: Vec<OsString> = args.iter().map(OsString::from).collect();
            whole.extend(["--config".into(), file.into(), "--lifeline".into()]);
            Self {
                name: name.to_owned(),
                program: program.clone(),
                args: whole,
                essential: args == ["leader"],
            }
        };
        let nodes = config.nodes.iter().map(|node| {
            let name = node.name.as_str();
            member(name, &["node", "--name", name])
        });
        std::iter::once(member("leader", &["leader"])).chain(nodes).collect()
    }
}

/// Something that happened to a member.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    pub(crate) name: String,
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// It runs, as this process.
    Started(u32),
    /// It said a line.
    Line(String),
    /// It ended although nobody wished it, in this way, and is started again after a pause.
    Ended(String, Duration),
    /// It left, as it was asked to.
    Left,
    /// It cannot start, and is not tried again.
    GaveUp(String),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(pid) => write!(f, "runs as process {pid}"),
            Self::Line(line) => f.write_str(line),
            Self::Ended(how, pause) => {
                let pause = words::duration(callsheet_model::time::millis(*pause));
                write!(f, "{how}; started again in {pause}")
            }
            Self::Left => f.write_str("has left"),
            Self::GaveUp(how) => write!(f, "{how}, and is not started again"),
        }
    }
}

struct Kept {
    name: String,
    essential: bool,
    wishes: watch::Sender<Shutdown>,
    kills: mpsc::Sender<()>,
    keeper: JoinHandle<()>,
}

/// Running processes.
pub(crate) struct Family {
    members: Vec<Kept>,
}

impl Family {
    /// Starts them, all at once. What happens to them comes out of the channel, which ends when all have left.
    /// One that dies is started again after `first_pause`, and then after longer ones.
    pub(crate) fn start(
        members: Vec<Member>,
        first_pause: Duration,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Happening>)> {
        let (tell, happenings) = mpsc::unbounded_channel();
        let mut kept = Vec::new();
        for member in members {
            let (wishes, wish) = watch::channel(Shutdown::Stay);
            let (kills, killed) = mpsc::channel(1);
            let (name, essential) = (member.name.clone(), member.essential);
            let keeper = Keeper { member, first_pause, wish, killed, tell: tell.clone() };
            kept.push(Kept { name, essential, wishes, kills, keeper: tokio::spawn(keeper.keep()) });
        }
        Ok((Self { members: kept }, happenings))
    }

    /// Kills a member as `kill -9` does. It is started again like any other that dies.
    pub(crate) async fn kill(&self, name: &str) -> Result<()> {
        let member = self.members.iter().find(|member| member.name == name);
        let member = member.with_context(|| format!("there is no process {name}"))?;
        member.kills.send(()).await.with_context(|| format!("{name} is gone for good"))
    }

    /// Has all of them leave: those that others need come last. A wish to leave now cuts it short.
    pub(crate) async fn leave(&mut self, mut wishes: watch::Receiver<Shutdown>) {
        for essential in [false, true] {
            let going = || self.members.iter().filter(move |member| member.essential == essential);
            going().for_each(|member| member.wish(Shutdown::Drain));
            let gone = async {
                for member in self.members.iter_mut().filter(|member| member.essential == essential) {
                    // A keeper that failed has dropped its process, and with it the lifeline.
                    let _ = (&mut member.keeper).await;
                }
            };
            tokio::pin!(gone);
            tokio::select! {
                () = &mut gone => continue,
                () = wished(&mut wishes, Shutdown::Now) => {}
            }
            break;
        }
        self.members.iter().for_each(|member| member.wish(Shutdown::Now));
        for member in self.members.iter_mut().filter(|member| !member.keeper.is_finished()) {
            let _ = (&mut member.keeper).await;
        }
    }
}

impl Kept {
    fn wish(&self, wish: Shutdown) {
        self.wishes.send_if_modified(|current| {
            let more = wish > *current;
            *current = wish.max(*current);
            more
        });
    }
}

#[cfg(test)]
mod tests;
