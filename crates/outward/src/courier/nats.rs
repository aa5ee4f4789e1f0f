//! NATS: each event is published on the subject `PREFIX.TYPE`, with its id as `Nats-Msg-Id`.
//!
//! Without a stream a batch counts when the server has worked through it: a message to an inbox of our own, sent after
//! the batch on the same connection, has come back, and the server has not complained meanwhile. (The client's own
//! flush says only that bytes were handed to the system.) With a stream each event counts when JetStream has
//! acknowledged it, one after the other: with several on their way, one that is refused would be overtaken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::client::PublishErrorKind;
use async_nats::{
    Auth, AuthError, Client, ConnectOptions, Event, HeaderMap, Request, RequestErrorKind, ServerAddr,
    Subscriber,
};
use callsheet_config::NatsConfig;
use futures::StreamExt;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Delivered, Parcel};
use crate::secret;

/// A handshake that takes longer has failed.
const CONNECT: Duration = Duration::from_secs(10);
/// A confirmation that takes longer has failed.
const CONFIRM: Duration = Duration::from_secs(15);
/// Longer subjects are refused; the server's own limit on a protocol line is 4096.
const LONGEST_SUBJECT: usize = 2048;
/// What JetStream says of a message that is larger than its stream takes.
const TOO_LARGE_FOR_STREAM: u64 = 10054;

pub(crate) struct Nats {
    config: NatsConfig,
    connected: Option<Connected>,
}

struct Connected {
    client: Client,
    /// Our own inbox.
    fences: Subscriber,
    inbox: String,
    /// The last one sent.
    fence: u64,
    /// What the server complained of, or that the connection broke: the end of it.
    ended: watch::Receiver<Option<String>>,
}

impl Nats {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// What is wrong with the URL, for people.
    pub(crate) fn new(config: NatsConfig) -> Result<Self, String> {
        address(&config.url)?;
        Ok(Self { config, connected: None })
    }

    pub(crate) async fn connect(&mut self) -> Result<(), String> {
        if self.connected.as_ref().is_none_or(|connected| connected.ended.borrow().is_some()) {
            self.connected = None;
            let connecting = Connected::open(&self.config);
            let connected =
                timeout(CONNECT, connecting).await.map_err(|_| "it does not answer".to_owned())??;
            self.connected = Some(connected);
        }
        Ok(())
    }

    pub(crate) async fn deliver(&mut self, parcels: &[Parcel]) -> Delivered {
        if let Err(why) = self.connect().await {
            return Delivered::failed(0, why);
        }
        let Some(mut connected) = self.connected.take() else { return Delivered::all(0) };
        let (delivered, whole) = match &self.config.stream {
            Some(stream) => connected.acknowledged(&self.config.prefix, stream, parcels).await,
            None => connected.fenced(&self.config.prefix, parcels).await,
        };
        // After trouble nobody knows what is still on its way over the old connection.
        if whole {
            self.connected = Some(connected);
        }
        delivered
    }
}

impl Connected {
    async fn open(config: &NatsConfig) -> Result<Self, String> {
        let token = match &config.token_file {
            Some(file) => Some(secret::read_off(file).await.map_err(|error| error.to_string())?),
            None => None,
        };
        let (ends, ended) = watch::channel(None);
        let hears = move |event| {
            match event {
                Event::ServerError(error) => drop(ends.send_replace(Some(error.to_string()))),
                Event::Disconnected | Event::Closed => {
                    ends.send_if_modified(|end| {
                        let first = end.is_none();
                        end.get_or_insert_with(|| "the connection broke".to_owned());
                        first
                    });
                }
                _ => {}
            }
            std::future::ready(())
        };
        // The client would connect again by itself and go on with what it had not sent yet, over a gap of what it had:
        // a later event would overtake an earlier one. So it is let in once, and a lost connection is an end.
        let used = AtomicBool::new(false);
        let lets_in = move |_| {
            let mut auth = Auth::new();
            auth.token.clone_from(&token);
            let again = used.swap(true, Ordering::SeqCst);
            std::future::ready(match again {
                false => Ok(auth),
                true => Err(AuthError::new(
                    "what was on its way over a connection that broke is sent over a new one",
                )),
            })
        };
        let options = ConnectOptions::with_auth_callback(lets_in)
            .name("callsheet")
            .connection_timeout(CONNECT)
            .max_reconnects(1)
            .ignore_discovered_servers()
            .event_callback(hears);
        let client = options.connect(address(&config.url)?).await.map_err(|error| error.to_string())?;
        let inbox = client.new_inbox();
        let fences = client.subscribe(inbox.clone()).await.map_err(|error| error.to_string())?;
        Ok(Self { client, fences, inbox, fence: 0, ended })
    }

