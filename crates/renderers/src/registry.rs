//! All renderers that this program knows, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use callsheet_config::{ClusterConfig, CommandDescription, NodeConfig};

use crate::after_effects::AfterEffects;
use crate::child::Host;
use crate::command::Command;
use crate::flipbook::Flipbook;
use crate::lottie::Lottie;
use crate::{Problem, Renderer};

/// Renderers by name: the built-in ones, and those described in the cluster config.
pub struct Registry {
    renderers: BTreeMap<String, Arc<dyn Renderer>>,
}

impl Registry {
    /// With the running executable as the built-in renderers' host.
    #[must_use]
    pub fn new(descriptions: &[CommandDescription]) -> Self {
        Self::with_host(descriptions, Host::this_executable())
    }

    /// With another program as the built-in renderers' host.
    #[must_use]
    pub fn with_host(descriptions: &[CommandDescription], host: Host) -> Self {
        let after_effects = AfterEffects::new(host.clone());
        Self::made_of(descriptions.iter().cloned(), host, after_effects)
    }

    /// As a node has them: its own programs in the place of the described ones, its own After Effects, and only what
    /// it offers.
    #[must_use]
    pub fn of_node(cluster: &ClusterConfig, node: &NodeConfig) -> Self {
        let described = cluster.renderers.values().cloned().map(|mut description| {
            if let Some(program) = node.programs.get(&description.name) {
                description.program.clone_from(program);
            }
            description
        });
        let host = Host::this_executable();
        let after_effects = AfterEffects::on_node(host.clone(), node);
        let mut registry = Self::made_of(described, host, after_effects);
        registry.renderers.retain(|name, _| node.renderers.contains(name));
        registry
    }

    fn made_of(
        descriptions: impl Iterator<Item = CommandDescription>,
        host: Host,
        after_effects: AfterEffects,
    ) -> Self {
        let described = descriptions.map(|description| {
            let renderer: Arc<dyn Renderer> = Arc::new(Command::new(description.clone()));
            (description.name, renderer)
        });
        let mut renderers: BTreeMap<_, _> = described.collect();
        let built_in: [Arc<dyn Renderer>; 3] =
            [Arc::new(after_effects), Arc::new(Lottie::new(host.clone())), Arc::new(Flipbook::new(host))];
        // The config refuses a description under a built-in name; if one came all the same, ours counts.
        renderers.extend(built_in.into_iter().map(|renderer| (renderer.name().to_owned(), renderer)));
        Self { renderers }
    }

    /// All of them by name.
    #[must_use]
    pub fn into_renderers(self) -> BTreeMap<String, Arc<dyn Renderer>> {
        self.renderers
    }

    /// The renderer of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Renderer>> {
        self.renderers.get(name)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.renderers.keys().map(String::as_str)
    }

    /// What to say of a step whose renderer is not here.
    #[must_use]
    pub fn unknown(&self, name: &str) -> Problem {
        let names: Vec<&str> = self.names().collect();
        let message = format!("{name:?} is not known here: there are {}", names.join(", "));
        Problem { place: "renderer".to_owned(), message }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_renderers_are_always_there() {
        let registry = Registry::new(&[]);
        assert_eq!(registry.names().collect::<Vec<_>>(), ["after_effects", "flipbook", "lottie"]);
        assert_eq!(registry.get("lottie").unwrap().name(), "lottie");
        assert!(registry.get("nuke").is_none());
        let problem = registry.unknown("nuke");
        assert_eq!(problem.message, "\"nuke\" is not known here: there are after_effects, flipbook, lottie");
    }
}
