//! Channels that are an HTTP call: Telegram's Bot API, Slack's incoming webhooks, and a plain webhook of one's own.
//!
//! Each try has a connection of its own, so that one which could not be made is known from one on which the alert may
//! have left. Telegram's URL and Slack's are secrets: no error shows them.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use callsheet_leader::view::PendingAlert;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::Deserialize;

use super::{Ended, json, printable};
use crate::courier::webhook::{asked_wait, told, url};
use crate::{secret, signature};

/// Of an answer, so much is read before its connection is given up.
const ANSWER: usize = 64 << 10;
/// A receiver may ask for so much patience, and no more.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

pub(super) struct Telegram {
    server: String,
    token_file: PathBuf,
    chat: String,
    client: Client,
}

/// What the Bot API answers.
#[derive(Deserialize)]
struct BotAnswer {
    ok: bool,
    description: Option<String>,
    parameters: Option<BotParameters>,
}

#[derive(Deserialize)]
struct BotParameters {
    retry_after: Option<u64>,
}

impl Telegram {
    pub(super) fn new(
        server: String,
        token_file: PathBuf,
        chat: String,
        timeout: Duration,
    ) -> Result<Self, String> {
        url(&server)?;
        let server = server.trim_end_matches('/').to_owned();
        Ok(Self { server, token_file, chat, client: client(timeout)? })
    }

    pub(super) fn look(&self) -> Result<(), String> {
        let token = secret::read(&self.token_file).map_err(|error| error.to_string())?;
        self.url(&token).map(drop)
    }

    fn url(&self, token: &str) -> Result<Url, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        if !token.chars().all(plain) {
            let file = self.token_file.display();
            return Err(format!(
                "{file} holds no token of a bot: those are letters, digits, ':', '-' and '_'"
            ));
        }
        url(&format!("{}/bot{token}/sendMessage", self.server))
    }

    pub(super) async fn send(&self, text: &str) -> Ended {
        let token = match secret::read_off(&self.token_file).await {
            Ok(token) => token,
            Err(error) => return Ended::refused(error.to_string()),
        };
        let url = match self.url(&token) {
            Ok(url) => url,
            Err(why) => return Ended::refused(why),
        };
        // What stands behind the colon is the secret half, however the colon is written.
        let secrets = [token.as_str(), token.rsplit(':').next().unwrap_or_default()];
        let body = serde_json::json!({ "chat_id": self.chat, "text": text });
        let answer = match answer(self.client.post(url).json(&body), &secrets).await {
            Ok(answer) => answer,
            Err(ended) => return ended,
        };
        let Ok(said) = serde_json::from_str::<BotAnswer>(&answer.text) else {
            // A server in between may say anything about a failure; that it went well is the Bot API's own to say.
            return match answer.status.is_success() {
                true => Ended::Unknown { why: answer.why(&secrets) },
                false => answer.refused(&secrets),
            };
        };
        if said.ok && answer.status.is_success() {
            return Ended::Taken;
        }
        let seconds = said.parameters.and_then(|parameters| parameters.retry_after);
        let asked = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_ASKED));
        let description = said.description.unwrap_or_default();
        let why = format!("it answered {}: {}", answer.status, printable(&description, &secrets));
        Ended::Refused { why, wait: asked.max(answer.wait) }
    }
}

pub(super) struct Slack {
    url_file: PathBuf,
    client: Client,
}

impl Slack {
    pub(super) fn new(url_file: PathBuf, timeout: Duration) -> Result<Self, String> {
        Ok(Self { url_file, client: client(timeout)? })
    }

    pub(super) fn look(&self) -> Result<(), String> {
        self.url(&secret::read(&self.url_file).map_err(|error| error.to_string())?).map(drop)
    }

    /// The whole URL is a secret: nothing of it is told.
    fn url(&self, text: &str) -> Result<Url, String> {
        url(text).map_err(|_| format!("{} holds no URL of http or https", self.url_file.display()))
    }

