//! The HTTP doors: REST, streams, and what other services' contracts name. One file for each thing that is asked
//! for; what all of them share is here: the state, the guards, the layers, and the description that is served.
//!
//! ```text
//!   request ─► trace ─► panics ─► CORS ─► compression ─► guard (token) ─► handler ─► Leader
//!                                                            └──────────── Problem ◄──┘
//! ```

mod alerts;
mod etag;
mod events;
mod extract;
mod guard;
mod health;
mod internal;
mod jobs;
mod layers;
mod leftover;
mod metrics;
mod nodes;
mod openapi;
mod origin;
mod paging;
pub(crate) mod patience;
mod pauses;
mod problem;
mod status;
mod targets;
mod templates;
mod told;
mod workers;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use callsheet_leader::Leader;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa_axum::router::OpenApiRouter;

use crate::DoorError;
use crate::auth::Guards;
use crate::readers::Readers;

pub(crate) use extract::{Body, Caller, Maybe, Params, PathOf, Whole};
pub(crate) use openapi::openapi;
pub(crate) use problem::{Code, Problem};

/// What every handler is given.
pub(crate) struct Shared {
    /// Whom everything is asked of.
    pub(crate) leader: Leader,
    /// Cancelled when the doors close: streams end with a word.
    pub(crate) leave: CancellationToken,
    /// Places for readers of streams.
    pub(crate) readers: Readers,
    /// Readers of streams take turns at the processors: see `events/feed.rs`.
    pub(crate) turns: Arc<Semaphore>,
    /// WebSockets, which outlive the request that opened them.
    pub(crate) sockets: TaskTracker,
}

type Routes = OpenApiRouter<Arc<Shared>>;

/// Routes for clients.
fn client_routes() -> Routes {
    OpenApiRouter::new()
        .merge(jobs::router())
        .merge(templates::router())
        .merge(nodes::router())
        .merge(pauses::router())
        .merge(alerts::router())
        .merge(targets::router())
        .merge(status::router())
        .merge(events::router())
        .merge(workers::router())
}

/// Routes for agents.
fn node_routes() -> Routes {
    internal::router()
}

/// Routes that ask for no token.
fn open_routes() -> Routes {
    health::router()
}

/// The whole, ready to be served.
pub(crate) fn router(
    leader: &Leader,
    guards: Guards,
    leave: &CancellationToken,
    readers: Readers,
    sockets: &TaskTracker,
) -> Result<Router, DoorError> {
    let config = &leader.config().leader.http;
    let shared = Shared {
        leader: leader.clone(),
        leave: leave.clone(),
        readers,
        turns: Arc::new(Semaphore::new(events::TURNS)),
        sockets: sockets.clone(),
    };
    let (mut client, mut open) = (client_routes().merge(openapi::router()), open_routes());
    let figures = if config.open_metrics { &mut open } else { &mut client };
    *figures = std::mem::take(figures).merge(metrics::router());
    let (client, _) = client.split_for_parts();
    let (node, _) = node_routes().split_for_parts();
    let (open, _) = open.split_for_parts();
    let limit = usize::try_from(config.body_limit).unwrap_or(usize::MAX);
    let router = guard::guarded(client, guards.client)
        .merge(guard::guarded(node, guards.node))
        .merge(open)
        .fallback(layers::no_such_path)
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(DefaultBodyLimit::max(limit))
        .with_state(Arc::new(shared));
    layers::around(router, config)
}
