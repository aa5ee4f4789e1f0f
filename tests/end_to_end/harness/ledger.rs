//! What the tests' own renderer has really rendered.

use std::collections::BTreeMap;
use std::path::Path;

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) what: String,
    pub(crate) frame: i32,
    pub(crate) pid: i32,
}

/// All of it, in order.
pub(crate) fn entries(root: &Path) -> Vec<Entry> {
    let text = std::fs::read_to_string(root.join("ledger")).unwrap_or_default();
    let entry = |line: &str| {
        let mut words = line.split(' ');
        let what = words.next()?.to_owned();
        Some(Entry { what, frame: words.next()?.parse().ok()?, pid: words.next()?.parse().ok()? })
    };
    text.lines().filter_map(entry).collect()
}

/// How often each frame was begun.
pub(crate) fn times_begun(root: &Path) -> BTreeMap<i32, usize> {
    let mut times = BTreeMap::new();
    for entry in entries(root).into_iter().filter(|entry| entry.what == "began") {
        *times.entry(entry.frame).or_insert(0) += 1;
    }
    times
}
