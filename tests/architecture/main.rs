//! Is the house in order? Reads the manifests and the sources, and names the remedy for what it finds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod code;
mod edges;
mod house;
mod invariants;

use std::path::{Path, PathBuf};

/// The workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A path as people write it.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Fails with every finding at once, and what is to be done about them.
#[track_caller]
fn none(findings: Vec<String>, remedy: &str) {
    assert!(findings.is_empty(), "\n  {}\n\nremedy: {remedy}\n", findings.join("\n  "));
}
