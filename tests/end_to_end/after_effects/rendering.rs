//! A sequence through After Effects, with nothing going wrong: whole, numbered as the composition numbers it, in
//! every dialect; and who renders what asks for a version.

use std::collections::BTreeSet;

use callsheet_protocol::v1;
use serde_json::{Value, json};

use super::render_leases;
use crate::harness::{Cluster, Event, Installation, Project, Recipe, disk, work};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_frames_over_two_nodes_end_as_pictures_of_the_right_number() {
    let slow = |version: &str| {
        Installation::new(version).is("times = { frame_ms = 30 }\nrecord_env = ['SHOW', 'OTHER_SHOW']")
    };
    let recipe = Recipe::new().after_effects("anna", 1, slow("25.1x67")).also("anna", slow("24.6x2"));
    let cluster = Cluster::start(recipe.after_effects("bruno", 1, slow("24.6x2"))).await;
    // A composition whose first frame is called 100, and is the first of the project's.
    let template = Project::of("Main", 20).is("start = 100").text("title", "Hello").upload(&cluster).await;
    let output = cluster.output("frames");
    let settings = json!({ "output_module": "PNG Sequence", "env": { "SHOW": "die blaue Stunde" } });
    let frames = work::composed(&template, &output, "100-119", 4, &settings);
    let job = cluster.submit(work::job("twenty", vec![frames])).await;
    cluster.succeeded(&job).await;

    disk::assert_composed(&output, "100-119");
    let events = cluster.events();
    let nodes: BTreeSet<&str> = render_leases(&events, &job).map(Event::node).collect();
    assert_eq!(nodes, ["anna", "bruno"].into(), "both have had a share");
    let looks = events.iter().filter(|event| event.is_preflight()).count();
    assert_eq!(looks, 1, "one node looks at it, once, before anything goes out");
    assert_is_called_as_it_should_be(&cluster);

    let nodes = cluster.run(&["nodes", "--json"]).await;
    let nodes: Value = serde_json::from_slice(&nodes.stdout).unwrap();
    let told = |index: usize| nodes["nodes"][index]["capabilities"].to_string();
    assert!(told(0).contains("25.1") && told(0).contains("24.6"), "{nodes:#}");
    assert!(told(1).contains("24.6") && !told(1).contains("25.1"), "{nodes:#}");
    let shown = cluster.run(&["nodes"]).await;
    let shown = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.contains("after_effects 25.1/24.6"), "{shown}");
    let online = events.iter().find(|event| event.is("node.online.v1") && event.node() == "anna").unwrap();
    assert_eq!(online.payload["current_ae_version"], "25.1");
    assert_eq!(online.payload["available_ae_versions"], json!(["25.1", "24.6"]));
}

/// The newest version of a node renders, of one composition and never the whole queue, and neither of the flags
/// that make a run blind is ever there.
fn assert_is_called_as_it_should_be(cluster: &Cluster) {
    for node in ["anna", "bruno"] {
        for start in cluster.starts(node).iter().filter(|start| start.is_render()) {
            let newest = if node == "anna" { "2025" } else { "2024" };
            assert!(start.installation.ends_with(newest), "{node}: {start:?}");
            assert_eq!(start.value("-comp"), Some("Main"), "{start:?}");
            assert_eq!(start.value("-v"), Some("ERRORS_AND_PROGRESS"), "{start:?}");
            assert!(start.span().is_some(), "{start:?}");
            assert_eq!(start.env["SHOW"].as_deref(), Some("die blaue Stunde"), "{start:?}");
            assert_eq!(start.env["OTHER_SHOW"], None, "{start:?}");
            let blinding = ["-log", "-reuse"];
            assert!(!start.arguments.iter().any(|word| blinding.contains(&word.as_str())), "{start:?}");
        }
    }
}

