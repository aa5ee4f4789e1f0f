//! The files of a data set, brought to this machine: from a path, from the web, out of a data URL.
//!
//! Sizes, redirects and times are bounded, and what is told of a source is never more than [`Source`] shows: a URL's
//! query may be a secret. It refuses to follow anything but http and https, and to fetch what the job cannot name
//! wrongly: one file each.

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use callsheet_after_effects::script::Source;
use callsheet_config::PathMap;
use callsheet_model::{Failure, FailureClass};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, ResponseExt};

/// Most bytes of one file.
pub(super) const MAX_BYTES: u64 = 4 << 30;
const MAX_REDIRECTS: u32 = 5;
const CONNECT: Duration = Duration::from_secs(10);
/// From the request to the first byte of the answer.
const ANSWER: Duration = Duration::from_secs(60);
/// For one file altogether.
const WHOLE: Duration = Duration::from_secs(900);
/// For all files of a data set together: a slot is taken meanwhile.
const ALTOGETHER: Duration = Duration::from_secs(3600);
/// How often a server that does not answer well is asked again, and after how long.
const AGAIN: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// Endings that After Effects and its scripts know files by. Another one at the end of a URL, `.php`, is the server's
/// own affair.
const KNOWN: &[&str] = &[
    "aac", "ai", "aif", "aifc", "aiff", "avi", "bmp", "cin", "cineon", "csv", "dib", "dpx", "dv", "eps",
    "exr", "flm", "gif", "hdr", "iff", "jpe", "jpeg", "jpg", "js", "json", "jsx", "jsxbin", "m2t", "m2ts",
    "m4a", "m4v", "mgjson", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "mts", "mxf", "pct", "pdf", "png",
    "psb", "psd", "r3d", "rgb", "rla", "sgi", "svg", "tga", "tif", "tiff", "tsv", "txt", "wav", "webm",
    "webp", "wmv", "xml",
];

/// Fetches the files of one attempt.
pub(super) struct Fetcher<'a> {
    paths: &'a PathMap,
    /// The attempt's own directory: once it is gone, nobody waits for the files.
    scratch: &'a Path,
    agent: Agent,
    begun: Instant,
    altogether: Duration,
    most: u64,
    again: &'a [Duration],
}

/// A file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fetched {
    /// The MD5 of its bytes.
    pub(super) md5: [u8; 16],
    /// What the source says of its kind, where the name does not: an ending without its dot.
    pub(super) ending: Option<String>,
}

/// Why a file did not come, and whether asking again can help.
struct Trouble {
    failure: Failure,
    passes: bool,
}

impl<'a> Fetcher<'a> {
    /// With the node's map of paths.
    pub(super) fn new(paths: &'a PathMap, scratch: &'a Path) -> Self {
        let (begun, altogether) = (Instant::now(), ALTOGETHER);
        Self { paths, scratch, agent: agent(), begun, altogether, most: MAX_BYTES, again: &AGAIN }
    }

    #[cfg(test)]
    pub(super) fn with_limits(self, most: u64, altogether: Duration, again: &'a [Duration]) -> Self {
        Self { most, altogether, again, ..self }
    }

    /// Fetches a file to a path that does not exist yet. Blocking.
    ///
    /// # Errors
    /// `InputMissing` names the source; `OutputIo` when it cannot be written here.
    pub(super) fn fetch(&self, source: &Source, to: &Path) -> Result<Fetched, Failure> {
        match source {
            Source::File(path) => {
                let here = self.paths.apply(path);
                let shown =
                    if here == *path { here.clone() } else { format!("{path} ({here} on this node)") };
                let file = open(Path::new(&here))
                    .map_err(|error| missing(&format!("{shown} cannot be read: {error}")))?;
                self.keep(file, &shown, to)
                    .map(|md5| Fetched { md5, ending: ending(&here) })
                    .map_err(|t| t.failure)
            }
            Source::Data(url) => self.unpack(url, &source.to_string(), to),
            Source::Web(url) => {
                let mut waits = self.again.iter();
                loop {
                    match (self.download(url, &source.to_string(), to), waits.next()) {
                        (Err(trouble), Some(wait)) if trouble.passes => thread::sleep(*wait),
                        (answer, _) => return answer.map_err(|trouble| trouble.failure),
                    }
                }
            }
        }
    }

    fn unpack(&self, url: &str, shown: &str, to: &Path) -> Result<Fetched, Failure> {
        let data =
            data_url::DataUrl::process(url).map_err(|_| missing(&format!("{shown} is no data URL")))?;
        let (bytes, _) = data.decode_to_vec().map_err(|_| missing(&format!("{shown} has broken base64")))?;
        let kind = data.mime_type();
        let ending = ending_of_kind(&kind.type_, &kind.subtype);
        let md5 = self.keep(bytes.as_slice(), shown, to).map_err(|trouble| trouble.failure)?;
        Ok(Fetched { md5, ending })
    }

