//! One posted event: its names sorted out, its values checked, its absent ones filled in.

use callsheet_model::limits::{MAX_EVENT_MISTAKES, MAX_EVENT_TEXT_BYTES, MAX_EVENT_TYPE_BYTES};
use callsheet_model::{Author, AuthorKind, Context, Outside, Timestamp};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{Posted, known, status};
use crate::catalogue::Shape;
use crate::json::{Flaw, Json, Object, Reader, shown};
use crate::sealed::ADDED;
use crate::time;

/// The members of a posted event that are not yet sorted out, and what is wrong with it so far.
pub(super) struct Fields {
    place: String,
    left: Object,
    flaws: Vec<Flaw>,
}

/// Reads one event that stands at `place`.
pub(super) fn read(
    raw: &RawValue,
    place: String,
    now: Timestamp,
    fresh: &mut dyn FnMut() -> Uuid,
) -> Result<Posted, Vec<Flaw>> {
    let mut reader = Reader::at(place.clone());
    let value = reader.value(raw);
    if !reader.flaws.is_empty() {
        return Err(reader.flaws);
    }
    let Json::Object(left) = value else {
        return Err(vec![Flaw {
            path: place,
            found: value.shown(),
            allowed: "an event is an object".into(),
        }]);
    };
    let mut fields = Fields { place, left, flaws: Vec::new() };
    let posted = fields.event(now, fresh);
    if fields.flaws.is_empty() { Ok(posted) } else { Err(fields.flaws) }
}

impl Fields {
    /// The event; worth something only if no flaw was found.
    fn event(&mut self, now: Timestamp, fresh: &mut dyn FnMut() -> Uuid) -> Posted {
        for name in ADDED {
            self.left.take(name);
        }
        let mut kept = Object::default();
        let kind = self.kind();
        let mut payload = self.payload();
        if !kind.is_empty() {
            known::check(&kind, &mut payload, self);
        }
        let timestamp = self.time().unwrap_or_else(|| now.to_string());
        let id = self.id(&mut kept, fresh);
        let context = self.context();
        let correlation = self.text("correlation_id");
        self.worker_form(&kind, &mut kept);
        // What nobody here knows passes as it is.
        for (key, value) in self.left.iter() {
            kept.put(key, value.clone());
        }
        let event = Outside {
            id,
            kind,
            timestamp,
            correlation,
            payload: Json::Object(payload).text(),
            fields: Json::Object(kept).text(),
        };
        Posted { event, context }
    }

    fn kind(&mut self) -> String {
        let value = self.same(&["event_type", "type", "name"]);
        let allowed = || {
            format!(
                "1 to {MAX_EVENT_TYPE_BYTES} bytes without control characters are wanted, such as step.exit"
            )
        };
        match value {
            // It becomes a line of a stream.
            Some((_, Json::Text(kind)))
                if !kind.is_empty()
                    && kind.len() <= MAX_EVENT_TYPE_BYTES
                    && !kind.contains(char::is_control) =>
            {
                return kind;
            }
            Some((name, other)) => self.refuse(name, &other.shown(), allowed()),
            None => self.refuse("event_type", "nothing", allowed()),
        }
        String::new()
    }

    fn payload(&mut self) -> Object {
        match self.same(&["payload", "context"]) {
            None => Object::default(),
            Some((_, Json::Object(payload))) => payload,
            Some((name, other)) => {
                self.refuse(name, &other.shown(), Shape::Object.wanted());
                Object::default()
            }
        }
    }

    fn time(&mut self) -> Option<String> {
        // Each on its own first: one moment may be written in two ways.
        for name in ["timestamp", "created_at"] {
            if let Some(given) = self.take(name) {
                match given.as_text().and_then(time::normal) {
                    Some(normal) => self.left.put(name, Json::Text(normal)),
                    None => self.refuse(name, &given.shown(), Shape::Time.wanted()),
                }
            }
        }
        let (_, time) = self.same(&["timestamp", "created_at"])?;
        time.as_text().map(str::to_owned)
    }

