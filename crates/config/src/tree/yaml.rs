//! YAML 1.2 into the tree: its core schema, one document, aliases as copies; no tags, no merge keys.

use std::borrow::Cow;
use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, Tag};

use super::{Entry, Fault, MAX_VALUES, Node, Value, quoted, size, table};

/// How deep values may be nested once aliases are copied; what is written nests at most 255 deep.
const MAX_DEPTH: usize = 512;

pub(super) fn parse(text: &str) -> Result<Node, Vec<Fault>> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder { anchors: BTreeMap::new(), open: Vec::new(), root: None, values: 0 };
    for event in parser {
        let step =
            event.map_err(|error| fault_of(&error)).and_then(|(event, span)| builder.take(event, span));
        step.map_err(|fault| vec![fault])?;
    }
    // An empty file is a table without keys: then the mistakes are what is missing in it.
    let mut root = builder.root.unwrap_or(Node { at: 0, value: Value::Null });
    if root.value == Value::Null {
        root.value = Value::Table(Vec::new());
    }
    Ok(root)
}

fn fault_of(error: &ScanError) -> Fault {
    (error.marker().byte_offset().unwrap_or(0), error.kind().to_string())
}

/// Builds the tree from the parser's events, without recursion.
struct Builder {
    /// Finished values that have a name.
    anchors: BTreeMap<usize, Named>,
    /// Lists and tables that have begun, the innermost last.
    open: Vec<Open>,
    root: Option<Node>,
    /// Values so far, copies included.
    values: usize,
}

/// A value that aliases can copy.
struct Named {
    node: Node,
    size: usize,
    depth: usize,
}

struct Open {
    at: usize,
    anchor: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    /// The key whose value is still to come, after what is finished.
    Table(Vec<Entry>, Option<(String, usize)>),
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let at = span.start.byte_offset().unwrap_or(0);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err((at, "a second document begins; one file holds one".to_owned()))
            }
            Event::Scalar(text, style, anchor, tag) => {
                no_tag(at, tag.as_deref())?;
                self.scalar(at, text, style, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                no_tag(at, tag.as_deref())?;
                self.begin(Open { at, anchor, inside: Inside::List(Vec::new()) })
            }
            Event::MappingStart(_, anchor, tag) => {
                no_tag(at, tag.as_deref())?;
                self.begin(Open { at, anchor, inside: Inside::Table(Vec::new(), None) })
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(at, anchor),
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        at: usize,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
    ) -> Result<(), Fault> {
        if let Some(Open { inside: Inside::Table(_, key @ None), .. }) = self.open.last_mut() {
            *key = Some((text.into_owned(), at));
            return Ok(());
        }
        let value = match style {
            ScalarStyle::Plain => plain(at, text)?,
            _ => Value::Text(text.into_owned()),
        };
        self.put(anchor, Node { at, value })
    }

    fn begin(&mut self, open: Open) -> Result<(), Fault> {
        if let Some(Open { inside: Inside::Table(_, None), .. }) = self.open.last() {
            return Err((open.at, "a key is a text, not a list or a table".to_owned()));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.inside {
            Inside::List(list) => Value::List(list),
            Inside::Table(entries, _) => table(entries)?,
        };
        self.put(open.anchor, Node { at: open.at, value })
    }

    fn alias(&mut self, at: usize, anchor: usize) -> Result<(), Fault> {
        if let Some(Open { inside: Inside::Table(_, None), .. }) = self.open.last() {
            return Err((at, "a key is a text, not an alias".to_owned()));
        }
        let Some(named) = self.anchors.get(&anchor) else {
            return Err((at, "the alias stands inside of what it names".to_owned()));
        };
        if named.depth + self.open.len() > MAX_DEPTH {
            return Err((
                at,
                format!("nested more than {MAX_DEPTH} deep, with the copies that aliases make"),
            ));
        }
        // Counted before it is copied: nine aliases of nine aliases of nine ... must cost nothing.
        self.values = counted(at, self.values, named.size)?;
        let copy = named.node.clone();
        self.attach(copy);
        Ok(())
    }

    fn put(&mut self, anchor: usize, node: Node) -> Result<(), Fault> {
        self.values = counted(node.at, self.values, 1)?;
        if anchor != 0 {
            let (size, depth) = (size(&node), depth(&node));
            self.values = counted(node.at, self.values, size)?;
            self.anchors.insert(anchor, Named { node: node.clone(), size, depth });
        }
        self.attach(node);
        Ok(())
    }

    fn attach(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(list)) => list.push(node),
            Some(Inside::Table(entries, key)) => {
                if let Some((key, key_at)) = key.take() {
                    entries.push(Entry { key, key_at, node });
                }
            }
        }
    }
}

fn counted(at: usize, values: usize, more: usize) -> Result<usize, Fault> {
    match values.saturating_add(more) {
        sum if sum <= MAX_VALUES => Ok(sum),
        _ => Err((at, format!("more than {MAX_VALUES} values, with the copies that aliases make"))),
    }
}

/// How many lists and tables are in each other.
fn depth(node: &Node) -> usize {
    match &node.value {
        Value::List(list) => list.iter().map(depth).max().unwrap_or(0) + 1,
        Value::Table(entries) => entries.iter().map(|entry| depth(&entry.node)).max().unwrap_or(0) + 1,
        _ => 1,
    }
}

fn no_tag(at: usize, tag: Option<&Tag>) -> Result<(), Fault> {
    match tag {
        Some(_) => {
            Err((at, "tags are not understood here; write a text in quotes and a number without".into()))
        }
        None => Ok(()),
    }
}

/// What a scalar without quotes means in YAML's core schema.
fn plain(at: usize, text: Cow<'_, str>) -> Result<Value, Fault> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let radix =
        |prefix: &str, radix| text.strip_prefix(prefix).map(|digits| i64::from_str_radix(digits, radix));
    let value = match &*text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Flag(true),
        "false" | "False" | "FALSE" => Value::Flag(false),
        _ if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) => {
            let number =
                text.parse().map_err(|_| (at, format!("{} does not fit into 64 bits", quoted(&text))))?;
            Value::Integer(number)
        }
        _ if is_float(unsigned) => text.parse().map_or(Value::Text(text.into_owned()), Value::Number),
        _ => match radix("0x", 16).or_else(|| radix("0o", 8)) {
            Some(Ok(number)) => Value::Integer(number),
            _ => Value::Text(text.into_owned()),
        },
    };
    Ok(value)
}

/// `1.5`, `.5`, `1e3`: digits first or after a point, and nothing that Rust alone would take (`inf`, `nan`).
fn is_float(text: &str) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut chars = text.chars();
    let first = chars.next();
    (digit(first) || (first == Some('.') && digit(chars.next())))
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'))
}
