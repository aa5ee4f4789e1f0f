//! One reader for each kind of value, and the table of what is read with which.

use std::collections::BTreeMap;

use callsheet_model::limits;
use serde_json::{Map, Value};

use super::{Memory, Movie, MultiFrame, Preset, Problem, Settings, Target};

/// Every key that a step may set.
const KEYS: [&str; 13] = [
    "composition",
    "queue_index",
    "render_settings",
    "output_module",
    "multi_frame",
    "memory",
    "sound",
    "continue_on_missing_footage",
    "env",
    "fonts",
    "size",
    "assets",
    "movie",
];
/// Longest name of a composition, template or font, in bytes.
const MAX_NAME: usize = 256;
/// Most items of a render queue, variables, fonts and keys of a preset.
const MAX_QUEUE: u64 = 10_000;
const MAX_ENTRIES: usize = 100;
/// After Effects makes no larger composition.
const MAX_SIDE: u32 = 30_000;
/// Longest value of a variable or a preset's key, in bytes.
const MAX_VALUE: usize = 1024;

/// What is read, unless something it cannot do without is missing, and everything that is wrong.
pub(super) fn read(values: &BTreeMap<String, Value>) -> (Option<Settings>, Vec<Problem>) {
    let unknown = values.keys().filter(|key| !KEYS.contains(&key.as_str()));
    let problems = unknown.map(|key| Problem::new(format!("settings.{key}"), unknown_key(key))).collect();
    let mut from = From { values, problems };
    let target = from.target();
    let settings = Settings {
        target: target.clone().unwrap_or(Target::QueueIndex(1)),
        render_settings: from.take("render_settings", preset),
        output_module: from.take("output_module", preset),
        multi_frame: from.take("multi_frame", multi_frame),
        memory: from.take("memory", memory),
        sound: from.take("sound", flag),
        continue_on_missing_footage: from.take("continue_on_missing_footage", flag).unwrap_or(false),
        env: from.take("env", env).unwrap_or_default(),
        fonts: from.take("fonts", fonts).unwrap_or_default(),
        size: from.take("size", size),
        assets: values.get("assets").cloned(),
        movie: from.take("movie", Movie::read),
    };
    (target.map(|_| settings), from.problems)
}

struct From<'a> {
    values: &'a BTreeMap<String, Value>,
    problems: Vec<Problem>,
}

impl From<'_> {
    fn take<T>(&mut self, key: &str, read: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        match read(self.values.get(key)?) {
            Ok(value) => Some(value),
            Err(message) => {
                self.problems.push(Problem::new(format!("settings.{key}"), message));
                None
            }
        }
    }

    /// Without a target the whole render queue would be rendered, and everything else ignored.
    fn target(&mut self) -> Option<Target> {
        let composition = self.take("composition", name);
        let index = self.take("queue_index", |value| whole(value, 1, MAX_QUEUE));
        let say = |problems: &mut Vec<Problem>, key: &str, message: &str| {
            problems.push(Problem::new(format!("settings.{key}"), message));
        };
        let written = |key: &str| self.values.contains_key(key);
        match (written("composition"), written("queue_index")) {
            (true, true) => {
                say(&mut self.problems, "queue_index", "is too much: a composition is named already");
            }
            (false, false) => say(
                &mut self.problems,
                "composition",
                "is missing: name the composition, or an item of the render queue with queue_index",
            ),
            _ => {}
        }
        composition.map(Target::Composition).or_else(|| u32::try_from(index?).ok().map(Target::QueueIndex))
    }
}

fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| not(value, "true or false"))
}

pub(super) fn whole(value: &Value, least: u64, most: u64) -> Result<u64, String> {
    let number = value.as_u64().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| not(value, &format!("a whole number from {least} to {most}")))
}

fn percent(table: &Map<String, Value>, key: &str) -> Result<Option<u8>, String> {
    let Some(value) = table.get(key) else { return Ok(None) };
    let number = whole(value, 1, 100).map_err(|message| format!("{key}: {message}"))?;
    Ok(u8::try_from(number).ok())
}

/// A name that can stand behind a flag: aerender takes what begins with `-` for the next one.
fn name(value: &Value) -> Result<String, String> {
    let named = value.as_str().filter(|text| {
        !text.trim().is_empty()
            && !text.starts_with('-')
            && text.len() <= MAX_NAME
            && !text.chars().any(char::is_control)
    });
    let wanted = format!(
        "a name in one line, up to {MAX_NAME} bytes, that does not begin with \"-\" (aerender takes it for an option)"
    );
    named.map(str::to_owned).ok_or_else(|| not(value, &wanted))
}

fn preset(value: &Value) -> Result<Preset, String> {
    match value {
        Value::Object(table) if table.is_empty() => {
            Err("is empty: leave it out, or say a key with its value".to_owned())
        }
        Value::Object(table) if table.len() > MAX_ENTRIES => Err(too_many(table.len())),
        Value::Object(table) => {
            let entries = table.iter().map(|(key, value)| preset_entry(key, value));
            entries.collect::<Result<_, _>>().map(Preset::Values)
        }
        other => name(other)
            .map(Preset::Template)
            .map_err(|_| not(other, "the name of a template, or a table of keys and values")),
    }
}

