//! Hashes of events: SHA-256 over canonical JSON (RFC 8785), and the chain that ties each to the one before.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::json::{self, Json};

/// A SHA-256 digest.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The chain after an event: the digest of the chain before it and the event's own hash.
    #[must_use]
    pub fn then(&self, hash: &Self) -> Self {
        let mut both = [0; 64];
        both[..32].copy_from_slice(&self.0);
        both[32..].copy_from_slice(&hash.0);
        Self::of(&both)
    }
}

/// A text that has no canonical form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: found {found}, and {allowed}")]
pub struct NotCanonical {
    /// Where: `payload.a[3]`; the whole text when it is empty.
    pub place: String,
    /// What stood there, cut to a printable length.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

/// The canonical JSON of a JSON text, as it is hashed: RFC 8785, except that an integer literal that comes out of a
/// double otherwise than it went in, such as 9007199254740993, becomes the string of its digits.
///
/// # Errors
/// What has no canonical form: no JSON, a key that stands twice in one object, a number beyond every double, half of
/// a surrogate pair, more levels than [`callsheet_model::limits::MAX_EVENT_DEPTH`].
pub fn canonical(text: &str) -> Result<String, NotCanonical> {
    let refused =
        |flaw: json::Flaw| NotCanonical { place: flaw.path, found: flaw.found, allowed: flaw.allowed };
    canonical_of(&json::read(text).map_err(refused)?)
}

/// Like [`canonical`], of what was read already.
pub(crate) fn canonical_of(value: &Json) -> Result<String, NotCanonical> {
    serde_json_canonicalizer::to_string(value).map_err(|error| NotCanonical {
        place: String::new(),
        found: value.shown(),
        allowed: error.to_string(),
    })
}

impl fmt::Display for Digest {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        // At once: it is written twice for each event of the log.
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 hexadecimal digits")]
pub struct DigestError;

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(DigestError);
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| DigestError)?;
        }
        Ok(Self(bytes))
    }
}
