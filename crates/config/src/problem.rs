//! Mistakes in what someone wrote, collected so that all of them can be told at once.
//!
//! A problem is for people: it says where, which key, what was found and what is allowed. It refuses to be
//! matched on: nothing in the program decides by what kind of mistake it was.

use std::fmt;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `cluster.toml:12:5`; empty for what came over the wire.
    pub place: String,
    /// The key's whole path, `leader.silence` or `steps[2].frames`; empty when the text itself cannot be read.
    pub key: String,
    /// What is written there, cut to a printable length; empty when it is said in `why`.
    pub found: String,
    /// What is wrong with it, and what is allowed.
    pub why: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.place, &self.key].into_iter().filter(|part| !part.is_empty()) {
            write!(f, "{part}: ")?;
        }
        if !self.found.is_empty() {
            write!(f, "found {}: ", self.found)?;
        }
        f.write_str(&self.why)
    }
}

/// All the mistakes in one text, in the order they stand in it. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    /// One a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

/// Why one value cannot be taken: what was found, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    pub(crate) found: String,
    pub(crate) why: String,
}

impl Why {
    pub(crate) fn new(found: impl Into<String>, why: impl Into<String>) -> Self {
        Self { found: found.into(), why: why.into() }
    }
}
