//! Sources as the tests of the house look at them: files, their lines, their code without comments and tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// A source file of ours.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// Compiled for tests only.
    pub(crate) is_test: bool,
}

impl Source {
    /// Lines of code with their numbers, without comments, and without what stands after the first
    /// `#[cfg(test)] mod ... {`, which is the file's last item.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines.windows(2).position(|pair| {
            pair[0].trim() == "#[cfg(test)]"
                && pair[1].trim_start().starts_with("mod ")
                && pair[1].trim_end().ends_with('{')
        });
        let end = tests.unwrap_or(lines.len());
        let code = lines.into_iter().take(end).enumerate();
        code.map(|(nth, line)| (nth + 1, line.split("//").next().unwrap_or_default()))
    }

    /// Modules that are there for tests only, as files.
    fn test_modules(&self) -> Vec<PathBuf> {
        let lines: Vec<&str> = self.text.lines().map(str::trim).collect();
        let names = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
        let names = names.filter_map(|pair| {
            pair[1].trim_start_matches("pub(crate) ").strip_prefix("mod ")?.strip_suffix(';')
        });
        let beside = self.path.parent().unwrap();
        let below = match self.path.file_stem().unwrap().to_str().unwrap() {
            "mod" | "lib" | "main" => beside.to_owned(),
            stem => beside.join(stem),
        };
        names.map(|name| below.join(name)).collect()
    }
}

/// All Rust sources of a folder, in order.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join(folder), &mut paths);
    paths.sort();
    let read = |path: PathBuf| Source { text: fs::read_to_string(&path).unwrap(), path, is_test: false };
    let mut sources: Vec<Source> = paths.into_iter().map(read).collect();
    let tests: BTreeSet<PathBuf> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        let kinds = ["tests", "benches", "examples"];
        let by_folder = source
            .path
            .strip_prefix(root())
            .unwrap()
            .iter()
            .any(|part| kinds.iter().any(|kind| part == *kind));
        let by_module = tests.iter().any(|module| source.path.with_extension("").starts_with(module));
        source.is_test = by_folder || by_module;
    }
    sources
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Whether a line has this name in it, and not as a part of another.
pub(crate) fn names(line: &str, name: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

#[test]
fn a_name_is_a_whole_name() {
    assert!(names("use std::time::{Duration, Instant};", "Instant"));
    assert!(!names("let instantly = Instantly;", "Instant"));
    assert!(!names("random()", "rand") && names("rand::random()", "rand"));
}

#[test]
fn comments_and_tests_are_no_code() {
    let text = "//! tokio\nuse a; // tokio\n#[cfg(test)]\nmod tests {\n    use tokio;\n}\n";
    let source = Source { path: "crates/x/src/lib.rs".into(), text: text.into(), is_test: false };
    assert_eq!(source.code().map(|(_, line)| line).collect::<Vec<_>>(), ["", "use a; "]);
    let text = "#[cfg(test)]\nmod tests;\nuse b;\n";
    let source = Source { path: "crates/x/src/lib.rs".into(), text: text.into(), is_test: false };
    assert_eq!(source.code().count(), 3);
    assert_eq!(source.test_modules(), [PathBuf::from("crates/x/src/tests")]);
}
