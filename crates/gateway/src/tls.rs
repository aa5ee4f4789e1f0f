//! Certificates of the doors.

use std::path::Path;
use std::sync::Arc;

use callsheet_config::cluster::Tls;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::DoorError;

/// The server's side of TLS, with client certificates when the config names their authority.
pub(crate) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, DoorError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let wrong = |error: rustls::Error| DoorError::Tls(error.to_string());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(wrong)?;
    let builder = match &tls.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(path)? {
                roots.add(authority).map_err(wrong)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            let verifier =
                verifier.map_err(|error| DoorError::Tls(format!("client_ca {}: {error}", path.display())))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::from_pem_slice(&read(&tls.key)?)
        .map_err(|error| DoorError::Tls(format!("{} holds no private key: {error}", tls.key.display())))?;
    let mut config = builder.with_single_cert(certificates(&tls.certificate)?, key).map_err(wrong)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Every certificate in a file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, DoorError> {
    let text = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(DoorError::Tls(format!("{} holds no certificate", path.display()))),
        Err(error) => Err(DoorError::Tls(format!("{}: {error}", path.display()))),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, DoorError> {
    std::fs::read(path).map_err(|error| DoorError::Tls(format!("{} cannot be read: {error}", path.display())))
}
