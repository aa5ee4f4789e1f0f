//! The state as it is, for readers who know nothing yet: what they then follow begins right after it.

use callsheet_events::Filter;
use callsheet_leader::{Leader, Scheduler, view};
use callsheet_model::id::project_uuid;
use callsheet_model::limits::MAX_PAGE;
use callsheet_model::{JobId, JobState};
use callsheet_protocol::v1;
use prost::Message;
use tonic::Status;

use super::cluster::Cluster;
use super::{refused, views};

/// Bytes of one message of it, about.
const PIECE: usize = 1 << 20;
/// Jobs that are over, as far as they are told: the latest ones.
const MOST_OVER: usize = 200;
const OPEN: [JobState; 4] = [JobState::Awaiting, JobState::Queued, JobState::Running, JobState::Paused];
const OVER: [JobState; 3] = [JobState::Succeeded, JobState::Failed, JobState::Cancelled];

impl Cluster {
    /// The state at one moment, in pieces; there is at least one. Of a stream of one job or node, only that one.
    pub(super) async fn snapshot(&self, filter: &Filter) -> Result<Vec<v1::Snapshot>, Status> {
        let (leader, filter) = (self.leader.clone(), filter.clone());
        let look = move |scheduler: &Scheduler| whole(scheduler, &leader, &filter);
        Ok(pieces(self.leader.read(look).await.map_err(refused)?))
    }
}

fn whole(scheduler: &Scheduler, leader: &Leader, filter: &Filter) -> v1::Snapshot {
    let (jobs, more_jobs) = jobs(scheduler, filter);
    let nodes = scheduler.nodes();
    let nodes = nodes.iter().filter(|node| filter.node.is_none_or(|wanted| node.name.uuid() == wanted));
    let nodes = leader.latest(|latest| nodes.map(|node| views::node(scheduler, latest, node)).collect());
    let pauses = scheduler.pauses().iter().map(v1::PauseView::from).collect();
    v1::Snapshot { sequence: scheduler.sequence(), jobs, nodes, pauses, more: false, more_jobs }
}

/// The jobs that a newcomer is told, and whether there are more. The scheduler waits while this looks, so it looks
/// at a bounded number of them.
pub(crate) fn jobs(scheduler: &Scheduler, filter: &Filter) -> (Vec<v1::JobView>, bool) {
    if let Some(id) = filter.job.or(filter.workflow) {
        return (views::whole_job(scheduler, JobId(id)).into_iter().collect(), false);
    }
    let in_states = |states: &[JobState]| view::JobFilter { states: states.to_vec(), ..Default::default() };
    let open = scheduler.jobs(&in_states(&OPEN), None, MAX_PAGE);
    let over = scheduler.jobs_newest_first(&in_states(&OVER), None, MOST_OVER);
    let is_wanted = |job: &&view::JobView| {
        filter.project.is_none_or(|project| project_uuid(&job.job.spec.project) == project)
    };
    let all = open.items.iter().chain(&over.items).filter(is_wanted);
    (all.map(|job| views::job(scheduler, job)).collect(), open.more || over.more)
}

/// Cuts it so that each message fits its way.
fn pieces(whole: v1::Snapshot) -> Vec<v1::Snapshot> {
    let v1::Snapshot { sequence, more_jobs, .. } = whole;
    let empty = v1::Snapshot { sequence, more_jobs, ..Default::default() };
    let mut pieces = vec![v1::Snapshot { pauses: whole.pauses, ..empty.clone() }];
    let mut size = 0;
    let mut put = |bytes: usize, put: &mut dyn FnMut(&mut v1::Snapshot)| {
        if size > 0 && size + bytes > PIECE {
            pieces.push(empty.clone());
            size = 0;
        }
        size += bytes;
        pieces.last_mut().into_iter().for_each(put);
    };
    for node in whole.nodes {
        put(node.encoded_len(), &mut |piece| piece.nodes.push(node.clone()));
    }
    for job in whole.jobs {
        put(job.encoded_len(), &mut |piece| piece.jobs.push(job.clone()));
    }
    let last = pieces.len() - 1;
    pieces[..last].iter_mut().for_each(|piece| piece.more = true);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_state_comes_in_pieces_and_nothing_of_it_is_lost() {
        let job =
            |nth: usize| v1::JobView { id: nth.to_string(), summary: "x".repeat(1000), ..Default::default() };
        let node = v1::NodeView { name: "anna".into(), ..Default::default() };
        let whole = v1::Snapshot {
            sequence: 9,
            jobs: (0..5000).map(job).collect(),
            nodes: vec![node],
            pauses: vec![v1::PauseView::default()],
            more: false,
            more_jobs: true,
        };
        let pieces = pieces(whole.clone());
        assert!(pieces.len() > 4, "{}", pieces.len());
        assert!(pieces.iter().all(|piece| piece.encoded_len() < PIECE + 4096 && piece.sequence == 9));
        assert!(pieces.iter().all(|piece| piece.more_jobs));
        let jobs: Vec<_> = pieces.iter().flat_map(|piece| piece.jobs.clone()).collect();
        assert_eq!(jobs, whole.jobs);
        assert_eq!((pieces[0].nodes.len(), pieces[0].pauses.len()), (1, 1));
        let more: Vec<bool> = pieces.iter().map(|piece| piece.more).collect();
        assert!(more[..more.len() - 1].iter().all(|more| *more) && !more[more.len() - 1]);
        assert_eq!(super::pieces(v1::Snapshot::default()).len(), 1, "an empty state is told, too");
    }
}
