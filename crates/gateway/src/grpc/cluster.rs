//! The operators' door: the cluster, its nodes, its events.

use std::pin::Pin;

use callsheet_leader::{Leader, SchedulerCommand, Wanted, next_signal};
use callsheet_model::signal::Signal;
use callsheet_model::{Envelope, JobState, NodeName};
use callsheet_protocol::{FieldError, node_from_wire, v1};
use callsheet_scheduler::Rejection;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::job_streams::leaving;
use super::{refused, unreadable, views};
use crate::event_json;

/// Events of a stream that wait for a slow client.
const READY: usize = 64;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The service.
#[derive(Clone)]
pub(crate) struct Cluster {
    leader: Leader,
    leave: CancellationToken,
}

impl Cluster {
    pub(crate) fn new(leader: Leader, leave: CancellationToken) -> Self {
        Self { leader, leave }
    }

    async fn change(
        &self,
        node: NodeName,
        command: SchedulerCommand,
    ) -> Result<Response<v1::NodeView>, Status> {
        self.leader.command(command).await.map_err(refused)?;
        let leader = self.leader.clone();
        let wanted = node.clone();
        let look = move |scheduler: &callsheet_leader::Scheduler| {
            let view = scheduler.node(&wanted)?;
            Some(leader.latest(|latest| views::node(scheduler, latest, &view)))
        };
        let view = self.leader.read(look).await.map_err(refused)?;
        view.map(Response::new).ok_or_else(|| refused(Rejection::UnknownNode { node }.into()))
    }
}

#[tonic::async_trait]
impl v1::cluster_server::Cluster for Cluster {
    type EventsStream = Answers<v1::EventMessage>;

    async fn status(&self, _: Request<v1::StatusRequest>) -> Result<Response<v1::StatusResponse>, Status> {
        let config = self.leader.config();
        let (name, started) = (config.name.clone(), self.leader.started_at());
        let look = move |scheduler: &callsheet_leader::Scheduler| {
            let counts = scheduler.job_counts();
            let count = |state| counts.get(&state).copied().unwrap_or(0);
            let nodes = scheduler.nodes();
            let online = || nodes.iter().filter(|node| node.offline.is_none());
            v1::StatusResponse {
                cluster: name,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                epoch: scheduler.epoch(),
                started_at_ms: started.0,
                sequence: scheduler.sequence(),
                jobs_queued: count(JobState::Queued),
                jobs_running: count(JobState::Running),
                jobs_paused: count(JobState::Paused),
                jobs_over: count(JobState::Succeeded) + count(JobState::Failed) + count(JobState::Cancelled),
                nodes_online: online().count() as u64,
                nodes_known: nodes.len() as u64,
                slots: online().map(|node| u64::from(node.capabilities.slots)).sum(),
                leases: nodes.iter().map(|node| node.leases.len() as u64).sum(),
            }
        };
        Ok(Response::new(self.leader.read(look).await.map_err(refused)?))
    }

    async fn list_nodes(
        &self,
        _: Request<v1::ListNodesRequest>,
    ) -> Result<Response<v1::ListNodesResponse>, Status> {
        let leader = self.leader.clone();
        let look = move |scheduler: &callsheet_leader::Scheduler| {
            let nodes = scheduler.nodes();
            leader.latest(|latest| nodes.iter().map(|view| views::node(scheduler, latest, view)).collect())
        };
        Ok(Response::new(v1::ListNodesResponse { nodes: self.leader.read(look).await.map_err(refused)? }))
    }

    async fn drain(&self, request: Request<v1::DrainRequest>) -> Result<Response<v1::NodeView>, Status> {
        let node = node_from_wire("node", &request.into_inner().node).map_err(unreadable)?;
        self.change(node.clone(), SchedulerCommand::DrainNode { node }).await
    }

    async fn undrain(&self, request: Request<v1::UndrainRequest>) -> Result<Response<v1::NodeView>, Status> {
        let node = node_from_wire("node", &request.into_inner().node).map_err(unreadable)?;
        self.change(node.clone(), SchedulerCommand::UndrainNode { node }).await
    }

    async fn clear_node(
        &self,
        request: Request<v1::ClearNodeRequest>,
    ) -> Result<Response<v1::NodeView>, Status> {
        let v1::ClearNodeRequest { node, renderer } = request.into_inner();
        let node = node_from_wire("node", &node).map_err(unreadable)?;
        let renderer = (!renderer.is_empty()).then_some(renderer);
        self.change(node.clone(), SchedulerCommand::ClearNode { node, renderer }).await
    }

    async fn events(
        &self,
        request: Request<v1::EventsRequest>,
    ) -> Result<Response<Self::EventsStream>, Status> {
        let v1::EventsRequest { after, follow, types, job, signals } = request.into_inner();
        let job = match job.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|error| unreadable(FieldError::new("job", error)))?),
        };
        let (to, answers) = mpsc::channel(READY);
        let this = self.clone();
        let wanted = Wanted { after, follow, types, job };
        tokio::spawn(async move { this.tell(wanted, signals, to).await });
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }
}

impl Cluster {
    async fn tell(
        &self,
        wanted: Wanted,
        with_signals: bool,
        to: mpsc::Sender<Result<v1::EventMessage, Status>>,
    ) {
        let mut signals = self.leader.signals();
        let job = wanted.job;
        let mut events = self.leader.follow(wanted);
        let leave = self.leave.clone();
        loop {
            tokio::select! {
                page = events.recv() => match page {
                    None => return,
                    Some(Err(error)) => {
                        let _ = to.send(Err(refused(error))).await;
                        return;
                    }
                    Some(Ok(page)) => for envelope in page {
                        if to.send(Ok(self.stored(&envelope))).await.is_err() {
                            return;
                        }
                    }
                },
                signal = next_signal(&mut signals), if with_signals => {
                    let Some(signal) = signal else { return };
                    if job.is_some_and(|job| job_of(&signal) != Some(job)) {
                        continue;
                    }
                    if to.send(Ok(passing(&signal))).await.is_err() {
                        return;
                    }
                }
                () = to.closed() => return,
                () = leave.cancelled() => {
                    let _ = to.send(Err(leaving())).await;
                    return;
                }
            }
        }
    }

    fn stored(&self, envelope: &Envelope) -> v1::EventMessage {
        let log = |crash: &callsheet_model::Crash| self.leader.log_url(crash);
        let event = v1::StoredEvent {
            sequence: envelope.sequence,
            at_ms: envelope.at.0,
            r#type: envelope.event.kind().to_owned(),
            payload_json: event_json::payload(envelope, log).to_string(),
        };
        v1::EventMessage { body: Some(v1::event_message::Body::Event(event)) }
    }
}

fn job_of(signal: &Signal) -> Option<callsheet_model::JobId> {
    match signal {
        Signal::Heartbeat(beat) => beat.current.as_ref().map(|current| current.job),
        Signal::Progress(progress) => Some(progress.job),
        Signal::Log(chunk) => Some(chunk.job),
        Signal::Cache(_) => None,
    }
}

fn passing(signal: &Signal) -> v1::EventMessage {
    use v1::signal::Body;
    let body = match signal {
        Signal::Heartbeat(beat) => {
            Body::Heartbeat(v1::NodeHeartbeat { node: beat.node.to_string(), heartbeat: Some(beat.into()) })
        }
        Signal::Progress(progress) => Body::Progress(progress.into()),
        Signal::Log(chunk) => Body::Log(chunk.into()),
        Signal::Cache(update) => Body::Cache(update.into()),
    };
    v1::EventMessage { body: Some(v1::event_message::Body::Signal(v1::Signal { body: Some(body) })) }
}