    pub(super) async fn send(&self, text: &str) -> Ended {
        let secret = match secret::read_off(&self.url_file).await {
            Ok(secret) => secret,
            Err(error) => return Ended::refused(error.to_string()),
        };
        let url = match self.url(&secret) {
            Ok(url) => url,
            Err(why) => return Ended::refused(why),
        };
        let path = url.path().to_owned();
        // The last part of the path alone would be enough for a stranger.
        let last = path.rsplit('/').next().unwrap_or_default().to_owned();
        let secrets = [secret.as_str(), path.trim_start_matches('/'), &last];
        let body = serde_json::json!({ "text": escaped(text) });
        match answer(self.client.post(url).json(&body), &secrets).await {
            Ok(answer) if answer.status.is_success() => Ended::Taken,
            Ok(answer) => answer.refused(&secrets),
            Err(ended) => ended,
        }
    }
}

/// The three characters that Slack reads as its own.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(super) struct Webhook {
    url: Url,
    secret_file: Option<PathBuf>,
    client: Client,
}

impl Webhook {
    pub(super) fn new(text: &str, secret_file: Option<PathBuf>, timeout: Duration) -> Result<Self, String> {
        Ok(Self { url: url(text)?, secret_file, client: client(timeout)? })
    }

    pub(super) fn look(&self) -> Result<(), String> {
        let key = self.secret_file.as_deref().map(signature::look).transpose();
        key.map(drop).map_err(|error| error.to_string())
    }

    /// Signed as all webhooks are; the alert's id is the message's.
    pub(super) async fn send(&self, alert: &PendingAlert) -> Ended {
        let (id, body) = (alert.alert.id.to_string(), json(alert));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", now);
        if let Some(file) = &self.secret_file {
            match signature::key(file).await {
                Ok(key) => {
                    request = request.header("webhook-signature", signature::sign(&key, &id, now, &body));
                }
                Err(error) => return Ended::refused(error.to_string()),
            }
        }
        match answer(request.body(body), &[]).await {
            Ok(answer) if answer.status.is_success() => Ended::Taken,
            Ok(answer) => answer.refused(&[]),
            Err(ended) => ended,
        }
    }
}

fn client(timeout: Duration) -> Result<Client, String> {
    Client::builder()
        .user_agent(concat!("callsheet/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(0)
        // A connection that takes half of the time has failed, and nothing has left on it.
        .connect_timeout(timeout / 2)
        .timeout(timeout)
        .build()
        .map_err(|error| format!("no HTTP client can be made: {}", told(error)))
}

struct Answer {
    status: StatusCode,
    /// The beginning of its text, which may hold anything.
    text: String,
    /// How long the receiver asks to be left alone.
    wait: Option<Duration>,
}

impl Answer {
    fn why(&self, secrets: &[&str]) -> String {
        let text = printable(&self.text, secrets);
        let colon = if text.is_empty() { "" } else { ": " };
        format!("it answered {}{colon}{text}", self.status)
    }

    fn refused(&self, secrets: &[&str]) -> Ended {
        Ended::Refused { why: self.why(secrets), wait: self.wait }
    }
}

/// Sends a request and reads the answer; without one, what that means.
async fn answer(request: RequestBuilder, secrets: &[&str]) -> Result<Answer, Ended> {
    let answer = request.send().await.map_err(|error| {
        let nothing_left = error.is_connect() || error.is_builder();
        let why = printable(&told(error), secrets);
        if nothing_left { Ended::refused(why) } else { Ended::Unknown { why } }
    })?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (status, wait) = (answer.status(), asked_wait(answer.headers(), now));
    Ok(Answer { status, wait, text: text_of(answer).await })
}

/// What comes of an answer's text, within bounds.
async fn text_of(mut answer: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        bytes.extend_from_slice(&piece);
        if bytes.len() > ANSWER {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
