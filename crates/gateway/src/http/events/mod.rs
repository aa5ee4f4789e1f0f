//! The doors to the log of events: posting to it, reading it in pages, following it over Server-Sent Events and
//! WebSocket, and the state to begin with. Everything that is told is an envelope's one JSON text, which the journal
//! has made; nothing here writes events, and nothing here decides.

mod asked;
mod described;
mod feed;
pub(crate) mod ingest;
mod page;
pub(crate) mod snapshot;
mod sse;
pub(super) mod text;
mod words;
mod ws;

use axum::extract::Extension;
use axum::routing::connect;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Routes;

pub(crate) use feed::TURNS;

/// The routes.
pub(crate) fn router() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(ingest::post, page::list))
        .routes(routes!(page::types))
        .routes(routes!(sse::stream))
        .routes(routes!(sse::stream_job))
        .routes(routes!(sse::stream_node))
        .routes(routes!(ws::stream))
        // Over HTTP/2 a WebSocket is asked for in another way, which OpenAPI has no word for.
        .route("/api/events/ws", connect(ws::stream))
        .routes(routes!(snapshot::show))
        .layer(Extension(ingest::Desk::default()))
}
