//! The renderer of After Effects, from the assignment to published files, against two small programs that do what a
//! test says. What they print is what aerender prints; whether that is understood is tested where it is read.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod installation;
mod stage;

use std::fs;

use callsheet_model::{Failure, FailureClass, FrameSet};
use callsheet_renderers::{Assignment, Format, Invocation, Registry};
use installation::Installation;
use serde_json::{Value, json};
use stage::{Attempt, Stage};

/// The other side: this test program, started again as the process that runs a script.
#[test]
fn child_entry() {
    stage::serve_as_child();
}

fn main_composition(more: Value) -> Value {
    let mut settings = json!({ "composition": "Main" });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    settings
}

fn pictures(frames: &str, more: Value) -> Stage {
    Stage::new("after_effects", frames, "beauty_[####].png")
        .template("Größe.aep", b"RIFX project")
        .set(main_composition(more))
}

fn proven(attempt: &Attempt) {
    if let Err(failure) = &attempt.outcome {
        panic!("{failure}\n{}", attempt.log.join("\n"));
    }
}

fn failed(attempt: Attempt) -> Failure {
    attempt.outcome.expect_err("it failed")
}

fn invocations(registry: &Registry, stage: &mut Stage, frames: &str) -> Result<Vec<Invocation>, Failure> {
    let frames: FrameSet = frames.parse().unwrap();
    let renderer = registry.get("after_effects").unwrap().clone();
    stage.assign(&frames, |assignment| renderer.invocations(assignment))
}

/// Runs the pre-flight of one frame.
fn preflight(registry: &Registry, stage: &mut Stage) -> Result<(), Failure> {
    let renderer = registry.get("after_effects").unwrap().clone();
    let frame = FrameSet::one(stage.step.work().first().unwrap());
    stage.assign(&frame, |assignment| {
        for invocation in renderer.preflight(assignment)? {
            let mut reader = renderer.reader(assignment, &invocation);
            let exit = stage::follow(stage::start(&invocation), |line| drop(reader.line(&line)));
            reader.verdict(exit)?;
        }
        Ok(())
    })
}

