//! `[node.after_effects]`: which After Effects a machine has, and what must lie beside it while it renders.
//!
//! It refuses to look for anything: the config is read on machines that have none of it.

use std::path::{Path, PathBuf};

use callsheet_model::VersionWish;

use crate::problem::Why;
use crate::reader::Table;
use crate::tree::{Value, quoted};
use crate::values::{flag, path, text};

/// What a node is told of its After Effects. Said nothing, it looks into the usual folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AfterEffectsConfig {
    /// Programs `aerender`, each of an installation of its own.
    pub programs: Vec<PathBuf>,
    /// Folders that hold installations, one folder each: `Adobe After Effects 2025`. With `programs` or these,
    /// the usual folders are not looked into.
    pub search: Vec<PathBuf>,
    /// Which version renders what asks for none; the newest where it is not said or not there.
    pub prefer: Option<VersionWish>,
    /// Whether `ae_render_only_node.txt` lies in the documents folder while a process runs: it renders without
    /// a seat, and cripples the program for whoever sits there.
    pub render_only_node: bool,
    /// Whether `ae_force_english.txt` lies there while a process runs.
    pub force_english: bool,
    /// The documents folder of the user that the agent runs as; `None` is the one below the user's home.
    pub documents: Option<PathBuf>,
}

/// The same before defaults are worked in.
#[derive(Clone, Default)]
pub(super) struct Wishes {
    programs: Option<Vec<PathBuf>>,
    search: Option<Vec<PathBuf>>,
    prefer: Option<VersionWish>,
    render_only_node: Option<bool>,
    force_english: Option<bool>,
    documents: Option<PathBuf>,
}

impl Wishes {
    pub(super) fn read(mut table: Table<'_>, base: &Path) -> Self {
        let wishes = Self {
            programs: table.list("programs", path(base)),
            search: table.list("search", path(base)),
            prefer: table.take("prefer", version),
            render_only_node: table.take("render_only_node", flag),
            force_english: table.take("force_english", flag),
            documents: table.take("documents", path(base)),
        };
        table.done();
        wishes
    }

    /// A node's own wishes come first, key by key.
    pub(super) fn over(self, common: &Self) -> Self {
        Self {
            programs: self.programs.or_else(|| common.programs.clone()),
            search: self.search.or_else(|| common.search.clone()),
            prefer: self.prefer.or_else(|| common.prefer.clone()),
            render_only_node: self.render_only_node.or(common.render_only_node),
            force_english: self.force_english.or(common.force_english),
            documents: self.documents.or_else(|| common.documents.clone()),
        }
    }

    pub(super) fn config(self) -> AfterEffectsConfig {
        AfterEffectsConfig {
            programs: self.programs.unwrap_or_default(),
            search: self.search.unwrap_or_default(),
            prefer: self.prefer,
            render_only_node: self.render_only_node.unwrap_or(false),
            force_english: self.force_english.unwrap_or(false),
            documents: self.documents,
        }
    }
}

fn version(value: &Value) -> Result<VersionWish, Why> {
    let text = text(value)?;
    text.parse()
        .map_err(|error: callsheet_model::version::NoVersionWish| Why::new(quoted(&text), error.to_string()))
}
