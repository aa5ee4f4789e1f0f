//! The built-in renderers as real processes: what they leave, and that they never outlive their agent.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod stage;

use std::fs;
use std::io::{BufRead, BufReader};

use callsheet_model::{FailureClass, FrameSet};
use callsheet_renderers::{Exit, Expectation, Fact, Registry, proof};
use stage::Stage;

/// The other side: this test program, started again as a renderer.
#[test]
fn child_entry() {
    stage::serve_as_child();
}

/// An empty picture of 32 by 24, with a background of its own.
fn animation() -> Vec<u8> {
    let json = serde_json::json!({
        "v": "5.7.0", "fr": 25, "ip": 0, "op": 8, "w": 32, "h": 24, "assets": [],
        "layers": [{ "ty": 1, "nm": "Ground", "ind": 1, "ip": 0, "op": 8, "st": 0, "sr": 1, "bm": 0,
            "sw": 32, "sh": 24, "sc": "#336699", "ks": {} }]
    });
    json.to_string().into_bytes()
}

fn drawing() -> Stage {
    Stage::new("lottie", "0-7", "a_[###].png").template("a.json", &animation())
}

#[test]
fn a_drawing_and_its_flipbook_are_made_by_processes_of_their_own() {
    let registry = Registry::new(&[]);
    let mut stage = drawing();
    let attempt = stage.attempt(&registry, "0-2,5-7");
    attempt.outcome.unwrap_or_else(|failure| panic!("{failure}: {:?}", attempt.log));
    assert_eq!(attempt.published.to_string(), "0-2,5-7");
    assert!(attempt.facts.contains(&Fact::FrameFinished(6)), "{:?}", attempt.facts);
    assert_eq!(stage.attempt(&registry, "3-4").published.to_string(), "3-4");

    let mut movie = stage.then("flipbook", "a.png");
    let attempt = movie.attempt(&registry, "0");
    attempt.outcome.unwrap_or_else(|failure| panic!("{failure}: {:?}", attempt.log));
    let proven = proof::prove(&movie.out().join("a.png"), &Expectation::default(), None).unwrap();
    assert_eq!(proven.size, Some((32, 24)));
}

#[test]
fn a_childs_own_words_become_the_failure() {
    let mut stage = Stage::new("lottie", "0-7", "a_[###].png").template("a.json", b"[]");
    let failure = stage.attempt(&Registry::new(&[]), "0-7").outcome.unwrap_err();
    assert_eq!(failure.class, FailureClass::JobFatal);
    assert!(failure.message.contains("lottie"), "{failure}");
    assert_eq!(failure.exit.as_deref(), Some("exit code 1"));
}

#[test]
fn a_child_ends_when_its_agent_is_gone() {
    // A frame a minute: it is certainly still at work.
    let mut stage = drawing().set(serde_json::json!({ "pace": "60s" }));
    let registry = Registry::new(&[]);
    let lottie = registry.get("lottie").unwrap();
    stage.assign(&FrameSet::range(0, 7), |assignment| {
        let invocation = lottie.invocations(assignment).unwrap().remove(0);
        let mut child = stage::start(&invocation);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.ends_with("frame 0 started")));
        drop(child.stdin.take());
        assert_ne!(stage::exit_of(child.wait().unwrap()), Exit::Code(0));
    });
}

#[test]
#[cfg(unix)]
fn a_killed_child_is_a_crash_and_leaves_whole_frames_only() {
    let mut stage = drawing().set(serde_json::json!({ "pace": "60s" }));
    let registry = Registry::new(&[]);
    let lottie = registry.get("lottie").unwrap();
    stage.assign(&FrameSet::range(0, 7), |assignment| {
        let invocation = lottie.invocations(assignment).unwrap().remove(0);
        let mut reader = lottie.reader(assignment, &invocation);
        let mut child = stage::start(&invocation);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| reader.line(&line).contains(&Fact::FrameStarted(0))));
        child.kill().unwrap();
        let failure = reader.verdict(stage::exit_of(child.wait().unwrap())).unwrap_err();
        assert_eq!(failure.class, FailureClass::Crash);
        assert_eq!(failure.exit.as_deref(), Some("killed by SIGKILL"));
        for entry in fs::read_dir(assignment.place).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.extension().is_some_and(|extension| extension == "png") {
                proof::prove(&entry, &lottie.expectation(assignment), Some(0)).unwrap();
            }
        }
    });
}
