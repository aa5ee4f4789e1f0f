//! Movies by the real ffmpeg: their frames counted, segments joined with the sound of another step. Where ffmpeg is not
//! installed these tests say so and prove nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod stage;

use std::io::Write;
use std::path::Path;
use std::process::Command;

use callsheet_model::{FailureClass, OutputPattern, StepIndex};
use callsheet_renderers::proof::movie;
use callsheet_renderers::{Format, Input, Registry};
use serde_json::json;
use stage::{Attempt, Stage};

/// The shipped renderers, if ffmpeg is here; otherwise says why nothing is proven.
fn installed() -> Option<Registry> {
    let registry = stage::shipped(&["ffmpeg", "ffmpeg_join"]);
    match registry.get("ffmpeg_join").unwrap().probe() {
        Ok(_) => Some(registry),
        Err(why) => {
            // Past the test harness, which keeps what passing tests print to itself.
            let _ = writeln!(std::io::stderr(), "SKIPPED, nothing is proven of movies: {why}");
            None
        }
    }
}

fn ffmpeg(args: &[&str]) {
    let made = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-y"])
        .args(args)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn frames(count: u32) -> String {
    format!("testsrc=size=64x48:rate=25:duration={}", f64::from(count) / 25.0)
}

fn proven(attempt: &Attempt) {
    if let Err(failure) = &attempt.outcome {
        panic!("{failure}\n{}", attempt.log.join("\n"));
    }
}

/// A step that joins segments of these lengths, and the sound, each with names that need care.
fn joining(lengths: &[u32], output: &str, settings: serde_json::Value) -> Stage {
    let mut stage = Stage::new("ffmpeg_join", "", output);
    let home = stage.root.path().join("it's here");
    std::fs::create_dir(&home).unwrap();
    for (nth, length) in (1..).zip(lengths) {
        let path = home.join(format!("seg_{nth:02}.mov"));
        ffmpeg(&["-f", "lavfi", "-i", &frames(*length), "-c:v", "mpeg4", path.to_str().unwrap()]);
    }
    let sound = home.join("sound.wav");
    ffmpeg(&["-f", "lavfi", "-i", "sine=duration=2", sound.to_str().unwrap()]);
    let pattern = |name: &str| OutputPattern::parse_absolute(home.join(name).to_str().unwrap()).unwrap();
    let count = i32::try_from(lengths.len()).unwrap();
    let segments = Input { output: pattern("seg_[##].mov"), frames: format!("1-{count}").parse().unwrap() };
    let sound = Input { output: pattern("sound.wav"), frames: "0".parse().unwrap() };
    stage.inputs = [("shot".to_owned(), segments), ("sound".to_owned(), sound)].into();
    stage.step.after = [StepIndex(0), StepIndex(1)].into();
    stage.set(settings)
}

/// The kinds of streams in a movie, as ffprobe names them.
fn streams(path: &Path) -> Vec<String> {
    let args = ["-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0"];
    let told = Command::new("ffprobe").args(args).arg(path).output().unwrap();
    let mut kinds: Vec<String> =
        String::from_utf8_lossy(&told.stdout).lines().map(|line| line.trim_matches(',').to_owned()).collect();
    kinds.sort();
    kinds
}

#[test]
fn frames_are_counted_as_ffmpeg_wrote_them() {
    if installed().is_none() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mp4 = ["-c:v", "mpeg4"].as_slice();
    let fragmented = ["-c:v", "mpeg4", "-movflags", "frag_keyframe+empty_moov", "-g", "5"].as_slice();
    let kinds = [
        ("a.mp4", mp4),
        ("b.mov", ["-c:v", "prores_ks"].as_slice()),
        ("c.mp4", fragmented),
        ("d.avi", mp4),
        ("e.mkv", mp4),
        ("f.mkv", ["-c:v", "ffv1", "-f", "matroska", "-live", "1"].as_slice()),
        ("g.mov", ["-c:v", "qtrle", "-movflags", "faststart"].as_slice()),
    ];
    for count in [1, 37] {
        for (name, codec) in kinds {
            let path = home.path().join(name);
            let (source, path_text) = (frames(count), path.to_str().unwrap());
            let head = [
                "-f",
                "lavfi",
                "-i",
                "sine=duration=2",
                "-f",
                "lavfi",
                "-i",
                &source,
                "-map",
                "1",
                "-map",
                "0",
            ];
            ffmpeg(
                &[
                    head.as_slice(),
                    codec,
                    &["-c:a", "pcm_s16le"][usize::from(name.ends_with("4")) * 2..],
                    &[path_text],
                ]
                .concat(),
            );
            assert_eq!(movie::frames_of(&path).unwrap(), u64::from(count), "{name}");
        }
    }
}

#[test]
fn segments_are_joined_with_the_sound_of_another_step() {
    let Some(registry) = installed() else { return };
    let settings = json!({ "segments": "shot", "sound": "sound" });
    let mut stage = joining(&[20, 20, 7], "whole.mov", settings);
    assert_eq!(registry.get("ffmpeg_join").unwrap().check(&stage.step, None), []);
    let attempt = stage.attempt(&registry, "0");
    proven(&attempt);
    let path = stage.out().join("whole.mov");
    assert_eq!(movie::frames_of(&path).unwrap(), 47);
    assert_eq!(streams(&path), ["audio", "video"]);
}

#[test]
fn without_sound_the_movie_is_silent() {
    let Some(registry) = installed() else { return };
    let mut stage = joining(&[10, 10], "whole.mp4", json!({ "segments": "shot" }));
    proven(&stage.attempt(&registry, "0"));
    assert_eq!(streams(&stage.out().join("whole.mp4")), ["video"]);
}

#[test]
fn a_joined_movie_must_have_the_frames_of_all_segments() {
    let Some(registry) = installed() else { return };
    let mut stage = joining(&[10, 10], "whole.mov", json!({ "segments": "shot" }));
    let renderer = registry.get("ffmpeg_join").unwrap().clone();
    let expected = stage.assign(&"0".parse().unwrap(), |assignment| renderer.expectation(assignment).format);
    assert_eq!(expected, Format::Movie([(0, 20)].into()));
}

#[test]
fn a_segment_that_is_gone_is_named() {
    let Some(registry) = installed() else { return };
    let mut stage = joining(&[5, 5], "whole.mov", json!({ "segments": "shot" }));
    std::fs::remove_file(stage.root.path().join("it's here/seg_02.mov")).unwrap();
    let failure = stage.attempt(&registry, "0").outcome.unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing, "{failure}");
    assert!(failure.message.contains("seg_02.mov"), "{failure}");
}