    fn download(&self, url: &str, shown: &str, to: &Path) -> Result<Fetched, Trouble> {
        self.still_wanted(shown)?;
        let time = WHOLE.min(self.altogether.saturating_sub(self.begun.elapsed()));
        let called = self.agent.get(url).config().timeout_global(Some(time)).build().call();
        let mut answer =
            called.map_err(|error| passing(missing(&format!("{shown} does not answer: {error}"))))?;
        let status = answer.status();
        if !status.is_success() {
            let failure = missing(&format!("{shown} cannot be fetched: the server says {status}"));
            let passes = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
            return Err(Trouble { failure, passes });
        }
        let kind =
            answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let kind = kind.split_once('/').and_then(|(kind, sub)| ending_of_kind(kind, sub));
        let (asked, led_to) = (ending_of_url(url), ending_of_url(&answer.get_uri().to_string()));
        let known = |ending: &String| KNOWN.contains(&ending.as_str());
        let ending = asked.clone().filter(known).or(kind).or(led_to.filter(known)).or(asked);
        if answer.body().content_length().is_some_and(|length| length > self.most) {
            return Err(too_large(shown, self.most));
        }
        // The limit here is one more than ours, so that ours is the one that is passed.
        let body = answer.body_mut().with_config().limit(self.most.saturating_add(2)).reader();
        Ok(Fetched { md5: self.keep(body, shown, to)?, ending })
    }

    /// Whether there is time left, and somebody who waits.
    fn still_wanted(&self, shown: &str) -> Result<(), Trouble> {
        if !self.scratch.is_dir() {
            return Err(lasting(Failure::new(
                FailureClass::Agent,
                "the attempt is over, its files are not needed",
            )));
        }
        if self.begun.elapsed() >= self.altogether {
            let seconds = self.altogether.as_secs();
            return Err(lasting(missing(&format!(
                "{shown} and what came before it took more than {seconds} s"
            ))));
        }
        Ok(())
    }

    /// Writes a stream to a file, up to the limit, and knows its bytes again.
    fn keep(&self, from: impl Read, shown: &str, to: &Path) -> Result<[u8; 16], Trouble> {
        let cannot = |error: io::Error| {
            lasting(Failure::new(
                FailureClass::OutputIo,
                format!("{} cannot be written: {error}", to.display()),
            ))
        };
        let mut file = File::create(to).map_err(cannot)?;
        let (mut from, mut hash) = (from.take(self.most.saturating_add(1)), md5::Context::new());
        let (mut buffer, mut length) = (vec![0; 1 << 16], 0_u64);
        loop {
            self.still_wanted(shown)?;
            let count = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(passing(missing(&format!(
                        "{shown} broke off after {length} bytes: {error}"
                    ))));
                }
            };
            let bytes = buffer.get(..count).unwrap_or_default();
            length += count as u64;
            if length > self.most {
                return Err(too_large(shown, self.most));
            }
            hash.consume(bytes);
            file.write_all(bytes).map_err(cannot)?;
        }
        if length == 0 {
            return Err(lasting(missing(&format!("{shown} is empty"))));
        }
        Ok(hash.finalize().0)
    }
}

fn agent() -> Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .user_agent(concat!("callsheet/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        .max_redirects(MAX_REDIRECTS)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_global(Some(WHOLE))
        .build();
    config.new_agent()
}

/// A regular file: opening a pipe would wait for ever.
fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    File::open(path)
}

fn missing(message: &str) -> Failure {
    Failure::new(FailureClass::InputMissing, message).bounded()
}

fn passing(failure: Failure) -> Trouble {
    Trouble { failure, passes: true }
}

fn lasting(failure: Failure) -> Trouble {
    Trouble { failure, passes: false }
}

fn too_large(shown: &str, most: u64) -> Trouble {
    lasting(missing(&format!("{shown} is larger than {most} bytes, which is the most that is fetched")))
}

/// The ending of the last part of a URL's path.
fn ending_of_url(url: &str) -> Option<String> {
    let (_, path) = url.split(['?', '#']).next()?.split_once("://")?.1.split_once('/')?;
    ending(path)
}

/// The ending of a path's name: After Effects knows files by it.
fn ending(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next()?;
    let (_, ending) = name.rsplit_once('.')?;
    let plain = (1..=8).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| ending.to_ascii_lowercase())
}

/// The ending that files of a kind have.
fn ending_of_kind(kind: &str, sub: &str) -> Option<String> {
    let ending = match (kind, sub) {
        (_, "jpeg" | "pjpeg") => "jpg",
        (_, "svg+xml") => "svg",
        (_, "quicktime") => "mov",
        ("audio", "mpeg") => "mp3",
        ("video", "mpeg") => "mpg",
        (_, "x-wav" | "wave" | "vnd.wave") => "wav",
        (_, "x-aiff" | "aiff") => "aif",
        (_, "x-msvideo") => "avi",
        ("audio", "mp4" | "x-m4a") => "m4a",
        (_, "javascript" | "x-javascript" | "ecmascript") => "jsx",
        ("text", "plain") => "txt",
        (_, "octet-stream") => return None,
        (_, other) => return ending(&format!("x.{}", other.trim_start_matches("x-"))),
    };
    Some(ending.to_owned())
}
