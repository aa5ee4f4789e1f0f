//! After Effects as tests install it: the stand-in for Adobe's programs in a folder that looks like Adobe's, and
//! beside it the story of what goes wrong. `crates/standin` tells what a story can say. Everything that starts
//! these programs and reads their words is the shipping code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::binary::standin;

/// Folders of installations, one for each node, below a test's directory.
const FOLDER: &str = "ae";
/// No stand-in outlives its test by more, whatever happens to the test.
const LIFE_MS: u64 = 90_000;

/// An installation that is to be.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    name: String,
    version: String,
    keys: String,
    runs: String,
}

impl Installation {
    /// Of this version, `"25.1x67"`, in the folder of its year; everything goes well.
    pub(crate) fn new(version: &str) -> Self {
        let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).expect(version);
        // Near enough: 22 lies in the folder of 2022, and the program tells its version itself.
        let name = format!("Adobe After Effects {}", 2000 + major);
        Self { name, version: version.to_owned(), keys: String::new(), runs: String::new() }
    }

    /// With more keys of `[installation]`.
    pub(crate) fn is(mut self, keys: &str) -> Self {
        self.keys.push_str(&format!("{keys}\n"));
        self
    }

    /// With one more `[[run]]` that goes wrong.
    pub(crate) fn run(mut self, keys: &str) -> Self {
        self.runs.push_str(&format!("\n[[run]]\n{keys}\n"));
        self
    }

    fn story(&self, documents: &Path) -> String {
        let life =
            if self.keys.contains("life_ms") { String::new() } else { format!("life_ms = {LIFE_MS}\n") };
        let Self { version, keys, runs, .. } = self;
        format!("[installation]\nversion = {version:?}\ndocuments = {documents:?}\n{life}{keys}{runs}")
    }

    /// Installs it for a node of the test in this directory.
    pub(crate) fn install(&self, root: &Path, node: &str) {
        let documents = documents(root, node);
        let folder = root.join(search(node)).join(&self.name);
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(&documents).unwrap();
        for program in ["aerender", "AfterFX"] {
            let path = folder.join(program);
            if fs::hard_link(standin(), &path).is_err() {
                // On another disk; by another process, so that this one never holds a program open for writing.
                let copied = std::process::Command::new("cp").arg(standin()).arg(&path).status().unwrap();
                assert!(copied.success(), "{} cannot be copied", standin().display());
            }
        }
        self.tell(root, node);
    }

    /// Lays its story, for the first time or another one for the starts to come. They go on being counted.
    pub(crate) fn tell(&self, root: &Path, node: &str) {
        let folder = root.join(search(node)).join(&self.name);
        let draft = folder.join("standin.draft");
        fs::write(&draft, self.story(&documents(root, node))).unwrap();
        fs::rename(&draft, folder.join("standin.toml")).unwrap();
    }
}

/// Where a node's installations are, as its config says it: relative to the test's directory.
pub(super) fn search(node: &str) -> String {
    format!("{FOLDER}/{node}")
}

/// The documents folder of the user that a node runs as.
pub(crate) fn documents(root: &Path, node: &str) -> PathBuf {
    root.join(search(node)).join("Documents")
}

/// One start of one of the programs.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Start {
    /// The folder of the installation: `Adobe After Effects 2025`.
    #[serde(skip)]
    pub(crate) installation: String,
    /// `aerender`, or `afterfx` for a script's run.
    pub(crate) program: String,
    /// Of `aerender`; AfterFX is its child.
    pub(crate) pid: i32,
    pub(crate) arguments: Vec<String>,
    /// Variables that the story wants noted (`record_env`).
    pub(crate) env: BTreeMap<String, Option<String>>,
    /// Marker files that lay in the documents folder.
    pub(crate) markers: Vec<String>,
}

impl Start {
    pub(crate) fn is_render(&self) -> bool {
        self.program == "aerender"
    }

    /// What follows a flag.
    pub(crate) fn value(&self, flag: &str) -> Option<&str> {
        let at = self.arguments.iter().position(|word| word == flag)?;
        self.arguments.get(at + 1).map(String::as_str)
    }

    /// First and last frame.
    pub(crate) fn span(&self) -> Option<(i32, i32)> {
        Some((self.value("-s")?.parse().ok()?, self.value("-e")?.parse().ok()?))
    }
}

/// Every start of a node's installations, in order for each of them.
pub(crate) fn starts(root: &Path, node: &str) -> Vec<Start> {
    let installations = fs::read_dir(root.join(search(node))).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = installations.map(|entry| entry.path()).collect();
    folders.sort();
    folders.iter().flat_map(|folder| starts_of(folder)).collect()
}

fn starts_of(folder: &Path) -> Vec<Start> {
    let text = fs::read_to_string(folder.join("standin.starts")).unwrap_or_default();
    let installation = folder.file_name().unwrap().to_string_lossy().into_owned();
    // A line that is being written has no end yet.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let read = |line: &str| {
        let start: Start = serde_json::from_str(line).expect(line);
        Start { installation: installation.clone(), ..start }
    };
    whole.lines().map(read).collect()
}
