//! The way to the leader: its address, what it is known by, and what is shown to it.

use std::io;
use std::path::Path;
use std::time::Duration;

use callsheet_config::LeaderConfig;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};

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
}

impl Door {
    /// A door without encryption or secret.
    ///
    /// # Errors
    /// `NodeError::Door` when the address is none.
    pub fn plain(url: &str) -> Result<Self, NodeError> {
        Ok(Self { endpoint: endpoint(url)?, token: None })
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
        Ok(Self { endpoint, token })
    }

    /// The leader's address.
    #[must_use]
    pub fn url(&self) -> String {
        self.endpoint.uri().to_string()
    }

    pub(crate) async fn connect(&self) -> Result<Channel, tonic::transport::Error> {
        self.endpoint.connect().await
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
