//! TOML into the tree.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Entry, Fault, Node, Value};

/// After so many syntax errors the rest are echoes of the first ones.
const MOST_FAULTS: usize = 10;

pub(super) fn parse(text: &str) -> Result<Node, Vec<Fault>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let faults = errors.iter().take(MOST_FAULTS);
        return Err(faults
            .map(|e| (e.span().map_or(0, |span| span.start), e.message().to_owned()))
            .collect());
    }
    let mut faults = Vec::new();
    let value = table(root.get_ref(), &mut faults);
    if faults.is_empty() { Ok(Node { at: 0, value }) } else { Err(faults) }
}

fn table(table: &DeTable<'_>, faults: &mut Vec<Fault>) -> Value {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_at: key.span().start,
            node: node(value, faults),
        })
        .collect();
    // The parser sorts by key; people read mistakes in the order they stand.
    entries.sort_by_key(|entry| entry.key_at);
    Value::Table(entries)
}

fn node(value: &Spanned<DeValue<'_>>, faults: &mut Vec<Fault>) -> Node {
    let at = value.span().start;
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => refuse(faults, at, integer.as_str()),
        },
        DeValue::Float(float) => match float.as_str().parse() {
            Ok(number) => Value::Number(number),
            Err(_) => refuse(faults, at, float.as_str()),
        },
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(list) => Value::List(list.iter().map(|value| node(value, faults)).collect()),
        DeValue::Table(inner) => table(inner, faults),
    };
    Node { at, value }
}

fn refuse(faults: &mut Vec<Fault>, at: usize, number: &str) -> Value {
    faults.push((at, format!("{} does not fit into 64 bits", super::quoted(number))));
    Value::Null
}
