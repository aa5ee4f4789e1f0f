//! `[[node]]`: a machine's agent, with `[node_defaults]` worked in.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use callsheet_model::{NodeName, limits};

use crate::cluster::after_effects::{self, AfterEffectsConfig};
use crate::cluster::{AFTER_EFFECTS, BUILT_IN_RENDERERS};
use crate::path_map::PathMap;
use crate::problem::Why;
use crate::reader::Table;
use crate::renderer::Described;
use crate::tree::{Value, quoted};
use crate::values::{choice, integer, name, path, short_text, size};

/// A machine's agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeConfig {
    /// Its name: its identity in the cluster.
    pub name: NodeName,
    /// What steps can ask for.
    pub labels: BTreeSet<String>,
    /// How many renderers run at once.
    pub slots: u32,
    /// Renderers that it offers, built-in ones or described ones.
    pub renderers: BTreeSet<String>,
    /// Where a renderer's program is on this machine, when it is not where its description says.
    pub programs: BTreeMap<String, PathBuf>,
    /// Its After Effects.
    pub after_effects: AfterEffectsConfig,
    /// Threads that each renderer may use; `None` shares the processors out among the slots.
    pub threads: Option<NonZeroU32>,
    /// Where attempts run, and where reports wait that the leader has not acknowledged.
    pub work: PathBuf,
    /// Where templates are cached.
    pub cache: PathBuf,
    /// Most bytes in the cache.
    pub cache_size: u64,
    /// Memory that attempts may use together, in bytes; `None` is what the machine has.
    pub memory: Option<u64>,
    /// With less than this many bytes free under `work`, no attempt is started.
    pub min_free_disk: u64,
    /// Where the machine stands, for people.
    pub region: String,
    /// Prefixes of paths as jobs write them, and what they are on this machine.
    pub path_map: PathMap,
    /// How much the agent says.
    pub log_level: LogLevel,
}

/// How much a process says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Only what went wrong.
    Error,
    /// And what is odd.
    Warn,
    /// And what happens.
    #[default]
    Info,
    /// And why.
    Debug,
    /// And everything else.
    Trace,
}

impl LogLevel {
    /// The word for it, in configs and filters.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

const LOG_LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

/// What `[node_defaults]` and a `[[node]]` can both say.
#[derive(Clone, Default)]
struct Wishes {
    labels: Option<BTreeSet<String>>,
    slots: Option<u32>,
    renderers: Option<BTreeSet<String>>,
    programs: BTreeMap<String, PathBuf>,
    after_effects: after_effects::Wishes,
    threads: Option<NonZeroU32>,
    work: Option<PathBuf>,
    cache: Option<PathBuf>,
    cache_size: Option<u64>,
    memory: Option<u64>,
    min_free_disk: Option<u64>,
    region: Option<String>,
    path_map: Option<PathMap>,
    log_level: Option<LogLevel>,
}

pub(super) fn read_all(root: &mut Table<'_>, base: &Path, described: &Described) -> Vec<NodeConfig> {
    let mut defaults = root.table("node_defaults");
    let common = Wishes::read(&mut defaults, base, described);
    defaults.done();
    let mut names = BTreeSet::new();
    let mut nodes = Vec::new();
    for mut table in root.tables("node") {
        let name = table.need("name", "the node's name", |value| {
            let text = name(value)?;
            NodeName::new(&text).map_err(|error| Why::new(value.shown(), error.to_string()))
        });
        let own = Wishes::read(&mut table, base, described);
        if let Some(twice) = name.as_ref().filter(|name| !names.insert((*name).clone())) {
            table.refuse("name", Why::new(quoted(twice.as_str()), "another node has this name already"));
        }
        table.done();
        nodes.extend(name.map(|name| own.over(&common, &name).node(name, base)));
    }
    nodes
}

impl Wishes {
    fn read(table: &mut Table<'_>, base: &Path, described: &Described) -> Self {
        let known = |value: &Value| known_renderer(value, described);
        let wishes = Self {
            labels: table.list("labels", name).map(|labels| labels.into_iter().collect()),
            slots: table.take("slots", integer(1..=limits::MAX_SLOTS)),
            renderers: table.list("renderers", known).map(|names| names.into_iter().collect()),
            programs: table
                .map("programs", |key, value| {
                    known(&Value::Text(key.to_owned()))?;
                    path(base)(value)
                })
                .unwrap_or_default(),
            after_effects: after_effects::Wishes::read(table.table("after_effects"), base),
            threads: table.take("threads", integer(1..=4096_u32)).and_then(NonZeroU32::new),
            work: table.take("work", path(base)),
            cache: table.take("cache", path(base)),
            cache_size: table.take("cache_size", size(1 << 20, 1 << 60)),
            memory: table.take("memory", size(1 << 20, 1 << 60)),
            min_free_disk: table.take("min_free_disk", size(0, 1 << 60)),
            region: table.take("region", short_text(limits::MAX_NAME_BYTES)),
            path_map: PathMap::read(table),
            log_level: table.take("log_level", choice(&LOG_LEVELS)),
        };
        if wishes.labels.as_ref().is_some_and(|labels| labels.len() > limits::MAX_LABELS) {
            table.refuse("labels", Why::new("", format!("a node has at most {} labels", limits::MAX_LABELS)));
        }
        wishes
    }

