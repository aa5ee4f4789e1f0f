//! Pauses of the cluster, a pool or a queue.

use callsheet_leader::SchedulerCommand;
use callsheet_model::{Author, Pause};
use callsheet_protocol::{pause_from_wire, pause_key_from_wire, v1};
use tonic::Status;

use super::cluster::Cluster;
use super::{refused, unreadable};

impl Cluster {
    /// Sets a pause, and tells all that are in force then.
    pub(super) async fn pause(
        &self,
        author: Author,
        request: &v1::SetPauseRequest,
    ) -> Result<v1::ListPausesResponse, Status> {
        let wanted = pause_from_wire(request).map_err(unreadable)?;
        let until = wanted.lasts.map(|lasts| self.leader.now().plus(lasts));
        let pause = Pause { key: wanted.key, reason: wanted.reason, until, running: wanted.running };
        self.leader.command_as(author, SchedulerCommand::SetPause { pause }).await.map_err(refused)?;
        self.pauses().await
    }

    /// Lifts a pause, and tells all that are in force then.
    pub(super) async fn lift(
        &self,
        author: Author,
        request: &v1::LiftPauseRequest,
    ) -> Result<v1::ListPausesResponse, Status> {
        let key = pause_key_from_wire(request).map_err(unreadable)?;
        self.leader.command_as(author, SchedulerCommand::LiftPause { key }).await.map_err(refused)?;
        self.pauses().await
    }

    /// All pauses in force.
    pub(super) async fn pauses(&self) -> Result<v1::ListPausesResponse, Status> {
        let look = |scheduler: &callsheet_leader::Scheduler| {
            scheduler.pauses().iter().map(v1::PauseView::from).collect()
        };
        Ok(v1::ListPausesResponse { pauses: self.leader.read(look).await.map_err(refused)? })
    }
}
