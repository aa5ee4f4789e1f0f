//! One tree of values for all three notations, in which each value and each key knows where it stands.
//!
//! Only this module knows the three parsers. It bounds what they make of hostile text: its length, its depth
//! (the parsers' own limits, at most 512) and, because a YAML alias is a copy, the number of values.

mod json;
mod toml;
mod yaml;

use crate::source::Format;

/// Longest text that is read, in bytes.
pub const MAX_TEXT_BYTES: usize = 4 * 1024 * 1024;
/// Most values in one text, copies by YAML aliases included.
pub const MAX_VALUES: usize = 200_000;

/// A value and where it begins, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    /// A TOML date or time. Nothing here is one, but a person can write it.
    Date(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: usize,
    pub(crate) node: Node,
}

/// Something that keeps a text from being read: where, and what.
pub(crate) type Fault = (usize, String);

/// Reads a text whose root is a table.
pub(crate) fn parse(format: Format, text: &str) -> Result<Node, Vec<Fault>> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(vec![(0, format!("longer than {MAX_TEXT_BYTES} bytes"))]);
    }
    let root = match format {
        Format::Toml => toml::parse(text),
        Format::Json => json::parse(text),
        Format::Yaml => yaml::parse(text),
    };
    let root = root.map_err(|faults| {
        faults.into_iter().map(|(at, message)| (at, lower(&message))).collect::<Vec<_>>()
    })?;
    if size(&root) > MAX_VALUES {
        return Err(vec![(0, format!("more than {MAX_VALUES} values"))]);
    }
    match root.value {
        Value::Table(_) => Ok(root),
        other => {
            Err(vec![(root.at, format!("the whole is {}, not a table of keys and values", other.kind()))])
        }
    }
}

/// How many values it holds, itself included.
fn size(node: &Node) -> usize {
    match &node.value {
        Value::List(list) => list.iter().map(size).sum::<usize>() + 1,
        Value::Table(entries) => entries.iter().map(|entry| size(&entry.node)).sum::<usize>() + 1,
        _ => 1,
    }
}

/// A table, unless a key is in it twice.
fn table(entries: Vec<Entry>) -> Result<Value, Fault> {
    let mut keys = std::collections::BTreeSet::new();
    match entries.iter().find(|entry| !keys.insert(&entry.key)) {
        Some(twice) => Err((twice.key_at, format!("the key {} is there twice", twice.key))),
        None => Ok(Value::Table(entries)),
    }
}

impl Node {
    /// Where the value of a key such as `steps[2].frames` stands, or the innermost table that should hold it.
    pub(crate) fn locate(&self, key: &str) -> usize {
        let mut node = self;
        for part in key.split(['.', '[']).filter(|part| !part.is_empty()) {
            let inner = match &node.value {
                Value::Table(entries) => {
                    entries.iter().find(|entry| entry.key == part).map(|entry| &entry.node)
                }
                Value::List(list) => part
                    .strip_suffix(']')
                    .and_then(|nth| nth.parse::<usize>().ok())
                    .and_then(|nth| list.get(nth)),
                _ => None,
            };
            match inner {
                Some(inner) => node = inner,
                None => break,
            }
        }
        node.at
    }
}

impl Value {
    /// What it is, with its article.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Flag(_) => "true or false",
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// What to tell people that they wrote, cut to a printable length.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => quoted(text),
            Self::Date(date) => date.clone(),
            Self::Null | Self::List(_) | Self::Table(_) => self.kind().to_owned(),
        }
    }

    /// As JSON, for settings that only a renderer understands. Dates become texts.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Null => Json::Null,
            Self::Flag(flag) => Json::Bool(*flag),
            Self::Integer(number) => Json::from(*number),
            Self::Number(number) => Json::from(*number),
            Self::Text(text) | Self::Date(text) => Json::from(text.as_str()),
            Self::List(list) => list.iter().map(|node| node.value.to_json()).collect(),
            Self::Table(entries) => Json::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.node.value.to_json())).collect(),
            ),
        }
    }
}

/// The parsers' sentences as ours are: they begin in lower case.
fn lower(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// A text in quotes, cut to a printable length.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{:?}...", text.get(..cut).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests;
