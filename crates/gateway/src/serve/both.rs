//! One port for everything.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use tower::Service;

/// gRPC and everything else on one port: a request is gRPC's when its content type says so.
#[derive(Clone)]
pub(crate) struct Both {
    pub(crate) grpc: axum::Router,
    pub(crate) http: axum::Router,
}

impl Service<Request> for Both {
    type Response = Response;
    type Error = Infallible;
    type Future = axum::routing::future::RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let kind = request.headers().get(axum::http::header::CONTENT_TYPE);
        let grpc = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
        if grpc { self.grpc.call(request) } else { self.http.call(request) }
    }
}
