//! JSON read exactly: numbers keep their digits, a key that stands twice is a mistake, depth is bounded. What other
//! services post must come out again as it went in, and `serde_json::Value` rounds what does not fit into 64 bits
//! and silently takes the last of two equal keys.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use callsheet_model::limits;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON value with its numbers as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// The literal, which is a JSON number and fits into a double.
    Number(Box<str>),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

/// Members by the order of RFC 8785: that of their keys' UTF-16 units. No key stands twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object(Vec<(String, Json)>);

/// What is wrong with a text that should be JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) path: String,
    pub(crate) found: String,
    pub(crate) allowed: String,
}

/// The order of two keys by RFC 8785.
pub(crate) fn by_key(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// Members of an object, each with the text of its value, in the order they stand.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    all.push((key, map.next_value()?));
                }
                Ok(Members(all))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(One)
    }
}

/// Reads values, and remembers every flaw it meets with its place.
pub(crate) struct Reader {
    path: String,
    depth: usize,
    pub(crate) flaws: Vec<Flaw>,
}

impl Reader {
    /// For a value that stands at this place.
    pub(crate) fn at(path: String) -> Self {
        Self { path, depth: 0, flaws: Vec::new() }
    }

    /// The value that a text is; `Null` stands for what is flawed.
    pub(crate) fn value(&mut self, raw: &RawValue) -> Json {
        let text = raw.get();
        if self.depth > limits::MAX_EVENT_DEPTH {
            let allowed = format!("values lie at most {} deep in each other", limits::MAX_EVENT_DEPTH);
            return self.flaw("another level", allowed);
        }
        self.depth += 1;
        let value = match text.as_bytes().first() {
            Some(b'{') => self.object(text),
            Some(b'[') => self.list(text),
            Some(b'"') => match serde_json::from_str(text) {
                Ok(text) => Json::Text(text),
                Err(_) => self.flaw(text, "a text is Unicode, without halves of surrogate pairs".into()),
            },
            Some(b't') => Json::Bool(true),
            Some(b'f') => Json::Bool(false),
            Some(b'n') => Json::Null,
            _ if text.parse().is_ok_and(f64::is_finite) => Json::Number(text.into()),
            _ => self.flaw(text, "a number fits into a double".into()),
        };
        self.depth -= 1;
        value
    }

    fn object(&mut self, text: &str) -> Json {
        let Ok(Members(members)) = serde_json::from_str(text) else {
            return self.flaw(text, "a key is Unicode, without halves of surrogate pairs".into());
        };
        let mut all = Vec::with_capacity(members.len());
        for (key, raw) in members {
            let value = self.within(&key, |reader| reader.value(raw));
            all.push((key.into_owned(), value));
        }
        all.sort_by(|(a, _), (b, _)| by_key(a, b));
        for pair in all.windows(2) {
            if let [(a, _), (b, _)] = pair
                && a == b
            {
                self.within(a, |reader| reader.flaw("it twice", "each key stands once".into()));
            }
        }
        Json::Object(Object(all))
    }

    fn list(&mut self, text: &str) -> Json {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) else {
            return self.flaw(text, "a list".into());
        };
        let read = |(nth, raw): (usize, &&RawValue)| {
            let before = self.path.len();
            self.path.push_str(&format!("[{nth}]"));
            let value = self.value(raw);
            self.path.truncate(before);
            value
        };
        Json::List(items.iter().enumerate().map(read).collect())
    }

    /// Does something one member further down.
    fn within<T>(&mut self, key: &str, then: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        if before > 0 {
            self.path.push('.');
        }
        self.path.extend(key.chars().take(limits::MAX_NAME_BYTES));
        let value = then(self);
        self.path.truncate(before);
        value
    }

    fn flaw(&mut self, found: &str, allowed: String) -> Json {
        // More than this nobody reads, and a flaw may be as small as two bytes of the input.
        if self.flaws.len() < limits::MAX_EVENT_MISTAKES {
            self.flaws.push(Flaw { path: self.path.clone(), found: shown(found), allowed });
        }
        Json::Null
    }
}

/// A text, cut to a length that can be printed.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Reads a text that should be one JSON value.
pub(crate) fn read(text: &str) -> Result<Json, Flaw> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| Flaw {
        path: String::new(),
        found: shown(text),
        allowed: format!("it has to be JSON ({error})"),
    })?;
    let mut reader = Reader::at(String::new());
    let value = reader.value(raw);
    match reader.flaws.into_iter().next() {
        Some(flaw) => Err(flaw),
        None => Ok(value),
    }
}

impl Json {
    /// Its JSON, on one line, members in canonical order, numbers as they were written.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(literal) => out.push_str(literal),
            Self::Text(text) => quote(text, out),
            Self::List(items) => {
                out.push('[');
                for (nth, item) in items.iter().enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(object) => {
                out.push('{');
                for (nth, (key, value)) in object.iter().enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    quote(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// What it is, for a refusal: cut to a printable length.
    pub(crate) fn shown(&self) -> String {
        shown(&self.text())
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer that it is, if it is one; `2.0` is none.
    pub(crate) fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Number(literal) => literal.parse().ok(),
            _ => None,
        }
    }
}

impl Object {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(String, Json)> {
        self.0.iter()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Json> {
        let at = self.0.binary_search_by(|(other, _)| by_key(other, key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Takes a member out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Json> {
        let at = self.0.binary_search_by(|(other, _)| by_key(other, key)).ok()?;
        Some(self.0.remove(at).1)
    }

    /// Puts a member in, or in the place of the one with its key.
    pub(crate) fn put(&mut self, key: &str, value: Json) {
        match self.0.binary_search_by(|(other, _)| by_key(other, key)) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key.to_owned(), value)),
        }
    }
}

/// A text as JSON.
pub(crate) fn quote(text: &str, out: &mut String) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // Writing a text into memory cannot fail.
        out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}
