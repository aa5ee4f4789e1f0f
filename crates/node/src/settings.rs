//! All that a node is started with.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use callsheet_config::NodeConfig;
use callsheet_renderers::Renderer;
use callsheet_supervision::Tripwire;

use crate::chance::Chance;
use crate::door::Door;
use crate::process::{Guarded, Processes};

/// All that a node is started with.
#[derive(Clone)]
pub struct NodeSettings {
    /// Its part of the cluster config.
    pub config: NodeConfig,
    /// How the leader is reached.
    pub door: Door,
    /// Renderers by name. Those that are not installed here are left out of what the node offers.
    pub renderers: BTreeMap<String, Arc<dyn Renderer>>,
    /// When it leaves, what runs may take this long to finish.
    pub grace: Duration,
    /// What starts renderers' processes.
    pub processes: Arc<dyn Processes>,
    /// Where its chance comes from.
    pub chance: Chance,
    /// When it starts, a renderer that does not say within this time whether it is installed is not offered.
    pub probing: Duration,
    /// Empty, but in tests.
    pub tripwire: Tripwire,
}

impl NodeSettings {
    /// Settings with a grace of half a minute, a minute for renderers to answer, and this executable as guard.
    #[must_use]
    pub fn new(config: NodeConfig, door: Door, renderers: BTreeMap<String, Arc<dyn Renderer>>) -> Self {
        Self {
            config,
            door,
            renderers,
            grace: Duration::from_secs(30),
            probing: Duration::from_secs(60),
            processes: Arc::new(Guarded {
                guard: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("callsheet")),
            }),
            chance: Chance::default(),
            tripwire: Tripwire::default(),
        }
    }

    /// The same with another executable that answers to `guard` with [`crate::guard::main`] than this one.
    #[must_use]
    pub fn guarded_by(self, guard: PathBuf) -> Self {
        Self { processes: Arc::new(Guarded { guard }), ..self }
    }
}

impl fmt::Debug for NodeSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeSettings")
            .field("config", &self.config)
            .field("door", &self.door)
            .field("renderers", &self.renderers.keys())
            .field("grace", &self.grace)
            .field("processes", &self.processes)
            .field("probing", &self.probing)
            .finish_non_exhaustive()
    }
}

/// What a person wants of a running node. It only ever becomes more urgent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shutdown {
    /// Go on.
    #[default]
    Stay,
    /// Finish or hand back what runs, flush, say goodbye, leave.
    Drain,
    /// Leave at once. Renderers are killed; the leader hands their frames to others.
    Now,
}
