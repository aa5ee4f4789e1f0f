//! A webhook: each event is POSTed by itself, signed by the scheme of Standard Webhooks when there is a key. 2xx takes
//! it; everything else, a redirect too, is a failed try.

use std::time::{Duration, SystemTime};

use callsheet_config::Webhook as Config;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, Url, redirect};

use super::{Delivered, Parcel, Trouble};
use crate::{secret, signature};

/// No larger event is sent.
const LARGEST: usize = 16 << 20;
/// Of an answer, so much is read before its connection is given up.
const ANSWER: usize = 64 << 10;
/// A receiver may ask for so much patience, and no more.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

pub(crate) struct Webhook {
    config: Config,
    url: Url,
    client: Client,
}

impl Webhook {
    /// Builds it; nothing is sent yet.
    ///
    /// # Errors
    /// What is wrong with the URL or the machine, for people.
    pub(crate) fn new(config: Config) -> Result<Self, String> {
        let url = url(&config.url)?;
        let client = Client::builder()
            .user_agent(concat!("callsheet/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .timeout(config.timeout)
            .build()
            .map_err(|error| format!("no HTTP client can be made: {}", told(error)))?;
        Ok(Self { config, url, client })
    }

    /// One at a time, so that they arrive in order.
    pub(crate) async fn deliver(&mut self, parcels: &[Parcel], tries: u32) -> Delivered {
        let Some(parcel) = parcels.first() else { return Delivered::all(0) };
        if parcel.json.len() > LARGEST {
            let length = parcel.json.len();
            return Delivered::refused(
                0,
                format!("the event is {length} bytes long, and at most {LARGEST} are sent"),
            );
        }
        match self.post(parcel, tries + 1).await {
            Ok(()) => Delivered::all(1),
            Err(trouble) => Delivered { taken: 0, trouble: Some(trouble) },
        }
    }

    async fn post(&self, parcel: &Parcel, attempt: u32) -> Result<(), Trouble> {
        let failed = |why: String| Trouble::Failed { why, wait: None };
        let (id, body) = (parcel.id.to_string(), parcel.json.to_string());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", now)
            .header("x-callsheet-sequence", parcel.sequence)
            .header("x-callsheet-delivery", attempt);
        if let Some(file) = &self.config.secret_file {
            let key = signature::key(file).await.map_err(|error| failed(error.to_string()))?;
            request = request.header("webhook-signature", signature::sign(&key, &id, now, &body));
        }
        let answer = request.body(body).send().await.map_err(|error| failed(told(error)))?;
        let (status, wait) = (answer.status(), asked_wait(answer.headers(), now));
        let text = start_of(answer).await;
        if status.is_success() {
            return Ok(());
        }
        let text = if text.is_empty() { text } else { format!(": {text}") };
        Err(Trouble::Failed { why: format!("it answered {status}{text}"), wait })
    }
}

/// The URL of a webhook.
///
/// # Errors
/// What is wrong with it, without showing what may be secret in it.
pub(crate) fn url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{} is no URL: {error}", secret::shown(text)))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(format!("found the scheme {scheme}, and http or https are allowed")),
    }
}

/// An error of the HTTP client without the URL, which may hold a secret, but with its causes.
pub(crate) fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The beginning of an answer, printable. The rest is read too, within bounds, so that the connection can be used
/// again.
async fn start_of(mut answer: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        bytes.extend_from_slice(&piece);
        if bytes.len() > ANSWER {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.take(200).collect::<String>().trim().to_owned()
}

/// How long the receiver asks to be left alone: `Retry-After` in seconds or as a date.
pub(crate) fn asked_wait(headers: &HeaderMap, now: u64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let moment = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            u64::try_from(moment.as_second()).ok()?.saturating_sub(now)
        }
    };
    Some(Duration::from_secs(seconds).min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_may_ask_for_patience_in_seconds_or_by_date_and_not_for_ever() {
        let ask = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            asked_wait(&headers, 784_111_770).map(|wait| wait.as_secs())
        };
        assert_eq!(ask("7"), Some(7));
        assert_eq!(ask(" 0 "), Some(0));
        assert_eq!(ask("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
        assert_eq!(ask("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(ask("99999999999999"), Some(3600));
        assert_eq!(ask("Sun, 06 Nov 2044 08:00:00 GMT"), Some(3600));
        for nothing in ["", "soon", "-1", "99999999999999999999999999", "\t"] {
            assert_eq!(ask(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_url_that_cannot_be_meant_is_told_without_what_is_secret_in_it() {
        assert!(url("https://me:hunter2@host/path").is_ok());
        for wrong in
            ["ftp://me:hunter2@host", "http://me:hunter2@", "hunter2", "http://me:hunter2@host:99999"]
        {
            let why = url(wrong).unwrap_err();
            assert!(!why.contains("hunter2"), "{why}");
        }
    }
}