fn with<T>(
    stage: &mut Stage,
    change: impl Fn(&mut Assignment<'_>),
    then: impl FnOnce(&Assignment<'_>) -> T,
) -> T {
    let frames: FrameSet = "0-9".parse().unwrap();
    stage.assign(&frames, |assignment| {
        let mut assignment = assignment.clone();
        change(&mut assignment);
        then(&assignment)
    })
}

#[test]
fn each_run_of_frames_has_a_process_of_its_own() {
    let ae = Installation::new();
    let registry = ae.registry("");
    let mut stage = pictures("0-30", json!({ "output_module": "PNG" }));
    assert_eq!(registry.get("after_effects").unwrap().check(&stage.step, None), []);
    let attempt = stage.attempt(&registry, "0-2,10-12,30");
    proven(&attempt);
    assert_eq!(attempt.published.to_string(), "0-2,10-12,30");
    assert!(stage.out().join("beauty_0011.png").is_file());
    let lines = ae.ledger("aerender");
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[1].contains("-comp Main -OMtemplate PNG -output "), "{}", lines[1]);
    assert!(lines[1].contains("-s 10 -e 12 "), "{}", lines[1]);
    assert!(lines[0].contains("/scratch/p.aep ") && lines[0].is_ascii(), "{}", lines[0]);
    assert!(ae.ledger("AfterFX").is_empty(), "without data there is no script to run");
}

#[test]
fn files_numbered_anew_are_still_the_right_frames() {
    let ae = Installation::new();
    let registry = ae.registry("");
    for start in [0, 1, 1001] {
        ae.says("start", &start.to_string());
        let mut stage = pictures("0-30", json!({}));
        let attempt = stage.attempt(&registry, "10-12,20-21");
        proven(&attempt);
        assert_eq!(attempt.published.to_string(), "10-12,20-21", "from {start} on");
        let text = |frame: &str| ae.text_in(&stage.out().join(format!("beauty_{frame}.png")));
        assert_eq!([text("0010"), text("0012"), text("0021")], ["10", "12", "21"]);
    }
}

#[test]
fn files_that_nobody_can_tell_apart_are_no_frames_and_the_check_box_is_named() {
    let ae = Installation::new();
    let registry = ae.registry("");
    ae.says("start", "0");
    ae.says("write", "2");
    let mut stage = pictures("0-30", json!({}));
    let attempt = stage.attempt(&registry, "10-12");
    assert!(attempt.published.is_empty());
    let failure = failed(attempt);
    assert_eq!(failure.class, FailureClass::JobFatal, "{failure}");
    assert!(failure.message.contains("numbered from 0 on and not from frame 10"), "{failure}");
    assert!(
        failure.message.contains("\"Use Comp Frame Number\" in the settings of the project's"),
        "{failure}"
    );
    let mut stage = pictures("0-30", json!({ "output_module": "PNG" }));
    let failure = failed(stage.attempt(&registry, "10-12"));
    assert_eq!(failure.class, FailureClass::NodeConfig, "a template is kept on the node");
}

#[test]
fn other_frames_than_were_asked_for_are_never_taken_for_them() {
    let ae = Installation::new();
    let registry = ae.registry("");
    ae.says("shift", "3");
    for start in [None, Some("0"), Some("5")] {
        start.into_iter().for_each(|start| ae.says("start", start));
        let attempt = pictures("0-30", json!({})).attempt(&registry, "5-9");
        assert!(attempt.published.is_empty(), "numbered from {start:?} on: {}", attempt.published);
        let failure = failed(attempt);
        assert_eq!(failure.class, FailureClass::BrokenOutput, "{failure}");
        assert!(failure.message.contains("rendered frames 8-12 and not 5-9"), "{failure}");
        assert!(!failure.evidence.is_empty());
    }
}

#[test]
fn a_file_older_than_its_attempt_is_no_frame_of_it() {
    let ae = Installation::new();
    let registry = ae.registry("");
    ae.says("stale", "6");
    let attempt = pictures("0-30", json!({})).attempt(&registry, "5-9");
    assert_eq!(attempt.published.to_string(), "5,7-9");
    let failure = failed(attempt);
    assert_eq!(failure.class, FailureClass::BrokenOutput, "{failure}");
    assert!(failure.message.ends_with("the file is older than the attempt"), "{failure}");
}

#[test]
fn what_was_whole_before_a_crash_counts() {
    let ae = Installation::new();
    let registry = ae.registry("");
    ae.says("write", "3");
    ae.says("exit", "1");
    let mut stage = pictures("1-30", json!({}));
    let attempt = stage.attempt(&registry, "1-8");
    assert_eq!(attempt.published.to_string(), "1-3");
    let failure = failed(attempt);
    assert_eq!(failure.class, FailureClass::Crash, "{failure}");
    assert!(failure.exit.as_ref().unwrap().starts_with("exit code 1"), "{failure}");
}

#[test]
fn an_exit_code_of_0_is_not_believed() {
    let ae = Installation::new();
    let registry = ae.registry("");
    ae.says("write", "0");
    let failure = failed(pictures("0-9", json!({})).attempt(&registry, "0-2"));
    assert_eq!(failure.class, FailureClass::BrokenOutput, "{failure}");
    ae.says("line", "aerender ERROR: No comp was found with the given name.");
    let failure = failed(pictures("0-9", json!({})).attempt(&registry, "0-2"));
    assert_eq!(failure.class, FailureClass::JobFatal, "{failure}");
}

#[test]
fn the_version_asked_for_renders() {
    let ae = Installation::new();
    let older = ae.beside("24.6.1");
    let registry = ae.registry(&format!("programs = ['{}', '{}']", older.aerender(), ae.aerender()));
    let renderer = registry.get("after_effects").unwrap();
    assert_eq!(renderer.probe().unwrap().to_string(), "25.1, 24.6.1");
    let mut stage = pictures("0-9", json!({}));
    let program =
        |stage: &mut Stage| invocations(&registry, stage, "0").unwrap()[0].program.display().to_string();
    assert_eq!(program(&mut stage), ae.aerender());
    stage.step.requires.renderer_version = Some("<25".into());
    assert_eq!(program(&mut stage), older.aerender());
    stage.step.requires.renderer_version = Some("18".into());
    let failure = invocations(&registry, &mut stage, "0").unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing);
    assert_eq!(failure.message, "this node has After Effects 25.1, 24.6.1, the step wants 18");
    let prefers =
        ae.registry(&format!("prefer = '24'\nprograms = ['{}', '{}']", ae.aerender(), older.aerender()));
    assert_eq!(prefers.get("after_effects").unwrap().probe().unwrap().current(), Some("24.6.1"));
}

