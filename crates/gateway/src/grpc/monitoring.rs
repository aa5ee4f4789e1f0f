//! What waits for a person, who gives signs of life, and what people are to be told.

use callsheet_leader::Scheduler;
use callsheet_model::signal::Signal;
use callsheet_protocol::{approval_to_wire, v1, worker_from_wire};
use tonic::Status;

use super::cluster::Cluster;
use super::{refused, unreadable};

impl Cluster {
    /// Jobs that wait for a person's release.
    pub(super) async fn approvals(&self) -> Result<v1::ListApprovalsResponse, Status> {
        let look = |scheduler: &Scheduler| {
            let view = |waiting: &callsheet_leader::view::ApprovalView| v1::ApprovalView {
                approval_id: waiting.approval.to_string(),
                job: waiting.job.to_string(),
                job_name: waiting.name.clone(),
                project: waiting.project.clone(),
                approval: Some(approval_to_wire(&waiting.spec)),
                asked_at_ms: waiting.asked_at.0,
                due_at_ms: waiting.due_at.map(|at| at.0),
                escalated: waiting.escalated,
            };
            scheduler.approvals().iter().map(view).collect()
        };
        Ok(v1::ListApprovalsResponse { approvals: self.leader.read(look).await.map_err(refused)? })
    }

    /// Workers, render nodes and links.
    pub(super) async fn office(&self) -> Result<v1::WorkersResponse, Status> {
        let office = self.leader.office().await;
        let office_json =
            serde_json::to_string(&office).map_err(|error| Status::internal(error.to_string()))?;
        Ok(v1::WorkersResponse { office_json })
    }

    /// Passes a worker's heartbeat on. A worker whose beats cannot be read counts as not alive.
    pub(super) fn hear_worker(&self, beat: &v1::WorkerBeat) -> Result<v1::BeatResponse, Status> {
        match worker_from_wire(beat) {
            Ok(beat) => {
                self.leader.signal(Signal::Worker(beat));
                Ok(v1::BeatResponse {})
            }
            Err(error) => {
                if error.field != "name" {
                    tracing::warn!(worker = beat.name, %error, "a worker's heartbeat cannot be read");
                    self.leader.beat_unreadable(&beat.name);
                }
                Err(unreadable(error))
            }
        }
    }

    /// Alerts that some channel has not taken yet.
    pub(super) async fn alerts(&self) -> Result<v1::ListAlertsResponse, Status> {
        let look = |scheduler: &Scheduler| {
            let view = |pending: &callsheet_leader::view::PendingAlert| v1::AlertView {
                alert_id: pending.alert.id.to_string(),
                worker: pending.alert.worker.clone(),
                what: pending.alert.what.word().to_owned(),
                text: pending.alert.text.clone(),
                raised_at_ms: pending.raised_at.0,
                channel: pending.channel.clone(),
                attempts: pending.attempts,
                sending: pending.sending,
                not_before_ms: pending.not_before.0,
            };
            scheduler.pending_alerts().iter().map(view).collect()
        };
        Ok(v1::ListAlertsResponse { alerts: self.leader.read(look).await.map_err(refused)? })
    }
}
