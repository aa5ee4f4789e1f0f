//! The way to the leader: its address, what it is known by, and what is shown to it.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use callsheet_config::LeaderConfig;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::codegen::http::Uri;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};
use tower::service_fn;

use crate::error::NodeError;

/// Dialling takes no longer than this. Well within the time that a lease is good without a leader.
const CONNECT: Duration = Duration::from_secs(2);
/// A connection that nothing comes over is asked this often whether it still is one,
const KEEP_ALIVE: Duration = Duration::from_secs(1);
/// and given up when it has not answered for this long.
const KEEP_ALIVE_ANSWER: Duration = Duration::from_secs(4);

/// How the leader is reached. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Door {
    endpoint: Endpoint,
    token: Option<MetadataValue<Ascii>>,
    /// Another way there than this machine's network.
    dial: Option<Dial>,
}

/// Another way to the leader than this machine's network: it is dialled with the host and the port of its address.
#[derive(Clone)]
pub struct Dial(Arc<dyn Fn(String, u16) -> Dialling + Send + Sync>);

type Dialling = Pin<Box<dyn Future<Output = io::Result<Box<dyn Dialled>>> + Send>>;

/// A connection that was dialled.
pub trait Dialled: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Dialled for T {}

impl Dial {
    /// Dials with this. Nobody who listens there is `ConnectionRefused`.
    pub fn new<F, C>(dial: impl Fn(String, u16) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<C>> + Send + 'static,
        C: Dialled + 'static,
    {
        Self(Arc::new(move |host, port| {
            let dialling = dial(host, port);
            Box::pin(async move { Ok(Box::new(dialling.await?) as Box<dyn Dialled>) })
        }))
    }
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dial")
    }
}

impl Door {
    /// A door without encryption or secret.
    ///
    /// # Errors
    /// `NodeError::Door` when the address is none.
    pub fn plain(url: &str) -> Result<Self, NodeError> {
        Ok(Self { endpoint: endpoint(url)?, token: None, dial: None })
    }

    /// The door that a cluster config describes. Reads its files: blocking.
    ///
    /// # Errors
    /// When a file cannot be read, or is not what it should be.
    pub fn of(leader: &LeaderConfig) -> Result<Self, NodeError> {
        let url = &leader.advertise;
        let mut endpoint = endpoint(url)?;
        if let Some(tls) = &leader.tls {
            let mut config = match &tls.ca {
                Some(ca) => {
                    ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read("leader.tls.ca", ca)?))
                }
                None => ClientTlsConfig::new().with_native_roots(),
            };
            if let Some((certificate, key)) = &tls.client {
                let certificate = read("leader.tls.client_certificate", certificate)?;
                let key = read("leader.tls.client_key", key)?;
                config = config.identity(Identity::from_pem(certificate, key));
            }
            endpoint =
                endpoint.tls_config(config).map_err(|source| NodeError::Door { url: url.clone(), source })?;
        }
        let token = leader.tokens.as_ref().map(|tokens| secret(&tokens.node_file)).transpose()?;
        Ok(Self { endpoint, token, dial: None })
    }

    /// The same door, reached another way than over this machine's network.
    #[must_use]
    pub fn through(self, dial: Dial) -> Self {
        Self { dial: Some(dial), ..self }
    }

    /// The leader's address.
    #[must_use]
    pub fn url(&self) -> String {
        self.endpoint.uri().to_string()
    }

    pub(crate) async fn connect(&self) -> Result<Channel, tonic::transport::Error> {
        let Some(Dial(dial)) = self.dial.clone() else { return self.endpoint.connect().await };
        let connector = service_fn(move |uri: Uri| {
            let port = uri.port_u16().unwrap_or(80);
            let dialling = dial(uri.host().unwrap_or_default().to_owned(), port);
            async move { dialling.await.map(TokioIo::new) }
        });
        self.endpoint.connect_with_connector(connector).await
    }

    /// Shows the nodes' secret with a request.
    pub(crate) fn show<T>(&self, message: T) -> Result<Request<T>, Status> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

fn endpoint(url: &str) -> Result<Endpoint, NodeError> {
    let endpoint = Endpoint::from_shared(url.to_owned())
        .map_err(|source| NodeError::Door { url: url.to_owned(), source })?;
    Ok(endpoint
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_ANSWER)
        .keep_alive_while_idle(true))
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, NodeError> {
    std::fs::read(path).map_err(|source| NodeError::Secret { key, path: path.to_owned(), source })
}

fn secret(path: &Path) -> Result<MetadataValue<Ascii>, NodeError> {
    let bytes = read("leader.tokens.node_file", path)?;
    let text = String::from_utf8(bytes).map_err(|_| NodeError::Token)?;
    let mut value: MetadataValue<Ascii> =
        format!("Bearer {}", text.trim()).parse().map_err(|_| NodeError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether dialling failed because nobody listens there.
pub(crate) fn is_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::ConnectionRefused
        {
            return true;
        }
        cause = error.source();
    }
    false
}
