//! Reads what leaves the leader for other services.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{AlertChannel, AlertWay, AmqpConfig, NatsConfig, OutwardConfig, Webhook};
use crate::problem::Why;
use crate::reader::Table;
use crate::tree::{Value, quoted};
use crate::values::{any_text, choice, duration, integer, name, path, short_text, shown, text};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Longest URL, address or pattern, in bytes.
const MAX_TEXT: usize = 1024;
/// Most targets of a kind, and most items in their lists.
const MOST: usize = 100;

pub(in crate::cluster) fn read(root: &mut Table<'_>, base: &Path) -> OutwardConfig {
    let alerts = targets(root, "alert", |table| read_alert(table, base));
    let webhooks = targets(root, "webhook", |table| read_webhook(table, base));
    let mut publish = root.table("publish");
    let nats = read_nats(publish.table("nats"), base);
    let amqp = read_amqp(publish.table("amqp"), base);
    publish.done();
    let mut telemetry = root.table("telemetry");
    let otlp = telemetry.take("otlp", url(&["http", "https"]));
    telemetry.done();
    OutwardConfig { alerts, webhooks, nats, amqp, otlp }
}

/// Tables of one kind, each with a name of its own.
fn targets<'a, T>(
    root: &mut Table<'a>,
    kind: &'static str,
    read: impl Fn(&mut Table<'a>) -> (Option<String>, Option<T>),
) -> Vec<T> {
    let mut names = BTreeSet::new();
    let mut targets = Vec::new();
    for mut table in root.tables_up_to(kind, MOST) {
        let (called, target) = read(&mut table);
        if let Some(called) = called.filter(|called| !names.insert(called.clone())) {
            table.refuse("name", Why::new(quoted(&called), format!("another {kind} has this name already")));
        }
        table.done();
        targets.extend(target);
    }
    targets
}

/// Which way, before its own keys are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Telegram,
    Slack,
    Webhook,
    Email,
    Command,
}

const WAYS: [(&str, Way); 5] = [
    ("telegram", Way::Telegram),
    ("slack", Way::Slack),
    ("webhook", Way::Webhook),
    ("email", Way::Email),
    ("command", Way::Command),
];

/// The keys of each way, beside those that all have; the first ones must be there.
fn keys_of(way: Way) -> (&'static [&'static str], &'static [&'static str]) {
    match way {
        Way::Telegram => (&["token_file", "chat"], &["url"]),
        Way::Slack => (&["url_file"], &[]),
        Way::Webhook => (&["url"], &["secret_file"]),
        Way::Email => (&["server", "from", "to"], &["user", "password_file"]),
        Way::Command => (&["program"], &["args"]),
    }
}

const WAY_KEYS: [&str; 13] = [
    "args",
    "chat",
    "from",
    "password_file",
    "program",
    "secret_file",
    "server",
    "to",
    "token_file",
    "url",
    "url_file",
    "user",
    "kind",
];

fn read_alert(table: &mut Table<'_>, base: &Path) -> (Option<String>, Option<AlertChannel>) {
    let called = table.need("name", "the channel's name", name);
    let way = table.need("kind", "telegram, slack, webhook, email or command", choice(&WAYS));
    let file = |table: &mut Table<'_>, key| table.take(key, path(base));
    let asked = Asked {
        token_file: file(table, "token_file"),
        url_file: file(table, "url_file"),
        secret_file: file(table, "secret_file"),
        password_file: file(table, "password_file"),
        program: file(table, "program"),
        url: table.take("url", url(&["http", "https"])),
        server: table.take("server", url(&["smtp", "smtps", "smtp+starttls"])),
        chat: table.take("chat", short_text(MAX_TEXT)),
        from: table.take("from", mail_address),
        to: table.list("to", mail_address).unwrap_or_default(),
        user: table.take("user", short_text(MAX_TEXT)),
        args: table.list("args", any_text).unwrap_or_default(),
    };
    let (first, max) = retries(table, SECOND * 5, SECOND * 300);
    let timeout = table.take("timeout", duration(SECOND / 10, SECOND * 600)).unwrap_or(SECOND * 15);
    let give_up = table.take("give_up", duration(SECOND, 30 * DAY)).unwrap_or(DAY);
    if let Some(way) = way {
        let (must, may) = keys_of(way);
        for key in must {
            table.must(key, "what this kind of channel needs");
        }
        let others =
            WAY_KEYS.iter().filter(|key| **key != "kind" && !must.contains(key) && !may.contains(key));
        for key in others.filter(|key| table.has(key)) {
            table.refuse(key, Why::new("", "this kind of channel has no use for it"));
        }
    }
    let channel = way.and_then(|way| asked.way(way)).zip(called.clone()).map(|(way, name)| AlertChannel {
        name,
        way,
        timeout,
        retry_first: first,
        retry_max: max,
        give_up,
    });
    (called, channel)
}

/// What any kind of channel may be told.
struct Asked {
    token_file: Option<PathBuf>,
    url_file: Option<PathBuf>,
    secret_file: Option<PathBuf>,
    password_file: Option<PathBuf>,
    program: Option<PathBuf>,
    url: Option<String>,
    server: Option<String>,
    chat: Option<String>,
    from: Option<String>,
    to: Vec<String>,
    user: Option<String>,
    args: Vec<String>,
}

