//! Who may come in: a bearer token for nodes and one for clients, when the config names their files.

use std::path::{Path, PathBuf};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use callsheet_config::LeaderConfig;
use tonic::service::Interceptor;
use tonic::{Request, Status};

/// The shortest secret that is taken.
const SHORTEST: usize = 16;

/// A secret that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("the secret in {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Too short to be one.
    #[error("the secret in {} has {found} characters: at least {SHORTEST}, visible ASCII only", path.display())]
    Weak {
        /// Which file.
        path: PathBuf,
        /// How many.
        found: usize,
    },
}

/// Reads a secret from its file, without the line end.
///
/// # Errors
/// `SecretError` names the file.
pub fn read_secret(path: &Path) -> Result<String, SecretError> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|source| SecretError::Unreadable { path: path.to_owned(), source })?;
    let secret = text.trim();
    if secret.len() < SHORTEST || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SecretError::Weak { path: path.to_owned(), found: secret.len() });
    }
    Ok(secret.to_owned())
}

/// What stands before the secret.
const SCHEME: &str = "Bearer ";

/// The value of the `authorization` header for a secret.
#[must_use]
pub fn bearer(secret: &str) -> String {
    format!("{SCHEME}{secret}")
}

/// The guards of both kinds of doors.
#[derive(Clone)]
pub(crate) struct Guards {
    pub(crate) client: Guard,
    pub(crate) node: Guard,
}

impl Guards {
    pub(crate) fn of(config: &LeaderConfig) -> Result<Self, SecretError> {
        let guard = |path: Option<&PathBuf>| -> Result<Guard, SecretError> {
            Ok(Guard(path.map(|path| read_secret(path)).transpose()?))
        };
        let tokens = config.tokens.as_ref();
        Ok(Self {
            client: guard(tokens.map(|tokens| &tokens.client_file))?,
            node: guard(tokens.map(|tokens| &tokens.node_file))?,
        })
    }
}

/// Lets in who shows this token; everybody, when there is none to show.
#[derive(Clone)]
pub(crate) struct Guard(Option<String>);

impl Guard {
    /// Whether the right token is among a request's headers.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(wanted) = &self.0 else { return true };
        let shown =
            headers.get(AUTHORIZATION).and_then(|shown| shown.as_bytes().split_at_checked(SCHEME.len()));
        // The scheme's name is the same in any case (RFC 9110, 11.1).
        shown.is_some_and(|(scheme, secret)| {
            scheme.eq_ignore_ascii_case(SCHEME.as_bytes()) && same(secret, wanted.as_bytes())
        })
    }

    /// Whether this is the right token, without the word in front of it.
    pub(crate) fn admits_token(&self, token: &str) -> bool {
        self.0.as_ref().is_none_or(|wanted| same(token.as_bytes(), wanted.as_bytes()))
    }
}

/// Compares without telling by its time how much of it was right.
fn same(shown: &[u8], wanted: &[u8]) -> bool {
    shown.len() == wanted.len() && shown.iter().zip(wanted).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

impl Interceptor for Guard {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        if self.admits(request.metadata().as_ref()) {
            Ok(request)
        } else {
            Err(Status::unauthenticated("this door wants a token: send `authorization: Bearer <secret>`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_token_is_let_in() {
        let guard = Guard(Some("0123456789abcdef".to_owned()));
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            guard.admits(&headers)
        };
        assert!(with("Bearer 0123456789abcdef"));
        assert!(with("bearer 0123456789abcdef") && with("BEARER 0123456789abcdef"));
        assert!(!with("Basic  0123456789abcdef") && !with("0123456789abcdef") && !with("Bearer"));
        assert!(!with("Bearer 0123456789abcdeF"));
        assert!(!with("Bearer 0123456789abcde"));
        assert!(!guard.admits(&HeaderMap::new()));
        assert!(guard.admits_token("0123456789abcdef") && !guard.admits_token("0123456789abcdeF"));
        assert!(Guard(None).admits(&HeaderMap::new()));
    }

    #[test]
    fn a_weak_secret_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        std::fs::write(&path, "short\n").unwrap();
        assert!(matches!(read_secret(&path), Err(SecretError::Weak { found: 5, .. })));
        std::fs::write(&path, "0123456789abcdef\n").unwrap();
        assert_eq!(read_secret(&path).unwrap(), "0123456789abcdef");
        assert!(matches!(read_secret(&directory.path().join("no")), Err(SecretError::Unreadable { .. })));
    }
}
