//! The command line. Each subcommand's own arguments stand with the command.

use clap::{Parser, Subcommand};

use crate::commands::{
    ae, alerts, approvals, change, config, demo, drain, events, frames, job, jobs, journal, leader, logs,
    node, nodes, pauses, render, simulate, status, submit, timeline, up, webhooks, workers,
};
use crate::exit;

/// A render cluster: every frame you asked for ends up on disk once, whole and proven.
#[derive(Parser)]
#[command(name = "callsheet", version, after_help = exit::HELP, subcommand_required = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Shows what this is: a cluster on this machine, an animation, a killed node, every frame
    Demo(demo::Args),
    /// Runs a config's leader and all its nodes on this machine, and starts again what dies
    Up(up::Args),
    /// Runs the leader
    Leader(leader::Args),
    /// Runs a node
    Node(node::Args),

    /// Submits a job file
    Submit(submit::Args),
    /// Lists jobs, the newest first
    Jobs(jobs::Args),
    /// Shows a job, and why each frame is where it is
    Job(job::Args),
    /// Shows where a job's frames are, and what failed
    Frames(frames::Args),
    /// Shows what became of each frame job of a job, and when
    Timeline(timeline::Args),
    /// Shows the output of a job's attempts
    Logs(logs::Args),
    /// Ends a job
    Cancel(change::CancelArgs),
    /// Gives a job's dead-lettered frames all their retries again
    Retry(change::RetryArgs),
    /// Hands out nothing more of a job
    Pause(change::JobArgs),
    /// Lets a paused job go on
    Resume(change::JobArgs),
    /// Hands out what waits of a job earlier or later
    Prioritise(change::PrioritiseArgs),
    /// Releases a job that waits for a person; --list shows which do
    Approve(approvals::ApproveArgs),
    /// Refuses to release a job: it fails
    Deny(approvals::DenyArgs),

    /// Shows the cluster in a few lines
    Status(status::Args),
    /// Lists nodes, and what they are doing
    Nodes(nodes::Args),
    /// Gives a node no more work; what it holds is finished
    Drain(drain::Args),
    /// Gives a drained node work again
    Undrain(drain::Args),
    /// Lists, sets and lifts pauses of the cluster, a pool or a queue
    Pauses(pauses::Args),
    /// Lists workers and nodes, whether they are alive, and how the ways between them are
    Workers(workers::Args),
    /// Shows what happened, and what happens; checks the log, and adds to it
    Events(events::Args),
    /// Lists alerts on their way
    Alerts(alerts::Args),
    /// Lists webhooks and brokers that are told of events, and what they did not take
    Webhooks(webhooks::Args),

    /// Looks at what After Effects left
    Ae(ae::Args),
    /// Looks at cluster configs
    Config(config::Args),
    /// Looks at journals that no leader serves from
    Journal(journal::Args),
    /// Simulates whole clusters in which everything goes wrong, and checks what must hold; replays a real one's log
    Simulate(simulate::Args),

    /// A built-in renderer's process
    #[command(hide = true)]
    Render(render::Args),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_that_asks_the_leader_has_json_and_says_what_it_is_for() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{} says nothing", command.get_name());
            let asks = command.get_arguments().any(|argument| argument.get_id() == "leader");
            let json = command.get_arguments().any(|argument| argument.get_id() == "json");
            assert!(!asks || json, "{} has no --json", command.get_name());
        }
    }

    /// What the README says of the command line is whole.
    #[test]
    fn the_readme_has_every_command() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
        let readme = std::fs::read_to_string(path).unwrap();
        let has = |command: &str| ["`", " "].iter().any(|end| readme.contains(&format!("`{command}{end}")));
        for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let name = command.get_name();
            assert!(has(name), "{name}");
            // Without a word a list is shown.
            let inner = command.get_subcommands().map(clap::Command::get_name);
            for inner in inner.filter(|inner| !matches!(*inner, "list" | "help")) {
                assert!(has(&format!("{name} {inner}")), "{name} {inner}");
            }
        }
    }

    #[test]
    fn hidden_commands_stay_hidden() {
        let help = Cli::command().render_long_help().to_string();
        assert!(!help.contains("\n  render") && !help.contains("guard"), "{help}");
        assert!(help.contains("Exit codes:"));
    }
}
