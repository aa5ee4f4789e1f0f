//! A sealed event: numbered, hashed, chained, and written out once for all who read it.
//!
//! ```text
//!   {"actor_id":…,"actor_type":…,…,"payload":{…},…,"type":…          canonical: what is hashed
//!    ,"sequence":17,"hash":"…","chain":"…"}                           what the leader adds
//! ```
//!
//! Sealing is on the storage thread's way, so the body is written once, canonical as it stands. Only numbers of an
//! event from outside may be served otherwise than they are hashed. The body of such an event says nothing of its
//! place in the log, so it can be prepared elsewhere.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use callsheet_model::{Context, Envelope, Event, JobId, Outside, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::digest::Digest;
use crate::json::{self, Members, quote};
use crate::number;
use crate::payload::{self, Payload, Text};
use crate::scopes::Scopes;

/// What the leader adds to an envelope, outside its hash. `received_at` is told of events from outside only.
pub const ADDED: [&str; 4] = ["sequence", "hash", "chain", "received_at"];

/// An event of the log as it is passed on.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// The event itself.
    pub envelope: Envelope,
    /// Its UUID.
    pub id: Uuid,
    /// SHA-256 over its canonical JSON, without what the leader adds: equal events hash alike.
    pub hash: Digest,
    /// The chain up to and including it.
    pub chain: Digest,
    /// The whole envelope as a line of JSON, with `sequence`, `hash` and `chain`.
    pub json: Arc<str>,
    /// What it belongs to.
    pub scopes: Scopes,
}

impl Sealed {
    /// Seals an event; `before` is the chain up to the event before it.
    #[must_use]
    pub fn seal(envelope: Envelope, before: &Digest) -> Self {
        Self::seal_prepared(envelope, before, &mut std::iter::empty())
    }

    /// Seals an event, with what was prepared for it if that comes next; what was prepared for others before it is
    /// passed over. The outcome is the same as of [`Self::seal`], only sooner.
    #[must_use]
    pub fn seal_prepared(
        envelope: Envelope,
        before: &Digest,
        prepared: &mut impl Iterator<Item = Prepared>,
    ) -> Self {
        let (id, Prepared { body: mut json, hash, scopes, .. }) = match &envelope.event {
            Event::Outside(event) => {
                let fitting = prepared.find(|prepared| prepared.fits(event, &envelope.context));
                (event.id, fitting.unwrap_or_else(|| Prepared::of(event, &envelope.context)))
            }
            _ => {
                let id = own_id(before, envelope.sequence);
                (id, Prepared::own(&envelope, id))
            }
        };
        let chain = before.then(&hash);
        json.pop();
        // Writing into memory cannot fail.
        let _ = write!(json, r#","sequence":{},"hash":"{hash}","chain":"{chain}""#, envelope.sequence);
        if matches!(envelope.event, Event::Outside(_)) {
            let _ = write!(json, r#","received_at":"{}""#, envelope.at);
        }
        json.push('}');
        Self { id, hash, chain, json: json.into(), scopes, envelope }
    }

    /// Its type, `{domain}.{action}`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.envelope.event.kind()
    }
}

/// What of a seal does not follow from the chain before it.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// For which event from outside.
    of: Option<(Arc<Outside>, Context)>,
    body: String,
    hash: Digest,
    scopes: Scopes,
}

impl Prepared {
    /// What can be made beforehand for an event from outside that belongs to this: nearly all of it.
    #[must_use]
    pub fn of(event: &Arc<Outside>, context: &Context) -> Self {
        let of = Some((Arc::clone(event), context.clone()));
        // It will have a place and a moment; here nothing depends on them.
        let (sequence, at, context) = (0, Timestamp::default(), context.clone());
        let envelope = Envelope { sequence, at, context, event: Event::Outside(Arc::clone(event)) };
        let body = outside(&envelope, event);
        let hash = Digest::of(number::with_canonical_numbers(&body).as_bytes());
        Self { of, body, hash, scopes: Scopes::of(&envelope) }
    }

    fn own(envelope: &Envelope, id: Uuid) -> Self {
        let body = own(envelope, id);
        let hash = Digest::of(body.as_bytes());
        Self { of: None, body, hash, scopes: Scopes::of(envelope) }
    }

