//! Pictures: the same alone as in a range, the right size, on the right ground, and errors instead of guesses.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "this is a test")]

mod common;

use callsheet_lottie::{Animation, RenderError, RenderOptions, Rgba};
use common::{animation, file, load, rect_layer};
use serde_json::json;

fn demo() -> Animation {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cluster/demo/callsheet.json");
    Animation::load(&std::fs::read(path).unwrap()).unwrap()
}

fn small() -> RenderOptions {
    RenderOptions { width: Some(320), ..RenderOptions::default() }
}

#[test]
fn a_frame_alone_is_the_frame_in_a_range() {
    let one = demo();
    let range: Vec<_> = (100..112).map(|frame| one.render(frame, &small()).unwrap()).collect();
    for (frame, picture) in (100..112).zip(&range).step_by(3) {
        let (mut alone, mut in_range) = (Vec::new(), Vec::new());
        demo().render(frame, &small()).unwrap().write_png(&mut alone, frame).unwrap();
        picture.write_png(&mut in_range, frame).unwrap();
        assert!(alone == in_range, "frame {frame} depends on the frames before it");
    }
}

#[test]
fn the_demo_is_drawn_as_it_was_made() {
    let demo = demo();
    let analysis = demo.analysis();
    assert!(analysis.is_faithful(), "{:?}", analysis.findings);
    assert_eq!(
        (analysis.width, analysis.height, analysis.first_frame, analysis.last_frame),
        (1280, 720, 0, 179)
    );
    let frames: Vec<_> = [10, 60, 179].map(|frame| demo.render(frame, &small()).unwrap()).into();
    assert!(frames[0] != frames[1] && frames[1] != frames[2]);
}

#[test]
fn frames_outside_the_animation_are_refused() {
    let animation = load(file(json!({ "ip": 5, "op": 20 }), vec![rect_layer(json!({}))]));
    for frame in [i32::MIN, 4, 20, i32::MAX] {
        let error = animation.render(frame, &RenderOptions::default()).unwrap_err();
        assert!(matches!(error, RenderError::NoSuchFrame { first: 5, last: 19, .. }), "{error}");
    }
    assert!(animation.render(5, &RenderOptions::default()).is_ok());
    assert!(animation.render(19, &RenderOptions::default()).is_ok());
}

#[test]
fn a_fractional_out_point_still_shows_the_frame_it_cuts() {
    let last = |ip: f64, op: f64| {
        let analysis = load(file(json!({ "ip": ip, "op": op }), vec![])).analysis().clone();
        (analysis.first_frame, analysis.last_frame)
    };
    assert_eq!(last(0.0, 30.0), (0, 29));
    assert_eq!(last(0.0, 30.000_000_1), (0, 30));
    assert_eq!(last(0.5, 29.97), (1, 29));
    assert_eq!(last(-3.0, 2.0), (-3, 1));
}

#[test]
fn sizes_follow_what_is_given() {
    let animation = animation(vec![rect_layer(json!({}))]);
    let size = |width, height, scale| {
        let options = RenderOptions { width, height, scale, background: None };
        animation.render(0, &options).map(|picture| (picture.width, picture.height, picture.rgba.len()))
    };
    assert_eq!(size(None, None, 1.0).unwrap(), (100, 50, 20_000));
    assert_eq!(size(Some(200), None, 1.0).unwrap(), (200, 100, 80_000));
    assert_eq!(size(None, Some(100), 0.5).unwrap(), (100, 50, 20_000));
    assert_eq!(size(Some(60), Some(60), 1.0).unwrap(), (60, 60, 14_400));
    for (width, scale) in [(Some(0), 1.0), (Some(100_000), 1.0), (None, f64::NAN), (None, 0.0), (None, 1e9)] {
        assert!(matches!(size(width, None, scale), Err(RenderError::Size { .. })));
    }
}

#[test]
fn what_is_empty_is_transparent_or_the_background() {
    let animation = animation(vec![rect_layer(json!({}))]);
    let corner = |background| {
        let options = RenderOptions { background, ..RenderOptions::default() };
        let picture = animation.render(0, &options).unwrap();
        (picture.rgba[..4].to_vec(), picture.rgba[(25 * 100 + 50) * 4..][..4].to_vec())
    };
    assert_eq!(corner(None), (vec![0, 0, 0, 0], vec![255, 0, 0, 255]));
    let grey = Some(Rgba([9, 99, 199, 255]));
    assert_eq!(corner(grey), (vec![9, 99, 199, 255], vec![255, 0, 0, 255]));
    assert_eq!(corner(Some(Rgba([10, 20, 30, 128]))).0, vec![10, 20, 30, 128]);
}

#[test]
fn a_png_tells_its_frame() {
    let mut bytes = Vec::new();
    let picture = animation(vec![rect_layer(json!({}))]).render(7, &RenderOptions::default()).unwrap();
    picture.write_png(&mut bytes, 7).unwrap();
    let decoder = png::Decoder::new(std::io::Cursor::new(&bytes));
    let mut reader = decoder.read_info().unwrap();
    let text = reader.info().uncompressed_latin1_text[0].clone();
    assert_eq!((text.keyword.as_str(), text.text.as_str()), ("Frame", "7"));
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels, picture.rgba);
}

#[test]
fn half_transparent_layers_do_not_show_their_overlap() {
    let both = json!([
        { "ty": "gr", "it": [{ "ty": "rc", "p": { "k": [40, 25] }, "s": { "k": [40, 30] } }, fill()] },
        { "ty": "gr", "it": [{ "ty": "rc", "p": { "k": [60, 25] }, "s": { "k": [40, 30] } }, fill()] },
    ]);
    let layer = rect_layer(json!({ "shapes": both, "ks": { "o": { "k": 50 } } }));
    let picture = animation(vec![layer]).render(0, &RenderOptions::default()).unwrap();
    let alpha = |x: usize| picture.rgba[(25 * 100 + x) * 4 + 3];
    assert_eq!(alpha(30), alpha(50));
}

fn fill() -> serde_json::Value {
    json!({ "ty": "fl", "c": { "k": [1, 0, 0, 1] }, "o": { "k": 100 } })
}
