//! What a single value may be: readers for [`crate::reader::Table::take`], with units, bounds and names.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callsheet_model::{id, limits};

use crate::problem::Why;
use crate::reader::not_a;
use crate::tree::{Value, quoted};

/// Sizes by unit, in bytes.
const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// A text that is not empty and has no control characters.
pub(crate) fn text(value: &Value) -> Result<String, Why> {
    let text = any_text(value)?;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(Why::new(value.shown(), "here must be a text that is not empty, in one line"));
    }
    Ok(text)
}

/// Any text.
pub(crate) fn any_text(value: &Value) -> Result<String, Why> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Integer(_) | Value::Number(_) | Value::Flag(_) | Value::Date(_) => {
            Err(Why::new(value.shown(), "here must be a text: put it into quotes"))
        }
        other => Err(not_a("a text", other)),
    }
}

/// A text of at most so many bytes.
pub(crate) fn short_text(most: usize) -> impl Fn(&Value) -> Result<String, Why> {
    move |value| {
        let text = text(value)?;
        if text.len() > most {
            return Err(Why::new(value.shown(), format!("longer than {most} bytes")));
        }
        Ok(text)
    }
}

/// A name that is safe in paths, URLs and tables.
pub(crate) fn name(value: &Value) -> Result<String, Why> {
    let text = any_text(value)?;
    match id::check_name(&text) {
        Ok(()) => Ok(text),
        Err(error) => Err(Why::new(
            value.shown(),
            format!(
                "a name is 1 to {} letters, digits, '-', '_' or '.', beginning with a letter or digit",
                error.max
            ),
        )),
    }
}

pub(crate) fn flag(value: &Value) -> Result<bool, Why> {
    match value {
        Value::Flag(flag) => Ok(*flag),
        other => Err(not_a("true or false", other)),
    }
}

/// A whole number within bounds.
pub(crate) fn integer<T>(bounds: RangeInclusive<T>) -> impl Fn(&Value) -> Result<T, Why>
where
    T: TryFrom<i64> + PartialOrd + std::fmt::Display,
{
    move |value| {
        let found = match value {
            Value::Integer(number) => T::try_from(*number).ok().filter(|number| bounds.contains(number)),
            _ => None,
        };
        let wanted = || format!("a whole number from {} to {}", bounds.start(), bounds.end());
        found.ok_or_else(|| not_a(&wanted(), value))
    }
}

/// A number within bounds.
pub(crate) fn number(bounds: RangeInclusive<f64>) -> impl Fn(&Value) -> Result<f64, Why> {
    move |value| {
        let found = match value {
            Value::Integer(number) => Some(*number as f64),
            Value::Number(number) => Some(*number),
            _ => None,
        };
        let wanted = || format!("a number from {} to {}", bounds.start(), bounds.end());
        found.filter(|number| bounds.contains(number)).ok_or_else(|| not_a(&wanted(), value))
    }
}

/// A duration with its unit, within bounds.
pub(crate) fn duration(least: Duration, most: Duration) -> impl Fn(&Value) -> Result<Duration, Why> {
    move |value| {
        let Value::Text(text) = value else {
            return Err(not_a(
                "a duration in quotes with its unit, such as \"250ms\", \"5s\", \"10m\", \"2h\" or \"30d\"",
                value,
            ));
        };
        let duration = humantime::parse_duration(text).map_err(|_| {
            Why::new(
                quoted(text),
                "a duration is a number with its unit: \"250ms\", \"5s\", \"10m\", \"2h\" or \"30d\"",
            )
        })?;
        if duration < least || duration > most {
            return Err(Why::new(quoted(text), format!("here may be {} to {}", shown(least), shown(most))));
        }
        Ok(duration)
    }
}

/// A duration as people write it.
pub(crate) fn shown(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// A size with its unit, within bounds, in bytes.
pub(crate) fn size(least: u64, most: u64) -> impl Fn(&Value) -> Result<u64, Why> {
    move |value| {
        let Value::Text(text) = value else {
            return Err(not_a("a size in quotes with its unit, such as \"512MB\" or \"200GiB\"", value));
        };
        let bytes = bytes_of(text).ok_or_else(|| {
            let units: Vec<&str> = UNITS.iter().map(|(unit, _)| *unit).collect();
            Why::new(
                quoted(text),
                format!("a size is a whole number with its unit, \"200GiB\": {}", units.join(", ")),
            )
        })?;
        if bytes < least || bytes > most {
            return Err(Why::new(
                quoted(text),
                format!("here may be {} to {}", shown_size(least), shown_size(most)),
            ));
        }
        Ok(bytes)
    }
}

fn bytes_of(text: &str) -> Option<u64> {
    let text = text.trim();
    let cut = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(cut)?;
    let (_, factor) = UNITS.iter().find(|(known, _)| known.eq_ignore_ascii_case(unit.trim()))?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}

fn shown_size(bytes: u64) -> String {
    let binary = UNITS
        .iter()
        .rev()
        .find(|(unit, size)| unit.ends_with("iB") && bytes >= *size && bytes.is_multiple_of(*size));
    let (unit, size) = binary.copied().unwrap_or(("B", 1));
    format!("{}{unit}", bytes / size)
}

/// One of a few words.
pub(crate) fn choice<T: Copy>(words: &'static [(&'static str, T)]) -> impl Fn(&Value) -> Result<T, Why> {
    move |value| {
        let known = match value {
            Value::Text(text) => words.iter().find(|(word, _)| word == text),
            _ => None,
        };
        let all = || words.iter().map(|(word, _)| format!("{word:?}")).collect::<Vec<_>>().join(", ");
        known.map(|(_, value)| *value).ok_or_else(|| not_a(&format!("one of {}", all()), value))
    }
}

/// A path; a relative one starts at `base`.
pub(crate) fn path(base: &Path) -> impl Fn(&Value) -> Result<PathBuf, Why> {
    move |value| Ok(resolved(base, &path_text(value)?))
}

/// The path itself when it is absolute, otherwise from `base` on.
pub(crate) fn resolved(base: &Path, path: &str) -> PathBuf {
    if is_absolute(path) { PathBuf::from(path) } else { base.join(path) }
}

/// A path as it is written, of whatever platform.
pub(crate) fn path_text(value: &Value) -> Result<String, Why> {
    short_text(limits::MAX_PATH_BYTES)(value)
}

/// Whether a path is absolute on Unix or on Windows: one config is read by machines of both.
pub(crate) fn is_absolute(path: &str) -> bool {
    let mut chars = path.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some('/'), ..) | (Some('\\'), Some('\\'), _) => true,
        (Some(drive), Some(':'), Some('/' | '\\')) => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("0B", 0), ("512MB", 512_000_000), ("200 GiB", 200 << 30), ("1kb", 1000), ("1MIB", 1 << 20)]
        {
            assert_eq!(bytes_of(text), Some(bytes), "{text}");
        }
        for text in ["", "5", "GiB", "-1B", "1.5GiB", "1 XB", "99999999999999999999B", "20000000TiB", "5é"] {
            assert_eq!(bytes_of(text), None, "{text}");
        }
        assert_eq!(shown_size(200 << 30), "200GiB");
        assert_eq!(shown_size(1500), "1500B");
    }

    #[test]
    fn a_path_is_absolute_wherever_it_is_read() {
        for path in ["/a", "C:\\a", "c:/a", "\\\\server\\share"] {
            assert!(is_absolute(path), "{path}");
        }
        for path in ["a/b", "C:a", "\\a", "", "ä:/"] {
            assert!(!is_absolute(path), "{path}");
        }
    }
}