    /// Whether it was made for this very event, and not for another one that has its id.
    fn fits(&self, event: &Arc<Outside>, context: &Context) -> bool {
        self.of.as_ref().is_some_and(|(of, belongs)| Arc::ptr_eq(of, event) && belongs == context)
    }
}

/// The id of one of the cluster's own events: a UUID of version 8 that follows from its place in the chain.
fn own_id(before: &Digest, sequence: u64) -> Uuid {
    let mut seed = Vec::with_capacity(64);
    seed.extend_from_slice(b"callsheet event id");
    seed.extend_from_slice(&before.0);
    seed.extend_from_slice(&sequence.to_be_bytes());
    let digest = Digest::of(&seed);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.0[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The body of one of the cluster's own events, its fields in canonical order.
#[derive(Serialize)]
struct Body<'a> {
    actor_id: Option<Uuid>,
    actor_type: &'static str,
    correlation_id: Option<JobId>,
    id: Uuid,
    payload: Payload<'a>,
    project_id: Option<Uuid>,
    timestamp: Text<Timestamp>,
    #[serde(rename = "type")]
    kind: &'a str,
}

fn own(envelope: &Envelope, id: Uuid) -> String {
    let body = Body {
        actor_id: envelope.context.author.id,
        actor_type: envelope.context.author.kind.word(),
        correlation_id: envelope.event.job(),
        id,
        payload: payload::payload(envelope),
        project_id: envelope.context.project,
        timestamp: Text(envelope.at),
        kind: envelope.event.kind(),
    };
    // Room for what the leader adds, so that nothing is moved later.
    let mut out = Vec::with_capacity(1024);
    // Structures without maps of other keys than texts, written into memory: it cannot fail.
    let _ = serde_json::to_writer(&mut out, &body);
    String::from_utf8(out).unwrap_or_default()
}

/// The body of an event from outside: the envelope's fields and the contract's canonical names side by side, in
/// canonical order.
fn outside(envelope: &Envelope, event: &Outside) -> String {
    let text = |text: &str| {
        let mut out = String::with_capacity(text.len() + 2);
        quote(text, &mut out);
        Cow::<str>::Owned(out)
    };
    let uuid = |id: Option<Uuid>| id.map_or(Cow::Borrowed("null"), |id| Cow::Owned(format!("\"{id}\"")));
    let id = uuid(Some(event.id));
    let (kind, timestamp) = (text(&event.kind), text(&event.timestamp));
    let mut members: Vec<(Cow<'_, str>, Cow<'_, str>)> = vec![
        ("actor_id".into(), uuid(envelope.context.author.id)),
        ("actor_type".into(), text(envelope.context.author.kind.word())),
        ("correlation_id".into(), event.correlation.as_deref().map_or(Cow::Borrowed("null"), text)),
        ("created_at".into(), timestamp.clone()),
        ("event_type".into(), kind.clone()),
        ("id".into(), id.clone()),
        ("payload".into(), whole(&event.payload)),
        ("project_id".into(), uuid(envelope.context.project)),
        ("timestamp".into(), timestamp),
        ("type".into(), kind),
    ];
    let own = members.len();
    let Members(fields) = serde_json::from_str(&event.fields).unwrap_or(Members(Vec::new()));
    for (key, raw) in fields {
        let taken = ADDED.contains(&key.as_ref()) || members[..own].iter().any(|(name, _)| *name == key);
        if !taken {
            members.push((key, raw.get().into()));
        }
    }
    if !members.iter().any(|(key, _)| key == "event_id") {
        members.push(("event_id".into(), id));
    }
    members.sort_by(|(a, _), (b, _)| json::by_key(a, b));
    let mut out = String::with_capacity(event.payload.len() + event.fields.len() + 1024);
    for (nth, (key, value)) in members.iter().enumerate() {
        out.push(if nth == 0 { '{' } else { ',' });
        quote(key, &mut out);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    out
}

/// A text that should be JSON, as JSON: what is none is an empty object. Only ingest makes these texts, and it makes
/// no other; a line of the log has to be JSON whatever is in it.
fn whole(text: &str) -> Cow<'_, str> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => raw.get().into(),
        Err(_) => "{}".into(),
    }
}
