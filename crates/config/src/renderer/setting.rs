//! What a step may set for a described renderer, and within which bounds.

use std::collections::BTreeMap;

use callsheet_model::limits;
use serde_json::Value as Json;

use crate::problem::Why;
use crate::reader::Table;
use crate::tree::Value;
use crate::values::{choice, flag, number, text};

/// One setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// What kind of value it takes.
    pub kind: SettingKind,
    /// What it is when the step does not say.
    pub default: Option<Json>,
    /// Whether a step must say.
    pub required: bool,
}

/// What kind of value a setting takes.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingKind {
    /// A whole number within bounds.
    Integer {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A number within bounds.
    Number {
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// Any text, one line, not beginning with `-` (a program would take it for an option).
    Text,
    /// One of these.
    Choice(Vec<String>),
    /// True or false, for `{when:NAME}`.
    Flag,
    /// The name of a step that this one comes after, for `{input.NAME:FORM}`.
    Step,
}

impl Setting {
    /// Whether a step may set this value.
    ///
    /// # Errors
    /// A sentence that says what is allowed.
    pub fn check(&self, value: &Json) -> Result<(), String> {
        let allowed = match (&self.kind, value) {
            (SettingKind::Integer { min, max }, Json::Number(n)) => {
                n.as_i64().is_some_and(|n| (*min..=*max).contains(&n))
            }
            (SettingKind::Number { min, max }, Json::Number(n)) => {
                n.as_f64().is_some_and(|n| (*min..=*max).contains(&n))
            }
            (SettingKind::Text, Json::String(text)) => {
                !text.starts_with('-')
                    && !text.chars().any(char::is_control)
                    && text.len() <= limits::MAX_PATH_BYTES
            }
            (SettingKind::Choice(words), Json::String(text)) => words.contains(text),
            (SettingKind::Flag, Json::Bool(_)) => true,
            (SettingKind::Step, Json::String(text)) => callsheet_model::id::check_name(text).is_ok(),
            _ => false,
        };
        if allowed { Ok(()) } else { Err(format!("found {value}: here must be {}", self.kind.wanted())) }
    }

    /// What stands for a value in an argument; flags and steps are never written themselves.
    #[must_use]
    pub fn written(&self, value: &Json) -> Option<String> {
        match (&self.kind, value) {
            (SettingKind::Flag | SettingKind::Step, _) => None,
            (_, Json::String(text)) => Some(text.clone()),
            (_, Json::Number(number)) => Some(number.to_string()),
            _ => None,
        }
    }
}

impl SettingKind {
    /// What a person has to write.
    #[must_use]
    pub fn wanted(&self) -> String {
        match self {
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Number { min, max } => format!("a number from {min} to {max}"),
            Self::Text => "a text in one line that does not begin with '-'".to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Flag => "true or false".to_owned(),
            Self::Step => "the name of a step that this one comes after".to_owned(),
        }
    }
}

/// The kinds by their words; bounds and choices come from keys beside them.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Integer,
    Number,
    Text,
    Choice,
    Flag,
    Step,
}

const KINDS: [(&str, Kind); 6] = [
    ("integer", Kind::Integer),
    ("number", Kind::Number),
    ("text", Kind::Text),
    ("choice", Kind::Choice),
    ("flag", Kind::Flag),
    ("step", Kind::Step),
];

/// The largest bound: what JSON carries exactly everywhere.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub(super) fn read_all(renderer: &mut Table<'_>) -> BTreeMap<String, Setting> {
    let mut settings = BTreeMap::new();
    for (key, table) in renderer.named_tables("settings") {
        if !super::words::is_key(&key) {
            let why = "a setting's key is made of letters, digits, '_' and '-'";
            table.refuse("kind", Why::new(format!("{key:?}"), why));
        }
        settings.extend(read(table).map(|setting| (key, setting)));
    }
    settings
}

fn read(mut table: Table<'_>) -> Option<Setting> {
    let kind = table.need("kind", "what kind of value it takes", choice(&KINDS));
    let min = table.take("min", number(-EXACT..=EXACT));
    let max = table.take("max", number(-EXACT..=EXACT));
    let choices = table.list("choices", text);
    let required = table.take("required", flag).unwrap_or(false);
    let default = table.take("default", |value: &Value| Ok(value.to_json()));
    let bounded = matches!(kind, Some(Kind::Integer | Kind::Number));
    for key in ["min", "max"] {
        if kind.is_some() && table.has(key) && !bounded {
            table.refuse(key, Why::new("", "only an integer or a number has bounds"));
        }
    }
    if kind.is_some() && (kind == Some(Kind::Choice)) != choices.is_some() {
        table.refuse("choices", Why::new("", "the kind \"choice\" has choices, and no other kind has"));
    }
    let (min, max) = (min.unwrap_or(-EXACT), max.unwrap_or(EXACT));
    if min > max {
        table.refuse("min", Why::new(min.to_string(), format!("more than max, which is {max}")));
    }
    let kind = match kind {
        Some(Kind::Integer) => Some(SettingKind::Integer { min: min.ceil() as i64, max: max.floor() as i64 }),
        Some(Kind::Number) => Some(SettingKind::Number { min, max }),
        Some(Kind::Text) => Some(SettingKind::Text),
        Some(Kind::Choice) => Some(SettingKind::Choice(choices.unwrap_or_default())),
        Some(Kind::Flag) => Some(SettingKind::Flag),
        Some(Kind::Step) => Some(SettingKind::Step),
        None => None,
    };
    let setting = kind.map(|kind| Setting { kind, default, required });
    if let Some(Setting { default: Some(default), .. }) = &setting
        && let Some(Err(why)) = setting.as_ref().map(|setting| setting.check(default))
    {
        table.refuse("default", Why::new("", why));
    }
    table.done();
    setting
}
