//! JSON into the tree: the standard's, without comments or trailing commas, so that any other program reads
//! the same file.

use jsonc_parser::ast::{ObjectProp, Value as Json};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{Entry, Fault, Node, Value, quoted, table};

pub(super) fn parse(text: &str) -> Result<Node, Vec<Fault>> {
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let result = parse_to_ast(text, &CollectOptions::default(), &strict)
        .map_err(|error| vec![(error.range().start, error.kind().to_string())])?;
    let root = result.value.ok_or_else(|| vec![(0, "there is nothing in it".to_owned())])?;
    node(root).map_err(|fault| vec![fault])
}

fn node(json: Json<'_>) -> Result<Node, Fault> {
    let at = json.start();
    let value = match json {
        Json::NullKeyword(_) => Value::Null,
        Json::BooleanLit(flag) => Value::Flag(flag.value),
        Json::NumberLit(number) => number_of(number.value)
            .ok_or_else(|| (at, format!("{} does not fit into 64 bits", quoted(number.value))))?,
        Json::StringLit(text) => Value::Text(text.value.into_owned()),
        Json::Array(array) => Value::List(array.elements.into_iter().map(node).collect::<Result<_, _>>()?),
        Json::Object(object) => table(object.properties.into_iter().map(entry).collect::<Result<_, _>>()?)?,
    };
    Ok(Node { at, value })
}

fn entry(property: ObjectProp<'_>) -> Result<Entry, Fault> {
    let key_at = property.name.start();
    Ok(Entry { key: property.name.into_string(), key_at, node: node(property.value)? })
}

fn number_of(text: &str) -> Option<Value> {
    if text.contains(['.', 'e', 'E']) {
        return text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Number);
    }
    text.parse().ok().map(Value::Integer)
}
