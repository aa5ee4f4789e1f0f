//! `[leader]`: where it listens, where it remembers, and how soon it gives a silent node up.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callsheet_model::limits;

use super::http::{self, HttpConfig};
use crate::problem::Why;
use crate::reader::Table;
use crate::tree::{Value, quoted};
use crate::values::{any_text, duration, integer, number, path, shown, size};

/// What `leader.insecure` has to say, word for word.
pub const INSECURE_WORDS: &str = "anyone on this network may run programs on my nodes";

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The leader, and what nodes and clients must know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaderConfig {
    /// Every door (gRPC, REST, dashboard) is behind this address.
    pub listen: SocketAddr,
    /// The URL that nodes and clients dial: `http://host:port`, or `https://` with TLS.
    pub advertise: String,
    /// Where the journal, uploaded templates and logs are kept.
    pub data: PathBuf,
    /// A node unheard of for this long is lost.
    pub silence: Duration,
    /// How long a node may take to come back after its stream broke, before its frames go out again.
    pub reconnect_grace: Duration,
    /// A node gives a sign of life this often; it renews all its leases.
    pub pulse: Duration,
    /// A node tells its machine's figures this often.
    pub heartbeat: Duration,
    /// Largest template that may be uploaded, in bytes.
    pub template_limit: u64,
    /// How work is shared out.
    pub scheduling: Scheduling,
    /// When a node is not trusted with a renderer any more, and for how long.
    pub quarantine: Quarantine,
    /// What is kept, and for how long.
    pub keep: Keep,
    /// The HTTP doors.
    pub http: HttpConfig,
    /// Certificates; without them nothing is encrypted.
    pub tls: Option<Tls>,
    /// Secrets that callers must show; without them anyone who reaches the door is let in.
    pub tokens: Option<Tokens>,
    /// The config says in so many words that a door open to the network without TLS and tokens is meant.
    pub insecure: bool,
}

/// How work is shared out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduling {
    /// A chunk made by `auto` should take about this long.
    pub chunk_target: Duration,
    /// A node is handed work ahead of its free slots for about this long.
    pub ahead: Duration,
    /// Most leases in one node's hands beyond its slots.
    pub ahead_max: u32,
}

/// When a node is not trusted with a renderer any more, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Quarantine {
    /// How long the first is.
    pub first: Duration,
    /// Each further one in a row is this many times the last.
    pub factor: f64,
    /// None is longer.
    pub max: Duration,
    /// So many attempts in a row that died or hung, and nothing but the node to explain it.
    pub crashes: u32,
}

/// What is kept, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// A finished job is forgotten after this.
    pub finished_jobs: Duration,
    /// Most jobs remembered at once, finished ones included.
    pub jobs: u64,
    /// This many of the latest events can be streamed again ...
    pub events: u64,
    /// ... but none older than this ...
    pub events_age: Option<Duration>,
    /// ... and no more than these bytes of them, as they are stored.
    pub events_size: Option<u64>,
    /// Most bytes of one attempt's output.
    pub log: u64,
    /// A snapshot is written after this many events.
    pub snapshot_every: u64,
}

/// Certificates, as files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The leader's certificate chain.
    pub certificate: PathBuf,
    /// The leader's private key.
    pub key: PathBuf,
    /// What nodes and clients know the leader by; the system's own authorities when it is not given.
    pub ca: Option<PathBuf>,
    /// When given, nodes and clients must show a certificate of this authority.
    pub client_ca: Option<PathBuf>,
    /// What nodes and clients show: certificate and key.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// Files that hold the secrets callers must show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The nodes' secret.
    pub node_file: PathBuf,
    /// The clients' secret.
    pub client_file: PathBuf,
}

