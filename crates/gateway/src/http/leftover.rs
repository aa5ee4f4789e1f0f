//! What becomes of a body that nobody read: a refusal often comes before the body is through. A connection that is
//! closed on a client in the middle of its sending is reset, and the refusal is lost with it; so the rest is read
//! and thrown away for a moment, while the answer is on its way. It refuses to do so for long.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures::{Stream, StreamExt};

/// At most so many bytes are thrown away ...
const MOST_BYTES: usize = 16 << 20;
/// ... and for no longer than this.
const MOMENT: Duration = Duration::from_secs(1);

/// A body that is lent to a handler, and outlives it.
#[derive(Clone)]
struct Lent(Arc<Mutex<BodyDataStream>>);

impl Lent {
    fn is_through(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(cx)
    }
}

/// Lends the body to who answers, and clears away what is left of it.
pub(super) async fn clear(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let lent = Lent(Arc::new(Mutex::new(body.into_data_stream())));
    let response = next.run(Request::from_parts(parts, Body::from_stream(lent.clone()))).await;
    if !lent.is_through() {
        tokio::spawn(tokio::time::timeout(MOMENT, throw_away(lent)));
    }
    response
}

async fn throw_away(mut lent: Lent) {
    let mut thrown = 0;
    while let Some(Ok(piece)) = lent.next().await {
        thrown += piece.len();
        if thrown > MOST_BYTES {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use futures::stream;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_left_is_read_while_the_answer_leaves_and_not_for_long() {
        let router: Router = Router::new().route("/", post(|| async { "no" })).layer(from_fn(clear));
        let (ended, mut end) = tokio::sync::mpsc::channel::<()>(1);
        let pieces = stream::unfold((0, ended), |(nth, ended)| async move {
            tokio::time::sleep(MOMENT / 10).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"piece")), (nth + 1, ended)))
        });
        let request = Request::post("/").body(Body::from_stream(pieces)).unwrap();
        let begun = tokio::time::Instant::now();
        assert_eq!(router.oneshot(request).await.unwrap().status().as_u16(), 200);
        assert_eq!(begun.elapsed(), Duration::ZERO, "the answer does not wait");
        assert!(end.recv().await.is_none(), "the body is let go");
        assert_eq!(begun.elapsed(), MOMENT);
    }
}
