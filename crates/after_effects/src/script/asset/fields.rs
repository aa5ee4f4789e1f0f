//! One asset as it stands in the settings: its keys under either spelling, and what is wrong with them.

use serde_json::{Map, Value};

use super::{MAX_NAME_BYTES, Problem};

/// What nexrender calls a key, where it differs.
const ALIASES: [(&str, &str); 3] = [
    ("layer_name", "layerName"),
    ("layer_index", "layerIndex"),
    ("continue_on_missing", "continueOnMissing"),
];

pub(super) struct Fields<'a> {
    place: String,
    values: &'a Map<String, Value>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(place: String, values: &'a Map<String, Value>) -> Self {
        Self { place, values, problems: Vec::new() }
    }

    /// Refuses every key that is not among `known`, and a key that is there under both its spellings.
    pub(super) fn allow(&mut self, kind: &str, known: &[&str]) {
        for key in self.values.keys() {
            let name = ALIASES.iter().find(|(_, alias)| alias == key).map_or(key.as_str(), |(name, _)| *name);
            if !known.contains(&name) {
                self.say(key, format!("is no key of {kind}: allowed are {}", known.join(", ")));
            } else if name != key && self.values.contains_key(name) {
                self.say(key, format!("is the same as {name}: keep one of them"));
            }
        }
    }

    /// The value of a key that is there and not null.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        let alias =
            ALIASES.iter().find(|(name, _)| *name == key).and_then(|(_, alias)| self.values.get(*alias));
        self.values.get(key).or(alias).filter(|value| !value.is_null())
    }

    /// A text of limited length.
    pub(super) fn text(&mut self, key: &str, most_bytes: usize) -> Option<&'a str> {
        match self.value(key)? {
            Value::String(text) if text.len() <= most_bytes => Some(text.as_str()),
            Value::String(text) => {
                self.say(key, format!("has {} bytes: {most_bytes} are allowed", text.len()));
                None
            }
            other => {
                self.refuse(key, other, "a text");
                None
            }
        }
    }

    /// A name: a text that is not empty and not too long.
    pub(super) fn name(&mut self, key: &str) -> Option<&'a str> {
        let name = self.text(key, MAX_NAME_BYTES)?;
        if name.trim().is_empty() {
            self.say(key, "is empty: give a name".to_owned());
            return None;
        }
        Some(name)
    }

    /// Yes or no; no where nothing is said.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        match self.value(key) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                self.refuse(key, other, "true or false");
                false
            }
        }
    }

    /// A position, from 1.
    pub(super) fn position(&mut self, key: &str) -> Option<u32> {
        let value = self.value(key)?;
        let position =
            value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0);
        if position.is_none() {
            self.refuse(key, value, "a whole number from 1: layers count from 1 at the top");
        }
        position
    }

    /// Says that a key is missing, if nothing was there to complain about.
    pub(super) fn missing(&mut self, key: &str, what: &str) {
        if self.value(key).is_none() {
            self.say(key, format!("is missing: {what}"));
        }
    }

    pub(super) fn refuse(&mut self, key: &str, found: &Value, allowed: &str) {
        self.say(key, format!("{} is not allowed here: {allowed}", shown(found)));
    }

    pub(super) fn say(&mut self, key: &str, message: String) {
        self.problems.push(Problem { place: format!("{}.{key}", self.place), message });
    }
}

/// A value as it may stand in a message: what is long may be someone's whole text, or secret.
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text,
    }
}
