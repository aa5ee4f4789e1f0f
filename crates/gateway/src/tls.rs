//! Certificates of the doors.

use std::path::Path;

use callsheet_config::cluster::Tls;
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::DoorError;

/// The server's side of TLS, with client certificates when the config names their authority.
pub(crate) fn server(tls: &Tls) -> Result<ServerTlsConfig, DoorError> {
    let identity = Identity::from_pem(read(&tls.certificate)?, read(&tls.key)?);
    let config = ServerTlsConfig::new().identity(identity);
    match &tls.client_ca {
        None => Ok(config),
        Some(ca) => Ok(config.client_ca_root(Certificate::from_pem(read(ca)?))),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, DoorError> {
    std::fs::read(path).map_err(|error| DoorError::Tls(format!("{} cannot be read: {error}", path.display())))
}
