//! Connections of either port, until the doors close: TLS, HTTP/1.1 and HTTP/2 alike, and an end in good order.
//! It knows what time a stranger may take before anything was asked, and nothing of what is asked.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use crate::http::patience::{self, Patient};

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
/// finished. Dropping the future cuts all connections.
///
/// # Errors
/// When the listener itself is of no use any more.
pub(crate) async fn serve<S>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    service: S,
    leave: CancellationToken,
) -> io::Result<()>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let builder = builder();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = leave.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let one = connection(stream, tls.clone(), builder.clone(), service.clone(), leave.clone());
                connections.spawn(one);
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

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
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

async fn connection<S>(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    builder: Builder<TokioExecutor>,
    service: S,
    leave: CancellationToken,
) where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Some(tls) = tls else { return speak(stream, &builder, service, leave).await };
    let shaken = tokio::select! {
        biased;
        () = leave.cancelled() => return,
        shaken = tokio::time::timeout(PATIENCE, tls.accept(stream)) => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => speak(stream, &builder, service, leave).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn speak<I, S>(stream: I, builder: &Builder<TokioExecutor>, service: S, leave: CancellationToken)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let service = service.map_request(|request: axum::http::Request<_>| request.map(Body::new));
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

/// What an HTTP/2 connection begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream whose peer must soon show which protocol it speaks. From there on the protocol's own limits hold.
struct Prompt<I> {
    inner: I,
    /// Until the choice is clear.
    by: Option<Pin<Box<Sleep>>>,
    /// Bytes of the preface so far.
    seen: usize,
}

impl<I> Prompt<I> {
    fn new(inner: I) -> Self {
        Self { inner, by: Some(Box::pin(sleep_until(Instant::now() + PATIENCE))), seen: 0 }
    }

    /// Looks at bytes that came while the choice was open.
    fn look(&mut self, bytes: &[u8]) {
        let wanted = PREFACE.get(self.seen..).unwrap_or_default();
        let same = bytes.iter().zip(wanted).take_while(|(a, b)| a == b).count();
        self.seen += same;
        if same < bytes.len() || self.seen == PREFACE.len() {
            self.by = None;
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Prompt<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        let Some(by) = &mut self.by else { return read };
        if read.is_pending() {
            ready!(by.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.look(buf.filled().get(before..).unwrap_or_default());
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Prompt<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_show_its_protocol_is_cut_off() {
        for (sent, cut) in [("", true), ("PRI * HT", true), ("GET ", false), ("PRINT", false)] {
            let (mut client, server) = tokio::io::duplex(64);
            client.write_all(sent.as_bytes()).await.unwrap();
            let mut stream = Prompt::new(server);
            let mut all = Vec::new();
            let read = tokio::time::timeout(2 * PATIENCE, stream.read_to_end(&mut all)).await;
            let timed_out = matches!(&read, Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut);
            assert_eq!(timed_out, cut, "{sent:?}");
            assert_eq!(all, sent.as_bytes());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_preface_in_pieces_sets_free() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut stream = Prompt::new(server);
        let mut piece = [0; 8];
        for part in PREFACE.chunks(8) {
            client.write_all(part).await.unwrap();
            stream.read_exact(&mut piece).await.unwrap();
        }
        let silence = tokio::time::timeout(10 * PATIENCE, stream.read(&mut piece)).await;
        assert!(silence.is_err(), "the stream is waited for");
    }
}
