//! The canonical form of numbers, and with them of whole values: what is hashed is RFC 8785, with one addition.
//! RFC 8785 knows doubles only, and would give two integers one form where a double cannot tell them apart. So an
//! integer literal that comes out of a double otherwise than it went in (9007199254740993 comes out as …992) is
//! hashed as the string of its digits, and no two different integers hash alike by rounding.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::json::Json;

/// The largest integer up to which doubles can tell all of them apart: 2^53 − 1.
pub(crate) const MAX_SAFE: u64 = (1 << 53) - 1;

/// What is hashed: integers that no double holds as text, all else as it is. The canonicaliser sorts, and writes numbers.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(literal) => match Hashed::of(literal) {
                Hashed::Integer => serializer.serialize_i64(literal.parse().unwrap_or_default()),
                Hashed::Digits => serializer.serialize_str(literal),
                Hashed::Double(value) => serializer.serialize_f64(value),
            },
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.len()))?;
                object.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

/// How a number's literal is hashed.
enum Hashed {
    /// As the integer it is.
    Integer,
    /// As the text of its digits.
    Digits,
    /// As the double it is.
    Double(f64),
}

impl Hashed {
    fn of(literal: &str) -> Self {
        let double = || literal.parse().unwrap_or_default();
        if literal.contains(['.', 'e', 'E']) {
            return Self::Double(double());
        }
        match literal.parse::<i64>() {
            Ok(value) if value.unsigned_abs() <= MAX_SAFE => Self::Integer,
            _ if written(double()) == literal => Self::Double(double()),
            _ => Self::Digits,
        }
    }
}

/// A double as RFC 8785 writes it.
fn written(double: f64) -> String {
    // One that was read from a literal of JSON is finite, and can be written.
    serde_json_canonicalizer::to_string(&double).unwrap_or_default()
}

/// The canonical form of a compact text whose members are in canonical order already: only its numbers may have to
/// be written otherwise.
pub(crate) fn with_canonical_numbers(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_text(bytes, at),
            b'-' | b'0'..=b'9' => {
                let tail = bytes[at..].iter().position(|byte| !b"+-.0123456789eE".contains(byte));
                let end = tail.map_or(bytes.len(), |length| at + length);
                let literal = &text[at..end];
                let form = number(literal);
                if form != literal {
                    out.push_str(&text[copied..at]);
                    out.push_str(&form);
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// The place after a text's closing quote.
fn end_of_text(bytes: &[u8], opening: usize) -> usize {
    let mut at = opening + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A number's canonical form.
pub(crate) fn number(literal: &str) -> Cow<'_, str> {
    match Hashed::of(literal) {
        Hashed::Integer if literal == "-0" => Cow::Borrowed("0"),
        Hashed::Integer => Cow::Borrowed(literal),
        Hashed::Digits => Cow::Owned(format!("\"{literal}\"")),
        Hashed::Double(value) => Cow::Owned(written(value)),
    }
}
