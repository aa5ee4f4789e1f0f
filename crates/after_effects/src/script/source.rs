//! Where the file of an asset comes from. Read, never fetched: the caller does that.

use std::fmt;

/// Where a file comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// An absolute path, as the job says it: the node's path map is not applied yet.
    File(String),
    /// An `http` or `https` URL.
    Web(String),
    /// A `data` URL: the file itself.
    Data(String),
}

impl Source {
    /// Reads a source. `file` URLs are paths.
    ///
    /// # Errors
    /// What is allowed, in words.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        const ALLOWED: &str = "an absolute path, or a URL that begins with file:, http:, https: or data:";
        if text.contains('\0') {
            return Err("a path or a URL without a NUL character");
        }
        let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("http" | "https") if text.contains("://") => Ok(Self::Web(text.to_owned())),
            Some("data") if text.contains(',') => Ok(Self::Data(text.to_owned())),
            Some("file") => file_url(text).map(Self::File).ok_or(ALLOWED),
            _ if is_absolute(text) => Ok(Self::File(text.to_owned())),
            _ => Err(ALLOWED),
        }
    }

    /// The last part of its path, where it has one.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        let path = match self {
            Self::File(path) => path.as_str(),
            Self::Web(url) => url.split(['?', '#']).next()?.split_once("://")?.1.split_once('/')?.1,
            Self::Data(_) => return None,
        };
        path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty())
    }
}

/// Short, and without what may be secret: the user and the query of a URL, the content of a data URL.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::Web(url) => {
                let (address, rest) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
                let (scheme, place) = address.split_once("://").unwrap_or(("http", address));
                let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
                let host = host.rsplit('@').next().unwrap_or_default();
                write!(f, "{scheme}://{host}{path}{}", if rest.is_empty() { "" } else { "?…" })
            }
            Self::Data(url) => {
                let kind: String =
                    url.split([',', ';']).next().unwrap_or_default().chars().take(60).collect();
                write!(f, "{kind},… ({} bytes)", url.len())
            }
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({self})")
    }
}

/// Whether a path begins at a root, on any system: `/show`, `C:\show`, `\\server\share`.
pub(super) fn is_absolute(path: &str) -> bool {
    match path.as_bytes() {
        [b'/', ..] | [b'\\', b'\\', ..] => true,
        [drive, b':', b'/' | b'\\', ..] => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

/// The path of a `file` URL on this machine.
fn file_url(url: &str) -> Option<String> {
    let (_, rest) = url.split_once(':')?;
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
        None => rest,
    };
    let path = unescaped(path)?;
    // `file:///C:/show` is the path `C:/show`.
    let drive = path.strip_prefix('/').filter(|rest| rest.as_bytes().get(1) == Some(&b':'));
    let path = drive.unwrap_or(&path);
    (is_absolute(path) && !path.contains('\0')).then(|| path.to_owned())
}

/// A text without its `%XX`.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_urls_are_told_apart() {
        let file = |path: &str| Ok(Source::File(path.to_owned()));
        assert_eq!(Source::read("/show/a b.png"), file("/show/a b.png"));
        assert_eq!(Source::read("C:\\show\\a.png"), file("C:\\show\\a.png"));
        assert_eq!(Source::read("\\\\server\\share\\a.png"), file("\\\\server\\share\\a.png"));
        assert_eq!(Source::read("file:///show/a%20b.png"), file("/show/a b.png"));
        assert_eq!(Source::read("file:///C:/show/a.png"), file("C:/show/a.png"));
        assert_eq!(Source::read("HTTPS://x/a.png"), Ok(Source::Web("HTTPS://x/a.png".to_owned())));
        assert!(matches!(Source::read("data:image/png;base64,AA=="), Ok(Source::Data(_))));
        for refused in
            ["", "a.png", "../a.png", "C:a.png", "s3://bucket/a.png", "file:a.png", "file:///%zz", "/a\0b"]
        {
            assert!(Source::read(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let shown = |text: &str| Source::read(text).unwrap().to_string();
        assert_eq!(shown("https://user:pass@host/a/b.png?token=1"), "https://host/a/b.png?…");
        assert_eq!(shown("data:image/png;base64,SECRET"), "data:image/png,… (28 bytes)");
        assert!(!format!("{:?}", Source::read("data:,SECRET").unwrap()).contains("SECRET"));
    }

    #[test]
    fn a_file_name_is_the_last_part_of_the_path() {
        let name = |text: &str| Source::read(text).unwrap().file_name().map(str::to_owned);
        assert_eq!(name("C:\\show\\a.png"), Some("a.png".to_owned()));
        assert_eq!(name("https://host/x/b.mp4?c=/d"), Some("b.mp4".to_owned()));
        assert_eq!(name("https://host"), None);
        assert_eq!(name("data:,x"), None);
    }
}
