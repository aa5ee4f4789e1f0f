//! Secrets: read from files when they are needed, so that a changed one counts from the next connection on, and never
//! shown. What is shown of a URL has neither user, password nor query.

use std::io::Read;
use std::path::{Path, PathBuf};

/// No secret is longer.
const MOST: u64 = 64 << 10;

/// A file that holds no usable secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// It cannot be read.
    #[error("the secret in {path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// Nothing is in it.
    #[error("{path} holds no secret: it is empty")]
    Empty { path: PathBuf },
    /// It is not what was meant.
    #[error("{path} holds no secret: it is longer than {MOST} bytes")]
    TooLong { path: PathBuf },
    /// It says that it is base64, and is not, or of nothing.
    #[error("{path}: what follows whsec_ is no key in base64")]
    NoBase64 { path: PathBuf },
}

/// The secret in a file, without white space around it.
pub(crate) fn read(path: &Path) -> Result<String, SecretError> {
    let unreadable = |source| SecretError::Unreadable { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    let length = file.take(MOST + 1).read_to_string(&mut text).map_err(unreadable)?;
    if length as u64 > MOST {
        return Err(SecretError::TooLong { path: path.to_owned() });
    }
    match text.trim() {
        "" => Err(SecretError::Empty { path: path.to_owned() }),
        secret => Ok(secret.to_owned()),
    }
}

/// The same, read where it holds nobody up.
pub(crate) async fn read_off(path: &Path) -> Result<String, SecretError> {
    let (path, again) = (path.to_owned(), path.to_owned());
    let ended = |error| SecretError::Unreadable { path: again, source: std::io::Error::other(error) };
    callsheet_supervision::aside(move || read(&path)).await.map_err(ended)?
}

/// What may be shown of a URL.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return "(no URL)".to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_url_holds_no_secret() {
        for (url, says) in [
            ("https://hooks.example/take", "https://hooks.example/take"),
            (
                "https://me:hunter2@hooks.example:8443/a/b?token=hunter2#hunter2",
                "https://hooks.example:8443/a/b",
            ),
            ("nats://hunter2@host:4222", "nats://host:4222"),
            ("amqp://u:p@ss@host/vhost", "amqp://host/vhost"),
            ("https://host?hunter2", "https://host"),
            ("hunter2", "(no URL)"),
            ("", "(no URL)"),
        ] {
            assert_eq!(shown(url), says);
        }
    }

    #[test]
    fn a_secret_is_read_without_its_line_end_and_a_useless_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        assert!(matches!(read(&file), Err(SecretError::Unreadable { .. })));
        std::fs::write(&file, " \n").unwrap();
        let error = read(&file).unwrap_err();
        assert!(error.to_string().ends_with("secret holds no secret: it is empty"), "{error}");
        std::fs::write(&file, "hunter2\r\n").unwrap();
        assert_eq!(read(&file).unwrap(), "hunter2");
        std::fs::write(&file, vec![b'x'; 65 << 10]).unwrap();
        assert!(matches!(read(&file), Err(SecretError::TooLong { .. })));
        std::fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(matches!(read(&file), Err(SecretError::Unreadable { .. })));
    }
}