impl Asked {
    fn way(self, way: Way) -> Option<AlertWay> {
        Some(match way {
            Way::Telegram => AlertWay::Telegram {
                url: self.url.unwrap_or_else(|| "https://api.telegram.org".to_owned()),
                token_file: self.token_file?,
                chat: self.chat?,
            },
            Way::Slack => AlertWay::Slack { url_file: self.url_file? },
            Way::Webhook => AlertWay::Webhook { url: self.url?, secret_file: self.secret_file },
            Way::Email => AlertWay::Email {
                server: self.server?,
                user: self.user,
                password_file: self.password_file,
                from: self.from?,
                to: self.to,
            },
            Way::Command => AlertWay::Command { program: self.program?, args: self.args },
        })
    }
}

fn read_webhook(table: &mut Table<'_>, base: &Path) -> (Option<String>, Option<Webhook>) {
    let called = table.need("name", "the webhook's name", name);
    let to = table.need("url", "where to", url(&["http", "https"]));
    let secret_file = table.take("secret_file", path(base));
    let types = types(table);
    let project = table.take("project", text);
    let (retry_first, retry_max) = retries(table, SECOND, SECOND * 300);
    let timeout = table.take("timeout", duration(SECOND / 10, SECOND * 600)).unwrap_or(SECOND * 10);
    let attempts = table.take("attempts", integer(1..=100_u32)).unwrap_or(10);
    let webhook = called.clone().zip(to).map(|(name, url)| Webhook {
        name,
        url,
        secret_file,
        types,
        project,
        timeout,
        attempts,
        retry_first,
        retry_max,
    });
    (called, webhook)
}

fn read_nats(mut table: Table<'_>, base: &Path) -> Option<NatsConfig> {
    if table.written {
        table.must("url", "the server: \"nats://host:4222\"");
    }
    let to = table.take("url", url(&["nats", "tls"]));
    let prefix = table.take("prefix", subject).unwrap_or_else(|| "flatrender.events".to_owned());
    let (stream, token_file) = (table.take("stream", name), table.take("token_file", path(base)));
    let types = types(&mut table);
    table.done();
    to.map(|url| NatsConfig { url, prefix, stream, token_file, types })
}

fn read_amqp(mut table: Table<'_>, base: &Path) -> Option<AmqpConfig> {
    if table.written {
        table.must("url", "the broker: \"amqp://host:5672\"");
    }
    let to = table.take("url", url(&["amqp", "amqps"]));
    let exchange = table.take("exchange", subject).unwrap_or_else(|| "flatrender.events".to_owned());
    let user = table.take("user", text).unwrap_or_else(|| "guest".to_owned());
    let password_file = table.take("password_file", path(base));
    let types = types(&mut table);
    table.done();
    to.map(|url| AmqpConfig { url, exchange, user, password_file, types })
}

fn types(table: &mut Table<'_>) -> Vec<String> {
    let types = table.list("types", subject).unwrap_or_default();
    if types.len() > MOST {
        table.refuse("types", Why::new("", format!("at most {MOST} patterns")));
    }
    types
}

fn retries(table: &mut Table<'_>, first: Duration, max: Duration) -> (Duration, Duration) {
    let first = table.take("retry_first", duration(SECOND / 100, DAY)).unwrap_or(first);
    let max = table.take("retry_max", duration(SECOND / 100, DAY)).unwrap_or(max.max(first));
    if first > max {
        let why = format!("here must be at least retry_first, which is {}", shown(first));
        table.refuse("retry_max", Why::new(shown(max), why));
    }
    (first, max)
}

/// Words with dots between them, `*` among them.
fn subject(value: &Value) -> Result<String, Why> {
    let text = short_text(MAX_TEXT)(value)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*');
    if text.chars().all(plain) {
        return Ok(text);
    }
    Err(Why::new(quoted(&text), "here may be letters, digits, '-', '_', '.' and '*', such as \"node.*.v1\""))
}

/// A URL without user and password: those are secrets, and belong into files.
fn url(schemes: &'static [&'static str]) -> impl Fn(&Value) -> Result<String, Why> {
    move |value| {
        let text = short_text(MAX_TEXT)(value)?;
        let rest =
            text.split_once("://").filter(|(scheme, _)| schemes.contains(scheme)).map(|(_, rest)| rest);
        let host = rest.map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
        match host {
            Some(host) if host.contains('@') => {
                Err(Why::new("a URL with a user", "a user or password has keys of its own, and its own file"))
            }
            Some(host) if !host.is_empty() && !text.contains(char::is_whitespace) => Ok(text),
            _ => Err(Why::new(
                quoted(&text),
                format!("here must be a URL that begins with {}", alternatives(schemes)),
            )),
        }
    }
}

fn alternatives(schemes: &[&str]) -> String {
    schemes.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(" or ")
}

fn mail_address(value: &Value) -> Result<String, Why> {
    let text = short_text(MAX_TEXT)(value)?;
    if text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()) {
        return Ok(text);
    }
    Err(Why::new(quoted(&text), "here must be an e-mail address"))
}
