//! The operators' door: the cluster, its nodes, its events, its pauses, its workers. What is behind each call
//! stands in a file of its own.

use std::pin::Pin;

use callsheet_leader::{Leader, Scheduler, SchedulerCommand};
use callsheet_model::{Author, NodeName};
use callsheet_protocol::text::Rule;
use callsheet_protocol::{node_from_wire, v1};
use callsheet_scheduler::Rejection;
use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::caller::author;
use super::{refused, unreadable, views};
use crate::readers::Readers;
use crate::serve::crowd::joined;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
type Answer<T> = Result<Response<T>, Status>;

/// The service.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(super) leader: Leader,
    pub(super) leave: CancellationToken,
    pub(super) readers: Readers,
}

impl Cluster {
    pub(crate) fn new(leader: Leader, leave: CancellationToken, readers: Readers) -> Self {
        Self { leader, leave, readers }
    }

    /// Gives a command about one node, and answers with the node.
    async fn change(
        &self,
        author: Author,
        node: NodeName,
        command: SchedulerCommand,
    ) -> Answer<v1::NodeView> {
        self.leader.command_as(author, command).await.map_err(refused)?;
        let leader = self.leader.clone();
        let wanted = node.clone();
        let look = move |scheduler: &Scheduler| {
            let view = scheduler.node(&wanted)?;
            Some(leader.latest(|latest| views::node(scheduler, latest, &view)))
        };
        let view = self.leader.read(look).await.map_err(refused)?;
        view.map(Response::new).ok_or_else(|| refused(Rejection::UnknownNode { node }.into()))
    }

    async fn stands(&self) -> Result<v1::StatusResponse, Status> {
        let (name, started) = (self.leader.config().name.clone(), self.leader.started_at());
        let (oldest, _) = self.leader.range();
        let look = move |scheduler: &Scheduler| views::status(scheduler, name, started, oldest);
        self.leader.read(look).await.map_err(refused)
    }

    async fn nodes(&self) -> Result<Vec<v1::NodeView>, Status> {
        let leader = self.leader.clone();
        let look = move |scheduler: &Scheduler| {
            let nodes = scheduler.nodes();
            leader.latest(|latest| nodes.iter().map(|view| views::node(scheduler, latest, view)).collect())
        };
        self.leader.read(look).await.map_err(refused)
    }
}

#[tonic::async_trait]
impl v1::cluster_server::Cluster for Cluster {
    type EventsStream = Answers<v1::EventMessage>;

    async fn status(&self, _: Request<v1::StatusRequest>) -> Answer<v1::StatusResponse> {
        self.stands().await.map(Response::new)
    }

    async fn list_nodes(&self, _: Request<v1::ListNodesRequest>) -> Answer<v1::ListNodesResponse> {
        Ok(Response::new(v1::ListNodesResponse { nodes: self.nodes().await? }))
    }

    async fn drain(&self, request: Request<v1::DrainRequest>) -> Answer<v1::NodeView> {
        let author = author(request.metadata())?;
        let node = node_from_wire("node", &request.into_inner().node).map_err(unreadable)?;
        self.change(author, node.clone(), SchedulerCommand::DrainNode { node }).await
    }

    async fn undrain(&self, request: Request<v1::UndrainRequest>) -> Answer<v1::NodeView> {
        let author = author(request.metadata())?;
        let node = node_from_wire("node", &request.into_inner().node).map_err(unreadable)?;
        self.change(author, node.clone(), SchedulerCommand::UndrainNode { node }).await
    }

    async fn clear_node(&self, request: Request<v1::ClearNodeRequest>) -> Answer<v1::NodeView> {
        let author = author(request.metadata())?;
        let v1::ClearNodeRequest { node, renderer } = request.into_inner();
        let node = node_from_wire("node", &node).map_err(unreadable)?;
        let renderer = (!renderer.is_empty()).then_some(renderer);
        let named = renderer.as_deref().map(|name| Rule::Name.check("renderer", name)).transpose();
        named.map_err(unreadable)?;
        self.change(author, node.clone(), SchedulerCommand::ClearNode { node, renderer }).await
    }

    async fn events(&self, request: Request<v1::EventsRequest>) -> Answer<Self::EventsStream> {
        joined(request.extensions()).await;
        let stream = self.stream(request.into_inner()).await?;
        Ok(Response::new(Box::pin(stream)))
    }

    async fn ingest(&self, request: Request<v1::IngestRequest>) -> Answer<v1::IngestResponse> {
        joined(request.extensions()).await;
        self.take_in(&request.into_inner().body).await.map(Response::new)
    }

    async fn set_pause(&self, request: Request<v1::SetPauseRequest>) -> Answer<v1::ListPausesResponse> {
        let author = author(request.metadata())?;
        self.pause(author, &request.into_inner()).await.map(Response::new)
    }

    async fn lift_pause(&self, request: Request<v1::LiftPauseRequest>) -> Answer<v1::ListPausesResponse> {
        let author = author(request.metadata())?;
        self.lift(author, &request.into_inner()).await.map(Response::new)
    }

    async fn list_pauses(&self, _: Request<v1::ListPausesRequest>) -> Answer<v1::ListPausesResponse> {
        self.pauses().await.map(Response::new)
    }

    async fn list_approvals(
        &self,
        _: Request<v1::ListApprovalsRequest>,
    ) -> Answer<v1::ListApprovalsResponse> {
        self.approvals().await.map(Response::new)
    }

    async fn workers(&self, _: Request<v1::WorkersRequest>) -> Answer<v1::WorkersResponse> {
        self.office().await.map(Response::new)
    }

    async fn beat(&self, request: Request<v1::WorkerBeat>) -> Answer<v1::BeatResponse> {
        self.hear_worker(&request.into_inner()).map(Response::new)
    }

    async fn list_alerts(&self, _: Request<v1::ListAlertsRequest>) -> Answer<v1::ListAlertsResponse> {
        self.alerts().await.map(Response::new)
    }

    async fn list_targets(&self, _: Request<v1::ListTargetsRequest>) -> Answer<v1::ListTargetsResponse> {
        Ok(Response::new(self.targets()))
    }

    async fn list_undelivered(
        &self,
        request: Request<v1::ListUndeliveredRequest>,
    ) -> Answer<v1::ListUndeliveredResponse> {
        self.undelivered(request.into_inner()).await.map(Response::new)
    }

    async fn redeliver(&self, request: Request<v1::RedeliverRequest>) -> Answer<v1::RedeliverResponse> {
        self.deliver_again(request.into_inner()).await.map(Response::new)
    }
}
