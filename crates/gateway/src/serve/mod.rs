//! Connections of either port, until the doors close: TLS, HTTP/1.1 and HTTP/2 alike, and an end in good order.
//! It knows what time a stranger may take before anything was asked, and nothing of what is asked.
//!
//! ```text
//!   accept ─► TLS ─► first request ─┬─► the doors' own threads       commands, looks, nodes
//!                                   └─► the crowd's (see [`crowd`])  streams of events, posts
//! ```

mod both;
pub(crate) mod crowd;
pub(crate) mod listen;
mod prompt;
mod roving;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::TcpConnectInfo;
use tower::{Service, ServiceExt};

use crate::http::patience::{self, Patient};
pub(crate) use both::Both;
use crowd::{Crowd, Home};
use listen::{Listener, Socket};
use prompt::Prompt;
use roving::Roving;

/// An unanswered ping of the connection ends it after this long; sessions of nodes are watched more closely.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// An HTTP/2 connection without traffic is pinged this often.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// A handshake, the choice of a protocol, or a request's head that takes longer ends the connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// Requests under way on one HTTP/2 connection; more wait at the client's side.
const STREAMS: u32 = 1024;
/// After a failed accept (no file descriptor left, mostly) the next one is tried after this.
const BREATH: Duration = Duration::from_millis(50);

/// Serves what comes to a port until told to leave. Then nothing new is accepted, and requests under way are
/// finished. Dropping the future cuts all connections, wherever they are driven.
///
/// # Errors
/// When the listener itself is of no use any more.
pub(crate) async fn serve<L, S>(
    listener: L,
    tls: Option<TlsAcceptor>,
    service: S,
    crowd: &Crowd,
    leave: CancellationToken,
) -> io::Result<()>
where
    L: Listener,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = leave.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                // What gRPC calls a request's remote address is where its connection comes from.
                let from = TcpConnectInfo { local_addr: None, remote_addr: Some(peer) };
                let service = service.clone().map_request(move |mut request: Request| {
                    request.extensions_mut().insert(from.clone());
                    request
                });
                connections.spawn(connection(stream, tls.clone(), service, crowd.home(), leave.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    // Who dials now is refused at once, instead of waiting in the system's queue.
    drop(listener);
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// What connections are served with; what they start of their own follows their home.
fn builder(home: Home) -> Builder<Home> {
    let mut builder = Builder::new(home);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .adaptive_window(false)
        .max_concurrent_streams(STREAMS)
        // WebSockets of clients that speak HTTP/2.
        .enable_connect_protocol();
    builder
}

async fn connection<T, S>(
    stream: T,
    tls: Option<TlsAcceptor>,
    service: S,
    home: Home,
    leave: CancellationToken,
) where
    T: Socket,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    if stream.hurry().is_err() {
        return;
    }
    let stream = Roving::new(stream, home.clone());
    let Some(tls) = tls else { return home.clone().drive(speak(stream, service, home, leave)).await };
    let shaken = tokio::select! {
        biased;
        () = leave.cancelled() => return,
        shaken = tokio::time::timeout(PATIENCE, tls.accept(stream)) => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => home.clone().drive(speak(stream, service, home, leave)).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn speak<I, S>(stream: I, service: S, home: Home, leave: CancellationToken)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let builder = builder(home.clone());
    let service = service.map_request(move |request: axum::http::Request<_>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(home.clone());
        request
    });
    let io = TokioIo::new(Patient::new(Prompt::new(stream), patience::PATIENCE));
    let served = builder.serve_connection_with_upgrades(io, TowerToHyperService::new(service));
    tokio::pin!(served);
    let ended = tokio::select! {
        biased;
        () = leave.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
        ended = served.as_mut() => ended,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}
