//! Steps that are refused, and a child's whole work on a small animation made here.

use std::fs;

use callsheet_model::FailureClass;

use super::*;
use crate::Stdin;
use crate::child::Voice;
use crate::proof::{Proven, Prover};
use crate::sample::{Desk, listing, said};

/// A red square that moves, 64 by 48, frames 0 to 9.
fn animation() -> serde_json::Value {
    serde_json::json!({
        "v": "5.7.0", "fr": 25, "ip": 0, "op": 10, "w": 64, "h": 48, "nm": "square", "ddd": 0, "assets": [],
        "layers": [{
            "ty": 4, "nm": "Square", "ind": 1, "ip": 0, "op": 10, "st": 0, "sr": 1, "ddd": 0, "bm": 0, "ao": 0,
            "ks": {
                "o": { "a": 0, "k": 100 }, "r": { "a": 0, "k": 0 }, "a": { "a": 0, "k": [0, 0, 0] },
                "s": { "a": 0, "k": [100, 100, 100] },
                "p": { "a": 1, "k": [
                    { "t": 0, "s": [10, 24, 0], "i": { "x": [1], "y": [1] }, "o": { "x": [0], "y": [0] } },
                    { "t": 9, "s": [54, 24, 0] }
                ] }
            },
            "shapes": [{ "ty": "gr", "nm": "Group", "it": [
                { "ty": "rc", "nm": "Rect", "d": 1, "s": { "a": 0, "k": [16, 16] },
                  "p": { "a": 0, "k": [0, 0] }, "r": { "a": 0, "k": 0 } },
                { "ty": "fl", "nm": "Fill", "c": { "a": 0, "k": [1, 0, 0, 1] }, "o": { "a": 0, "k": 100 }, "r": 1 },
                { "ty": "tr", "p": { "a": 0, "k": [0, 0] }, "a": { "a": 0, "k": [0, 0] },
                  "s": { "a": 0, "k": [100, 100] }, "r": { "a": 0, "k": 0 }, "o": { "a": 0, "k": 100 } }
            ] }]
        }]
    })
}

fn with_text() -> serde_json::Value {
    let mut file = animation();
    file["layers"].as_array_mut().unwrap().push(serde_json::json!({
        "ty": 5, "nm": "Title", "ind": 2, "ip": 0, "op": 10, "st": 0, "ks": {}, "t": { "d": { "k": [] } }
    }));
    file
}

fn desk(file: &serde_json::Value, frames: &str) -> Desk {
    Desk::new(NAME, frames, "a_[####].png").template("a.json", file.to_string().as_bytes())
}

fn lottie() -> Lottie {
    Lottie::new(Host::at("/opt/callsheet".into()))
}

fn check(desk: &Desk, file: &serde_json::Value) -> Vec<String> {
    said(lottie().check(&desk.step, Some(file.to_string().as_bytes())))
}

/// What the child does, without the process around it.
fn run(desk: &Desk, frames: &str) -> (Result<(), Failure>, String) {
    let invocation = desk.assign(frames, |assignment| lottie().invocations(assignment)).unwrap().remove(0);
    let order = fs::read(invocation.args.last().unwrap()).unwrap();
    let mut said = Vec::new();
    let done = render(&serde_json::from_slice(&order).unwrap(), &mut Voice(&mut said));
    (done, String::from_utf8(said).unwrap())
}

#[test]
fn a_good_step_has_no_problems() {
    let desk = desk(&animation(), "0-9");
    assert_eq!(check(&desk, &animation()), [""; 0]);
    assert_eq!(said(lottie().check(&desk.step, None)), [""; 0]);
}

#[test]
fn everything_wrong_with_a_step_is_said_at_once() {
    let mut desk = desk(&animation(), "").set(serde_json::json!({ "widht": 7, "scale": "big" }));
    desk.step.output = None;
    desk.step.template = None;
    let places: Vec<_> = lottie().check(&desk.step, None).into_iter().map(|problem| problem.place).collect();
    assert_eq!(places, ["settings.widht", "settings.scale", "template", "frames", "output"]);
}

#[test]
fn frames_outside_the_animation_are_refused_with_the_range() {
    let desk = desk(&animation(), "5-12,20");
    assert_eq!(
        check(&desk, &animation()),
        ["frames: 10-12,20 are outside the animation, which has frames 0 to 9"]
    );
}

