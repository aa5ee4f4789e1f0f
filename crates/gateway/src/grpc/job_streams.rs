//! What is told of a job as it goes on: its changes, and its attempts' output.

use std::time::Duration;

use callsheet_events::Filter;
use callsheet_leader::Wanted;
use callsheet_model::{JobId, JobState};
use callsheet_protocol::v1;
use tokio::sync::mpsc;
use tonic::Status;

use super::jobs::Jobs;
use super::{refused, views};
use crate::output::Output;

/// A watched job is told at most this often; its end is told at once.
const WATCH_PACE: Duration = Duration::from_millis(100);

impl Jobs {
    /// Tells the job as it is, and again after changes, until it is over.
    pub(super) async fn tell_changes(
        &self,
        id: JobId,
        first: v1::JobView,
        to: mpsc::Sender<Result<v1::JobView, Status>>,
    ) {
        let wanted = Wanted { after: Some(first.sequence), follow: true, filter: of_job(id, &[]) };
        let mut changes = self.leader.follow(wanted);
        let leave = self.leave.clone();
        let mut view = first;
        loop {
            let over = views::job_state_from_wire(view.state()).is_none_or(JobState::is_final);
            if to.send(Ok(view)).await.is_err() || over {
                return;
            }
            // The pace is for the client's sake; changes in between are in the next view.
            tokio::select! {
                () = tokio::time::sleep(WATCH_PACE) => {}
                () = leave.cancelled() => return end_with_a_word(&to).await,
            }
            tokio::select! {
                change = changes.recv() => if !matches!(change, Some(Ok(_))) { return end_with_a_word(&to).await },
                () = to.closed() => return,
                () = leave.cancelled() => return end_with_a_word(&to).await,
            }
            while let Ok(Ok(_)) = changes.try_recv() {}
            view = match self.view(id).await {
                Ok(view) => view,
                Err(status) => {
                    let _ = to.send(Err(status)).await;
                    return;
                }
            };
        }
    }

    /// Events of a job, of these types, as far back as they are kept.
    pub(super) fn kept(&self, id: JobId, types: &[&str]) -> Wanted {
        let (oldest, _) = self.leader.range();
        Wanted { after: Some(oldest.saturating_sub(1)), follow: false, filter: of_job(id, types) }
    }

    /// Tells output of attempts, piece by piece.
    pub(super) async fn tell_logs(
        &self,
        mut output: Output,
        to: &mpsc::Sender<Result<v1::LogChunk, Status>>,
    ) -> Result<(), Status> {
        let leave = self.leave.clone();
        loop {
            let piece = tokio::select! {
                piece = output.next() => piece.map_err(refused)?,
                () = to.closed() => return Ok(()),
                () = leave.cancelled() => return Err(leaving()),
            };
            let Some(piece) = piece else { return Ok(()) };
            if to.send(Ok(piece)).await.is_err() {
                return Ok(());
            }
        }
    }
}

fn of_job(id: JobId, types: &[&str]) -> Filter {
    let types = types.iter().map(|&kind| kind.to_owned()).collect();
    Filter { job: Some(id.0), types, ..Filter::default() }
}

/// What a stream ends with when the leader leaves.
pub(crate) fn leaving() -> Status {
    Status::unavailable("the leader is leaving: ask again in a moment")
}

async fn end_with_a_word<T>(to: &mpsc::Sender<Result<T, Status>>) {
    let _ = to.send(Err(leaving())).await;
}
