//! A leader begins to serve. Its tokens are higher than all before, every node counts as just heard, and what
//! the last leader was in the middle of writing when it died is brought to its end.

use callsheet_model::{Event, NodeName, OfflineReason, ReleaseReason, StepIndex, Token};

use super::{approval, end_job, note_troupe, progress, release, set_pause, workflow};
use crate::turn::Turn;

pub(super) fn start_leader(turn: &mut Turn<'_>) {
    let epoch = turn.state().epoch().max(turn.state().last_token().epoch()).saturating_add(1);
    turn.emit(Event::LeaderStarted { epoch });
    turn.begin_presence();
    turn.stir_all();
    mend(turn);
    end_job::doubt_sweeps(turn);
}

/// A journal that ends in mid-batch has events without their consequences.
fn mend(turn: &mut Turn<'_>) {
    let state = turn.state();
    let orphaned: Vec<(Token, ReleaseReason)> = state
        .leases()
        .iter()
        .filter_map(|(token, record)| {
            let node_lost = state.node(&record.lease.node).is_none_or(|node| node.offline.is_some());
            let job_over = state.job(record.lease.job).is_none_or(|job| job.end.is_some());
            match (node_lost, job_over) {
                (true, _) => Some((*token, ReleaseReason::NodeLost)),
                (_, true) => Some((*token, ReleaseReason::Revoked)),
                _ => None,
            }
        })
        .collect();
    for (token, reason) in orphaned {
        release::release(turn, token, reason);
    }
    let open: Vec<_> = turn.state().open_jobs().map(|record| (record.job.id, record.steps.len())).collect();
    for (job, steps) in open {
        if turn.state().job(job).is_some_and(|record| record.is_awaiting() && record.release.is_none()) {
            approval::request(turn, job);
        }
        workflow::started(turn, job);
        for step in 0..steps {
            progress::progress(turn, job, StepIndex(step as u16));
        }
    }
    let gone = turn.state().nodes().iter().filter(|(_, node)| node.offline.is_some());
    let gone: Vec<(NodeName, bool)> =
        gone.map(|(name, node)| (name.clone(), node.offline != Some(OfflineReason::HeartbeatLost))).collect();
    gone.iter().for_each(|(node, in_peace)| note_troupe::dismiss(turn, node, *in_peace));
    set_pause::call_back_again(turn);
}