    /// Publishes all of them, and waits until the server has worked through them. Also says whether the connection may
    /// be gone on with.
    async fn fenced(&mut self, prefix: &str, parcels: &[Parcel]) -> (Delivered, bool) {
        let (mut sent, mut refused) = (0, None);
        for parcel in parcels {
            let subject = match subject(prefix, &parcel.kind) {
                Ok(subject) => subject,
                Err(why) => {
                    refused = Some(why);
                    break;
                }
            };
            let payload = parcel.json.as_bytes().to_vec().into();
            match self.client.publish_with_headers(subject, headers(parcel), payload).await {
                Ok(()) => sent += 1,
                Err(error) if is_refusal(error.kind()) => {
                    refused = Some(error.to_string());
                    break;
                }
                Err(error) => return (Delivered::failed(0, error.to_string()), false),
            }
        }
        // Twice: what the server complains of comes before the first answer, and is heard before the second.
        for _ in 0..2 {
            if let Err(why) = self.round_trip().await {
                return (Delivered::failed(0, why), false);
            }
        }
        if let Some(why) = self.ended.borrow().clone() {
            return (Delivered::failed(0, why), false);
        }
        match refused {
            Some(why) => (Delivered::refused(sent, why), true),
            None => (Delivered::all(sent), true),
        }
    }

    async fn round_trip(&mut self) -> Result<(), String> {
        self.fence += 1;
        let mark = self.fence.to_string();
        let sent = self.client.publish(self.inbox.clone(), mark.clone().into()).await;
        sent.map_err(|error| error.to_string())?;
        let back = async {
            while let Some(message) = self.fences.next().await {
                if message.payload == mark.as_bytes() {
                    return Ok(());
                }
            }
            Err("the connection broke".to_owned())
        };
        tokio::select! {
            biased;
            why = end(self.ended.clone()) => Err(why),
            back = back => back,
            () = tokio::time::sleep(CONFIRM) => Err(format!("it confirmed nothing for {CONFIRM:?}")),
        }
    }

    /// Publishes them one after the other, each acknowledged by the stream.
    async fn acknowledged(&mut self, prefix: &str, stream: &str, parcels: &[Parcel]) -> (Delivered, bool) {
        for (taken, parcel) in parcels.iter().enumerate() {
            let subject = match subject(prefix, &parcel.kind) {
                Ok(subject) => subject,
                Err(why) => return (Delivered::refused(taken, why), true),
            };
            let mut headers = headers(parcel);
            headers.insert("Nats-Expected-Stream", stream);
            let payload = parcel.json.as_bytes().to_vec().into();
            let request = Request::new().headers(headers).payload(payload).timeout(Some(CONFIRM));
            let answer = tokio::select! {
                biased;
                why = end(self.ended.clone()) => return (Delivered::failed(taken, why), false),
                answer = self.client.send_request(subject.clone(), request) => answer,
            };
            match answer {
                Ok(answer) => match acknowledgement(&answer.payload) {
                    Ok(()) => {}
                    Err((why, true)) => return (Delivered::refused(taken, why), true),
                    Err((why, false)) => return (Delivered::failed(taken, why), true),
                },
                Err(error) => {
                    let why = match error.kind() {
                        RequestErrorKind::NoResponders => format!("no stream takes the subject {subject}"),
                        RequestErrorKind::MaxPayloadExceeded | RequestErrorKind::InvalidSubject => {
                            return (Delivered::refused(taken, error.to_string()), true);
                        }
                        _ => error.to_string(),
                    };
                    return (Delivered::failed(taken, why), false);
                }
            }
        }
        (Delivered::all(parcels.len()), true)
    }
}

