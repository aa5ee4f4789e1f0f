//! What follows from each command. One file per command: the listing of this folder is the feature list.
//!
//! A handler reads the state and changes it only by emitting events. It refuses to trust what a node says
//! beyond the lease that the node holds.

mod cancel_job;
mod clear_node;
mod connect_node;
mod crash;
mod disconnect_node;
mod dispatch;
mod drain_node;
mod end_job;
mod ended;
mod fail_frames;
mod hear_node;
mod lost;
mod pause_job;
mod preflight;
mod progress;
mod proven;
mod publish;
mod published;
mod quarantine;
mod release;
mod report;
mod resume_job;
mod retry_job;
mod share;
mod start_leader;
mod submit_job;
mod tick;
mod trial;

use crate::command::Command;
use crate::effect::Reply;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(crate) use dispatch::dispatch;
pub(crate) use preflight::is_wanted as is_look_wanted;
pub(crate) use progress::shortened;
pub(crate) use tick::pass_time;

/// Sends a command to its handler.
pub(crate) fn decide(turn: &mut Turn<'_>, command: Command) -> Result<Reply, Rejection> {
    match command {
        Command::StartLeader => start_leader::start_leader(turn),
        Command::SubmitJob { id, spec } => return submit_job::submit_job(turn, id, spec),
        Command::CancelJob { job, reason } => cancel_job::cancel_job(turn, job, reason)?,
        Command::PauseJob { job } => pause_job::pause_job(turn, job)?,
        Command::ResumeJob { job } => resume_job::resume_job(turn, job)?,
        Command::RetryJob { job, frames } => return retry_job::retry_job(turn, job, frames.as_ref()),
        Command::ConnectNode { node, session, capabilities, held } => {
            connect_node::connect_node(turn, &node, session, capabilities, &held);
        }
        Command::DisconnectNode { node, session, goodbye } => {
            disconnect_node::disconnect_node(turn, &node, session, goodbye)?;
        }
        Command::HearNode { node, session, holding } => {
            hear_node::hear_node(turn, &node, session, holding.as_ref())?;
        }
        Command::DrainNode { node } => drain_node::drain_node(turn, &node, true)?,
        Command::UndrainNode { node } => drain_node::drain_node(turn, &node, false)?,
        Command::ClearNode { node, renderer } => clear_node::clear_node(turn, &node, renderer.as_deref())?,
        Command::Report { node, report } => report::report(turn, &node, report)?,
        Command::Tick => pass_time(turn),
    }
    Ok(Reply::Done)
}
