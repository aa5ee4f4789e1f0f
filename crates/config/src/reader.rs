//! The typed reader: asks a table for its keys one by one, and collects what is wrong with them.
//!
//! ```text
//!   table.take("silence", duration(..))  ─►  Some(5s)     it is there and right
//!                                            None         it is not there, or wrong; then a problem was noted
//!   table.done()                         ─►  whatever was not asked for is a problem too
//! ```
//!
//! Reading goes on after a mistake, so that one look tells all of them. The keys that code asks for are the
//! only list of keys there is: "did you mean" and the test of the documentation are made from it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::problem::{Problem, Problems, Why};
use crate::source::{Format, Source};
use crate::tree::{Entry, Node, Value, parse};

/// Nobody reads more than this; a hostile text could have one at every other byte.
const MOST_PROBLEMS: usize = 200;

/// One text being read: where things stand in it, what was asked for, and what is wrong so far.
pub(crate) struct Reading<'a> {
    source: &'a Source,
    problems: RefCell<Vec<(usize, Problem)>>,
    /// Problems that were not written down any more.
    further: Cell<usize>,
    asked: RefCell<BTreeSet<String>>,
}

/// A table being read.
pub(crate) struct Table<'a> {
    reading: &'a Reading<'a>,
    /// `leader.tls`, `node[2]`; empty for the root.
    path: String,
    /// The same for every table of its kind: `node`.
    kind: String,
    at: usize,
    entries: &'a [Entry],
    asked: Vec<&'static str>,
    /// Whether it is written at all.
    pub(crate) written: bool,
}

/// Reads the tree of a text; what cannot be read as one is told as problems.
pub(crate) fn tree_of(format: Format, source: &Source) -> Result<Node, Problems> {
    parse(format, source.text()).map_err(|faults| {
        let problem = |(at, why): (usize, String)| {
            let notation = match format {
                Format::Toml => "TOML",
                Format::Json => "JSON",
                Format::Yaml => "YAML",
            };
            Problem {
                place: source.place(at),
                key: String::new(),
                found: String::new(),
                why: format!("this cannot be read as {notation}: {why}"),
            }
        };
        Problems(faults.into_iter().map(problem).collect())
    })
}

impl<'a> Reading<'a> {
    pub(crate) fn new(source: &'a Source) -> Self {
        Self { source, problems: RefCell::default(), further: Cell::default(), asked: RefCell::default() }
    }

    pub(crate) fn root(&'a self, tree: &'a Node) -> Table<'a> {
        self.table(String::new(), String::new(), tree.at, Some(tree))
    }

    fn table(&'a self, path: String, kind: String, at: usize, node: Option<&'a Node>) -> Table<'a> {
        let entries = match node.map(|node| &node.value) {
            Some(Value::Table(entries)) => entries.as_slice(),
            _ => &[],
        };
        Table { reading: self, path, kind, at, entries, asked: Vec::new(), written: node.is_some() }
    }

    pub(crate) fn note(&self, at: usize, key: String, why: Why) {
        if self.problems.borrow().len() >= MOST_PROBLEMS {
            self.further.set(self.further.get() + 1);
            return;
        }
        let place = self.source.place(at);
        self.problems.borrow_mut().push((at, Problem { place, key, found: why.found, why: why.why }));
    }

    /// Every key that was asked for, as `leader.tls.key` and `node.slots`.
    pub(crate) fn asked(&self) -> BTreeSet<String> {
        self.asked.borrow().clone()
    }

    /// Notes something about a key that may lie anywhere in the tree, unless that key has a problem already.
    pub(crate) fn note_at(&self, tree: &Node, key: &str, why: Why) {
        if !self.problems.borrow().iter().any(|(_, problem)| problem.key == key) {
            self.note(tree.locate(key), key.to_owned(), why);
        }
    }

    /// All problems in the order they stand in the text.
    pub(crate) fn problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(at, _)| *at);
        let mut problems: Vec<Problem> = problems.into_iter().map(|(_, problem)| problem).collect();
        if self.further.get() > 0 {
            let why = format!("{} further mistakes are not told", self.further.get());
            problems.push(Problem { place: String::new(), key: String::new(), found: String::new(), why });
        }
        problems
    }
}

