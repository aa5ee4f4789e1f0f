//! Movies are whole, or not accepted: their frames are counted, in one piece and in segments that are joined with
//! the sound that was rendered once.

use std::fs;
use std::path::Path;
use std::process::Command;

use callsheet_protocol::v1;
use serde_json::{Value, json};

use crate::harness::{Cluster, Event, Installation, Project, Recipe, disk, work};

/// What ffprobe counts in a file: the pictures that decode, and the kinds of its streams. None without ffprobe.
fn probed(path: &Path) -> Option<(u64, Vec<String>)> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-count_frames", "-of", "json"]);
    command.args(["-show_entries", "stream=codec_type,nb_read_frames"]).arg(path);
    let Ok(output) = command.output() else {
        println!("skipped: no ffprobe here counts the frames of {}", path.display());
        return None;
    };
    assert!(output.status.success() && output.stderr.is_empty(), "{}: {output:?}", path.display());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let streams = told["streams"].as_array().unwrap();
    let kinds = streams.iter().map(|stream| stream["codec_type"].as_str().unwrap().to_owned()).collect();
    let pictures = streams.iter().find(|stream| stream["codec_type"] == "video");
    let count = pictures.and_then(|stream| stream["nb_read_frames"].as_str()).unwrap_or("0");
    Some((count.parse().unwrap(), kinds))
}

#[track_caller]
fn assert_movie(path: &Path, frames: u64) {
    if let Some((count, kinds)) = probed(path) {
        assert_eq!((count, kinds), (frames, vec!["video".to_owned()]), "{}", path.display());
    }
}

/// A task that renders a movie of these frames.
fn movie(template: &v1::Template, output: &str, frames: &str) -> v1::StepSpec {
    work::composed(template, output, "", 0, &json!({ "movie": { "frames": frames } }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_movie_is_accepted_with_all_its_frames_and_never_with_fewer() {
    let installation = Installation::new("25.1x67")
        // After Effects says that all is well.
        .run("composition = 'Short'\ntimes = 1\nspoil = { how = 'truncated', frames = '13-15' }")
        .run("composition = 'Empty'\ntimes = 1\nspoil = { how = 'empty' }")
        // What is there so far plays.
        .run("composition = 'Crash'\ntimes = 1\ncrash = { at = 16, movie = 'short' }")
        .run("composition = 'Broken'\ntimes = 1\ncrash = { at = 16 }");
    let cluster = Cluster::start(Recipe::new().after_effects("anna", 2, installation)).await;
    let names = ["Main", "Short", "Empty", "Crash", "Broken"];
    let template = Project::of_each(names, 30).upload(&cluster).await;
    let path = |name: &str| cluster.root().join("out").join(format!("{name}.mov"));
    let mut jobs = Vec::new();
    for name in names {
        let mut step = movie(&template, path(name).to_str().unwrap(), "5-24");
        step.settings_json = json!({ "composition": name, "movie": { "frames": "5-24" } }).to_string();
        jobs.push((name, cluster.submit(work::job(name, vec![step])).await));
    }
    for (name, job) in &jobs {
        cluster.succeeded(job).await;
        assert_movie(&path(name), 20);
    }
    let events = cluster.events();
    let failures = |wanted: &str| -> Vec<(String, String)> {
        let job = &jobs.iter().find(|(name, _)| *name == wanted).unwrap().1;
        let failed = events.iter().filter(|event| event.is("frame_job.frames_failed") && event.job() == job);
        let told = |event: &Event| format!("{} {}", event.message(), event.payload["failure"]["evidence"]);
        failed.map(|event| (event.class().to_owned(), told(event))).collect()
    };
    assert_eq!(failures("Main"), []);
    for (name, class, words) in [
        ("Short", "broken_output", "17"),
        ("Empty", "broken_output", ""),
        ("Crash", "crash", ""),
        ("Broken", "crash", ""),
    ] {
        let failures = failures(name);
        let [(found, message)] = &failures[..] else { panic!("{name}: one attempt fails: {failures:?}") };
        println!("movie, {name}: {found}: {message}");
        assert_eq!(found, class, "{name}: {message}");
        assert!(message.contains(words), "{name}: {message}");
    }
    let mut left: Vec<_> =
        fs::read_dir(cluster.root().join("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["Broken.mov", "Crash.mov", "Empty.mov", "Main.mov", "Short.mov"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_and_a_sound_rendered_once_are_joined_into_a_movie_that_is_whole() {
    if Command::new("ffmpeg").arg("-version").output().is_err() {
        println!("skipped: no ffmpeg here joins segments");
        return;
    }
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cluster/renderers/ffmpeg_join.toml");
    let joiner = format!(
        "[[node]]\nname = \"joiner\"\nrenderers = [\"ffmpeg_join\"]\n\n{}\n",
        fs::read_to_string(shipped).unwrap()
    );
    let slow = || Installation::new("25.1x67").is("times = { frame_ms = 15 }");
    // One segment comes short the first time.
    let anna = slow().run("frames = '20-29'\ntimes = 1\nspoil = { how = 'truncated', frames = '25' }");
    let recipe = Recipe::new().after_effects("anna", 1, anna).after_effects("bruno", 1, slow());
    let mut cluster = Cluster::start(recipe.section(&joiner)).await;
    cluster.spawn("joiner");
    cluster.online("joiner", 0).await;
    let template = Project::of("Main", 60).text("title", "Hello").upload(&cluster).await;
    let out = cluster.root().join("out");
    let at = |name: &str| out.join(name).to_str().unwrap().to_owned();

    let cut = json!({ "movie": { "frames": "0-37", "segment": 10 }, "sound": false });
    let segments = v1::StepSpec {
        name: "segments".into(),
        ..work::composed(&template, &at("parts/seg_[###].mov"), "1-4", 1, &cut)
    };
    let sound = v1::StepSpec { name: "sound".into(), ..movie(&template, &at("sound.wav"), "0-37") };
    let join = v1::StepSpec {
        name: "join".into(),
        renderer: "ffmpeg_join".into(),
        output: at("film.mov"),
        after: vec!["segments".into(), "sound".into()],
        settings_json: json!({ "segments": "segments", "sound": "sound" }).to_string(),
        ..Default::default()
    };
    let job = cluster.submit(work::job("film", vec![segments, sound, join])).await;
    cluster.succeeded(&job).await;

    for (nth, frames) in [(1, 10), (2, 10), (3, 10), (4, 8)] {
        assert_movie(&out.join(format!("parts/seg_{nth:03}.mov")), frames);
    }
    if let Some((count, mut kinds)) = probed(&out.join("film.mov")) {
        kinds.sort();
        assert_eq!(count, 38, "every frame once");
        assert_eq!(kinds, ["audio", "video"]);
    }
    let events = cluster.events();
    let renders: Vec<_> = ["anna", "bruno"].iter().flat_map(|node| cluster.starts(node)).collect();
    let of = |ending: &str| {
        let is = |start: &&crate::harness::Start| {
            start.value("-output").is_some_and(|output| output.ends_with(ending))
        };
        renders.iter().filter(is).count()
    };
    assert_eq!(of(".wav"), 1, "the sound is rendered once");
    let short: Vec<&Event> = events.iter().filter(|event| event.is("frame_job.frames_failed")).collect();
    assert!(short.iter().all(|event| event.class() == "broken_output"), "{short:?}");
    assert_eq!(of(".mov"), 4 + short.len(), "a segment that came short was rendered again, and no other");
    assert!(disk::private_places(&out).is_empty());
}
