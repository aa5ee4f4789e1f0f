//! Steps that are refused, and pictures that are joined.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use callsheet_model::FailureClass;
use image::{Rgba, RgbaImage};

use super::*;
use crate::child::Voice;
use crate::proof::prove;
use crate::sample::{Desk, listing, said};

fn flipbook() -> Flipbook {
    Flipbook::new(Host::at("/opt/callsheet".into()))
}

/// A white square at another place in each frame; frame 3 is like frame 2.
fn frame(number: i32) -> RgbaImage {
    let left = 4 * u32::try_from(number.min(2)).unwrap();
    let white = |x: u32, y: u32| (left..left + 6).contains(&x) && (5..11).contains(&y);
    RgbaImage::from_fn(40, 20, |x, y| if white(x, y) { Rgba([255; 4]) } else { Rgba([9, 9, 90, 128]) })
}

fn desk() -> Desk {
    let desk = Desk::new(NAME, "", "movie.png").after("draw", "0-3", "f_[##].png");
    (0..4)
        .for_each(|number| frame(number).save(desk.input_dir().join(format!("f_{number:02}.png"))).unwrap());
    desk
}

fn run(desk: &Desk) -> (Result<(), Failure>, String) {
    let invocation = desk.assign("0", |assignment| flipbook().invocations(assignment)).unwrap().remove(0);
    let order = fs::read(invocation.args.last().unwrap()).unwrap();
    let mut said = Vec::new();
    let done = join(&serde_json::from_slice(&order).unwrap(), &mut Voice(&mut said));
    (done, String::from_utf8(said).unwrap())
}

/// Plays an animated PNG: every frame as it is shown, with its delay.
fn played(path: &Path) -> Vec<(RgbaImage, (u16, u16))> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path).unwrap())).read_info().unwrap();
    let count = reader.info().animation_control.unwrap().num_frames;
    let (mut canvas, mut shown) = (RgbaImage::new(reader.info().width, reader.info().height), Vec::new());
    for _ in 0..count {
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let control = *reader.info().frame_control().unwrap();
        let part =
            RgbaImage::from_raw(info.width, info.height, pixels[..info.buffer_size()].to_vec()).unwrap();
        image::imageops::replace(&mut canvas, &part, control.x_offset.into(), control.y_offset.into());
        shown.push((canvas.clone(), (control.delay_num, control.delay_den)));
    }
    shown
}

#[test]
fn pictures_are_joined_as_they_are() {
    let desk = desk().set(serde_json::json!({ "rate": 12.5 }));
    let (done, said) = run(&desk);
    done.unwrap();
    assert!(
        said.starts_with("frame 0 started\n") && said.ends_with("progress 1.0000\nframe 0 finished\n"),
        "{said}"
    );
    assert_eq!(listing(&desk.place()), ["movie.png"]);
    let path = desk.place().join("movie.png");
    assert_eq!(prove(&path, &Expectation::default(), None).unwrap().size, Some((40, 20)));
    let shown = played(&path);
    assert_eq!(shown.len(), 4);
    for (number, (picture, delay)) in (0..).zip(shown) {
        assert_eq!(delay, (2, 25));
        assert!(picture == frame(number), "frame {number} looks different");
    }
}

#[test]
fn wide_pictures_are_made_small() {
    let desk = desk().set(serde_json::json!({ "width": 10 }));
    run(&desk).0.unwrap();
    assert_eq!(played(&desk.place().join("movie.png"))[3].0.dimensions(), (10, 5));
}

#[test]
fn a_picture_that_is_missing_or_different_ends_it_without_a_result() {
    let desk = desk();
    fs::remove_file(desk.input_dir().join("f_02.png")).unwrap();
    let failure = run(&desk).0.unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing);
    assert!(failure.message.contains("f_02.png"), "{failure}");
    RgbaImage::new(41, 20).save(desk.input_dir().join("f_02.png")).unwrap();
    let failure = run(&desk).0.unwrap_err();
    assert_eq!(failure.class, FailureClass::JobFatal);
    assert!(failure.message.contains("another size"), "{failure}");
    assert!(!desk.place().join("movie.png").exists());
}

#[test]
fn the_step_to_join_is_the_only_one_or_the_one_named() {
    let two = || desk().after("other", "1", "o_[#].png");
    assert_eq!(
        said(flipbook().check(&two().step, None)),
        ["settings.input: is missing: the step comes after several, so one must be named"]
    );
    let failure = two().assign("0", |assignment| flipbook().invocations(assignment)).unwrap_err();
    assert_eq!(failure.message, "settings.input is missing: it could be draw, other");
    run(&two().set(serde_json::json!({ "input": "draw" }))).0.unwrap();
    let wrong = two().set(serde_json::json!({ "input": "drwa" }));
    let failure = wrong.assign("0", |assignment| flipbook().invocations(assignment)).unwrap_err();
    assert_eq!(failure.class, FailureClass::JobFatal);
    assert!(failure.message.contains("draw, other"), "{failure}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let desk = Desk::new(NAME, "1-5", "a_[#].png").set(serde_json::json!({ "fps": 25, "rate": 0 }));
    let places: Vec<_> =
        flipbook().check(&desk.step, None).into_iter().map(|problem| problem.place).collect();
    assert_eq!(places, ["settings.fps", "settings.rate", "after", "frames", "output"]);
}
