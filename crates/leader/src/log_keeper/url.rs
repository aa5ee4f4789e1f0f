//! A file's place as a URL, for those who are told of it by events.

use std::path::Path;

/// `file://` and the absolute path, with every byte escaped that is not plain. Nothing for a path that cannot be
/// made absolute.
pub(super) fn of(path: &Path) -> Option<String> {
    let absolute = std::path::absolute(path).ok()?;
    Some(spelled(&absolute.to_string_lossy(), cfg!(windows)))
}

fn spelled(path: &str, is_windows: bool) -> String {
    let path = if is_windows { path.trim_start_matches(r"\\?\").replace('\\', "/") } else { path.to_owned() };
    // A share begins with its server's name, a drive needs a root before it.
    let (root, rest) = match path.strip_prefix("//") {
        Some(share) if is_windows => ("", share),
        _ if path.starts_with('/') => ("", path.as_str()),
        _ => ("/", path.as_str()),
    };
    let mut url = format!("file://{root}");
    for byte in rest.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) || (is_windows && byte == b':');
        if plain {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_url_that_any_reader_understands() {
        let cases = [
            ("/data/logs/a/1.7_0_anna.log", false, "file:///data/logs/a/1.7_0_anna.log"),
            ("/data/my show/50%/é#?.log", false, "file:///data/my%20show/50%25/%C3%A9%23%3F.log"),
            (r"C:\data\a b.log", true, "file:///C:/data/a%20b.log"),
            (r"\\?\C:\data\a.log", true, "file:///C:/data/a.log"),
            (r"\\server\share\a.log", true, "file://server/share/a.log"),
        ];
        for (path, is_windows, url) in cases {
            assert_eq!(spelled(path, is_windows), url);
        }
    }
}
