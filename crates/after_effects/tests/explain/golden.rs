//! Whole logs, and what people are told of them. `UPDATE_GOLDEN=1` writes the texts anew; the classes in `cases`
//! stay, so that no text can be approved with the wrong one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use callsheet_after_effects::explain::{Explainer, Explanation};
use callsheet_after_effects::verdict::{How, Order};
use callsheet_model::RunPhase;

use crate::cases::CASES;

fn folder() -> PathBuf {
    // The crate's own, from wherever the test is run.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs")
}

fn explained(name: &str, known: &str) -> Explanation {
    let (mut order, mut how) = (Order::default(), How::Untold);
    for word in known.split_whitespace() {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "frames" => order.frames = Some(value.parse().unwrap()),
            "exit" => how = How::Code(value.parse().unwrap()),
            "signal" => how = How::Signal(value.parse().unwrap()),
            "killed" => {
                how = How::Killed(RunPhase::ALL.into_iter().find(|phase| phase.word() == value).unwrap())
            }
            "mfr" => order.multi_frame = true,
            "font" => order.fonts.push(value.to_owned()),
            other => panic!("{name}: what is {other}?"),
        }
    }
    let mut explainer = Explainer::new(order);
    explainer.feed(&fs::read(folder().join(format!("{name}.log"))).unwrap());
    explainer.explain(how)
}

#[test]
fn every_log_comes_to_its_class_and_text() {
    let mut wrong = Vec::new();
    for (name, class, known) in CASES {
        let explanation = explained(name, known);
        let came_to = explanation.failure.as_ref().map_or("succeeded", |failure| failure.class);
        if came_to != *class {
            wrong.push(format!("{name} is {class}, not:\n{explanation}"));
            continue;
        }
        let path = folder().join(format!("{name}.txt"));
        let text = explanation.to_string();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        if golden != text {
            wrong.push(format!("{name} is told so:\n{text}\nand not so:\n{golden}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

#[test]
fn every_log_is_in_the_table_and_the_other_way_round() {
    let there: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().into_string().unwrap().strip_suffix(".log").map(str::to_owned)
        })
        .collect();
    let told: BTreeSet<String> = CASES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(there, told);
    assert_eq!(told.len(), CASES.len(), "no name twice");
}

#[test]
fn the_json_is_a_promise() {
    let explanation = explained("disk_full", "exit=9 frames=0-23");
    let json = serde_json::to_value(&explanation).unwrap();
    let expected = serde_json::json!({
        "outcome": "failed",
        "failure": {
            "class": "output_io",
            "message": "the disk for the output is full: Rendering error while writing to file “Z:\\out\\shot_00009.png”. There is not enough space on the disk. (-34)",
            "exit": "exit code 9 (After Effects failed at work)",
        },
        "action": {
            "kind": "retry_elsewhere",
            "sentence": "keep the proven frames and render the rest again on another node; each time costs a retry, and halves are tried until the frame that fails is alone",
        },
        "evidence": [{
            "line": 30,
            "text": "aerender Error: After Effects error: Rendering error while writing to file “Z:\\out\\shot_00009.png”. There is not enough space on the disk. (-34)",
        }],
        "version": "24.6.1x50",
        "format": "aerender",
        "language": "en",
        "phase": "frames",
        "compositions": [{
            "name": "Shot 010",
            "start": "0:00:00:00",
            "end": "0:00:00:23",
            "duration": "0:00:01:00",
            "frame_rate": "24",
            "finished": false,
            "frames_finished": 9,
            "finished_frames": "0-8",
            "remaining_frames": "9-23",
            "numbered_by": "header",
        }],
        "frames": { "asked": "0-23", "finished": "0-8", "remaining": "9-23" },
        "warnings": [],
        "errors": [{
            "line": 30,
            "class": "output_io",
            "text": "Rendering error while writing to file “Z:\\out\\shot_00009.png”. There is not enough space on the disk. (-34)",
            "meaning": "the disk for the output is full",
        }],
        "elapsed_seconds": null,
        "lines": 30,
        "cannot_tell": ["whether the files are there and whole: only looking at each of them can"],
    });
    assert_eq!(json, expected);
}