/// `key: value` stands between semicolons, so neither can have one. There is no way to write it otherwise.
fn preset_entry(key: &str, value: &Value) -> Result<(String, String), String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        other => return Err(format!("{key}: {}", not(other, "a text, a number, true or false"))),
    };
    let plain = |text: &str, refused: &[char]| {
        !text.trim().is_empty()
            && text.len() <= MAX_VALUE
            && !text.chars().any(|c| c.is_control() || refused.contains(&c))
    };
    if !plain(key, &[';', ':', '"']) || !plain(&text, &[';', '"']) {
        let message =
            "is no key and value that aerender can be told: not empty, in one line, without ; and \\\"";
        return Err(format!("{key:?} {message}"));
    }
    Ok((key.trim().to_owned(), text.trim().to_owned()))
}

fn multi_frame(value: &Value) -> Result<MultiFrame, String> {
    match value {
        Value::Bool(false) => Ok(MultiFrame::Off),
        Value::Bool(true) => Ok(MultiFrame::On { cpu: 100 }),
        Value::Object(table) => {
            only(table, &["cpu"])?;
            Ok(MultiFrame::On { cpu: percent(table, "cpu")?.unwrap_or(100) })
        }
        other => Err(not(other, "true, false or {\"cpu\": 1 to 100}, in per cent")),
    }
}

fn memory(value: &Value) -> Result<Memory, String> {
    let wanted = "{\"cache\": 1 to 100, \"max\": 1 to 100}, in per cent, both of them";
    let table = value.as_object().ok_or_else(|| not(value, wanted))?;
    only(table, &["cache", "max"])?;
    match (percent(table, "cache")?, percent(table, "max")?) {
        (Some(cache), Some(max)) => Ok(Memory { cache, max }),
        _ => Err(not(value, wanted)),
    }
}

fn size(value: &Value) -> Result<(u32, u32), String> {
    let side = |side: &Value| side.as_u64().and_then(|side| u32::try_from(side).ok());
    let both = value.as_array().and_then(|both| match both.as_slice() {
        [width, height] => Some((side(width)?, side(height)?)),
        _ => None,
    });
    both.filter(|(width, height)| (1..=MAX_SIDE).contains(width) && (1..=MAX_SIDE).contains(height))
        .ok_or_else(|| not(value, "[width, height], each 1 to 30000 pixels"))
}

fn env(value: &Value) -> Result<BTreeMap<String, String>, String> {
    let table = value.as_object().ok_or_else(|| not(value, "a table of texts"))?;
    if table.len() > MAX_ENTRIES {
        return Err(too_many(table.len()));
    }
    let one = |(key, value): (&String, &Value)| {
        let named = !key.starts_with(|first: char| first.is_ascii_digit())
            && !key.is_empty()
            && key.len() <= limits::MAX_NAME_BYTES
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !named {
            return Err(format!("{key:?} is no variable's name: letters, digits and _, not a digit first"));
        }
        let text =
            value.as_str().filter(|text| text.len() <= MAX_VALUE && !text.chars().any(char::is_control));
        let text = text.ok_or_else(|| {
            format!("{key}: {}", not(value, &format!("a text in one line, up to {MAX_VALUE} bytes")))
        })?;
        Ok((key.clone(), text.to_owned()))
    };
    table.iter().map(one).collect()
}

fn fonts(value: &Value) -> Result<Vec<String>, String> {
    let wanted = "a list of PostScript names, such as [\"Helvetica-Bold\"]";
    let list = value.as_array().ok_or_else(|| not(value, wanted))?;
    if list.len() > MAX_ENTRIES {
        return Err(too_many(list.len()));
    }
    list.iter().map(|font| name(font).map_err(|_| not(font, wanted))).collect()
}

/// Keys of a table that are not known are refused, too.
pub(super) fn only(table: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{key:?} is not known there: allowed are {}", known.join(", "))),
        None => Ok(()),
    }
}

pub(super) fn not(found: &Value, wanted: &str) -> String {
    const SHOWN: usize = 60;
    let text = found.to_string();
    let shown = match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text,
    };
    format!("{shown} is not allowed here: {wanted}")
}

fn too_many(found: usize) -> String {
    format!("has {found} entries, at most {MAX_ENTRIES} are allowed")
}

/// The old description of this renderer called the composition `comp`.
fn unknown_key(key: &str) -> String {
    let near = match key {
        "comp" | "composition_name" | "compositon" => Some("composition"),
        "rqindex" | "queue" => Some("queue_index"),
        "outputModule" | "om_template" => Some("output_module"),
        "renderSettings" | "rs_template" => Some("render_settings"),
        "mfr" | "multi_frame_rendering" => Some("multi_frame"),
        "data" | "asset" => Some("assets"),
        _ => None,
    };
    match near {
        Some(near) => format!("is not known: did you mean {near}? allowed are {}", KEYS.join(", ")),
        None => format!("is not known: allowed are {}", KEYS.join(", ")),
    }
}
