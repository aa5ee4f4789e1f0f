//! Paths as jobs write them, and what they are on one machine: `/show` here is `Z:\show` there.
//!
//! It works on text, not on [`std::path::Path`]: a leader on Linux reads what is meant for Windows.

use callsheet_model::OutputPattern;
use callsheet_model::output::OutputError;

use crate::problem::Why;
use crate::reader::Table;
use crate::tree::quoted;
use crate::values::{is_absolute, path_text};

/// Prefixes of paths as jobs write them, and what they are on one machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathMap {
    /// Longest first, so that the first that fits is the closest.
    entries: Vec<(String, String)>,
}

impl PathMap {
    /// A map of prefixes; separators at their ends are of no meaning.
    pub fn new(entries: impl IntoIterator<Item = (String, String)>) -> Self {
        let trim = |path: String| path.trim_end_matches(['/', '\\']).to_owned();
        let mut entries: Vec<_> =
            entries.into_iter().map(|(written, here)| (trim(written), trim(here))).collect();
        entries.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        Self { entries }
    }

    pub(crate) fn read(table: &mut Table<'_>) -> Option<Self> {
        let absolute = |text: &str| match is_absolute(text) {
            true => Ok(()),
            false => Err(Why::new(quoted(text), "both sides are absolute paths: \"/show\" = 'Z:\\show'")),
        };
        let entries = table.map("path_map", |written, value| {
            absolute(written)?;
            let here = path_text(value)?;
            absolute(&here).map(|()| here)
        });
        entries.map(Self::new)
    }

    /// These first, then the others where the written prefix is not here.
    pub(crate) fn over(self, others: &Self) -> Self {
        let mut entries = self.entries;
        for (written, here) in &others.entries {
            if !entries.iter().any(|(own, _)| own == written) {
                entries.push((written.clone(), here.clone()));
            }
        }
        Self::new(entries)
    }

    /// The path on this machine. One that no prefix fits stays as it is.
    #[must_use]
    pub fn apply(&self, path: &str) -> String {
        let mapped = self.entries.iter().find_map(|(written, here)| {
            let rest = strip(path, written)?;
            // The rest follows the machine that the prefix is for.
            let windows = here.contains('\\') || here.get(1..2) == Some(":");
            let rest = if windows { rest.replace('/', "\\") } else { rest.replace('\\', "/") };
            Some(format!("{here}{rest}"))
        });
        mapped.unwrap_or_else(|| path.to_owned())
    }

    /// The same for an output pattern.
    ///
    /// # Errors
    /// `OutputError` when the mapped path has become too long.
    pub fn apply_to(&self, pattern: &OutputPattern) -> Result<OutputPattern, OutputError> {
        OutputPattern::parse(&self.apply(&pattern.to_string()))
    }

    /// Whether there is nothing to map.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// What follows a prefix, at a separator. Windows does not tell letters' cases or the two separators apart.
fn strip<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    let (head, rest) = path.split_at_checked(prefix.len())?;
    let windows = prefix.contains('\\') || prefix.get(1..2) == Some(":");
    let same = match windows {
        true => head.replace('/', "\\").eq_ignore_ascii_case(&prefix.replace('/', "\\")),
        false => head == prefix,
    };
    (same && (rest.is_empty() || rest.starts_with(['/', '\\']))).then_some(rest)
}

#[cfg(test)]
mod tests {
    use callsheet_model::limits;

    use super::*;

    fn map(entries: &[(&str, &str)]) -> PathMap {
        PathMap::new(entries.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())))
    }

    #[test]
    fn the_closest_prefix_counts_and_only_at_a_separator() {
        let map = map(&[("/show", "Z:\\show\\"), ("/show/cache/", "D:\\cache"), ("P:\\old", "/mnt/old")]);
        for (written, here) in [
            ("/show/a/b_[#].png", "Z:\\show\\a\\b_[#].png"),
            ("/show", "Z:\\show"),
            ("/show/cache/x", "D:\\cache\\x"),
            ("/showreel/x", "/showreel/x"),
            ("p:/OLD\\x\\y", "/mnt/old/x/y"),
            ("/Show/x", "/Show/x"),
        ] {
            assert_eq!(map.apply(written), here);
        }
    }

    #[test]
    fn a_mapped_pattern_must_still_be_one() {
        let long = "/m".repeat(limits::MAX_PATH_BYTES / 2);
        let pattern = OutputPattern::parse("/show/a_[#].png").unwrap();
        assert!(map(&[("/show", &long)]).apply_to(&pattern).is_err());
        assert_eq!(map(&[("/show", "/m")]).apply_to(&pattern).unwrap().to_string(), "/m/a_[#].png");
    }
}
