//! The one way by which anything from outside gets into a script: as a literal.
//!
//! Every text becomes a string literal of printable ASCII. What could end the literal, begin a comment or mean
//! something to ExtendScript's preprocessor (`#include`, `//@include` are read before the language is) or to a
//! page the script is shown on (`</script>`) is written as `\uXXXX`, as is every character above ASCII: files
//! are read in the machine's code page, so ASCII is the only text that means the same everywhere. Nothing here
//! makes code of a value.

use std::fmt::Write;

use serde_json::Value;

/// A text as a string literal.
pub(super) fn text(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some(plain) if stands_for_itself(plain) => literal.push(plain),
            // Writing to a String cannot fail.
            _ => drop(write!(literal, "\\u{unit:04x}")),
        }
    }
    literal.push('"');
    literal
}

fn stands_for_itself(character: char) -> bool {
    character.is_ascii_alphanumeric() || " !$%()*+,-./:;=?[]^_{|}~".contains(character)
}

/// A value as a literal. Keys of objects are texts too; a number is written as JSON writes it, which is finite
/// and which ECMAScript reads the same.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(string) => text(string),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(self::value))),
        Value::Object(fields) => {
            format!(
                "{{{}}}",
                joined(fields.iter().map(|(key, item)| format!("{}: {}", text(key), self::value(item))))
            )
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_end_a_literal_or_begin_a_directive_is_escaped() {
        assert_eq!(text("Grüße \"😀\"\r\n"), r#""Gr\u00fc\u00dfe \u0022\ud83d\ude00\u0022\u000d\u000a""#);
        assert_eq!(text("\\'`<\u{2028}\0#@"), r#""\u005c\u0027\u0060\u003c\u2028\u0000\u0023\u0040""#);
    }

    #[test]
    fn values_keep_their_kinds() {
        let given = serde_json::json!({ "a": [1, -2.5, 1e21, true, null], "b\"": {} });
        assert_eq!(value(&given), r#"{"a": [1, -2.5, 1e+21, true, null], "b\u0022": {}}"#);
    }
}
