//! Streams as Server-Sent Events: `curl -N`, a browser's `EventSource`, and every library for them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};

use super::asked::{Asked, Pairs};
use super::described::{CursorHeader, FilterParams, StreamParams};
use super::feed::Feed;
use super::text::SseText;
use crate::http::{Params, PathOf, Problem, Shared};
use crate::serve::crowd::InTheCrowd;

/// Proxies that would collect a stream before they pass it on are told not to.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Follows the log, and what is passing.
#[utoipa::path(
    get,
    path = "/api/events/stream",
    tag = "events",
    operation_id = "stream_events",
    description = "Server-Sent Events: `id:` is the event's number, `event:` its type, `data:` its envelope as JSON. \
        Resumes exactly after `Last-Event-ID`. Signals and the last message (`event: cut_off` or `event: leaving`, \
        with the cursor) have no `id:`.",
    params(StreamParams, FilterParams, CursorHeader),
    responses(
        (status = 200, description = "The stream.", content_type = "text/event-stream", body = String),
    )
)]
pub(super) async fn stream(
    _: InTheCrowd,
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Params(pairs): Params<Pairs>,
) -> Result<Response, Problem> {
    answer(&shared, &headers, pairs).await
}

/// Follows one job.
#[utoipa::path(
    get,
    path = "/api/v1/jobs/{id}/stream",
    tag = "events",
    operation_id = "stream_job",
    description = "As `/api/events/stream?job={id}`.",
    params(("id" = String, Path, description = "The job's UUID."), StreamParams, FilterParams, CursorHeader),
    responses(
        (status = 200, description = "The stream.", content_type = "text/event-stream", body = String),
    )
)]
pub(super) async fn stream_job(
    _: InTheCrowd,
    State(shared): State<Arc<Shared>>,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
    Params(mut pairs): Params<Pairs>,
) -> Result<Response, Problem> {
    pairs.push(("job".to_owned(), id));
    answer(&shared, &headers, pairs).await
}

/// Follows one node.
#[utoipa::path(
    get,
    path = "/api/v1/nodes/{name}/stream",
    tag = "events",
    operation_id = "stream_node",
    description = "As `/api/events/stream?node={name}`.",
    params(("name" = String, Path, description = "The node's name, or its UUID."), StreamParams, FilterParams, CursorHeader),
    responses(
        (status = 200, description = "The stream.", content_type = "text/event-stream", body = String),
    )
)]
pub(super) async fn stream_node(
    _: InTheCrowd,
    State(shared): State<Arc<Shared>>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Params(mut pairs): Params<Pairs>,
) -> Result<Response, Problem> {
    pairs.push(("node".to_owned(), name));
    answer(&shared, &headers, pairs).await
}

async fn answer(shared: &Shared, headers: &HeaderMap, pairs: Pairs) -> Result<Response, Problem> {
    let feed = Feed::open(shared, Asked::read(pairs, headers)?).await?;
    let keep_alive = shared.leader.config().leader.http.keep_alive;
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache"), (ACCEL_BUFFERING, "no")];
    Ok((headers, body(feed, keep_alive)).into_response())
}

/// The stream's text, piece by piece, written when the connection has room for it.
fn body(feed: Feed, keep_alive: Duration) -> Body {
    let begin = Some(SseText::begin(feed.begins_at()));
    Body::from_stream(futures::stream::unfold((feed, begin), move |(mut feed, begin)| async move {
        let text = match begin {
            Some(begin) => begin,
            None => match tokio::time::timeout(keep_alive, feed.next()).await {
                Ok(text) => text?,
                Err(_) => SseText::keep_alive(feed.moved()),
            },
        };
        Some((Ok::<_, Infallible>(Bytes::from(text.0)), (feed, None)))
    }))
}
