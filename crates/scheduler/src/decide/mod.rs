//! What follows from each command. One file per command: the listing of this folder is the feature list.
//!
//! A handler reads the state and changes it only by emitting events. It refuses to trust what a node says
//! beyond the lease that the node holds.

mod alert_sending;
mod alert_tried;
mod approval;
mod began;
mod cancel_job;
mod clear_node;
mod connect_node;
mod crash;
mod deny_approval;
mod disconnect_node;
mod dispatch;
mod drain_node;
mod end_job;
mod ended;
mod fail_frames;
mod grant_approval;
mod hear_node;
mod ingest;
mod lift_pause;
mod lost;
mod note_cache;
mod note_troupe;
mod observe_workers;
mod pause_job;
mod preflight;
mod prioritise_job;
mod progress;
mod proven;
mod publish;
mod published;
mod quarantine;
mod release;
mod report;
mod resume_job;
mod retry_job;
mod set_pause;
mod share;
mod start_leader;
mod submit_job;
mod tick;
mod trial;
mod workflow;

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
        Command::PrioritiseJob { job, priority } => prioritise_job::prioritise_job(turn, job, priority)?,
        Command::RetryJob { job, frames } => return retry_job::retry_job(turn, job, frames.as_ref()),
        Command::ConnectNode { node, session, capabilities, arrival, held } => {
            connect_node::connect_node(turn, &node, session, (capabilities, arrival), &held);
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
        Command::Ingest { events } => return Ok(ingest::ingest(turn, events)),
        Command::GrantApproval { job, by, comments } => {
            grant_approval::grant_approval(turn, job, by, comments)?
        }
        Command::DenyApproval { job, by, reason } => deny_approval::deny_approval(turn, job, by, reason)?,
        Command::SetPause { pause } => set_pause::set_pause(turn, pause)?,
        Command::LiftPause { key } => lift_pause::lift_pause(turn, key, false),
        Command::ObserveWorkers { seen, threshold, channels } => {
            observe_workers::observe_workers(turn, &seen, threshold, &channels);
        }
        Command::AlertSending { alert, channel } => alert_sending::alert_sending(turn, alert, channel)?,
        Command::AlertTried { alert, channel, outcome } => {
            alert_tried::alert_tried(turn, alert, channel, outcome)?
        }
        Command::NoteCache { update } => note_cache::note_cache(turn, update)?,
        Command::NoteTroupe { node, session, changes, whole } => {
            note_troupe::note_troupe(turn, &node, session, changes, whole)?;
        }
        Command::Tick => pass_time(turn),
    }
    Ok(Reply::Done)
}