pub(super) fn read(mut table: Table<'_>, base: &Path) -> LeaderConfig {
    let listen = table.take("listen", address).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 7420)));
    let tls_written = table.has("tls");
    let scheme = if tls_written { "https" } else { "http" };
    let silence = table.take("silence", duration(SECOND, HOUR)).unwrap_or(5 * SECOND);
    let leader = LeaderConfig {
        listen,
        advertise: table.take("advertise", url).unwrap_or_else(|| format!("{scheme}://{listen}")),
        data: table.take("data", path(base)).unwrap_or_else(|| base.join("callsheet-data")),
        silence,
        reconnect_grace: table
            .take("reconnect_grace", duration(Duration::ZERO, HOUR))
            .unwrap_or(100 * MILLISECOND),
        pulse: table.take("pulse", duration(10 * MILLISECOND, HOUR)).unwrap_or(silence / 5),
        heartbeat: table.take("heartbeat", duration(100 * MILLISECOND, HOUR)).unwrap_or(5 * SECOND),
        template_limit: table
            .take("template_limit", size(1024, limits::MAX_TEMPLATE_BYTES))
            .unwrap_or(2 << 30),
        scheduling: read_scheduling(table.table("scheduling")),
        quarantine: read_quarantine(table.table("quarantine")),
        keep: read_keep(table.table("keep")),
        http: http::read(table.table("http")),
        tls: read_tls(table.table("tls"), base),
        tokens: read_tokens(table.table("tokens"), base),
        insecure: table.take("insecure", insecure_words).unwrap_or(false),
    };
    check_times(&table, &leader);
    check_door(&table, &leader, scheme);
    table.done();
    leader
}

fn read_scheduling(mut table: Table<'_>) -> Scheduling {
    let scheduling = Scheduling {
        chunk_target: table.take("chunk_target", duration(MILLISECOND, DAY)).unwrap_or(10 * SECOND),
        ahead: table.take("ahead", duration(Duration::ZERO, HOUR)).unwrap_or(20 * MILLISECOND),
        ahead_max: table.take("ahead_max", integer(0..=4096)).unwrap_or(256),
    };
    table.done();
    scheduling
}

fn read_quarantine(mut table: Table<'_>) -> Quarantine {
    let quarantine = Quarantine {
        first: table.take("first", duration(SECOND, DAY)).unwrap_or(30 * SECOND),
        factor: table.take("factor", number(1.0..=100.0)).unwrap_or(2.0),
        max: table.take("max", duration(SECOND, 30 * DAY)).unwrap_or(900 * SECOND),
        crashes: table.take("crashes", integer(1..=1000)).unwrap_or(3),
    };
    if quarantine.first > quarantine.max {
        let why = format!("here must be at least first, which is {}", shown(quarantine.first));
        table.refuse("max", Why::new(shown(quarantine.max), why));
    }
    table.done();
    quarantine
}

fn read_keep(mut table: Table<'_>) -> Keep {
    let keep = Keep {
        finished_jobs: table.take("finished_jobs", duration(SECOND, 3650 * DAY)).unwrap_or(30 * DAY),
        jobs: table.take("jobs", integer(1..=1_000_000)).unwrap_or(100_000),
        events: table.take("events", integer(1000..=1_000_000_000)).unwrap_or(1_000_000),
        events_age: table.take("events_age", duration(60 * SECOND, 3650 * DAY)),
        events_size: table.take("events_size", size(1 << 20, 1 << 50)),
        log: table.take("log", size(1024, 1 << 30)).unwrap_or(1 << 20),
        snapshot_every: table.take("snapshot_every", integer(1000..=1_000_000_000)).unwrap_or(100_000),
    };
    table.done();
    keep
}

fn read_tls(mut table: Table<'_>, base: &Path) -> Option<Tls> {
    let certificate = table.take("certificate", path(base));
    let key = table.take("key", path(base));
    let ca = table.take("ca", path(base));
    let client_ca = table.take("client_ca", path(base));
    let client_certificate = table.take("client_certificate", path(base));
    let client_key = table.take("client_key", path(base));
    if table.written {
        table.must("certificate", "the leader's certificate chain, a file in PEM");
        table.must("key", "the leader's private key, a file in PEM");
    }
    if table.has("client_certificate") != table.has("client_key") {
        table.refuse("client_key", Why::new("", "client_certificate and client_key belong together"));
    }
    if table.has("client_ca") && !table.has("client_certificate") {
        let why = "with client_ca, nodes and clients must have client_certificate and client_key to show";
        table.refuse("client_ca", Why::new("", why));
    }
    table.done();
    Some(Tls {
        certificate: certificate?,
        key: key?,
        ca,
        client_ca,
        client: client_certificate.zip(client_key),
    })
}

