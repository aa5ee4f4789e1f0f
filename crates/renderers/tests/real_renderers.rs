//! The descriptions that ship with the program, against the real programs. Where one is not installed its
//! tests say so and prove nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod stage;

use std::io::Write;

use callsheet_model::FailureClass;
use callsheet_renderers::proof::{self, Proven};
use callsheet_renderers::{Expectation, Fact, Registry};
use serde_json::json;
use stage::{Attempt, Stage};

const SCENE: &str = r#"
#version 3.7;
global_settings { assumed_gamma 1 }
camera { location <0, 1, -3> look_at 0 }
light_source { <2, 4, -3> color rgb 1 }
sphere { <clock, 0, 0>, 1 pigment { color rgb <1, clock, 0.2> } }
"#;

/// The shipped renderer, if its program is here; otherwise says why nothing is proven.
fn installed(name: &str) -> Option<Registry> {
    let registry = stage::shipped(&[name]);
    match registry.get(name).expect("the description is named like its file").probe() {
        Ok(version) => {
            assert!(
                version.to_string().starts_with(|first: char| first.is_ascii_digit()),
                "{name} has version {version:?}"
            );
            Some(registry)
        }
        Err(why) => {
            // Past the test harness, which keeps what passing tests print to itself.
            let _ = writeln!(std::io::stderr(), "SKIPPED, nothing is proven of {name}: {why}");
            None
        }
    }
}

fn scene(frames: &str) -> Stage {
    Stage::new("povray", frames, "shot_[#####].png")
        .template("scene.pov", SCENE.as_bytes())
        .set(json!({ "width": 64, "height": 48 }))
}

fn proven(attempt: &Attempt) {
    if let Err(failure) = &attempt.outcome {
        panic!("{failure}\n{}", attempt.log.join("\n"));
    }
}

#[test]
fn povray_renders_frames_with_gaps() {
    let Some(registry) = installed("povray") else { return };
    let mut stage = scene("1-120");
    assert_eq!(registry.get("povray").unwrap().check(&stage.step, None), []);
    let attempt = stage.attempt(&registry, "9-11,40,120");
    proven(&attempt);
    assert_eq!(attempt.published.to_string(), "9-11,40,120");
    for frame in [9, 10, 11, 40, 120] {
        assert!(attempt.facts.contains(&Fact::FrameStarted(frame)), "{frame}: {:?}", attempt.facts);
        let path = stage.out().join(format!("shot_{frame:05}.png"));
        let found = proof::prove(&path, &Expectation::default(), Some(frame)).unwrap();
        assert_eq!(found.size, Some((64, 48)));
    }
    assert!(attempt.facts.iter().any(|fact| matches!(fact, Fact::Progress(_))), "{:?}", attempt.facts);
    assert!(!attempt.facts.iter().any(|fact| matches!(fact, Fact::Error(..))), "{:?}", attempt.facts);
    // The clock runs over the whole step, whatever part of it is rendered.
    let middle = |frame| {
        let path = stage.out().join(format!("shot_{frame:05}.png"));
        image::open(path).unwrap().into_rgb8().get_pixel(32, 24).0
    };
    assert_ne!(middle(9), middle(120));
}

#[test]
fn a_frame_of_povray_is_the_same_alone_and_in_a_run() {
    let Some(registry) = installed("povray") else { return };
    let mut stage = scene("0-9");
    let mut pixels = |frames| {
        proven(&stage.attempt(&registry, frames));
        image::open(stage.out().join("shot_00005.png")).unwrap().into_rgb8()
    };
    assert!(pixels("3-6") == pixels("5"));
}