    /// The event's id. What the poster calls the event is kept beside it where it is another text.
    fn id(&mut self, kept: &mut Object, fresh: &mut dyn FnMut() -> Uuid) -> Uuid {
        let given = self.uuid("id");
        let named = self.take("event_id").and_then(|value| match &value {
            Json::Text(text) if is_short(text) => Some(text.clone()),
            _ if value.as_integer().is_some() => integer(&value),
            _ => {
                let allowed =
                    format!("a string of 1 to {MAX_EVENT_TEXT_BYTES} bytes or an integer is wanted");
                self.refuse("event_id", &value.shown(), allowed);
                None
            }
        });
        let Some(named) = named else { return given.unwrap_or_else(fresh) };
        let uuid = named.parse::<Uuid>().ok();
        let id = given.or(uuid).unwrap_or_else(|| {
            // The name alone: an event that is posted again may come by another way.
            Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("callsheet/event/{named}").as_bytes())
        });
        if uuid != Some(id) {
            kept.put("event_id", Json::Text(named));
        }
        id
    }

    fn context(&mut self) -> Context {
        let project = self.uuid("project_id");
        let id = self.uuid("actor_id");
        let kind = match self.take("actor_type") {
            None => AuthorKind::Agent,
            Some(value) => match value.as_text().and_then(AuthorKind::of) {
                Some(kind) => kind,
                None => {
                    self.refuse("actor_type", &value.shown(), "one of agent, user, system is wanted".into());
                    AuthorKind::Agent
                }
            },
        };
        Context { project, author: Author { kind, id } }
    }

    /// What the table of the ingest door has beside the envelope.
    fn worker_form(&mut self, kind: &str, kept: &mut Object) {
        if let Some((_, step)) = self.same(&["step", "node_name"]) {
            self.keep(kept, "step", Shape::Text, step);
        }
        if let Some(worker) = self.take("worker_id") {
            self.keep(kept, "worker_id", Shape::Text, worker);
        }
        match self.take("result_uri") {
            None => {}
            // As long as the event may be: signed addresses are.
            Some(Json::Text(uri)) => kept.put("result_uri", Json::Text(uri)),
            Some(other) => self.refuse("result_uri", &other.shown(), Shape::Text.wanted()),
        }
        if let Some(meta) = self.take("meta") {
            kept.put("meta", meta);
        }
        self.numbers(kept);
        match self.take("status").filter(|status| *status != Json::Text(String::new())) {
            Some(value) => match value.as_text().map(str::to_ascii_uppercase) {
                Some(word) if status::ALL.contains(&word.as_str()) => kept.put("status", Json::Text(word)),
                _ => self.refuse("status", &value.shown(), Shape::Word(&status::ALL).wanted()),
            },
            None => {
                if let Some(word) = status::of(kind) {
                    kept.put("status", Json::Text(word.into()));
                }
            }
        }
        let kind = self.take("result_kind").unwrap_or(Json::Text("data".into()));
        self.keep(kept, "result_kind", Shape::Word(&["data", "ref", "refs"]), kind);
        for (name, default) in [("actionable", true), ("informative", false)] {
            let value = self.take(name).unwrap_or(Json::Bool(default));
            self.keep(kept, name, Shape::Bool, value);
        }
    }

    /// Integers of 64 bits, which are written back as strings since browsers lose precision.
    fn numbers(&mut self, kept: &mut Object) {
        let wanted = "an integer of 64 bits, or a string of its digits, is wanted";
        if let Some(value) = self.take("execution_id") {
            match integer(&value) {
                Some(digits) => kept.put("execution_id", Json::Text(digits)),
                None => self.refuse("execution_id", &value.shown(), wanted.into()),
            }
        }
        match self.take("event_ids") {
            None => {}
            Some(Json::List(ids)) => {
                let mut all = Vec::with_capacity(ids.len());
                for (nth, id) in ids.iter().enumerate() {
                    match integer(id) {
                        Some(digits) => all.push(Json::Text(digits)),
                        None => self.refuse(&format!("event_ids[{nth}]"), &id.shown(), wanted.into()),
                    }
                }
                kept.put("event_ids", Json::List(all));
            }
            Some(other) => {
                self.refuse("event_ids", &other.shown(), "a list of integers of 64 bits is wanted".into());
            }
        }
    }

    fn keep(&mut self, kept: &mut Object, name: &str, shape: Shape, value: Json) {
        if shape.canonical(&value).is_none() {
            self.refuse(name, &value.shown(), shape.wanted());
        } else if value.as_text().is_some_and(|text| text.len() > MAX_EVENT_TEXT_BYTES) {
            self.refuse(name, &value.shown(), format!("at most {MAX_EVENT_TEXT_BYTES} bytes are wanted"));
        } else {
            kept.put(name, value);
        }
    }

    fn uuid(&mut self, name: &str) -> Option<Uuid> {
        let value = self.take(name)?;
        let uuid = value.as_text().and_then(|text| text.parse().ok());
        if uuid.is_none() {
            self.refuse(name, &value.shown(), Shape::Uuid.wanted());
        }
        uuid
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        match value {
            Json::Text(text) if is_short(&text) => Some(text),
            other => {
                let allowed = format!("a string of 1 to {MAX_EVENT_TEXT_BYTES} bytes is wanted");
                self.refuse(name, &other.shown(), allowed);
                None
            }
        }
    }

    /// Takes a member out; null is none.
    fn take(&mut self, name: &str) -> Option<Json> {
        self.left.take(name).filter(|value| *value != Json::Null)
    }

    /// Takes a member that has several names, with the name it had; all that are there have to say the same.
    fn same(&mut self, names: &[&'static str]) -> Option<(&'static str, Json)> {
        let mut found: Option<(&'static str, Json)> = None;
        for name in names {
            let Some(value) = self.take(name) else { continue };
            match &found {
                None => found = Some((name, value)),
                Some((_, first)) if *first == value => {}
                Some((other, first)) => {
                    let allowed = format!("{other} says {}, and the two mean the same", first.shown());
                    self.refuse(name, &value.shown(), allowed);
                }
            }
        }
        found
    }

    /// Notes what is wrong with a member.
    pub(super) fn refuse(&mut self, name: &str, found: &str, allowed: String) {
        self.refuse_in("", name, found, allowed);
    }

    /// Notes what is wrong with a member of a member.
    pub(super) fn refuse_in(&mut self, outer: &str, name: &str, found: &str, allowed: String) {
        if self.flaws.len() == MAX_EVENT_MISTAKES {
            return;
        }
        let parts = [self.place.as_str(), outer, name];
        let path = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
        self.flaws.push(Flaw { path, found: shown(found), allowed });
    }
}

fn is_short(text: &str) -> bool {
    (1..=MAX_EVENT_TEXT_BYTES).contains(&text.len())
}

/// The digits of an integer of 64 bits, signed or not, that is written as a number or as a text.
fn integer(value: &Json) -> Option<String> {
    let number: i128 = match value {
        Json::Text(text) if !text.starts_with('+') => text.parse().ok()?,
        Json::Number(_) => value.as_integer()?,
        _ => return None,
    };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&number).then(|| number.to_string())
}
