//! A node's host: the node that ships, with real directories and played renderers.

use std::sync::Arc;

use callsheet_config::ClusterConfig;
use callsheet_node::{Chance, Door, NodeSettings, Shutdown};
use callsheet_renderers::Registry;
use tokio::sync::watch;

use crate::dice::Dice;
use crate::moods::Moods;
use crate::network::{LEADER, PORT, Ways};
use crate::player::Players;
use crate::trace::Trace;

/// All that a node's host has.
#[derive(Clone)]
pub(crate) struct NodeHost {
    pub(crate) name: &'static str,
    pub(crate) config: ClusterConfig,
    pub(crate) ways: Ways,
    pub(crate) trace: Trace,
    pub(crate) dice: Dice,
    pub(crate) pace: (u64, u64),
    pub(crate) moods: Moods,
}

impl NodeHost {
    /// One life of it.
    pub(crate) async fn live(self) -> turmoil::Result {
        let node = self.config.node(self.name).expect("it is in the config").clone();
        let door = Door::plain(&format!("http://{LEADER}:{PORT}"))?.through(self.ways.dial(self.name));
        let renderers = Registry::of_node(&self.config, &node).into_renderers();
        let players = Players {
            node: self.name.to_owned(),
            trace: self.trace.clone(),
            dice: self.dice.clone(),
            pace: self.pace,
            moods: self.moods.clone(),
        };
        let chance = self.dice.clone();
        let settings = NodeSettings {
            processes: Arc::new(players),
            chance: Chance::new(move || chance.id()),
            ..NodeSettings::new(node, door, renderers)
        };
        let (_wish, wishes) = watch::channel(Shutdown::Stay);
        let ended = callsheet_node::run(settings, wishes).await;
        self.trace.fate(format!("{} ends: {ended:?}", self.name));
        Err(format!("{} was not told to end", self.name).into())
    }
}
