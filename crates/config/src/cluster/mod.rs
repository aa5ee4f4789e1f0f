//! The cluster config: one file that the leader, every node and every client of a cluster read.

mod after_effects;
mod http;
mod leader;
mod monitor;
mod node;
mod outward;
mod retry;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use callsheet_model::Timeouts;

pub use after_effects::AfterEffectsConfig;
pub use http::HttpConfig;
pub use leader::{INSECURE_WORDS, Keep, LeaderConfig, Quarantine, Scheduling, Tls, Tokens};
pub use monitor::{MonitorConfig, PauseWindow, WorkerConfig};
pub use node::{LogLevel, NodeConfig};
pub use outward::{AlertChannel, AlertWay, AmqpConfig, NatsConfig, OutwardConfig, Webhook};
pub use retry::RetryConfig;

use crate::problem::{Problem, Problems, Why};
use crate::reader::{Reading, Table, tree_of};
use crate::renderer::{self, CommandDescription, Described};
use crate::source::{Format, Source};
use crate::timeouts::PartialTimeouts;
use crate::values;

/// The built-in renderer that needs a program which is not ours.
pub const AFTER_EFFECTS: &str = "after_effects";
/// Renderers that need no description.
pub const BUILT_IN_RENDERERS: [&str; 3] = [AFTER_EFFECTS, "flipbook", "lottie"];

/// A whole cluster config, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterConfig {
    /// What people call the cluster.
    pub name: String,
    /// The leader, and what nodes and clients must know of it.
    pub leader: LeaderConfig,
    /// What is done about frames that fail.
    pub retry: RetryConfig,
    /// Bounds on attempts, for steps that do not say their own.
    pub timeouts: Timeouts,
    /// Command-line renderers described in this config and the files it includes, by name.
    pub renderers: BTreeMap<String, CommandDescription>,
    /// The nodes in the order they are written, with `[node_defaults]` worked in.
    pub nodes: Vec<NodeConfig>,
    /// How workers and nodes are watched.
    pub monitor: MonitorConfig,
    /// Windows in which nothing is handed out.
    pub pauses: Vec<PauseWindow>,
    /// What leaves the leader for other services.
    pub outward: OutwardConfig,
}

impl ClusterConfig {
    /// Reads and checks a whole config. `file_name` is what mistakes are told with, relative paths start at
    /// `base`, and `load` reads the files that it includes.
    ///
    /// # Errors
    /// Every mistake in it and in the files it includes.
    pub fn parse(
        text: &str,
        file_name: &str,
        base: &Path,
        load: &dyn Fn(&Path) -> io::Result<String>,
    ) -> Result<Self, Problems> {
        Self::read(text, file_name, base, load).0
    }

    /// The node of that name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&NodeConfig> {
        self.nodes.iter().find(|node| node.name.as_str() == name)
    }

    /// Also says which keys there are, for the test of their documentation.
    pub(crate) fn read(
        text: &str,
        file_name: &str,
        base: &Path,
        load: &dyn Fn(&Path) -> io::Result<String>,
    ) -> (Result<Self, Problems>, Vec<String>) {
        let source = Source::new(file_name, text);
        let tree = match tree_of(Format::Toml, &source) {
            Ok(tree) => tree,
            Err(problems) => return (Err(problems), Vec::new()),
        };
        let reading = Reading::new(&source);
        let mut included = Vec::new();
        let config = whole(reading.root(&tree), base, load, &mut included);
        let keys = reading.asked().into_iter().collect();
        let mut problems = reading.problems();
        problems.append(&mut included);
        match config {
            Some(config) if problems.is_empty() => (Ok(config), keys),
            _ => (Err(Problems(problems)), keys),
        }
    }
}

fn whole(
    mut root: Table<'_>,
    base: &Path,
    load: &dyn Fn(&Path) -> io::Result<String>,
    problems: &mut Vec<Problem>,
) -> Option<ClusterConfig> {
    let mut cluster = root.table("cluster");
    let name = cluster.need("name", "the cluster's name", values::name);
    cluster.done();

    let mut described = Described::new();
    for (nth, file) in root.list("include", values::path_text).unwrap_or_default().iter().enumerate() {
        match load(&values::resolved(base, file)) {
            Ok(text) => include(&text, file, base, &mut described, problems),
            Err(error) => {
                let why = format!("it cannot be read: {error}");
                root.refuse_item("include", nth, Why::new(format!("{file:?}"), why));
            }
        }
    }
    renderer::read_all(&mut root, base, &mut described);

    let leader = leader::read(root.table("leader"), base);
    let retry = retry::read(root.table("retry"));
    let timeouts = PartialTimeouts::read(root.table("timeouts")).or(Timeouts::default());
    let nodes = node::read_all(&mut root, base, &described);
    let renderers = described.into_iter().filter_map(|(name, renderer)| Some((name, renderer?))).collect();
    let monitor = monitor::read(root.table("monitor"));
    let pauses = monitor::read_pauses(&mut root);
    let outward = outward::read(&mut root, base);
    root.done();
    Some(ClusterConfig { name: name?, leader, retry, timeouts, renderers, nodes, monitor, pauses, outward })
}

/// An included file holds `[[renderer]]` and nothing else.
fn include(text: &str, file: &str, base: &Path, renderers: &mut Described, problems: &mut Vec<Problem>) {
    let source = Source::new(file, text);
    match tree_of(Format::Toml, &source) {
        Err(mut unreadable) => problems.append(&mut unreadable.0),
        Ok(tree) => {
            let reading = Reading::new(&source);
            let mut root = reading.root(&tree);
            renderer::read_all(&mut root, base, renderers);
            root.done();
            problems.append(&mut reading.problems());
        }
    }
}
