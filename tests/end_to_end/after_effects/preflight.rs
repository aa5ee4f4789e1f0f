//! A broken job fails in seconds, with what is missing named, before anything is rendered: one node looks first,
//! and of what may only be missing there a second one is asked.

use std::collections::BTreeSet;
use std::fs;

use callsheet_protocol::v1;
use serde_json::{Value, json};

use crate::harness::{Cluster, Event, Installation, Project, Recipe, disk, work};

/// Nobody waits longer to be told that a job is broken.
const SOON_MS: u64 = 15_000;

/// What is wrong with a job, what the failure names, and how many nodes must have said so.
struct Broken {
    what: &'static str,
    template: v1::Template,
    output: String,
    settings: Value,
    class: &'static str,
    names: &'static str,
    nodes: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_lacks_something_fails_before_a_frame_goes_out_with_the_thing_named() {
    let installed = || Installation::new("25.1x67").is("fonts = ['Roboto-Regular']");
    let recipe = Recipe::new().after_effects("anna", 2, installed()).after_effects("bruno", 2, installed());
    let cluster = Cluster::start(recipe.after_effects("clara", 2, installed())).await;
    let whole = Project::of("Main", 500).text("title", "Hello").upload(&cluster).await;
    let footage = Project::of("Main", 500).footage("logo", "logo.png", "/nowhere/logo.png");
    let footage = footage.upload(&cluster).await;
    // Nobody can make a directory below a file, not even root.
    fs::write(cluster.root().join("out/file"), "").unwrap();
    let broken = |what, class, names, nodes, settings| Broken {
        what,
        template: whole.clone(),
        output: cluster.output(what),
        settings,
        class,
        names,
        nodes,
    };
    let all = [
        broken("composition", "job_fatal", "\"Mian\"", 1, json!({ "composition": "Mian" })),
        broken("queue_item", "job_fatal", "item 3", 1, json!({ "queue_index": 3 })),
        broken("module", "input_missing", "\"ProRes\"", 2, json!({ "output_module": "ProRes" })),
        broken("preset", "input_missing", "\"Better\"", 2, json!({ "render_settings": "Better" })),
        broken("font", "input_missing", "\"Impact\"", 2, json!({ "fonts": ["Roboto-Regular", "Impact"] })),
        Broken { template: footage, ..broken("footage", "input_missing", "/nowhere/logo.png", 2, json!({})) },
        Broken {
            output: format!("{}/out/file/shot/f_[####].png", cluster.root().display()),
            ..broken("place", "output_io", "out/file/shot", 2, json!({}))
        },
    ];
    for broken in &all {
        let step = work::composed(&broken.template, &broken.output, "0-499", 10, &broken.settings);
        let job = cluster.submit(work::job(broken.what, vec![step])).await;
        let end = cluster.over(&job, 0).await;
        assert!(end.is("job.failed"), "{}: {} {}", broken.what, end.kind, end.payload);
        assert_names(&cluster.events(), &job, &end, broken);
    }
    for node in ["anna", "bruno", "clara"] {
        let renders: Vec<_> =
            cluster.starts(node).into_iter().filter(|start| start.value("-output").is_some()).collect();
        assert!(renders.is_empty(), "{node}: {renders:?}");
    }
    let quarantined: Vec<_> =
        cluster.events().into_iter().filter(|event| event.is("node.quarantined")).collect();
    assert!(quarantined.is_empty(), "a broken job says nothing against a node: {quarantined:?}");
}

/// The job's end names the thing, and only so many nodes have looked.
fn assert_names(events: &[Event], job: &str, end: &Event, broken: &Broken) {
    let what = broken.what;
    let reason = end.text("reason");
    assert!(reason.contains(broken.names) && reason.contains(broken.class), "{what}: {reason}");
    let of_job = || events.iter().filter(|event| event.job() == job);
    let looks: Vec<&Event> = of_job().filter(|event| event.is_preflight()).collect();
    let nodes: BTreeSet<&str> = looks.iter().map(|look| look.node()).collect();
    assert_eq!((looks.len(), nodes.len()), (broken.nodes, broken.nodes), "{what}: {looks:?}");
    assert!(!of_job().any(Event::is_render_lease), "{what}: a frame was leased to be rendered");
    let submitted = of_job().find(|event| event.is("job.submitted")).unwrap();
    let took = end.at_ms.saturating_sub(submitted.at_ms);
    println!("pre-flight, {what}: failed {took} ms after it was submitted: {reason}");
    assert!(took < SOON_MS, "{what}: {took} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_on_one_node_alone_does_not_fail_the_job() {
    let without = Installation::new("25.1x67").is("fonts = ['Roboto-Regular']");
    let with = Installation::new("25.1x67").is("fonts = ['Roboto-Regular', 'Impact']");
    let recipe = Recipe::new().after_effects("anna", 1, without).after_effects("bruno", 1, with);
    let cluster = Cluster::start(recipe).await;
    let title = "name = 'title'\ntext = 'Hello'\nfont = 'Impact'";
    let template = Project::of("Main", 4).layer(title).upload(&cluster).await;
    let output = cluster.output("frames");
    let step = work::composed(&template, &output, "0-3", 4, &json!({ "fonts": ["Impact"] }));
    let job = cluster.submit(work::job("fonts", vec![step])).await;
    cluster.succeeded(&job).await;
    disk::assert_composed(&output, "0-3");
    let accepted: BTreeSet<String> = cluster
        .events()
        .iter()
        .filter(|event| event.is("frame_job.frames_accepted"))
        .map(|event| event.token().to_owned())
        .collect();
    for event in cluster.events().iter().filter(|event| event.is_render_lease()) {
        let is_accepted = accepted.contains(event.token());
        assert!(!is_accepted || event.node() == "bruno", "the pixels would be wrong: {event:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_nothing_is_wrong_with_is_looked_at_once_and_never_again() {
    let installed = || Installation::new("25.1x67");
    let recipe = Recipe::new().after_effects("anna", 1, installed()).after_effects("bruno", 1, installed());
    let cluster = Cluster::start(recipe).await;
    let template = Project::of("Main", 12).upload(&cluster).await;
    let output = cluster.output("frames");
    let job = work::job("whole", vec![work::composed(&template, &output, "0-11", 2, &json!({}))]);
    let id = cluster.submit(job).await;
    cluster.succeeded(&id).await;
    disk::assert_composed(&output, "0-11");
    let scripts = |node: &str| cluster.starts(node).iter().filter(|start| !start.is_render()).count();
    assert_eq!(scripts("anna") + scripts("bruno"), 1, "After Effects was opened once to look");
    let events = cluster.events();
    let cleared = events.iter().position(|event| event.is("step.cleared")).expect("somebody cleared it");
    let first = events.iter().position(Event::is_render_lease).unwrap();
    assert!(cleared < first, "nothing goes out before");
}
