//! House rules that can be seen in the sources.

use std::fs;

use crate::code::{Source, names, sources};
use crate::edges::PURE;
use crate::{none, root, shown};

/// A file fits in one reading.
const LINES: usize = 400;
/// A table of cases may be longer.
const TEST_LINES: usize = 500;

/// What a pure crate must not use, and what to do instead.
const IMPURE: [(&str, &str); 15] = [
    ("Instant", "take a Timestamp or a Duration since the start as an argument"),
    ("SystemTime", "take a Timestamp as an argument"),
    ("std::fs", "take bytes, or a function that reads them"),
    ("std::process", "say what is to be run"),
    ("std::env", "take it as an argument"),
    ("std::thread", "there is nothing to wait for"),
    ("TcpListener", "only doors know sockets"),
    ("TcpStream", "only doors know sockets"),
    ("UdpSocket", "only doors know sockets"),
    ("ToSocketAddrs", "only doors know names of hosts"),
    ("tokio", "effects go out as values"),
    ("rand", "chance comes in as an argument"),
    ("new_v4", "ids come in as arguments"),
    ("now_v7", "ids come in as arguments"),
    ("RandomState", "use a BTreeMap"),
];

fn findings(source: &Source, words: &[(&str, &str)]) -> Vec<String> {
    let hit = |(nth, line): (usize, &str)| {
        let (word, instead) = words.iter().find(|(word, _)| names(line, word))?;
        Some(format!("{}:{nth}: {word}: {instead}", shown(&source.path)))
    };
    source.code().filter_map(hit).collect()
}

#[test]
fn pure_crates_know_no_clock_disk_socket_or_chance() {
    let of = |name: &str| sources(&format!("crates/{name}/src"));
    let files = PURE.iter().flat_map(|name| of(name)).filter(|source| !source.is_test);
    none(
        files.flat_map(|source| findings(&source, &IMPURE)).collect(),
        "the same input gives the same output, for ever",
    );
}

#[test]
fn decisions_are_made_in_an_order() {
    const HASHED: [(&str, &str); 2] = [("HashMap", "BTreeMap"), ("HashSet", "BTreeSet")];
    let files = ["scheduler", "agent"].iter().flat_map(|name| sources(&format!("crates/{name}")));
    none(
        files.flat_map(|source| findings(&source, &HASHED)).collect(),
        "use the map that has an order; break ties by id",
    );
}

#[test]
fn libraries_are_named_behind_their_fences_only() {
    const FENCED: [(&str, &[&str]); 3] = [
        ("sled", &["crates/journal"]),
        ("bincode", &["crates/journal"]),
        (
            "tonic",
            &["crates/protocol", "crates/gateway", "crates/node", "crates/outward", "crates/cli", "tests"],
        ),
    ];
    let mut found = Vec::new();
    for source in sources("crates").into_iter().chain(sources("tests")) {
        let path = shown(&source.path);
        for (library, may) in
            FENCED.iter().filter(|(_, may)| !may.iter().any(|folder| path.starts_with(folder)))
        {
            let words = [(*library, "ask the crate that may")];
            // These lists have to name what they forbid.
            if !path.starts_with("tests/architecture") {
                found.extend(
                    findings(&source, &words).into_iter().map(|hit| format!("{hit}: {}", may.join(", "))),
                );
            }
        }
    }
    none(found, "nothing above a fence may know what is behind it");
}

#[test]
fn every_file_says_why_it_is_there() {
    let all = sources("crates").into_iter().chain(sources("tests"));
    let silent = all.filter(|source| !source.text.starts_with("//! "));
    let remedy = "begin the file with `//!`: why it exists, and what it refuses to do";
    none(silent.map(|source| shown(&source.path)).collect(), remedy);
}

#[test]
fn every_file_fits_in_one_reading() {
    let all = sources("crates").into_iter().chain(sources("tests"));
    let long = all.filter_map(|source| {
        let lines = source.text.lines().count();
        let most = if source.is_test { TEST_LINES } else { LINES };
        (lines > most).then(|| format!("{}: {lines} lines, at most {most}", shown(&source.path)))
    });
    none(long.collect(), "move a part that has a name of its own into a file of that name");
}

#[test]
fn the_map_in_the_readme_shows_every_crate() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the workspace has a README.md");
    let crates = fs::read_dir(root().join("crates")).unwrap();
    let crates = crates.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let crates: Vec<String> = crates.map(|entry| entry.file_name().into_string().unwrap()).collect();
    let row = |name: &str| format!("| `{name}` |");
    let missing: Vec<String> = crates.iter().filter(|name| !readme.contains(&row(name))).cloned().collect();
    none(missing, "give the crate a row in README.md's map: what it is, and what it refuses to do");
    let map = readme.split("## The map").nth(1).expect("README.md has a map");
    let map = map.split("\n## ").next().unwrap_or_default();
    let rows = map.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let gone: Vec<String> =
        rows.filter(|name| !crates.iter().any(|known| known == name)).map(str::to_owned).collect();
    none(gone, "take it out of README.md's map");
}