#[test]
fn after_running_out_of_memory_frames_are_rendered_one_at_a_time() {
    let ae = Installation::new();
    let registry = ae.registry("");
    let renderer = registry.get("after_effects").unwrap();
    let mut stage = pictures("0-9", json!({ "multi_frame": { "cpu": 50 } }));
    let mfr = |stage: &mut Stage, gentle: bool| {
        let all = with(
            stage,
            |assignment| assignment.gentle = gentle,
            |assignment| renderer.invocations(assignment),
        );
        let args: Vec<_> = all.unwrap()[0].args.iter().map(|arg| arg.to_str().unwrap().to_owned()).collect();
        let at = args.iter().position(|arg| arg == "-mfr").unwrap();
        args[at + 1..at + 3].join(" ")
    };
    assert_eq!(mfr(&mut stage, false), "ON 50");
    assert_eq!(mfr(&mut stage, true), "OFF 100");
}

#[test]
fn markers_lie_in_the_documents_folder_where_the_config_asks_for_them() {
    let ae = Installation::new();
    let documents = ae.home().join("Documents");
    let config =
        format!("render_only_node = true\nforce_english = true\ndocuments = '{}'", documents.display());
    let registry = ae.registry(&config);
    let all = invocations(&registry, &mut pictures("0-9", json!({ "env": { "KEY": "x" } })), "0").unwrap();
    let expected = ["ae_render_only_node.txt", "ae_force_english.txt"].map(|name| documents.join(name));
    assert_eq!(all[0].markers, expected);
    assert_eq!(all[0].env["KEY"], "x");
    let plain = invocations(&ae.registry(""), &mut pictures("0-9", json!({})), "0").unwrap();
    assert!(plain[0].markers.is_empty());
}

#[test]
fn an_output_that_after_effects_cannot_be_told_is_written_aside() {
    let ae = Installation::new();
    let registry = ae.registry("");
    let mut stage = pictures("0-9", json!({}));
    let out = stage.root.path().join("größe");
    fs::create_dir(&out).unwrap();
    let output = format!("{}/beauty_[####].png", out.display());
    stage.step.output = Some(callsheet_model::OutputPattern::parse_absolute(&output).unwrap());
    let attempt = stage.attempt_into(&registry, "3-4", &out);
    proven(&attempt);
    assert_eq!(ae.text_in(&out.join("beauty_0004.png")), "4");
    assert!(ae.ledger("aerender")[0].is_ascii());
}

