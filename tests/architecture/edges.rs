//! Which crate may depend on which, ours and others'.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use toml::{Table, Value};

use crate::{none, root};

/// Every crate, and the crates of ours that it may depend on, in its tests too. `*` is all of them.
const ALLOWED: [(&str, &[&str]); 21] = [
    ("model", &[]),
    ("config", &["model"]),
    ("scheduler", &["model"]),
    ("agent", &["model"]),
    ("protocol", &["model"]),
    ("events", &["model"]),
    ("monitor", &["model", "config"]),
    ("journal", &["model", "events"]),
    ("supervision", &[]),
    ("telemetry", &[]),
    ("lottie", &[]),
    ("after_effects", &["model"]),
    // It stands for a program of someone else's, and is written from the facts alone.
    ("standin", &[]),
    ("renderers", &["model", "config", "lottie", "after_effects"]),
    (
        "leader",
        &[
            "model",
            "config",
            "events",
            "monitor",
            "scheduler",
            "journal",
            "renderers",
            "supervision",
            "telemetry",
        ],
    ),
    // It sees the leader as a door does. Its tests, and the doors', give a leader its store.
    ("outward", &["model", "config", "events", "leader", "scheduler", "supervision", "telemetry", "journal"]),
    ("node", &["model", "config", "agent", "protocol", "renderers", "supervision", "telemetry"]),
    (
        "gateway",
        &["model", "config", "events", "monitor", "leader", "protocol", "scheduler", "telemetry", "journal"],
    ),
    // It is its own leader and node: the minds and the journal as they ship, and nothing that acts.
    ("simulation", &["model", "events", "journal", "scheduler", "agent", "supervision"]),
    ("cli", &["*"]),
    ("tests", &["*"]),
];

/// Libraries that only some crates may name.
const FENCED: [(&str, &[&str]); 15] = [
    ("sled", &["journal"]),
    ("bincode", &["journal"]),
    ("vello_cpu", &["lottie"]),
    ("tonic", &["protocol", "gateway", "node", "outward", "cli", "tests"]),
    ("ractor", &["supervision", "leader", "node", "outward"]),
    ("axum", &["gateway", "outward", "tests"]),
    ("utoipa", &["gateway"]),
    ("serde_json_canonicalizer", &["events"]),
    ("prometheus-client", &["telemetry"]),
    ("async-nats", &["outward", "tests"]),
    ("lapin", &["outward", "tests"]),
    ("lettre", &["outward"]),
    ("croner", &["config", "monitor"]),
    ("opentelemetry-proto", &["outward"]),
    ("rand", &["simulation"]),
];

/// What a pure crate cannot even name: runtimes, chance, sockets, disks.
const IMPURE: [&str; 12] = [
    "tokio",
    "futures",
    "ractor",
    "tonic",
    "axum",
    "sled",
    "rand",
    "getrandom",
    "fastrand",
    "tempfile",
    "sysinfo",
    "nix",
];
/// Crates that know no runtime, clock, chance, socket or disk.
pub(crate) const PURE: [&str; 7] =
    ["model", "scheduler", "agent", "config", "after_effects", "events", "monitor"];

/// Names of all crates with their manifests; `tests` is one of them.
fn manifests() -> BTreeMap<String, Table> {
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let all = crates.chain([root().join("tests")]).filter(|path| path.is_dir());
    all.map(|path| {
        let text = fs::read_to_string(path.join("Cargo.toml")).unwrap();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), text.parse().unwrap())
    })
    .collect()
}

/// Names in all dependency tables of a manifest, those of single platforms too. Without `dev`: none of tests.
fn dependencies(manifest: &Table, dev: bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (key, value) in manifest {
        let Value::Table(table) = value else { continue };
        match key.as_str() {
            "dependencies" | "build-dependencies" => names.extend(table.keys().cloned()),
            "dev-dependencies" if dev => names.extend(table.keys().cloned()),
            "target" => {
                let platforms = table.values().filter_map(Value::as_table);
                platforms.for_each(|platform| names.extend(dependencies(platform, dev)));
            }
            _ => {}
        }
    }
    names
}

#[test]
fn dependencies_run_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into();
    let mut findings = Vec::new();
    for (name, manifest) in manifests() {
        let Some(may) = allowed.get(name.as_str()) else {
            findings.push(format!("crates/{name} is not in the table"));
            continue;
        };
        let ours = dependencies(&manifest, true);
        let ours = ours.iter().filter_map(|dependency| dependency.strip_prefix("callsheet-"));
        // A crate's folder has `_` where its package has `-`.
        let ours = ours.map(|dependency| dependency.replace('-', "_"));
        let foreign = ours.filter(|dependency| !may.contains(&dependency.as_str()) && !may.contains(&"*"));
        findings.extend(foreign.map(|dependency| format!("{name} depends on {dependency}")));
    }
    let remedy = "move what is needed to where both may reach it, or pass it in as an argument; a new edge is a \
                  decision: tests/architecture/edges.rs has the table, README.md the map";
    none(findings, remedy);
}

#[test]
fn the_table_names_no_crate_that_is_gone() {
    let there = manifests();
    let gone = ALLOWED.iter().filter(|(name, _)| !there.contains_key(*name));
    none(
        gone.map(|(name, _)| (*name).to_owned()).collect(),
        "take it out of the table in tests/architecture/edges.rs",
    );
}

#[test]
fn libraries_stay_behind_their_fences() {
    let mut findings = Vec::new();
    for (name, manifest) in manifests() {
        let named = dependencies(&manifest, true);
        for (library, may) in FENCED {
            if named.contains(library) && !may.contains(&name.as_str()) {
                findings.push(format!("{name} depends on {library}, which only {} may", may.join(", ")));
            }
        }
    }
    none(findings, "ask the crate behind the fence for what you need, in the model's types");
}

#[test]
fn pure_crates_have_no_impure_dependencies() {
    let manifests = manifests();
    let mut findings = Vec::new();
    for name in PURE {
        let named = dependencies(&manifests[name], false);
        let impure = IMPURE.into_iter().filter(|library| named.contains(*library));
        findings.extend(impure.map(|library| format!("{name} depends on {library}")));
    }
    none(findings, "time, ids and bytes come in as arguments; effects go out as values");
}

#[test]
fn every_dependency_is_the_workspace_s() {
    let mut findings = Vec::new();
    for (name, manifest) in manifests() {
        for key in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(Value::Table(table)) = manifest.get(key) else { continue };
            let own = table.iter().filter(|(_, value)| value.get("workspace") != Some(&Value::Boolean(true)));
            findings.extend(own.map(|(dependency, _)| format!("{name}: {dependency}")));
        }
    }
    none(findings, "say the version once, in [workspace.dependencies] of the root manifest");
}