#[test]
fn what_would_be_drawn_wrong_is_refused_by_layer_unless_it_is_wanted() {
    let mut desk = desk(&with_text(), "0-1");
    let problems = check(&desk, &with_text());
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("template: it would not look as it was made: "), "{problems:?}");
    assert!(problems[0].contains("Title") && problems[0].contains("text"), "{problems:?}");
    assert!(problems[0].contains("approximate = true"), "{problems:?}");
    // A node does not take the leader's word for it.
    let failure = run(&desk, "0").0.unwrap_err();
    assert_eq!(failure.class, FailureClass::JobFatal);
    assert!(failure.message.contains("Title"), "{failure}");
    desk.step.approximate = true;
    assert_eq!(check(&desk, &with_text()), [""; 0]);
    let (done, said) = run(&desk, "0");
    done.unwrap();
    assert!(said.contains("warning: "), "{said}");
}

#[test]
fn what_is_no_animation_is_said_with_its_cause() {
    let desk = desk(&animation(), "0-9");
    let problems = said(lottie().check(&desk.step, Some(b"{ not json")));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("template: not a lottie file"), "{problems:?}");
    assert!(problems[0].contains("line 1 column 3"), "{problems:?}");
}

#[test]
fn it_is_started_as_this_executable_with_a_lifeline() {
    let desk = desk(&animation(), "0-9");
    desk.assign("2,4-5", |assignment| {
        let invocations = lottie().invocations(assignment).unwrap();
        let [only] = &invocations[..] else { panic!("{invocations:?}") };
        assert_eq!(only.program.to_str(), Some("/opt/callsheet"));
        assert_eq!(only.args[..3], ["render", "lottie", "--assignment"]);
        assert_eq!(only.frames.to_string(), "2,4-5");
        assert_eq!(only.stdin, Stdin::Lifeline);
        assert_eq!(lottie().produced(assignment, 4), Some(desk.place().join("a_0004.png")));
    });
}

#[test]
fn frames_are_drawn_said_and_proven() {
    let desk = desk(&animation(), "0-9").set(serde_json::json!({ "scale": 2, "background": "#102030" }));
    let (done, said) = run(&desk, "2,4-5");
    done.unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "rendering",
            "frame 2 started",
            "frame 2 finished",
            "frame 4 started",
            "frame 4 finished",
            "frame 5 started",
            "frame 5 finished"
        ]
    );
    assert_eq!(listing(&desk.place()), ["a_0002.png", "a_0004.png", "a_0005.png"]);
    let expectation = desk.assign("2", |assignment| lottie().expectation(assignment));
    assert_eq!(expectation.size, Some((128, 96)));
    let mut prover = Prover::new(expectation);
    for frame in [2, 4, 5] {
        let path = desk.place().join(format!("a_{frame:04}.png"));
        let Proven { size, .. } = prover.prove(&path, Some(frame)).unwrap();
        assert_eq!(size, Some((128, 96)));
        assert!(prover.prove(&path, Some(frame + 1)).is_err());
        let picture = image::open(&path).unwrap().into_rgba8();
        assert_eq!(picture.get_pixel(0, 0).0, [0x10, 0x20, 0x30, 255]);
        let red = picture.pixels().filter(|pixel| pixel.0 == [255, 0, 0, 255]).count();
        assert!((900..=1100).contains(&red), "{red} red pixels in frame {frame}");
    }
}

#[test]
fn a_frame_that_is_not_in_the_file_ends_the_attempt() {
    let desk = desk(&animation(), "0-20");
    let (done, said) = run(&desk, "9-10");
    assert_eq!(done.unwrap_err().class, FailureClass::JobFatal);
    assert!(said.ends_with("frame 9 finished\nframe 10 started\n"), "{said}");
    assert_eq!(listing(&desk.place()), ["a_0009.png"]);
}

#[test]
fn a_place_that_cannot_be_written_is_said_to_be_one() {
    let desk = desk(&animation(), "0-9");
    fs::remove_dir(desk.place()).unwrap();
    assert_eq!(run(&desk, "1").0.unwrap_err().class, FailureClass::OutputIo);
    fs::remove_file(desk.template.as_ref().unwrap()).unwrap();
    assert_eq!(run(&desk, "1").0.unwrap_err().class, FailureClass::InputMissing);
}