/// Versions that lie on one machine, and how each of them talks.
const DIALECTS: [(&str, &str); 7] = [
    ("17.5x40", "locale = 'fr_FR'\nencoding = 'latin1'"),
    ("18.4x56", "locale = 'de_DE'\nrepeat_lines = true"),
    ("22.6x64", "platform = 'macos'\nlocale = 'ja_JP'"),
    ("23.6x62", "format = 'ae_log'\nordinal = 'composition'"),
    ("24.6x2", "noise = true\npieces = 7"),
    ("25.1x67", "locale = 'pt_BR'\nencoding = 'utf-8'\ntime_display = 'frames'"),
    ("26.0x12", "locale = 'ko_KR'\nduration_count = true"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_version_is_understood_in_its_dialect_and_out_of_order() {
    let (first, rest) = DIALECTS.split_first().unwrap();
    let installed = |(version, keys): &(&str, &str)| Installation::new(version).is(keys);
    let recipe = Recipe::new().after_effects("anna", 3, installed(first));
    let recipe = rest.iter().fold(recipe, |recipe, dialect| recipe.also("anna", installed(dialect)));
    let cluster = Cluster::start(recipe).await;
    let template = Project::of("Main", 9).upload(&cluster).await;
    let step = |(version, _): &(&str, &str)| {
        let wish = version.split_once('.').unwrap().0.to_owned();
        let output = cluster.output(&wish);
        // With several frames at once the lines come out of order.
        let several = wish.parse::<u32>().unwrap() >= 22;
        let settings = if several { json!({ "multi_frame": { "cpu": 50 } }) } else { json!({}) };
        v1::StepSpec {
            name: format!("v{wish}"),
            requires: Some(v1::Requirements { renderer_version: wish, ..Default::default() }),
            retries: Some(0),
            ..work::composed(&template, &output, "0-8", 9, &settings)
        }
    };
    let job = cluster.submit(work::job("dialects", DIALECTS.iter().map(step).collect())).await;
    cluster.succeeded(&job).await;
    let starts = cluster.starts("anna");
    for (version, _) in DIALECTS {
        let major = version.split_once('.').unwrap().0;
        disk::assert_composed(&cluster.output(major), "0-8");
        let of_it = |start: &&crate::harness::Start| start.installation.ends_with(&format!("20{major}"));
        let renders: Vec<_> = starts.iter().filter(of_it).filter(|start| start.is_render()).collect();
        let [start] = &renders[..] else { panic!("{version} renders once: {renders:?}") };
        let several = major.parse::<u32>().unwrap() >= 22;
        assert_eq!(start.value("-mfr"), several.then_some("ON"), "{version}: {start:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_rendered_where_it_is_and_one_that_nobody_has_is_waited_for() {
    let recipe = Recipe::new().after_effects("anna", 1, Installation::new("25.1x67"));
    let recipe = recipe.after_effects("bruno", 1, Installation::new("24.6x2"));
    let cluster = Cluster::start(recipe).await;
    let template = Project::of("Main", 8).upload(&cluster).await;
    let asking = |name: &str, wish: &str| {
        let step = work::composed(&template, &cluster.output(name), "0-7", 2, &json!({}));
        let requires = v1::Requirements { renderer_version: wish.into(), ..Default::default() };
        work::job(name, vec![v1::StepSpec { requires: Some(requires), ..step }])
    };
    let nobodys = cluster.submit(asking("newer", ">=26")).await;
    let brunos = cluster.submit(asking("older", ">=23, <25")).await;
    cluster.succeeded(&brunos).await;
    disk::assert_composed(&cluster.output("older"), "0-7");
    let events = cluster.events();
    let asked = events.iter().filter(|event| event.is("frame_job.leased"));
    let nodes: BTreeSet<(&str, &str)> = asked.map(|event| (event.job(), event.node())).collect();
    assert_eq!(nodes, [(brunos.as_str(), "bruno")].into(), "nobody else has even looked at it");

    let explained = cluster.run(&["job", &nobodys]).await;
    let explained = String::from_utf8_lossy(&explained.stdout);
    assert!(explained.contains(">=26") && explained.contains("after_effects"), "{explained}");
    let absurd = asking("absurd", "the newest one");
    let id = uuid::Uuid::new_v4().to_string();
    let refused = cluster.api.clone().submit(&id, absurd).await.unwrap_err();
    assert!(refused.message().contains("renderer_version"), "{refused}");
}
