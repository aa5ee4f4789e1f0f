//! `[[alert]]`, `[[webhook]]`, `[publish.nats]`, `[publish.amqp]`, `[telemetry]`: what leaves the leader for other
//! services. All of it is off unless it is configured.

mod read;

use std::path::PathBuf;
use std::time::Duration;

pub(super) use read::read;

/// Everything that leaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutwardConfig {
    /// Ways to reach a person.
    pub alerts: Vec<AlertChannel>,
    /// URLs that are told of events.
    pub webhooks: Vec<Webhook>,
    /// A NATS server that topic events are published to.
    pub nats: Option<NatsConfig>,
    /// An AMQP 0.9.1 broker, such as RabbitMQ, that they are published to.
    pub amqp: Option<AmqpConfig>,
    /// Where traces go: an OTLP collector's gRPC address, `http://host:4317`.
    pub otlp: Option<String>,
}

/// A way to reach a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertChannel {
    /// Its name.
    pub name: String,
    /// Which way.
    pub way: AlertWay,
    /// A try that takes longer has failed.
    pub timeout: Duration,
    /// Between the first try and the second; twice as long each time ...
    pub retry_first: Duration,
    /// ... and no longer than this.
    pub retry_max: Duration,
    /// It is given up this long after it was raised.
    pub give_up: Duration,
}

/// Which way an alert goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertWay {
    /// Telegram's Bot API.
    Telegram {
        /// The server: `https://api.telegram.org`, or one's own Bot API server.
        url: String,
        /// The file that holds the bot's token.
        token_file: PathBuf,
        /// The chat: a number, or `@channel`.
        chat: String,
    },
    /// A Slack incoming webhook.
    Slack {
        /// The file that holds its URL, which is a secret.
        url_file: PathBuf,
    },
    /// A POST of JSON.
    Webhook {
        /// Where to.
        url: String,
        /// The file that holds the key its signature is made with.
        secret_file: Option<PathBuf>,
    },
    /// E-mail over SMTP.
    Email {
        /// `smtp://host:port`, `smtps://...` or `smtp+starttls://...`.
        server: String,
        /// The user's name, if the server wants one.
        user: Option<String>,
        /// The file that holds the password.
        password_file: Option<PathBuf>,
        /// The sender's address.
        from: String,
        /// The receivers' addresses.
        to: Vec<String>,
    },
    /// A program: the alert is JSON on its standard input, the text its last argument.
    Command {
        /// The program.
        program: PathBuf,
        /// What stands before the text.
        args: Vec<String>,
    },
}

/// A URL that is told of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// Where to.
    pub url: String,
    /// The file that holds the key that deliveries are signed with (HMAC-SHA-256).
    pub secret_file: Option<PathBuf>,
    /// Only these types; `*` within a pattern. All when empty.
    pub types: Vec<String>,
    /// Only of this project, by name.
    pub project: Option<String>,
    /// A try that takes longer has failed.
    pub timeout: Duration,
    /// Tries of one event before it goes to the dead letters.
    pub attempts: u32,
    /// Between the first try and the second; twice as long each time ...
    pub retry_first: Duration,
    /// ... and no longer than this.
    pub retry_max: Duration,
}

/// A NATS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatsConfig {
    /// `nats://host:4222` or `tls://host:4222`.
    pub url: String,
    /// Stands before each event's type in its subject, with a dot between; may be empty.
    pub prefix: String,
    /// A stream of JetStream's that must confirm each event; without one, the server's own word is enough.
    pub stream: Option<String>,
    /// The file that holds a token.
    pub token_file: Option<PathBuf>,
    /// Which types; the topic's own when empty.
    pub types: Vec<String>,
}

/// An AMQP 0.9.1 broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmqpConfig {
    /// `amqp://host:5672/vhost`, without user and password.
    pub url: String,
    /// The topic exchange; made when it is not there.
    pub exchange: String,
    /// The user's name.
    pub user: String,
    /// The file that holds the password; `guest` without one.
    pub password_file: Option<PathBuf>,
    /// Which types; the topic's own when empty.
    pub types: Vec<String>,
}
