//! Versions of renderers: those a node has, and those a step wants.
//!
//! A wish is one or more bounds, all of which a version must meet:
//!
//! | written | met by |
//! |---|---|
//! | `24`, `24.6` | that version and everything below it: 24.6.1, but not 24.60 |
//! | `>=23`, `>23`, `<=24.6`, `<25`, `=24.6` | compared number by number; a missing number counts as 0 |
//! | `23-25` | from 23.0 up to everything that begins with 25 |
//! | `>=23, <25.2` | both |

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Versions of one renderer on one node, the one it prefers first; empty when it has none to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Versions(Vec<String>);

impl Versions {
    /// In this order; empty texts and repetitions are left out.
    #[must_use]
    pub fn new<T: Into<String>>(versions: impl IntoIterator<Item = T>) -> Self {
        let mut all: Vec<String> = Vec::new();
        for version in versions {
            let version = version.into().trim().to_owned();
            if !version.is_empty() && !all.contains(&version) {
                all.push(version);
            }
        }
        Self(all)
    }

    /// The one that it prefers.
    #[must_use]
    pub fn current(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }

    /// All of them, the preferred one first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The first that meets a wish.
    #[must_use]
    pub fn best(&self, wish: &VersionWish) -> Option<&str> {
        self.iter().find(|version| wish.is_met_by(version))
    }
}

/// Written with commas between them.
impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.join(", "))
    }
}

impl From<&str> for Versions {
    fn from(text: &str) -> Self {
        Self::new(text.split(','))
    }
}

impl From<String> for Versions {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

/// Which versions will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionWish(Vec<Bound>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Bound {
    /// It, or whatever begins with it at a dot.
    Under(String),
    /// Compared number by number, and one of these.
    Compared(&'static [Ordering], Vec<u64>),
    /// From the first on, up to whatever begins with the second.
    Between(Vec<u64>, Vec<u64>),
}

/// A text that is no wish for a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a version such as 24 or 24.6, bounds such as >=23, <25.2, or a range such as 23-25")]
pub struct NoVersionWish;

impl VersionWish {
    /// Whether a version will do.
    #[must_use]
    pub fn is_met_by(&self, version: &str) -> bool {
        self.0.iter().all(|bound| bound.is_met_by(version))
    }
}

impl Bound {
    fn is_met_by(&self, version: &str) -> bool {
        match self {
            Self::Under(wanted) => version
                .strip_prefix(wanted.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', 'x'])),
            Self::Compared(allowed, bound) => {
                numbers(version).is_some_and(|version| allowed.contains(&compare(&version, bound)))
            }
            Self::Between(from, to) => numbers(version).is_some_and(|version| {
                let head = version.get(..to.len().min(version.len())).unwrap_or(&version);
                compare(&version, from).is_ge() && compare(head, to).is_le()
            }),
        }
    }
}

impl FromStr for VersionWish {
    type Err = NoVersionWish;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const COMPARISONS: [(&str, &[Ordering]); 5] = [
            (">=", &[Ordering::Greater, Ordering::Equal]),
            ("<=", &[Ordering::Less, Ordering::Equal]),
            (">", &[Ordering::Greater]),
            ("<", &[Ordering::Less]),
            ("=", &[Ordering::Equal]),
        ];
        let bound = |part: &str| {
            let part = part.trim();
            let compared = COMPARISONS
                .iter()
                .find_map(|(sign, allowed)| Some((*allowed, part.strip_prefix(sign)?.trim())));
            if let Some((allowed, rest)) = compared {
                return Ok(Bound::Compared(allowed, numbers(rest).ok_or(NoVersionWish)?));
            }
            if let Some((from, to)) = part.split_once('-') {
                let (from, to) = (numbers(from.trim()), numbers(to.trim()));
                let (Some(from), Some(to)) = (from, to) else { return Err(NoVersionWish) };
                return Ok(Bound::Between(from, to));
            }
            let plain = part.starts_with(|first: char| first.is_ascii_alphanumeric())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+'));
            if plain { Ok(Bound::Under(part.to_owned())) } else { Err(NoVersionWish) }
        };
        text.split(',').map(bound).collect::<Result<Vec<_>, _>>().map(Self)
    }
}

/// The numbers of a version, up to the first thing that is none: `22.2x120` is 22, 2.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let mut all = Vec::new();
    for part in version.split('.') {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        match number.parse() {
            Ok(number) => all.push(number),
            Err(_) => break,
        }
        if !rest.is_empty() {
            break;
        }
    }
    (!all.is_empty()).then_some(all)
}

fn compare(a: &[u64], b: &[u64]) -> Ordering {
    let at = |version: &[u64], nth: usize| version.get(nth).copied().unwrap_or(0);
    let places = 0..a.len().max(b.len());
    places.map(|nth| at(a, nth).cmp(&at(b, nth))).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_met_as_the_table_says() {
        let cases = [
            ("24", "24.6.1", true),
            ("24.6", "24.60", false),
            ("2", "24.6", false),
            ("22.2", "22.2x120", true),
            (">=23", "23.0", true),
            (">=23", "22.9.9", false),
            (">23", "23.0.0", false),
            ("<=24.6", "24.6.0x3", true),
            ("<25", "25.0", false),
            ("=24.6", "24.6.0", true),
            ("23-25", "25.6.1", true),
            ("23-25", "26.0", false),
            ("23-25.1", "25.2", false),
            (">=23, <25.2", "25.1.9", true),
            (">=23, <25.2", "25.2", false),
        ];
        for (wish, version, met) in cases {
            assert_eq!(wish.parse::<VersionWish>().unwrap().is_met_by(version), met, "{wish} by {version}");
        }
        for wrong in ["", ">=", "a-b", "24,", "24 6"] {
            assert!(wrong.parse::<VersionWish>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_preferred_version_that_will_do_is_taken() {
        let versions = Versions::from("25.1, 24.6.1,, 24.6.1, 23.0");
        assert_eq!(versions.to_string(), "25.1, 24.6.1, 23.0");
        assert_eq!(versions.best(&"<25".parse().unwrap()), Some("24.6.1"));
        assert_eq!(versions.best(&"22".parse().unwrap()), None);
        assert_eq!(Versions::from("").current(), None);
    }
}
