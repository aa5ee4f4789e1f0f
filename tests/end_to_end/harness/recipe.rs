//! What a test's cluster is made of, and the config that says so.

use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};

use super::api::Secret;
use super::installation::{Installation, search};

/// The tests' own renderer.
const RENDERER: &str = env!("CARGO_BIN_EXE_test-renderer");

/// A cluster, before it is started.
#[derive(Clone, Default)]
pub(crate) struct Recipe {
    nodes: Vec<(String, String)>,
    installed: Vec<(String, Installation)>,
    pub(crate) leader: String,
    pub(crate) rest: String,
    pub(crate) tls: Option<tonic::transport::ClientTlsConfig>,
    pub(crate) secret: Secret,
}

impl Recipe {
    /// A leader without nodes.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With one more node, of so many slots; it carries its own name as a label.
    pub(crate) fn node(mut self, name: &str, slots: u32) -> Self {
        self.nodes.push((name.to_owned(), format!("slots = {slots}\nlabels = [\"{name}\"]\n")));
        self
    }

    /// With one more node, and After Effects on it.
    pub(crate) fn after_effects(self, name: &str, slots: u32, installation: Installation) -> Self {
        self.after_effects_with(name, slots, installation, "")
    }

    /// The same with more keys of the node's `after_effects`, each after a comma.
    pub(crate) fn after_effects_with(
        mut self,
        name: &str,
        slots: u32,
        installation: Installation,
        keys: &str,
    ) -> Self {
        let folder = search(name);
        let node = format!(
            "slots = {slots}\nlabels = [\"{name}\"]\nrenderers = [\"after_effects\", \"actor\"]\n\
             after_effects = {{ search = [\"{folder}\"], documents = \"{folder}/Documents\"{keys} }}\n"
        );
        self.nodes.push((name.to_owned(), node));
        self.also(name, installation)
    }

    /// With one more node that renders everything there is, After Effects too.
    pub(crate) fn versatile(mut self, name: &str, slots: u32, installation: Installation) -> Self {
        let folder = search(name);
        let node = format!(
            "slots = {slots}\nlabels = [\"{name}\"]\n\
             renderers = [\"lottie\", \"flipbook\", \"actor\", \"after_effects\"]\n\
             after_effects = {{ search = [\"{folder}\"], documents = \"{folder}/Documents\", \
             render_only_node = true }}\n"
        );
        self.nodes.push((name.to_owned(), node));
        self.also(name, installation)
    }

    /// With a further installation on a node that has one.
    pub(crate) fn also(mut self, name: &str, installation: Installation) -> Self {
        self.installed.push((name.to_owned(), installation));
        self
    }

    /// With three nodes of so many slots.
    pub(crate) fn three(self, slots: u32) -> Self {
        self.node("anna", slots).node("bruno", slots).node("clara", slots)
    }

    /// With more keys in `[leader]`.
    pub(crate) fn leader(mut self, keys: &str) -> Self {
        self.leader.push_str(keys);
        self
    }

    /// With more sections.
    pub(crate) fn section(mut self, text: &str) -> Self {
        self.rest.push_str(text);
        self
    }

    /// Lays what the nodes have on their disks.
    pub(crate) fn install(&self, root: &Path) {
        self.installed.iter().for_each(|(node, installation)| installation.install(root, node));
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.nodes.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The config, for a leader at this port with its data in this directory.
    pub(crate) fn config(&self, root: &Path, port: u16) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let mut text = format!(
            "[cluster]\nname = \"test\"\n\n[leader]\nlisten = \"127.0.0.1:{port}\"\n\
             advertise = \"{scheme}://127.0.0.1:{port}\"\ndata = \"leader\"\n{}\n",
            self.leader
        );
        if !self.rest.contains("[retry]") {
            text.push_str("[retry]\nfirst = \"100ms\"\n\n");
        }
        text.push_str(
            "[node_defaults]\nrenderers = [\"lottie\", \"flipbook\", \"actor\"]\nwork = \"work\"\n\
             cache = \"cache\"\nmin_free_disk = \"1MiB\"\n\n",
        );
        for (name, keys) in &self.nodes {
            text.push_str(&format!("[[node]]\nname = \"{name}\"\n{keys}\n"));
        }
        text.push_str(&self.rest);
        text.push_str(&actor(root));
        text
    }
}

/// The tests' own renderer, as a config describes it.
fn actor(root: &Path) -> String {
    let ledger = root.join("ledger");
    format!(
        r#"
[[renderer]]
name = "actor"
program = {RENDERER:?}
frames = "list"
template = "forbidden"
args = [
    "--frames", "{{frames}}", "--dir", "{{output_dir}}", "--prefix", "{{output_prefix}}", "--digits", "{{digits}}",
    "--width", "{{setting.width}}", "--height", "{{setting.height}}", "--pace", "{{setting.pace}}",
    "--moods", "{{setting.moods}}", "--ledger", {ledger:?}, ["--cure", "{{setting.cure}}"],
]
size = ["width", "height"]

[renderer.settings]
width = {{ kind = "integer", min = 1, max = 4096, default = 48 }}
height = {{ kind = "integer", min = 1, max = 4096, default = 27 }}
pace = {{ kind = "integer", min = 0, max = 60000, default = 0 }}
moods = {{ kind = "text", default = "none" }}
cure = {{ kind = "text" }}

[[renderer.line]]
match = '^started frame (?<frame>\d+)'
means = "frame_started"

[[renderer.line]]
match = '^finished frame (?<frame>\d+)'
means = "frame_finished"
"#
    )
}

/// A port that nobody listens on, outside the range from which systems take ports for connections: a leader
/// that is killed must find it free again.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = (std::process::id() % 100) as u16 * 100;
    for _ in 0..10_000 {
        let port = 20_000 + (own + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port from 20000 to 29999");
}
