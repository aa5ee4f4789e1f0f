//! A node that is not set up, or on which everything dies, is not trusted with After Effects any more: its frames
//! go elsewhere, and one frame shows later whether it is well. A job that dies everywhere costs no node its trust.

use callsheet_protocol::v1;
use serde_json::{Value, json};

use super::{failures_of, render_leases};
use crate::harness::{Cluster, Event, Installation, Project, Recipe, disk, work};

const VERSION: &str = "25.1x67";
/// The shortest that there is.
const SHORT: &str = "[leader.quarantine]\nfirst = \"1s\"\nmax = \"2s\"\n";
/// Long enough to be looked at.
const LONG: &str = "[leader.quarantine]\nfirst = \"1h\"\nmax = \"1h\"\n";

/// A step of eight frames in two chunks, none of which may pay for anything.
fn step(cluster: &Cluster, template: &v1::Template, name: &str, only: Option<&str>) -> v1::StepSpec {
    let settings = json!({ "output_module": "PNG Sequence", "multi_frame": false });
    let labels = only.map(str::to_owned).into_iter().collect();
    v1::StepSpec {
        retries: Some(0),
        requires: Some(v1::Requirements { labels, ..Default::default() }),
        ..work::composed(template, &cluster.output(name), "0-7", 4, &settings)
    }
}

fn about<'a>(events: &'a [Event], kind: &str) -> Vec<&'a Event> {
    events.iter().filter(|event| event.kind == kind).collect()
}

