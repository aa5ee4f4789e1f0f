//! What is read, and what is refused with which words.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::job::{Requirements, Template};
use callsheet_model::{Chunk, FrameSet, Md5, OutputPattern, StepSpec, Timeouts};
use serde_json::{Value, json};

use super::*;

fn read(settings: Value) -> Result<Settings, Vec<String>> {
    let values: BTreeMap<String, Value> = serde_json::from_value(settings).unwrap();
    Settings::read(&values).map_err(said)
}

fn said(problems: Vec<Problem>) -> Vec<String> {
    problems.into_iter().map(|problem| format!("{}: {}", problem.place, problem.message)).collect()
}

fn step(settings: Value, frames: &str, output: &str) -> StepSpec {
    StepSpec {
        name: "beauty".into(),
        renderer: "after_effects".into(),
        template: Some(Template { md5: Md5([1; 16]), bytes: 1, name: "logo.aep".into(), path: None }),
        frames: if frames.is_empty() { FrameSet::new() } else { frames.parse().unwrap() },
        chunk: Chunk::Auto,
        output: Some(OutputPattern::parse(output).unwrap()),
        retries: 0,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after: BTreeSet::new(),
        settings: serde_json::from_value(settings).unwrap(),
        approximate: false,
    }
}

#[test]
fn everything_a_step_can_say_is_read() {
    let settings = read(json!({
        "composition": "Main 25fps",
        "render_settings": "Best Settings",
        "output_module": { "Format": "PNG Sequence", "Use Comp Frame Number": true, "Starting #": 0 },
        "multi_frame": { "cpu": 60 },
        "memory": { "cache": 40, "max": 80 },
        "sound": true,
        "continue_on_missing_footage": true,
        "env": { "SAPPHIRE_LICENSE": "5053@lic" },
        "fonts": ["Inter-Bold"],
        "size": [1920, 1080],
        "assets": [{ "type": "data" }],
        "movie": { "frames": "-5-94", "segment": 30 },
    }))
    .unwrap();
    assert_eq!(settings.target, Target::Composition("Main 25fps".into()));
    let Some(Preset::Values(values)) = &settings.output_module else { panic!("{settings:?}") };
    assert_eq!((values["Use Comp Frame Number"].as_str(), values["Starting #"].as_str()), ("true", "0"));
    assert_eq!(settings.multi_frame, Some(MultiFrame::On { cpu: 60 }));
    assert_eq!(settings.memory, Some(Memory { cache: 40, max: 80 }));
    assert_eq!(settings.movie, Some(Movie { first: -5, last: 94, segment: Some(30) }));
    assert!(settings.sound == Some(true) && settings.continue_on_missing_footage);
    assert_eq!(settings.size, Some((1920, 1080)));
    for wrong in [json!([0, 9]), json!([9]), json!("9x9"), json!([9, 30_001]), json!([1.5, 2])] {
        let said = read(json!({ "composition": "A", "size": wrong })).unwrap_err();
        assert!(said[0].starts_with("settings.size: "), "{said:?}");
    }
    let least = read(json!({ "queue_index": 2 })).unwrap();
    assert_eq!(least.target, Target::QueueIndex(2));
    assert_eq!((least.sound, least.multi_frame, least.movie), (None, None, None));
}

#[test]
fn every_mistake_is_named_at_once() {
    let problems = read(json!({
        "comp": "Main",
        "queue_index": 0,
        "render_settings": "-best",
        "output_module": { "Format": "a; b" },
        "multi_frame": { "cpu": 0 },
        "memory": { "cache": 10 },
        "sound": "on",
        "env": { "1X": "y" },
        "fonts": "Inter",
        "movie": { "frames": "0-9,20-29" },
    }))
    .unwrap_err();
    let places: Vec<&str> = problems.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
    let keys = [
        "comp",
        "queue_index",
        "render_settings",
        "output_module",
        "multi_frame",
        "memory",
        "sound",
        "env",
        "fonts",
        "movie",
    ];
    assert_eq!(places, keys.map(|key| format!("settings.{key}")), "{problems:#?}");
    assert!(problems[0].starts_with("settings.comp: is not known: did you mean composition?"));
    assert_eq!(problems[1], "settings.queue_index: 0 is not allowed here: a whole number from 1 to 10000");
    assert!(problems[3].contains("without ;"), "{}", problems[3]);
    assert_eq!(problems[4], "settings.multi_frame: cpu: 0 is not allowed here: a whole number from 1 to 100");
    assert!(problems[9].contains("one run of frames without gaps"), "{}", problems[9]);
}