#[test]
fn a_movie_is_one_file_whose_frames_are_counted() {
    let ae = Installation::new();
    let registry = ae.registry("");
    let renderer = registry.get("after_effects").unwrap();
    let movie = || {
        Stage::new("after_effects", "", "shot.mov")
            .template("shot.aep", b"RIFX")
            .set(main_composition(json!({ "movie": { "frames": "10-19" } })))
    };
    ae.says_bytes("movie", &installation::mov(10));
    let mut stage = movie();
    assert_eq!(renderer.check(&stage.step, None), []);
    let attempt = stage.attempt(&registry, "0");
    proven(&attempt);
    assert!(stage.out().join("shot.mov").is_file());
    assert!(ae.ledger("aerender")[0].contains("-s 10 -e 19 "));

    ae.says_bytes("movie", &installation::mov(9));
    let failure = failed(movie().attempt(&registry, "0"));
    assert_eq!(failure.class, FailureClass::BrokenOutput);
    assert!(failure.message.ends_with("the movie has 9 frames, not 10"), "{failure}");
}

#[test]
fn segments_share_a_movie_out() {
    let ae = Installation::new();
    let registry = ae.registry("");
    ae.says_bytes("movie", &installation::mov(50));
    let mut stage = Stage::new("after_effects", "1-3", "seg_[##].mov")
        .template("shot.aep", b"RIFX")
        .set(main_composition(json!({ "movie": { "frames": "0-119", "segment": 50 } })));
    let attempt = stage.attempt(&registry, "1-2");
    proven(&attempt);
    assert_eq!(attempt.published.to_string(), "1-2");
    let lines = ae.ledger("aerender");
    assert!(lines[0].contains("-s 0 -e 49 ") && lines[1].contains("-s 50 -e 99 "), "{lines:?}");
    let attempt = stage.attempt(&registry, "3");
    assert!(ae.ledger("aerender")[2].contains("-s 100 -e 119 "));
    assert!(failed(attempt).message.ends_with("the movie has 50 frames, not 20"));
    let frames = FrameSet::one(3);
    let format = stage
        .assign(&frames, |assignment| registry.get("after_effects").unwrap().expectation(assignment).format);
    assert_eq!(format, Format::Movie([(3, 20)].into()), "of this attempt only: a step may have millions");
}

fn titled(text: &str) -> Value {
    json!({ "assets": [
        { "type": "data", "layer_name": "Title", "property": "Source Text", "value": text },
        { "type": "image", "src": "data:image/png;base64,cGl4ZWxz", "layer_name": "Logo" },
    ] })
}

#[test]
fn data_is_put_in_once_for_all_chunks_on_a_node() {
    let ae = Installation::new();
    let registry = ae.registry("");
    let mut stage = pictures("0-30", titled("Hello"));
    assert_eq!(registry.get("after_effects").unwrap().check(&stage.step, None), []);
    for frames in ["0-2", "3-5"] {
        proven(&stage.attempt(&registry, frames));
    }
    assert_eq!(ae.ledger("AfterFX").len(), 1);
    let lines = ae.ledger("aerender");
    let project = |line: &str| line.split(' ').nth(1).unwrap().to_owned();
    assert_eq!(project(&lines[0]), project(&lines[1]));
    assert!(project(&lines[0]).starts_with(ae.work().join("ae").to_str().unwrap()), "{}", lines[0]);
    assert_eq!(fs::read_to_string(project(&lines[0])).unwrap(), "saved by AfterFX");
    proven(&pictures("0-30", titled("Goodbye")).attempt(&registry, "0"));
    assert_eq!(ae.ledger("AfterFX").len(), 2, "other data, other project");
    assert_ne!(project(&ae.ledger("aerender")[2]), project(&lines[0]));
}