impl<'a> Table<'a> {
    /// The path of one of its keys.
    pub(crate) fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    fn find(&mut self, key: &'static str) -> Option<&'a Entry> {
        self.asked.push(key);
        self.reading.asked.borrow_mut().insert(join(&self.kind, key));
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// A key's value, if it is there and right.
    pub(crate) fn take<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Value) -> Result<T, Why>,
    ) -> Option<T> {
        let entry = self.find(key)?;
        match read(&entry.node.value) {
            Ok(value) => Some(value),
            Err(why) => {
                self.reading.note(entry.node.at, self.path_of(key), why);
                None
            }
        }
    }

    /// Like [`Self::take`], and it must be there.
    pub(crate) fn need<T>(
        &mut self,
        key: &'static str,
        what: &str,
        read: impl FnOnce(&Value) -> Result<T, Why>,
    ) -> Option<T> {
        self.must(key, what);
        self.take(key, read)
    }

    /// Notes it when a key is not there.
    pub(crate) fn must(&self, key: &str, what: &str) {
        if !self.has(key) {
            self.reading.note(
                self.at,
                self.path_of(key),
                Why::new("nothing", format!("here must be {what}")),
            );
        }
    }

    /// Whether a key is written, right or wrong.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// A table inside this one; an empty one when it is not there.
    pub(crate) fn table(&mut self, key: &'static str) -> Table<'a> {
        let (path, kind) = (self.path_of(key), join(&self.kind, key));
        match self.find(key) {
            None => self.reading.table(path, kind, self.at, None),
            Some(entry) => {
                if !matches!(entry.node.value, Value::Table(_)) {
                    self.reading.note(entry.node.at, path.clone(), not_a("a table", &entry.node.value));
                }
                self.reading.table(path, kind, entry.node.at, Some(&entry.node))
            }
        }
    }

    /// A list of tables; empty when it is not there.
    pub(crate) fn tables(&mut self, key: &'static str) -> Vec<Table<'a>> {
        let (reading, kind) = (self.reading, join(&self.kind, key));
        let tables = self.items(key, "a list of tables", |path, node| {
            if !matches!(node.value, Value::Table(_)) {
                reading.note(node.at, path.clone(), not_a("a table", &node.value));
            }
            reading.table(path, kind.clone(), node.at, Some(node))
        });
        tables.unwrap_or_default()
    }

    /// The same, and no more of them than `most`.
    pub(crate) fn tables_up_to(&mut self, key: &'static str, most: usize) -> Vec<Table<'a>> {
        let mut tables = self.tables(key);
        if tables.len() > most {
            let found = format!("{} of them", tables.len());
            self.refuse_item(key, most, Why::new(found, format!("there may be at most {most}")));
            tables.truncate(most);
        }
        tables
    }

    /// A list, each item read alike; items that are wrong are noted and left out.
    pub(crate) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Value) -> Result<T, Why>,
    ) -> Option<Vec<T>> {
        let reading = self.reading;
        let items = self.items(key, "a list", |path, node| match read(&node.value) {
            Ok(value) => Some(value),
            Err(why) => {
                reading.note(node.at, path, why);
                None
            }
        });
        items.map(|items| items.into_iter().flatten().collect())
    }

    /// A list, each item read alike, if all of them are right.
    pub(crate) fn whole_list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Value) -> Result<T, Why>,
    ) -> Option<Vec<T>> {
        let written = self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node.value);
        let length = if let Some(Value::List(list)) = written { list.len() } else { 0 };
        self.list(key, read).filter(|items| items.len() == length)
    }

    fn items<T>(
        &mut self,
        key: &'static str,
        what: &str,
        each: impl Fn(String, &'a Node) -> T,
    ) -> Option<Vec<T>> {
        let entry = self.find(key)?;
        let path = self.path_of(key);
        match &entry.node.value {
            Value::List(list) => Some(
                list.iter().enumerate().map(|(nth, node)| each(format!("{path}[{nth}]"), node)).collect(),
            ),
            other => {
                self.reading.note(entry.node.at, path, not_a(what, other));
                None
            }
        }
    }

    /// A table whose keys are the writer's own; entries that are wrong are noted and left out.
    pub(crate) fn map<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str, &Value) -> Result<T, Why>,
    ) -> Option<BTreeMap<String, T>> {
        let written = self.has(key);
        let inner = self.table(key);
        let mut map = BTreeMap::new();
        for entry in inner.entries {
            match read(&entry.key, &entry.node.value) {
                Ok(value) => {
                    map.insert(entry.key.clone(), value);
                }
                Err(why) => self.reading.note(entry.node.at, inner.path_of(&entry.key), why),
            }
        }
        written.then_some(map)
    }

    /// A table of tables whose keys are the writer's own.
    pub(crate) fn named_tables(&mut self, key: &'static str) -> Vec<(String, Table<'a>)> {
        let inner = self.table(key);
        let named = |entry: &'a Entry| {
            let path = inner.path_of(&entry.key);
            if !matches!(entry.node.value, Value::Table(_)) {
                self.reading.note(entry.node.at, path.clone(), not_a("a table", &entry.node.value));
            }
            (
                entry.key.clone(),
                self.reading.table(path, inner.kind.clone(), entry.node.at, Some(&entry.node)),
            )
        };
        inner.entries.iter().map(named).collect()
    }

    /// Notes something wrong with a key that was read well by itself.
    pub(crate) fn refuse(&self, key: &str, why: Why) {
        let at = self.entries.iter().find(|entry| entry.key == key).map_or(self.at, |entry| entry.node.at);
        self.reading.note(at, self.path_of(key), why);
    }

    /// Like [`Self::refuse`], of one item of a list.
    pub(crate) fn refuse_item(&self, key: &str, nth: usize, why: Why) {
        let entry = self.entries.iter().find(|entry| entry.key == key);
        let at = match entry.map(|entry| &entry.node.value) {
            Some(Value::List(list)) => list.get(nth).map(|node| node.at),
            _ => None,
        };
        self.reading.note(at.unwrap_or(self.at), format!("{}[{nth}]", self.path_of(key)), why);
    }

    /// Every key that nobody asked for is a mistake; the nearest one that exists is named.
    pub(crate) fn done(self) {
        for entry in self.entries.iter().filter(|entry| !self.asked.contains(&entry.key.as_str())) {
            let why = match nearest(&entry.key, &self.asked) {
                Some(known) => format!("there is no such key; did you mean {known}?"),
                None => format!("there is no such key; there are {}", self.asked.join(", ")),
            };
            self.reading.note(entry.key_at, self.path_of(&entry.key), Why::new("", why));
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The value is of another kind.
pub(crate) fn not_a(what: &str, found: &Value) -> Why {
    Why::new(found.shown(), format!("here must be {what}"))
}

/// The known key that takes the fewest changes to reach, if those are few for its length.
fn nearest<'k>(found: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|key| (distance(found, key), *key)).min()?;
    (near.0 <= 1 + near.1.len() / 4).then_some(near.1)
}

/// How many characters have to be put in, taken out, changed, or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 80 {
        return usize::MAX;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
            let change = at(&above, j) + usize::from(ca != cb);
            let mut best = change.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca) {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_one_that_was_meant() {
        let known = ["silence", "pulse", "listen", "data"];
        assert_eq!(nearest("silense", &known), Some("silence"));
        assert_eq!(nearest("lisen", &known), Some("listen"));
        assert_eq!(nearest("date", &known), Some("data"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest(&"x".repeat(10_000), &known), None);
    }

    #[test]
    fn a_distance_counts_changes() {
        for (a, b, n) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "xbcd", 2),
            ("retires", "retries", 1),
        ] {
            assert_eq!(distance(a, b), n, "{a} {b}");
        }
    }
}