    /// A node's own wishes come first. Tables are joined key by key; lists are not, so that a node can also
    /// have less than the others. Two nodes may run on one machine, so each has a directory of its own under
    /// the common one.
    fn over(mut self, common: &Self, name: &NodeName) -> Self {
        let under = |common: &Option<PathBuf>| common.as_ref().map(|common| common.join(name.as_str()));
        for (renderer, program) in &common.programs {
            self.programs.entry(renderer.clone()).or_insert_with(|| program.clone());
        }
        Self {
            labels: self.labels.or_else(|| common.labels.clone()),
            slots: self.slots.or(common.slots),
            renderers: self.renderers.or_else(|| common.renderers.clone()),
            programs: self.programs,
            after_effects: self.after_effects.over(&common.after_effects),
            threads: self.threads.or(common.threads),
            work: self.work.or_else(|| under(&common.work)),
            cache: self.cache.or_else(|| under(&common.cache)),
            cache_size: self.cache_size.or(common.cache_size),
            memory: self.memory.or(common.memory),
            min_free_disk: self.min_free_disk.or(common.min_free_disk),
            region: self.region.or_else(|| common.region.clone()),
            path_map: match (self.path_map, &common.path_map) {
                (Some(own), Some(common)) => Some(own.over(common)),
                (own, common) => own.or_else(|| common.clone()),
            },
            log_level: self.log_level.or(common.log_level),
        }
    }

    fn node(self, name: NodeName, base: &Path) -> NodeConfig {
        let home = base.join("callsheet-node").join(name.as_str());
        let mut after_effects = self.after_effects.config();
        // The short way to name the only one: `programs.after_effects`, as with every other renderer.
        if let Some(program) = self.programs.get(AFTER_EFFECTS)
            && !after_effects.programs.contains(program)
        {
            after_effects.programs.insert(0, program.clone());
        }
        NodeConfig {
            labels: self.labels.unwrap_or_default(),
            slots: self.slots.unwrap_or(1),
            renderers: self.renderers.unwrap_or_else(|| BUILT_IN_RENDERERS.map(str::to_owned).into()),
            programs: self.programs,
            after_effects,
            threads: self.threads,
            work: self.work.unwrap_or_else(|| home.join("work")),
            cache: self.cache.unwrap_or_else(|| home.join("cache")),
            cache_size: self.cache_size.unwrap_or(20 << 30),
            memory: self.memory,
            min_free_disk: self.min_free_disk.unwrap_or(1 << 30),
            region: self.region.unwrap_or_default(),
            path_map: self.path_map.unwrap_or_default(),
            log_level: self.log_level.unwrap_or_default(),
            name,
        }
    }
}

fn known_renderer(value: &Value, described: &Described) -> Result<String, Why> {
    let text = name(value)?;
    if BUILT_IN_RENDERERS.contains(&text.as_str()) || described.contains_key(&text) {
        return Ok(text);
    }
    let all: Vec<&str> = BUILT_IN_RENDERERS.into_iter().chain(described.keys().map(String::as_str)).collect();
    Err(Why::new(quoted(&text), format!("there is no such renderer; there are {}", all.join(", "))))
}