#[test]
fn without_a_target_the_whole_queue_would_be_rendered() {
    assert_eq!(read(json!({})).unwrap_err().len(), 1);
    let both = read(json!({ "composition": "A", "queue_index": 1 })).unwrap_err();
    assert_eq!(both, ["settings.queue_index: is too much: a composition is named already"]);
    for hostile in ["", " ", "-reuse", "a\nb"] {
        assert!(read(json!({ "composition": hostile })).is_err(), "{hostile:?}");
    }
}

#[test]
fn outputs_and_frames_fit_what_is_made() {
    let comp = |more: Value| {
        let mut settings = json!({ "composition": "Main" });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        settings
    };
    let movie = || comp(json!({ "movie": { "frames": "0-249" } }));
    let segments = || comp(json!({ "movie": { "frames": "0-249", "segment": 100 } }));
    for (settings, frames, output) in [
        (comp(json!({})), "1-9", "/o/a_[#####].png"),
        (movie(), "", "/o/a.mov"),
        (segments(), "1-3", "/o/a_[##].mov"),
        (segments(), "2", "/o/a_[##].mp4"),
        (movie(), "", "/o/a.wav"),
        (comp(json!({ "movie": { "frames": "0-9" }, "sound": true })), "", "/o/a.mov"),
    ] {
        assert_eq!(said(check(&step(settings, frames, output))), [""; 0], "{frames} {output}");
    }
    for (settings, frames, output, place) in [
        (comp(json!({})), "1-9", "/o/a.png", "output"),
        (comp(json!({})), "", "/o/a_[##].png", "frames"),
        (comp(json!({})), "", "/o/a.mov", "settings.movie"),
        (movie(), "", "/o/a.mxf", "output"),
        (movie(), "0-249", "/o/a.mov", "frames"),
        (movie(), "", "/o/a_[#].mov", "output"),
        (segments(), "1-4", "/o/a_[##].mov", "frames"),
        (segments(), "0-2", "/o/a_[##].mov", "frames"),
        (segments(), "", "/o/a_[##].mov", "frames"),
        (segments(), "1-3", "/o/a.mov", "output"),
        (segments(), "", "/o/a.wav", "settings.movie"),
        (
            comp(json!({ "movie": { "frames": "0-9", "segment": 5 }, "sound": true })),
            "1-2",
            "/o/a_[#].mov",
            "settings.sound",
        ),
        (comp(json!({ "movie": { "frames": "0-9" }, "sound": false })), "", "/o/a.wav", "settings.sound"),
        (comp(json!({ "movie": { "frames": "0-9" }, "size": [9, 9] })), "", "/o/a.mov", "settings.size"),
    ] {
        let problems = said(check(&step(settings, frames, output)));
        assert!(problems.len() == 1 && problems[0].starts_with(place), "{frames} {output}: {problems:?}");
    }
    let mut bare = step(comp(json!({})), "1", "/o/a_[#].png");
    (bare.template, bare.output) = (None, None);
    assert_eq!(check(&bare).len(), 2);
    bare.template = Some(Template { md5: Md5([1; 16]), bytes: 1, name: "a.blend".into(), path: None });
    assert!(said(check(&bare))[0].starts_with("template: \"a.blend\" is no project"));
}

#[test]
fn segments_cover_a_movie_without_gaps() {
    let movie = Movie { first: -3, last: 246, segment: Some(100) };
    assert_eq!((movie.len(), movie.segments()), (250, 3));
    let shares: Vec<_> = (0..=4).map(|nth| movie.share(nth)).collect();
    assert_eq!(shares, [None, Some((-3, 96)), Some((97, 196)), Some((197, 246)), None]);
    let whole = Movie { segment: None, ..movie };
    assert_eq!((whole.share(0), whole.share(1)), (Some((-3, 246)), None));
    assert_eq!(movie.counts(&FrameSet::range(1, 3)), [(1, 100), (2, 100), (3, 50)].into());
    for wild in [i32::MIN, i32::MAX] {
        assert_eq!(movie.share(wild), None);
    }
}
