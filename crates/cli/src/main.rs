//! The `callsheet` binary: wiring, and words for people.
//!
//! ```text
//!   args ─► commands/*  ─┬─► client ─► a leader somewhere        asks, and shows the answer
//!                        ├─► leader, node                        serve until they are told to leave
//!                        └─► family ─► processes of this machine  `up` and `demo`
//! ```
//!
//! It refuses to decide anything about jobs, frames or nodes.

mod args;
mod client;
mod commands;
mod demonstration;
mod exit;
mod family;
mod files;
mod leaving;
mod output;
mod patience;
mod watch;

use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use args::{Cli, Command};
use commands::{
    ae, alerts, approvals, change, config, demo, drain, events, frames, job, jobs, journal, leader, logs,
    node, nodes, pauses, simulate, status, submit, timeline, up, webhooks, workers,
};
use exit::Exit;

/// The subcommand that guards a renderer's process. Its arguments are another program's and not clap's.
const GUARD: &str = "guard";

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    if let [_, command, rest @ ..] = args.as_slice()
        && command == GUARD
    {
        return callsheet_node::guard::main(rest);
    }
    match Cli::parse_from(args).command {
        Command::Render(args) => callsheet_renderers::child_main(&args.kind, &args.assignment),
        command => run(command).unwrap_or_else(|error| exit::report(&error)).into(),
    }
}

fn run(command: Command) -> Result<Exit> {
    match command {
        Command::Demo(args) => wait_for(demo::run(args)),
        Command::Up(args) => wait_for(up::run(args)),
        Command::Leader(args) => wait_for(leader::run(args)),
        Command::Node(args) => wait_for(node::run(args)),
        Command::Submit(args) => wait_for(submit::run(args)),
        Command::Jobs(args) => wait_for(jobs::run(args)),
        Command::Job(args) => wait_for(job::run(args)),
        Command::Frames(args) => wait_for(frames::run(args)),
        Command::Timeline(args) => wait_for(timeline::run(args)),
        Command::Logs(args) => wait_for(logs::run(args)),
        Command::Cancel(args) => wait_for(change::cancel(args)),
        Command::Retry(args) => wait_for(change::retry(args)),
        Command::Pause(args) => wait_for(change::pause(args)),
        Command::Prioritise(args) => wait_for(change::prioritise(args)),
        Command::Resume(args) => wait_for(change::resume(args)),
        Command::Approve(args) => wait_for(approvals::approve(args)),
        Command::Deny(args) => wait_for(approvals::deny(args)),
        Command::Status(args) => wait_for(status::run(args)),
        Command::Nodes(args) => wait_for(nodes::run(args)),
        Command::Drain(args) => wait_for(drain::drain(args)),
        Command::Undrain(args) => wait_for(drain::undrain(args)),
        Command::Pauses(args) => wait_for(pauses::run(args)),
        Command::Workers(args) => wait_for(workers::run(args)),
        Command::Events(args) => wait_for(events::run(args)),
        Command::Alerts(args) => wait_for(alerts::run(args)),
        Command::Webhooks(args) => wait_for(webhooks::run(args)),
        Command::Ae(args) => ae::run(args),
        Command::Config(args) => config::run(args),
        Command::Journal(args) => journal::run(args),
        Command::Simulate(args) => wait_for(simulate::run(args)),
        // It has no runtime, and its exit code is its own.
        Command::Render(_) => Ok(Exit::Broken),
    }
}

fn wait_for(work: impl Future<Output = Result<Exit>>) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("starting the runtime")?.block_on(work)
}