/// What a node that is not set up says when it renders; its look at the project has found nothing wrong.
const UNPREPARED: [(&str, &str); 3] = [
    ("template", "refuse = { with = 'output_module' }"),
    ("apple event", "refuse = { with = 'apple_event' }"),
    ("socket", "refuse = { with = 'socket' }"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_not_set_up_is_quarantined_at_once_and_comes_back_by_a_canary() {
    for (name, keys) in UNPREPARED {
        let story = Installation::new(VERSION).run(keys.trim_start_matches(""));
        let recipe = Recipe::new().section(SHORT).after_effects("anna", 1, story);
        let cluster = Cluster::start(recipe.after_effects("bruno", 1, Installation::new(VERSION))).await;
        let template = Project::of("Main", 8).upload(&cluster).await;
        let job = cluster.submit(work::job(name, vec![step(&cluster, &template, "first", None)])).await;
        cluster.succeeded(&job).await;
        disk::assert_composed(&cluster.output("first"), "0-7");
        let events = cluster.events();
        let quarantined = about(&events, "node.quarantined");
        let [first, ..] = &quarantined[..] else { panic!("{name}: {events:#?}") };
        assert_eq!((first.node(), first.text("renderer")), ("anna", "after_effects"), "{name}");
        assert_eq!(first.class(), "node_config", "{name}: {}", first.payload);
        assert!(quarantined.iter().all(|event| event.node() == "anna"), "{name}: {quarantined:?}");
        for failure in failures_of(&events, &job) {
            assert_eq!(failure.class(), "node_config", "{name}: {}", failure.payload);
            assert_eq!(failure.payload["charged"], false, "{name}: {}", failure.payload);
        }
        cured(&cluster, &template, name).await;
    }
}

/// Somebody sees to anna: one frame shows that, and then it has work as before.
async fn cured(cluster: &Cluster, template: &v1::Template, name: &str) {
    Installation::new(VERSION).tell(cluster.root(), "anna");
    let job = cluster.submit(work::job(name, vec![step(cluster, template, "second", Some("anna"))])).await;
    cluster.succeeded(&job).await;
    disk::assert_composed(&cluster.output("second"), "0-7");
    let events = cluster.events();
    let cleared = events.iter().rfind(|event| event.is("node.cleared")).unwrap_or_else(|| panic!("{name}"));
    assert_eq!((cleared.node(), cleared.text("by")), ("anna", "canary"), "{name}");
    let canary = render_leases(&events, &job).next().unwrap();
    assert_eq!(canary.frames().len(), 1, "{name}: one frame, and no more");
    assert!(canary.sequence < cleared.sequence);
    let rest = render_leases(&events, &job).skip(1);
    assert!(rest.into_iter().all(|lease| lease.sequence > cleared.sequence), "{name}: the others waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_on_which_everything_dies_is_quarantined_after_three_and_comes_back_once_cured() {
    let story = Installation::new(VERSION).run("crash = { in = 'load', by = 'segv' }");
    let recipe = Recipe::new().section(SHORT).after_effects("anna", 1, story);
    let slow = Installation::new(VERSION).is("times = { frame_ms = 250 }");
    let cluster = Cluster::start(recipe.after_effects("bruno", 1, slow)).await;
    let template = Project::of("Main", 30).upload(&cluster).await;
    let output = cluster.output("frames");
    let settings = json!({ "multi_frame": false });
    let frames = work::composed(&template, &output, "0-29", 2, &settings);
    let job = cluster.submit(work::job("dying", vec![frames])).await;
    let quarantined = cluster.event("anna is in quarantine", 0, |event| event.is("node.quarantined")).await;
    assert_eq!((quarantined.node(), quarantined.class()), ("anna", "crash"), "{}", quarantined.payload);
    let events = cluster.events();
    let before = |event: &&&Event| event.sequence < quarantined.sequence && event.node() == "anna";
    let crashes = about(&events, "node.crashed.v1");
    assert_eq!(crashes.iter().filter(before).count(), 3, "{crashes:#?}");
    cluster.succeeded(&job).await;
    disk::assert_composed(&output, "0-29");
    // While it is ill, nothing but single frames is tried on it, and each of those is for nothing.
    let events = cluster.events();
    for lease in render_leases(&events, &job) {
        let on_trial = lease.node() == "anna" && lease.sequence > quarantined.sequence;
        assert!(!on_trial || lease.frames().len() == 1, "{}", lease.payload);
    }
    assert!(about(&events, "node.quarantined").iter().all(|event| event.node() == "anna"));
    cured(&cluster, &template, "dying").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantine_is_shown_and_a_person_can_end_it() {
    let story = Installation::new(VERSION).run("refuse = { with = 'apple_event' }");
    let recipe = Recipe::new().section(LONG).after_effects("anna", 1, story);
    let cluster = Cluster::start(recipe).await;
    let template = Project::of("Main", 8).upload(&cluster).await;
    let job = cluster.submit(work::job("held", vec![step(&cluster, &template, "held", None)])).await;
    cluster.event("anna is in quarantine", 0, |event| event.is("node.quarantined")).await;
    let text = |output: std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let shown = text(cluster.run(&["nodes"]).await);
    assert!(shown.contains("anna is in quarantine for after_effects") && shown.contains("1701"), "{shown}");
    let explained = text(cluster.run(&["job", &job]).await);
    assert!(explained.contains("in quarantine"), "{explained}");

    Installation::new(VERSION).tell(cluster.root(), "anna");
    let cleared = cluster.run(&["nodes", "clear", "anna", "--json"]).await;
    assert!(cleared.status.success(), "{cleared:?}");
    let view: Value = serde_json::from_slice(&cleared.stdout).unwrap();
    assert_eq!(view["name"], "anna");
    cluster.succeeded(&job).await;
    disk::assert_composed(&cluster.output("held"), "0-7");
    let events = cluster.events();
    let by: Vec<&str> = about(&events, "node.cleared").iter().map(|event| event.text("by")).collect();
    assert_eq!(by, ["person"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_dies_everywhere_costs_no_node_its_trust() {
    let story = Installation::new(VERSION).run("composition = 'Poison'\ncrash = { in = 'load' }");
    let recipe = Recipe::new().section(LONG).after_effects("anna", 2, story.clone());
    let cluster = Cluster::start(recipe.after_effects("bruno", 2, story)).await;
    let template = Project::of_each(["Poison", "Main"], 12).upload(&cluster).await;
    let poison = json!({ "composition": "Poison", "multi_frame": false });
    let poison = work::composed(&template, &cluster.output("poison"), "0-11", 1, &poison);
    let poison = v1::StepSpec { retries: Some(1), ..poison };
    let poison = cluster.submit(work::job("poison", vec![poison])).await;
    let well =
        work::composed(&template, &cluster.output("well"), "0-11", 1, &json!({ "multi_frame": false }));
    let well = cluster.submit(work::job("well", vec![v1::StepSpec { retries: Some(0), ..well }])).await;
    cluster.succeeded(&well).await;
    disk::assert_composed(&cluster.output("well"), "0-11");
    let end = cluster.over(&poison, 0).await;
    assert!(end.is("job.failed"), "{}", end.payload);
    let events = cluster.events();
    let quarantined = about(&events, "node.quarantined");
    assert!(quarantined.is_empty(), "{quarantined:#?}");
    println!("poison: {} attempts", render_leases(&events, &poison).count());
}
