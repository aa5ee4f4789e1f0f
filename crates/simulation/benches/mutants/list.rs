//! The list of planted faults: `tests/mutants/*.toml`, each of them a text in one of our files and what stands there
//! instead.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One planted fault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mutant {
    /// Unique, for the command line.
    pub(crate) name: String,
    /// What is wrong then, in one sentence.
    pub(crate) plants: String,
    /// Where, from the top of the workspace.
    pub(crate) file: PathBuf,
    /// Text that stands there exactly once.
    pub(crate) find: String,
    /// What stands there instead.
    pub(crate) replace: String,
    /// Invariants that can catch it, the likeliest first.
    pub(crate) caught_by: Vec<String>,
    /// It is caught within so many seeds, from 1 on.
    pub(crate) seeds: u64,
    /// The seed that caught it when all of them were last tried.
    pub(crate) caught_at: Option<u64>,
    /// The kind of plan it needs; all kinds when it says nothing.
    pub(crate) plan: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    mutant: Vec<Mutant>,
}

/// The top of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Mutant {
    /// All of them, in the order of the files and their lines.
    ///
    /// # Errors
    /// A sentence that names the file that cannot be read, and why.
    pub(crate) fn all() -> Result<Vec<Self>, String> {
        let folder = root().join("tests/mutants");
        let failed = |path: &Path, why: String| format!("{}: {why}", path.display());
        let entries = fs::read_dir(&folder).map_err(|error| failed(&folder, error.to_string()))?;
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        let mut all = Vec::new();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|error| failed(&path, error.to_string()))?;
            let list: List = toml::from_str(&text).map_err(|error| failed(&path, error.to_string()))?;
            all.extend(list.mutant);
        }
        Ok(all)
    }

    /// The file's text with the fault in it.
    ///
    /// # Errors
    /// How often the text stands there, when that is not once.
    pub(crate) fn planted(&self, text: &str) -> Result<String, String> {
        match text.matches(&self.find).count() {
            1 => Ok(text.replacen(&self.find, &self.replace, 1)),
            times => Err(format!("{}: its text stands {times} times in {}", self.name, self.file.display())),
        }
    }
}
