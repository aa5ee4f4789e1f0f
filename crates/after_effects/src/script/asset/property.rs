//! The path to a property of a layer, and the parts of a text's style.

use serde_json::Value;

use super::MAX_STEPS;

/// A property of a layer, found by names from the layer down: `Transform->Position`,
/// `Effects->Fill->Color`, `Source Text.fontSize`. Names are what After Effects shows or its match names
/// (`ADBE Opacity`), which are the same in every language; a number is a position from 1.
///
/// Steps are parted by `->` or, where there is none, by dots. A few switches of the layer itself can be set
/// too, by a path of one step: `enabled`, `audioEnabled`, `solo`, `inPoint`, `outPoint`, `startTime`,
/// `stretch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Names from the layer down. Never empty.
    pub path: Vec<String>,
    /// For the text of a text layer: which part of its style is meant instead of the text itself.
    pub style: Option<&'static str>,
}

/// What a part of a text's style takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Text,
    Number,
    Flag,
    /// Red, green, blue from 0 to 1.
    Colour,
    /// One of [`JUSTIFICATIONS`].
    Justification,
}

/// The writable attributes of a `TextDocument` (After Effects Scripting Guide) that a value from a job file
/// can be given to. Most since 12.0, `leading` since 14.2, writable `fauxBold` and `fauxItalic` since 24.0.
const STYLES: [(&str, Takes); 17] = [
    ("text", Takes::Text),
    ("font", Takes::Text),
    ("fontSize", Takes::Number),
    ("fillColor", Takes::Colour),
    ("strokeColor", Takes::Colour),
    ("strokeWidth", Takes::Number),
    ("applyFill", Takes::Flag),
    ("applyStroke", Takes::Flag),
    ("strokeOverFill", Takes::Flag),
    ("tracking", Takes::Number),
    ("leading", Takes::Number),
    ("baselineShift", Takes::Number),
    ("horizontalScale", Takes::Number),
    ("verticalScale", Takes::Number),
    ("fauxBold", Takes::Flag),
    ("fauxItalic", Takes::Flag),
    ("justification", Takes::Justification),
];

/// The values of `ParagraphJustification` that can be set.
const JUSTIFICATIONS: [&str; 7] = [
    "LEFT_JUSTIFY",
    "RIGHT_JUSTIFY",
    "CENTER_JUSTIFY",
    "FULL_JUSTIFY_LASTLINE_LEFT",
    "FULL_JUSTIFY_LASTLINE_RIGHT",
    "FULL_JUSTIFY_LASTLINE_CENTER",
    "FULL_JUSTIFY_LASTLINE_FULL",
];

/// Names of the property that holds a text layer's text.
const SOURCE_TEXT: [&str; 3] = ["Source Text", "sourceText", "ADBE Text Document"];

impl Property {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> =
            if text.contains("->") { text.split("->").collect() } else { text.split('.').collect() };
        let mut path: Vec<String> = parts.into_iter().map(|part| part.trim().to_owned()).collect();
        // `Text->Source Text.font` mixes the two, and means it.
        if let Some(last) = path.pop() {
            match SOURCE_TEXT
                .iter()
                .find_map(|name| Some((*name, last.strip_prefix(name)?.strip_prefix('.')?)))
            {
                Some((name, style)) => path.extend([name.to_owned(), style.to_owned()]),
                None => path.push(last),
            }
        }
        if path.iter().any(String::is_empty) {
            return Err(format!("{text:?} has an empty step: write it like Transform->Position"));
        }
        if path.len() > MAX_STEPS {
            return Err(format!("has {} steps: {MAX_STEPS} are allowed", path.len()));
        }
        let style = match path.as_slice() {
            [.., text, style] if SOURCE_TEXT.contains(&text.as_str()) => Some(known_style(style)?),
            _ => None,
        };
        if style.is_some() {
            path.pop();
        }
        Ok(Self { path, style: style.filter(|style| *style != "text") })
    }

    /// Whether a value can be given to it, as far as that is known without the project.
    ///
    /// # Errors
    /// What it takes.
    pub(super) fn takes(&self, value: &Value) -> Result<(), String> {
        let Some((_, takes)) = STYLES.iter().find(|(name, _)| Some(*name) == self.style) else {
            return Ok(());
        };
        let is_colour = |value: &Value| value.as_array().is_some_and(|parts| parts.len() == 3);
        let is_justification =
            |value: &Value| value.as_str().is_some_and(|word| JUSTIFICATIONS.contains(&word));
        let (fits, allowed) = match takes {
            Takes::Text => (value.is_string(), "a text".to_owned()),
            Takes::Number => (value.is_number(), "a number".to_owned()),
            Takes::Flag => (value.is_boolean(), "true or false".to_owned()),
            Takes::Colour => (is_colour(value), "red, green and blue as a list of three numbers".to_owned()),
            Takes::Justification => {
                (is_justification(value), format!("one of {}", JUSTIFICATIONS.join(", ")))
            }
        };
        if fits { Ok(()) } else { Err(allowed) }
    }
}

fn known_style(name: &str) -> Result<&'static str, String> {
    let known = STYLES.iter().find(|(style, _)| *style == name).map(|(style, _)| *style);
    known.ok_or_else(|| {
        let names: Vec<&str> = STYLES.iter().map(|(style, _)| *style).collect();
        format!("{name:?} is no part of a text's style that can be set: allowed are {}", names.join(", "))
    })
}
