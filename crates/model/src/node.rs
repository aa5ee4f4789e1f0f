//! Nodes: what a machine's agent says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::id::Md5;
use crate::job::{Requirements, StepSpec};
use crate::version::{VersionWish, Versions};

/// What a node can do, as it says in its hello.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Renderers by name, each with its versions.
    pub renderers: BTreeMap<String, Versions>,
    /// Labels from the cluster config.
    pub labels: BTreeSet<String>,
    /// How many renderers run at once.
    pub slots: u32,
    /// Memory that attempts may use together, in bytes.
    pub memory: u64,
    /// Logical processors.
    pub cpus: u32,
    /// `linux`, `windows` or `macos`.
    pub os: String,
    /// The agent's version.
    pub agent_version: String,
    /// A region's name, for people and for contracts.
    pub region: String,
}

impl Capabilities {
    /// Whether the node could ever be handed this step's frames; the first thing missing otherwise.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn can_run(&self, step: &StepSpec) -> Result<(), String> {
        self.meets(&step.renderer, &step.requires)
    }

    /// Like [`Self::can_run`], of the parts that the scheduler indexes by.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn meets(&self, renderer: &str, requires: &Requirements) -> Result<(), String> {
        let Some(versions) = self.renderers.get(renderer) else {
            return Err(format!("has no renderer {renderer}"));
        };
        if let Some(wanted) = &requires.renderer_version {
            // What is no wish was refused at the door; from an older journal it is met by nothing.
            let fits = wanted.parse::<VersionWish>().is_ok_and(|wish| versions.best(&wish).is_some());
            if !fits {
                return Err(format!("has {renderer} {versions}, not {wanted}"));
            }
        }
        if let Some(label) = requires.labels.iter().find(|label| !self.labels.contains(*label)) {
            return Err(format!("has no label {label}"));
        }
        match requires.memory {
            Some(memory) if memory > self.memory => {
                Err(format!("has {} MiB of memory, not {} MiB", self.memory >> 20, memory >> 20))
            }
            _ => Ok(()),
        }
    }
}

/// What else is known of a node at the moment it comes. Nothing is decided by it, and all of it may change later
/// without a word: it is for those who read the event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Where its session comes from, as the leader sees it: behind a proxy, the proxy's.
    pub address: Option<IpAddr>,
    /// Its whole template cache, in bytes; not known while it has not read the directory.
    pub cache_used_bytes: Option<u64>,
    /// Templates in its cache, at most [`MAX_TEMPLATES_NAMED`](crate::limits::MAX_TEMPLATES_NAMED) of them; not
    /// known under the same condition.
    pub cached_templates: Option<BTreeSet<Md5>>,
}

/// A node's status, with the contract's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NodeStatus {
    /// Nothing runs, or not every slot is used.
    #[default]
    Ready,
    /// A renderer runs.
    Busy,
    /// The renderer crashed and the node is not well again yet.
    Crashed,
    /// The agent is being updated.
    Updating,
}

impl NodeStatus {
    /// The contract's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Busy => "Busy",
            Self::Crashed => "Crashed",
            Self::Updating => "Updating",
        }
    }
}

/// Why a node is not there any more, with the contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OfflineReason {
    /// It said goodbye.
    Shutdown,
    /// It fell silent or its stream broke.
    HeartbeatLost,
    /// It was drained and left.
    Maintenance,
    /// It was taken out by hand.
    Disabled,
}

impl OfflineReason {
    /// The contract's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Shutdown => "Shutdown",
            Self::HeartbeatLost => "HeartbeatLost",
            Self::Maintenance => "Maintenance",
            Self::Disabled => "Disabled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_matches_at_a_dot() {
        let node = Capabilities { renderers: [("ae".into(), "24.6.1".into())].into(), ..Default::default() };
        let wants = |version: &str| {
            let requires = Requirements { renderer_version: Some(version.into()), ..Default::default() };
            node.meets("ae", &requires).is_ok()
        };
        assert!(wants("24.6.1") && wants("24.6") && wants("24"));
        assert!(!wants("2") && !wants("24.60") && !wants("25"));
    }

    #[test]
    fn says_what_is_missing() {
        let node =
            Capabilities { renderers: [("ae".into(), Versions::default())].into(), ..Default::default() };
        assert_eq!(node.meets("blender", &Requirements::default()), Err("has no renderer blender".into()));
        let gpu = Requirements { labels: ["gpu".to_owned()].into(), ..Default::default() };
        assert_eq!(node.meets("ae", &gpu), Err("has no label gpu".into()));
    }
}
