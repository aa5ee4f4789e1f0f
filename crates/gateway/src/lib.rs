//! Every door into the leader. Only this crate knows gRPC's server side: it turns messages into calls on
//! [`Leader`], and answers into messages. It decides nothing.

mod auth;
mod event_json;
mod grpc;
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use callsheet_leader::Leader;
use callsheet_model::limits::MAX_MESSAGE_BYTES;
use callsheet_protocol::{DESCRIPTORS, v1};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;

pub use auth::{SecretError, bearer, read_secret};
pub use event_json::payload;

/// An unanswered ping of the connection ends it after this long; sessions of nodes are watched more closely.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection without traffic is pinged this often.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Why the doors could not be opened, or closed for another reason than being told to.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The address cannot be bound.
    #[error("leader.listen: {address} cannot be bound: {source}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// TLS cannot be set up.
    #[error("leader.tls: {0}")]
    Tls(String),
    /// The server failed.
    #[error("the doors failed: {0}")]
    Serving(#[from] tonic::transport::Error),
    /// The service description is not what the reflection service can read.
    #[error("the reflection service failed: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// The doors, bound and not yet serving.
pub struct Doors {
    listener: TcpListener,
    leader: Leader,
}

impl Doors {
    /// Binds the address of the leader's config. Port 0 takes any free one.
    ///
    /// # Errors
    /// `Bind`.
    pub async fn bind(leader: Leader) -> Result<Self, DoorError> {
        let address = leader.config().leader.listen;
        let bound = TcpListener::bind(address).await;
        let listener = bound.map_err(|source| DoorError::Bind { address, source })?;
        Ok(Self { listener, leader })
    }

    /// Where clients can dial.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Serves until told to leave; streams are ended with a word, and calls under way are finished.
    ///
    /// # Errors
    /// `DoorError`.
    pub async fn serve(self, leave: CancellationToken) -> Result<(), DoorError> {
        let config = &self.leader.config().leader;
        let guards = auth::Guards::of(config)?;
        let (health_reporter, health) = tonic_health::server::health_reporter();
        health_reporter.set_serving::<v1::jobs_server::JobsServer<grpc::Jobs>>().await;
        health_reporter.set_serving::<v1::nodes_server::NodesServer<grpc::Nodes>>().await;
        health_reporter.set_serving::<v1::cluster_server::ClusterServer<grpc::Cluster>>().await;
        let reflection =
            tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(DESCRIPTORS);

        let jobs = v1::jobs_server::JobsServer::new(grpc::Jobs::new(self.leader.clone(), leave.clone()))
            .max_decoding_message_size(MAX_MESSAGE_BYTES);
        let nodes = v1::nodes_server::NodesServer::new(grpc::Nodes::new(self.leader.clone(), leave.clone()))
            .max_decoding_message_size(MAX_MESSAGE_BYTES);
        let cluster =
            v1::cluster_server::ClusterServer::new(grpc::Cluster::new(self.leader.clone(), leave.clone()))
                .max_decoding_message_size(MAX_MESSAGE_BYTES);

        let mut server = Server::builder()
            .tcp_nodelay(true)
            .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
            // Only the handshake and the headers: streams live as long as they like.
            .http2_adaptive_window(Some(false));
        if let Some(tls) = &config.tls {
            server = server.tls_config(tls::server(tls)?)?;
        }
        server
            .add_service(health)
            .add_service(InterceptedService::new(reflection.build_v1()?, guards.client.clone()))
            .add_service(InterceptedService::new(jobs, guards.client.clone()))
            .add_service(InterceptedService::new(cluster, guards.client))
            .add_service(InterceptedService::new(nodes, guards.node))
            .serve_with_incoming_shutdown(TcpListenerStream::new(self.listener), leave.cancelled_owned())
            .await?;
        Ok(())
    }
}
