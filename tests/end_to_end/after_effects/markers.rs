//! Files that exist only while After Effects runs are taken away whatever dies; and what dies with an agent.

use std::fs;

use callsheet_protocol::v1;
use serde_json::json;

use crate::harness::{
    Cluster, Event, Installation, Project, Recipe, disk, installation, now_ms, strays, work,
};

const RENDER_ONLY: &str = "ae_render_only_node.txt";
const FORCE_ENGLISH: &str = "ae_force_english.txt";
/// What a node's config says that wants both.
const BOTH: &str = ", render_only_node = true, force_english = true";

/// What is in a node's documents folder.
fn markers(cluster: &Cluster, node: &str) -> Vec<String> {
    let entries = fs::read_dir(installation::documents(cluster.root(), node)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_agent_leaves_no_after_effects_and_no_marker_and_its_frames_go_elsewhere() {
    let german =
        || Installation::new("25.1x67").is("locale = 'de_DE'\nneeds_seat = true\ntimes = { frame_ms = 20 }");
    // Deaf to the end of aerender and to polite signals: only a kill ends it.
    let stuck = german().run("frames = '4'\ndeaf = true\nhang = { at = 4, how = 'dialog' }");
    let recipe = Recipe::new().after_effects_with("anna", 2, stuck, BOTH);
    let mut cluster = Cluster::start(recipe.after_effects_with("bruno", 1, german(), BOTH)).await;
    let template = Project::of("Main", 12).upload(&cluster).await;
    let output = cluster.output("frames");
    let step = v1::StepSpec {
        // Long, so that no watchdog takes part in this.
        timeouts: Some(v1::Timeouts {
            start_ms: Some(60_000),
            frame_ms: Some(60_000),
            exit_ms: Some(60_000),
        }),
        // Nobody else may take the first share.
        ..work::composed(&template, &output, "0-11", 6, &json!({}))
    };
    cluster.run(&["drain", "bruno"]).await;
    let job = cluster.submit(work::job("killed", vec![step])).await;
    let accepted = |event: &Event| {
        event.is("frame_job.frames_accepted") && event.job() == job && event.frames().contains(3)
    };
    cluster.event("frames are accepted up to the one that hangs", 0, accepted).await;
    assert_eq!(markers(&cluster, "anna"), [FORCE_ENGLISH, RENDER_ONLY], "they lie there while it runs");
    let living = strays::after_effects_of(cluster.root());
    let has = |name: &str| living.iter().any(|(_, line)| line.contains(name));
    assert!(has("aerender") && living.len() >= 2, "aerender and what it started: {living:?}");

    let killed_at = cluster.kill("anna").await;
    let root = cluster.root().to_owned();
    cluster.until("no After Effects is left", || strays::after_effects_of(&root).is_empty()).await;
    println!("killed agent: After Effects was gone after {} ms", now_ms() - killed_at);
    let left: Vec<_> =
        cluster.starts("anna").into_iter().filter(|start| strays::is_alive(start.pid)).collect();
    assert!(left.is_empty(), "{left:?}");
    cluster.until("its markers are taken away", || markers(&cluster, "anna").is_empty()).await;
    println!("killed agent: its markers were gone after {} ms", now_ms() - killed_at);

    cluster.run(&["undrain", "bruno"]).await;
    cluster.succeeded(&job).await;
    disk::assert_composed(&output, "0-11");
    let markers_then: Vec<_> = cluster.starts("bruno").into_iter().map(|start| start.markers).collect();
    assert!(!markers_then.is_empty(), "the rest went to bruno");
    cluster.until("nothing lies there when nothing runs", || markers(&cluster, "bruno").is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markers_lie_there_while_any_process_runs_and_those_of_a_person_stay() {
    let german =
        Installation::new("25.1x67").is("locale = 'de_DE'\nneeds_seat = true\ntimes = { frame_ms = 30 }");
    let cluster = Cluster::start(Recipe::new().after_effects_with("anna", 3, german, BOTH)).await;
    // Somebody wants English at all times.
    let own = installation::documents(cluster.root(), "anna").join(FORCE_ENGLISH);
    fs::write(&own, "mine").unwrap();
    let template = Project::of("Main", 18).upload(&cluster).await;
    let output = cluster.output("frames");
    // Runs of one to three frames, three at a time: they end while others begin.
    let step = work::composed(&template, &output, "0-17", 2, &json!({}));
    let job = cluster.submit(work::job("many", vec![step])).await;
    cluster.succeeded(&job).await;
    disk::assert_composed(&output, "0-17");
    let failed: Vec<_> =
        cluster.events().into_iter().filter(|event| event.is("frame_job.frames_failed")).collect();
    assert!(failed.is_empty(), "without the marker there would be no seat: {failed:?}");
    let renders = cluster.starts("anna").into_iter().filter(|start| start.value("-output").is_some());
    for start in renders {
        assert_eq!(start.markers.len(), 2, "{start:?}");
    }
    cluster.until("what was written is taken away", || markers(&cluster, "anna") == [FORCE_ENGLISH]).await;
    assert_eq!(fs::read_to_string(own).unwrap(), "mine", "a person's file stays as it was");
}
