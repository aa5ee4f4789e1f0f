//! Signatures by the scheme of Standard Webhooks: HMAC-SHA-256 over `id.timestamp.body`, so that a receiver knows the
//! sender, and that neither the message nor its age was tampered with.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secret::{self, SecretError};

/// A key from a file: what follows `whsec_` is base64 of it, anything else is the key itself.
pub(crate) async fn key(path: &Path) -> Result<Vec<u8>, SecretError> {
    let text = secret::read_off(path).await?;
    decoded(&text).ok_or_else(|| SecretError::NoBase64 { path: path.to_owned() })
}

/// Whether a file holds a key.
pub(crate) fn look(path: &Path) -> Result<(), SecretError> {
    let text = secret::read(path)?;
    decoded(&text).map(drop).ok_or_else(|| SecretError::NoBase64 { path: path.to_owned() })
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    match text.strip_prefix("whsec_") {
        // An empty key is known to everybody.
        Some(encoded) => STANDARD.decode(encoded).ok().filter(|key| !key.is_empty()),
        None => Some(text.as_bytes().to_vec()),
    }
}

/// The value of `webhook-signature`. `timestamp` is in seconds since the epoch, as the header says it.
pub(crate) fn sign(key: &[u8], id: &str, timestamp: u64, body: &str) -> String {
    // The one error is a key of a wrong length, and HMAC takes every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    for part in [id, ".", &timestamp.to_string(), ".", body] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the scheme's own libraries are tested with.
    #[test]
    fn the_known_example_of_the_scheme_signs_as_published() {
        let key = decoded("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_key_is_taken_as_it_is_unless_it_says_that_it_is_base64() {
        assert_eq!(decoded("plain").unwrap(), b"plain");
        assert_eq!(decoded("whsec_cGxhaW4=").unwrap(), b"plain");
        assert!(decoded("whsec_%%%").is_none());
        assert!(decoded("whsec_").is_none(), "nobody signs with what everybody has");
    }
}