/// Waits for the end of a connection, and says why it ended.
async fn end(mut ended: watch::Receiver<Option<String>>) -> String {
    match ended.wait_for(Option::is_some).await {
        Ok(why) => why.clone().unwrap_or_default(),
        Err(_) => "the connection broke".to_owned(),
    }
}

/// Where the server is.
pub(crate) fn address(url: &str) -> Result<ServerAddr, String> {
    url.parse().map_err(|error| format!("{} is no NATS URL: {error}", secret::shown(url)))
}

fn headers(parcel: &Parcel) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Msg-Id", parcel.id.to_string().as_str());
    headers
}

fn is_refusal(kind: PublishErrorKind) -> bool {
    matches!(kind, PublishErrorKind::MaxPayloadExceeded | PublishErrorKind::InvalidSubject)
}

/// `PREFIX.TYPE`. Types are free text, and subjects are not: what has a meaning of its own there (white space, `*`,
/// `>`, an empty part between dots) becomes `_`. The envelope still says the type as it is.
fn subject(prefix: &str, kind: &str) -> Result<String, String> {
    let whole = if prefix.is_empty() { kind.to_owned() } else { format!("{prefix}.{kind}") };
    if whole.len() > LONGEST_SUBJECT {
        return Err(format!(
            "its subject would be {} bytes long, and at most {LONGEST_SUBJECT} are allowed",
            whole.len()
        ));
    }
    let clean = |c: char| if c.is_whitespace() || c.is_control() || matches!(c, '*' | '>') { '_' } else { c };
    let part = |part: &str| if part.is_empty() { "_".to_owned() } else { part.chars().map(clean).collect() };
    Ok(whole.split('.').map(part).collect::<Vec<String>>().join("."))
}

/// What JetStream answered: stored (or stored before), or why not, and whether that is for ever.
fn acknowledgement(payload: &[u8]) -> Result<(), (String, bool)> {
    let answer: Value = serde_json::from_slice(payload)
        .map_err(|error| (format!("it answered something that is no acknowledgement: {error}"), false))?;
    if answer["stream"].is_string() && answer["seq"].is_u64() && answer["error"].is_null() {
        return Ok(());
    }
    let why =
        answer["error"]["description"].as_str().unwrap_or("it answered something that is no acknowledgement");
    Err((format!("the stream refused it: {why}"), answer["error"]["err_code"] == TOO_LARGE_FOR_STREAM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_the_prefix_and_the_type_and_nothing_in_a_type_can_change_their_meaning() {
        for (prefix, kind, is) in [
            ("flatrender.events", "node.online.v1", "flatrender.events.node.online.v1"),
            ("", "node.online.v1", "node.online.v1"),
            ("p", "a b\tc\r\nd", "p.a_b_c__d"),
            ("p", "*.>", "p._._"),
            ("p", "", "p._"),
            ("p", "..a.", "p._._.a._"),
            ("p", "größe.ok", "p.größe.ok"),
        ] {
            assert_eq!(subject(prefix, kind).unwrap(), is);
        }
        assert!(subject("p", &"x".repeat(LONGEST_SUBJECT)).is_err());
    }

    #[test]
    fn only_an_acknowledgement_counts_as_one() {
        assert_eq!(acknowledgement(br#"{"stream":"S","seq":7}"#), Ok(()));
        assert_eq!(acknowledgement(br#"{"stream":"S","seq":7,"duplicate":true}"#), Ok(()));
        let large = br#"{"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"}}"#;
        assert!(acknowledgement(large).unwrap_err().1);
        for other in [
            &br#"{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"S","seq":0}"#[..],
            b"{}",
            b"",
            b"[]",
            b"+OK",
        ] {
            assert!(!acknowledgement(other).unwrap_err().1);
        }
    }
}
