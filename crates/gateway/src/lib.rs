//! Every door into the leader. Only this crate knows the server's side of gRPC and HTTP: it turns messages into
//! calls on [`Leader`], and answers into messages. It decides nothing.
//!
//! ```text
//!                  ┌─ content type application/grpc* ─► grpc/   ┐
//!   port ─ TLS ────┤                                            ├─► Leader
//!                  └─ everything else ───────────────► http/    ┘
//! ```
//!
//! With `leader.http.listen` the two have a port each.

mod auth;
mod grpc;
mod http;
mod output;
mod readers;
mod serve;
mod tls;

use std::net::SocketAddr;

use callsheet_leader::Leader;
use callsheet_model::limits::MAX_MESSAGE_BYTES;
use callsheet_protocol::{DESCRIPTORS, v1};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;

pub use auth::{SecretError, bearer, read_secret};
pub use serve::listen::{Listener, Socket};

use serve::crowd;

/// Why the doors could not be opened, or closed for another reason than being told to.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The address cannot be bound.
    #[error("{key}: {address} cannot be bound: {source}")]
    Bind {
        /// The config's key.
        key: &'static str,
        /// Which address.
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
    /// An origin of the config is none.
    #[error("leader.http.cors: {0:?} is no origin such as https://studio.example, nor \"*\"")]
    Origin(String),
    /// There are no threads to be had.
    #[error("the system gives the doors no threads: {0}")]
    Threads(#[source] std::io::Error),
    /// The server failed.
    #[error("the doors failed: {0}")]
    Serving(#[from] std::io::Error),
    /// The service description is not what the reflection service can read.
    #[error("the reflection service failed: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// The doors, bound and not yet serving.
pub struct Doors<L = TcpListener> {
    listener: L,
    http: Option<L>,
    leader: Leader,
    crowd: crowd::Threads,
}

impl Doors {
    /// Binds the addresses of the leader's config. Port 0 takes any free one.
    ///
    /// # Errors
    /// `Bind`.
    pub async fn bind(leader: Leader) -> Result<Self, DoorError> {
        let config = &leader.config().leader;
        let listener = bind("leader.listen", config.listen).await?;
        let http = match config.http.listen {
            Some(address) => Some(bind("leader.http.listen", address).await?),
            None => None,
        };
        Ok(Self { listener, http, leader, crowd: crowd::Threads::Own })
    }

    /// Where clients can dial gRPC, and HTTP too unless it has a port of its own.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Where clients can dial HTTP.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http.as_ref().unwrap_or(&self.listener).local_addr().ok()
    }
}

impl<L: Listener> Doors<L> {
    /// One door for everything, over a listener that is there already; all of it is served on the runtime that it
    /// is served from.
    #[must_use]
    pub fn over(leader: Leader, listener: L) -> Self {
        Self { listener, http: None, leader, crowd: crowd::Threads::Here }
    }

    /// Serves until told to leave; streams are ended with a word, and calls under way are finished.
    ///
    /// # Errors
    /// `DoorError`.
    pub async fn serve(self, leave: CancellationToken) -> Result<(), DoorError> {
        let config = &self.leader.config().leader;
        let guards = auth::Guards::of(config)?;
        let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
        let readers = readers::Readers::new(config.http.readers);
        let grpc = grpc_router(&self.leader, &guards, &leave, &readers).await?;
        let crowd = crowd::Crowd::of(self.crowd).map_err(DoorError::Threads)?;
        let sockets = TaskTracker::new();
        let http = http::router(&self.leader, guards, &leave, readers, &sockets)?;
        match self.http {
            None => serve::serve(self.listener, tls, serve::Both { grpc, http }, &crowd, leave).await?,
            Some(own) => {
                let grpc = serve::serve(self.listener, tls.clone(), grpc, &crowd, leave.clone());
                tokio::try_join!(grpc, serve::serve(own, tls, http, &crowd, leave))?;
            }
        }
        // A WebSocket is no request any more, and says its last word for itself.
        sockets.close();
        sockets.wait().await;
        Ok(())
    }
}

/// The description of the HTTP doors, OpenAPI 3.1 in JSON, as `/openapi.json` serves it.
#[must_use]
pub fn openapi() -> String {
    http::openapi()
}

async fn bind(key: &'static str, address: SocketAddr) -> Result<TcpListener, DoorError> {
    TcpListener::bind(address).await.map_err(|source| DoorError::Bind { key, address, source })
}

async fn grpc_router(
    leader: &Leader,
    guards: &auth::Guards,
    leave: &CancellationToken,
    readers: &readers::Readers,
) -> Result<axum::Router, DoorError> {
    let (health_reporter, health) = tonic_health::server::health_reporter();
    health_reporter.set_serving::<v1::jobs_server::JobsServer<grpc::Jobs>>().await;
    health_reporter.set_serving::<v1::nodes_server::NodesServer<grpc::Nodes>>().await;
    health_reporter.set_serving::<v1::cluster_server::ClusterServer<grpc::Cluster>>().await;
    let reflection =
        tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(DESCRIPTORS);

    let jobs = grpc::Jobs::new(leader.clone(), leave.clone(), readers.clone());
    let jobs = v1::jobs_server::JobsServer::new(jobs).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let nodes = v1::nodes_server::NodesServer::new(grpc::Nodes::new(leader.clone(), leave.clone()))
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let cluster = grpc::Cluster::new(leader.clone(), leave.clone(), readers.clone());
    let cluster =
        v1::cluster_server::ClusterServer::new(cluster).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let routes = Routes::new(health)
        .add_service(InterceptedService::new(reflection.build_v1()?, guards.client.clone()))
        .add_service(InterceptedService::new(jobs, guards.client.clone()))
        .add_service(InterceptedService::new(cluster, guards.client.clone()))
        .add_service(InterceptedService::new(nodes, guards.node.clone()));
    Ok(routes.prepare().into_axum_router())
}
