//! What events do to a node's actors.

use callsheet_model::TroupeEvent;

use super::State;

/// What an actor is from the moment it is spawned, until something else is said of it.
const RUNNING: &str = "running";

impl State {
    pub(super) fn troupe(&mut self, event: &TroupeEvent) {
        let Some(node) = self.nodes.get_mut(event.node()) else { return };
        match event {
            TroupeEvent::Spawned { player, .. } => {
                let entry = (player.clone(), RUNNING.to_owned());
                node.players.entry(player.instance).or_insert(entry);
            }
            TroupeEvent::StatusChanged { instance, status, .. } => {
                if let Some((_, known)) = node.players.get_mut(instance) {
                    known.clone_from(status);
                }
            }
            TroupeEvent::Terminated { instance, .. } => {
                node.players.remove(instance);
            }
        }
    }
}