#[test]
fn povray_without_its_scene_is_told_apart_from_a_scene_that_is_wrong() {
    let Some(registry) = installed("povray") else { return };
    let mut stage = scene("1-5");
    std::fs::remove_file(stage.template.as_ref().unwrap()).unwrap();
    let attempt = stage.attempt(&registry, "1-2");
    let failure = attempt.outcome.unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing, "{failure}");
    assert_eq!(failure.exit.as_deref(), Some("exit code 1"));
    assert!(!failure.evidence.is_empty());
    assert!(attempt.published.is_empty());

    let mut stage = scene("1-5").template("scene.pov", b"sphere { <0, 0, 0>, }");
    let failure = stage.attempt(&registry, "1-2").outcome.unwrap_err();
    assert_eq!(failure.class, FailureClass::JobFatal, "{failure}");

    let mut stage = scene("1-5").template("scene.pov", b"#include \"nowhere.inc\"");
    let failure = stage.attempt(&registry, "1-2").outcome.unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing, "{failure}");
}

#[test]
fn ffmpeg_joins_what_povray_rendered() {
    let (Some(povray), Some(ffmpeg)) = (installed("povray"), installed("ffmpeg")) else { return };
    let mut stage = scene("1-12");
    proven(&stage.attempt(&povray, "1-12"));
    let mut movie = stage.then("ffmpeg", "shot.mp4");
    assert_eq!(ffmpeg.get("ffmpeg").unwrap().check(&movie.step, None), []);
    let attempt = movie.attempt(&ffmpeg, "0");
    proven(&attempt);
    assert_eq!(attempt.published.to_string(), "0");
    assert!(attempt.facts.contains(&Fact::Progress(1.0)), "{:?}", attempt.facts);
    let path = movie.out().join("shot.mp4");
    let Proven { bytes, size } = proof::prove(&path, &Expectation::default(), None).unwrap();
    assert!(bytes > 500 && size.is_none());
    // Half of a real movie is none.
    let whole = std::fs::read(&path).unwrap();
    for cut in (1..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert!(proof::prove(&path, &Expectation::default(), None).is_err(), "cut to {cut} of {bytes}");
    }
}

#[test]
fn ffmpeg_without_its_pictures_has_no_input() {
    let Some(registry) = installed("ffmpeg") else { return };
    let mut movie = scene("1-12").then("ffmpeg", "shot.mp4");
    let failure = movie.attempt(&registry, "0").outcome.unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing, "{failure}");
}

/// A small scene for the processor, saved by Blender itself.
fn blend_file() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cube.blend");
    let script = format!(
        "import bpy; scene = bpy.context.scene; scene.render.engine = 'CYCLES'; scene.cycles.samples = 1; \
         scene.cycles.use_denoising = False; scene.render.resolution_x = 64; scene.render.resolution_y = 48; \
         scene.render.resolution_percentage = 100; bpy.ops.wm.save_as_mainfile(filepath={:?})",
        path.to_str().unwrap()
    );
    let made = std::process::Command::new("blender")
        .args(["--background", "--factory-startup", "--python-expr", &script])
        .output()
        .unwrap();
    std::fs::read(&path).unwrap_or_else(|error| panic!("{error}: {made:?}"))
}

#[test]
fn blender_renders_frames_with_gaps() {
    let Some(registry) = installed("blender") else { return };
    let mut stage = Stage::new("blender", "1-20", "cube_[#####].png").template("cube.blend", &blend_file());
    assert_eq!(registry.get("blender").unwrap().check(&stage.step, None), []);
    let attempt = stage.attempt(&registry, "3-4,7");
    proven(&attempt);
    assert_eq!(attempt.published.to_string(), "3-4,7");
    for frame in [3, 4, 7] {
        assert!(attempt.facts.contains(&Fact::FrameFinished(frame)), "{frame}: {:?}", attempt.facts);
        let path = stage.out().join(format!("cube_{frame:05}.png"));
        let found = proof::prove(&path, &Expectation::default(), Some(frame)).unwrap();
        assert_eq!(found.size, Some((64, 48)));
    }
}

#[test]
fn blender_without_its_file_has_no_input() {
    let Some(registry) = installed("blender") else { return };
    let mut stage = Stage::new("blender", "1-20", "cube_[#####].png").template("cube.blend", b"x");
    std::fs::remove_file(stage.template.as_ref().unwrap()).unwrap();
    let attempt = stage.attempt(&registry, "3");
    let failure = attempt.outcome.unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing, "{failure}: {:?}", attempt.log);
}