fn read_tokens(mut table: Table<'_>, base: &Path) -> Option<Tokens> {
    let node_file = table.take("node_file", path(base));
    let client_file = table.take("client_file", path(base));
    if table.written {
        table.must("node_file", "a file that holds the nodes' secret");
        table.must("client_file", "a file that holds the clients' secret");
    }
    table.done();
    Some(Tokens { node_file: node_file?, client_file: client_file? })
}

/// A sign of life that is lost, and the next one that is late, must not make a node a lost one.
fn check_times(table: &Table<'_>, leader: &LeaderConfig) {
    if leader.pulse >= leader.silence / 3 {
        let why = format!("a pulse is shorter than a third of silence, which is {}", shown(leader.silence));
        table.refuse("pulse", Why::new(shown(leader.pulse), why));
    }
    if leader.reconnect_grace >= leader.silence {
        let why = format!("here must be less than silence, which is {}", shown(leader.silence));
        table.refuse("reconnect_grace", Why::new(shown(leader.reconnect_grace), why));
    }
}

fn check_door(table: &Table<'_>, leader: &LeaderConfig, scheme: &str) {
    if !leader.advertise.starts_with(&format!("{scheme}://")) {
        let with = if scheme == "https" { "with" } else { "without" };
        table.refuse(
            "advertise",
            Why::new(quoted(&leader.advertise), format!("{with} [leader.tls] it begins with {scheme}://")),
        );
    }
    if leader.listen.ip().is_unspecified() && !table.has("advertise") {
        let why =
            "every address of the machine is listened on; say in advertise which one nodes and clients dial";
        table.refuse("listen", Why::new(leader.listen.to_string(), why));
    }
    let guarded = table.has("tls") && table.has("tokens");
    let doors = [("listen", Some(leader.listen)), ("http.listen", leader.http.listen)];
    for (key, door) in doors.into_iter().filter_map(|(key, door)| Some((key, door?))) {
        if !door.ip().is_loopback() && !guarded && !leader.insecure {
            let why = format!(
                "this door is open to the network, so [leader.tls] and [leader.tokens] are needed; or write \
                 leader.insecure = {INSECURE_WORDS:?}"
            );
            table.refuse(key, Why::new(door.to_string(), why));
        }
    }
    if leader.http.listen == Some(leader.listen) {
        let why = "without a listen of their own the HTTP doors share the leader's port: leave it out";
        table.refuse("http.listen", Why::new(leader.listen.to_string(), why));
    }
}

pub(super) fn address(value: &Value) -> Result<SocketAddr, Why> {
    let text = any_text(value)?;
    let parsed = text.parse().ok().filter(|address: &SocketAddr| address.port() != 0);
    parsed.ok_or_else(|| {
        Why::new(
            quoted(&text),
            "here must be an address and a port: \"127.0.0.1:7420\", \"0.0.0.0:7420\" or \"[::1]:7420\"",
        )
    })
}

/// `http://host:port`, nothing after it.
fn url(value: &Value) -> Result<String, Why> {
    let text = any_text(value)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let good =
        rest.and_then(|rest| rest.trim_end_matches('/').rsplit_once(':')).is_some_and(|(host, port)| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
            !host.is_empty() && host.chars().all(plain) && port.parse().is_ok_and(|port: u16| port != 0)
        });
    if good {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(Why::new(quoted(&text), "here must be a URL with a host and a port: \"https://leader.example:7420\""))
}

fn insecure_words(value: &Value) -> Result<bool, Why> {
    match value {
        Value::Text(text) if text == INSECURE_WORDS => Ok(true),
        other => Err(Why::new(other.shown(), format!("here may only be {INSECURE_WORDS:?}, word for word"))),
    }
}