#[test]
fn a_failed_script_leaves_no_project_to_be_rendered() {
    let ae = Installation::new();
    let registry = ae.registry("");
    let missing = json!({ "kind": "data", "result": "missing_layer", "layers": 0, "allowed": false,
        "composition": "Main", "layer": "Title", "property": "Source Text", "text": "" });
    ae.says("report", &json!({ "version": "25.1", "stage": "done", "assets": [missing] }).to_string());
    let failure = failed(pictures("0-30", titled("Hello")).attempt(&registry, "0-2"));
    assert_eq!(failure.class, FailureClass::JobFatal, "{failure}");
    assert!(failure.message.contains("found no layer \"Title\""), "{failure}");
    assert!(ae.ledger("aerender").is_empty(), "nothing was rendered");

    ae.says("report", "");
    let failure = failed(pictures("0-30", titled("Hello")).attempt(&registry, "0-2"));
    assert_eq!(failure.class, FailureClass::NodeConfig, "{failure}");
    assert!(failure.message.contains("another After Effects is open on this machine"), "{failure}");
    ae.says("report", installation::DONE);
    proven(&pictures("0-30", titled("Hello")).attempt(&registry, "0-2"));
}

#[test]
fn a_preflight_names_what_is_missing() {
    let ae = Installation::new();
    let registry = ae.registry("");
    assert!(registry.get("after_effects").unwrap().has_preflight());
    let mut stage = pictures("0-30", json!({ "output_module": "PNG" }));
    preflight(&registry, &mut stage).unwrap();
    assert_eq!((ae.ledger("AfterFX").len(), ae.ledger("aerender").len()), (1, 0));
    let finding = json!({ "is": "output_module_missing", "name": "PNG", "have": ["Lossless"] });
    ae.says("report", &json!({ "version": "25.1", "stage": "done", "findings": [finding] }).to_string());
    let failure = preflight(&registry, &mut stage).unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing, "{failure}");
    assert_eq!(failure.message, "this node has no output module template \"PNG\": there are Lossless");
    fs::remove_file(stage.template.as_ref().unwrap()).unwrap();
    assert_eq!(preflight(&registry, &mut stage).unwrap_err().class, FailureClass::InputMissing);
}

#[test]
fn a_preflight_with_data_leaves_the_project_for_the_chunks() {
    let ae = Installation::new();
    let registry = ae.registry("");
    let mut stage = pictures("0-30", titled("Hello"));
    preflight(&registry, &mut stage).unwrap();
    proven(&stage.attempt(&registry, "0-1"));
    assert_eq!(ae.ledger("AfterFX").len(), 1);
    preflight(&registry, &mut stage).unwrap();
    assert_eq!(ae.ledger("AfterFX").len(), 2, "it is looked at again, in the project that there is");
    assert!(!ae.script(1).contains("\"inject\": {"), "{}", ae.script(1));
}

#[test]
fn where_no_script_can_run_data_cannot_be_put_in() {
    let ae = Installation::new();
    fs::remove_file(ae.home().join("AfterFX")).unwrap();
    let registry = ae.registry("");
    preflight(&registry, &mut pictures("0-9", json!({}))).unwrap();
    proven(&pictures("0-9", json!({})).attempt(&registry, "0"));
    let failure = failed(pictures("0-9", titled("Hello")).attempt(&registry, "0"));
    assert_eq!(failure.class, FailureClass::NodeConfig);
    assert!(failure.message.contains("no AfterFX lies beside"), "{failure}");
}

#[test]
fn scripts_take_turns_on_a_machine() {
    let ae = Installation::new();
    let registry = ae.registry("");
    std::thread::scope(|scope| {
        for nth in 0..4 {
            let registry = &registry;
            scope.spawn(move || {
                proven(&pictures("0-30", titled(&format!("Number {nth}"))).attempt(registry, "0"));
            });
        }
    });
    let turns = ae.turns();
    assert_eq!(turns, ["begin", "end"].repeat(4), "a second script began while one was running");
}

#[test]
fn where_nothing_is_installed_nothing_is_offered() {
    let registry = Installation::nowhere();
    let why = registry.get("after_effects").unwrap().probe().unwrap_err();
    assert_eq!(why, "no After Effects is installed in /nowhere");
    let failure = failed(pictures("0-9", json!({})).attempt(&registry, "0"));
    assert_eq!(failure.class, FailureClass::NodeConfig);
}
