//! What is on disk in the end: exactly the frames that were asked for, each decoded whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use callsheet_model::{FrameSet, OutputPattern};
use callsheet_renderers::Expectation;
use callsheet_renderers::proof::prove;

/// Decodes every frame of an output, and holds the directory to exactly these files.
#[track_caller]
pub(crate) fn assert_frames(output: &str, frames: &str, size: (u32, u32)) {
    let pattern = OutputPattern::parse_absolute(output).unwrap();
    let directory = Path::new(pattern.directory());
    let frames: FrameSet = if frames.is_empty() { FrameSet::new() } else { frames.parse().unwrap() };
    let wanted: BTreeSet<String> = frames.iter().map(|frame| pattern.file_name(frame)).collect();
    let found: BTreeSet<String> =
        files(directory).into_iter().filter(|name| !name.starts_with('.')).collect();
    let missing: Vec<_> = wanted.difference(&found).collect();
    let surplus: Vec<_> = found.difference(&wanted).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "{output}: missing {missing:?}, too much {surplus:?}");
    let expectation = Expectation { size: Some(size), ..Expectation::default() };
    for frame in frames.iter() {
        let path = directory.join(pattern.file_name(frame));
        prove(&path, &expectation, Some(frame)).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    }
}

/// The frame that a picture of the stand-in says it is: its first row has the number in bits.
pub(crate) fn frame_drawn(path: &Path) -> u64 {
    let picture = image::open(path).unwrap_or_else(|why| panic!("{}: {why}", path.display())).into_rgb8();
    (0..64).fold(0, |bits, x| bits << 1 | u64::from(picture.get_pixel(x, 0).0[0] == 255))
}

/// The colour of such a picture: a fingerprint of what its composition shows.
pub(crate) fn colour(path: &Path) -> [u8; 3] {
    let picture = image::open(path).unwrap_or_else(|why| panic!("{}: {why}", path.display())).into_rgb8();
    picture.get_pixel(picture.width() - 1, picture.height() - 1).0
}

/// Whose attempt a picture of the tests' own renderer is: the name of the place that it was drawn in.
pub(crate) fn drawn_in(path: &Path) -> String {
    let picture = image::open(path).unwrap_or_else(|why| panic!("{}: {why}", path.display())).into_rgb8();
    let letters = picture.pixels().map(|pixel| pixel.0[0]).take_while(|letter| *letter != 0);
    String::from_utf8(letters.collect()).unwrap()
}

/// Holds an output to these frames, each drawn as the one that its name says.
#[track_caller]
pub(crate) fn assert_composed(output: &str, frames: &str) {
    assert_frames(output, frames, super::work::SIZE);
    let pattern = OutputPattern::parse_absolute(output).unwrap();
    let frames: FrameSet = if frames.is_empty() { FrameSet::new() } else { frames.parse().unwrap() };
    for frame in frames.iter() {
        let path = Path::new(pattern.directory()).join(pattern.file_name(frame));
        assert_eq!(frame_drawn(&path), u64::try_from(frame).unwrap(), "{}", path.display());
    }
}

/// Decodes one file, whatever its size.
#[track_caller]
pub(crate) fn assert_picture(path: &Path) {
    let expectation = Expectation::default();
    prove(path, &expectation, None).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
}

/// Private places of attempts below a directory, and all that is in them.
pub(crate) fn private_places(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.components().any(|part| part.as_os_str() == callsheet_renderers::publish::FOLDER) {
            found.push(path.display().to_string());
        }
        if path.is_dir() {
            found.extend(private_places(&path));
        }
    }
    found
}

/// What tells a file that was not touched: its number, its time and what is in it.
#[derive(Debug, PartialEq)]
pub(crate) struct Trace(u64, i64, i64, md5::Digest);

/// Every file in a directory, to be compared with how it looks later.
pub(crate) fn traces(directory: &Path) -> BTreeMap<String, Trace> {
    let trace = |name: String| {
        let path = directory.join(&name);
        let metadata = fs::metadata(&path).unwrap();
        let content = md5::compute(fs::read(&path).unwrap());
        (name, Trace(metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), content))
    };
    files(directory).into_iter().filter(|name| !name.starts_with('.')).map(trace).collect()
}

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().file_name());
    entries.map(|name| name.into_string().unwrap()).collect()
}
