//! Movies made by hand, whole and damaged, and whatever comes.

use std::fs;
use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::proof::prove;
use crate::{Expectation, Format};

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut part = u32::try_from(body.len() + 8).unwrap().to_be_bytes().to_vec();
    part.extend_from_slice(kind);
    part.extend_from_slice(body);
    part
}

/// A movie with a sound track of 99 samples before its video track, whose samples have these sizes.
fn mov(sizes: &[u32], fragments: &[u32]) -> Vec<u8> {
    let track = |id: u32, handler: &[u8; 4], sizes: Vec<u8>| {
        let head = [&[0; 12], id.to_be_bytes().as_slice(), &[0; 60]].concat();
        let hdlr = boxed(b"hdlr", &[&[0; 8], handler.as_slice(), &[0; 12]].concat());
        let table = boxed(b"minf", &boxed(b"stbl", &boxed(b"stsz", &sizes)));
        boxed(b"trak", &[boxed(b"tkhd", &head), boxed(b"mdia", &[hdlr, table].concat())].concat())
    };
    let sound = [0_u32, 1, 99].map(u32::to_be_bytes).concat();
    let count = u32::try_from(sizes.len()).unwrap();
    let mut table = [0, 0, count].map(u32::to_be_bytes).concat();
    sizes.iter().for_each(|size| table.extend(size.to_be_bytes()));
    let moov = boxed(b"moov", &[track(1, b"soun", sound), track(2, b"vide", table)].concat());
    let media = boxed(b"mdat", &vec![7; 99 + sizes.iter().sum::<u32>() as usize]);
    let mut movie = [boxed(b"ftyp", b"qt  0000"), media, moov].concat();
    for count in fragments {
        let run = |id: u32, count: u32| {
            let head = boxed(b"tfhd", &[0, id].map(u32::to_be_bytes).concat());
            boxed(b"traf", &[head, boxed(b"trun", &[0, count].map(u32::to_be_bytes).concat())].concat())
        };
        movie.extend(boxed(b"moof", &[run(1, 50), run(2, *count)].concat()));
        movie.extend(boxed(b"mdat", &[1; 16]));
    }
    movie
}

fn avi(frames: usize) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let mut part = kind.to_vec();
        part.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        part.extend_from_slice(body);
        part.resize(part.len() + body.len() % 2, 0);
        part
    };
    let list = |name: &[u8; 4], body: &[u8]| chunk(b"LIST", &[name.as_slice(), body].concat());
    let stream = |kind: &[u8; 4]| list(b"strl", &chunk(b"strh", &[kind.as_slice(), &[0; 52]].concat()));
    let heads = list(b"hdrl", &[chunk(b"avih", &[0; 56]), stream(b"auds"), stream(b"vids")].concat());
    let frame = [chunk(b"00wb", &[1; 5]), chunk(b"01dc", &[2; 7])].concat();
    let first = list(b"movi", &frame.repeat(frames / 2));
    let rest = list(b"movi", &list(b"rec ", &frame.repeat(frames - frames / 2)));
    let riff = |name: &[u8; 4], body: Vec<u8>| chunk(b"RIFF", &[name.as_slice(), &body].concat());
    [riff(b"AVI ", [heads, first, chunk(b"idx1", &[0; 16])].concat()), riff(b"AVIX", rest)].concat()
}

fn mkv(frames: u8) -> Vec<u8> {
    let element = |id: &[u8], body: &[u8]| [id, &[0x40, u8::try_from(body.len()).unwrap()], body].concat();
    let track = |number: u8, kind: u8| {
        element(&[0xAE], &[element(&[0xD7], &[number]), element(&[0x83], &[kind])].concat())
    };
    let tracks = element(&[0x16, 0x54, 0xAE, 0x6B], &[track(1, 2), track(2, 1)].concat());
    let block = |number: u8| element(&[0xA3], &[0x80 | number, 0, 0, 0, 9, 9]);
    let grouped = element(&[0xA0], &element(&[0xA1], &[0x82, 0, 0, 0, 9]));
    let mut cluster = vec![0x1F, 0x43, 0xB6, 0x75, 0xFF];
    (1..frames).for_each(|_| cluster.extend([block(1), block(2)].concat()));
    cluster.extend(grouped);
    let segment = [&[0x18, 0x53, 0x80, 0x67, 0xFF], tracks.as_slice(), &cluster].concat();
    [element(&[0x1A, 0x45, 0xDF, 0xA3], &[0; 5]), segment].concat()
}

fn counted(extension: &str, bytes: &[u8]) -> Result<u64, Unproven> {
    let mut walk = Walk::new(Cursor::new(bytes), bytes.len() as u64);
    match extension {
        "avi" => avi::count(&mut walk),
        "mkv" => matroska::count(&mut walk),
        _ => iso::count(&mut walk),
    }
}

#[test]
fn frames_are_those_of_the_pictures_and_not_of_the_sound() {
    assert_eq!(counted("mov", &mov(&[10, 20, 30], &[])).unwrap(), 3);
    assert_eq!(counted("mov", &mov(&[10], &[5, 7])).unwrap(), 13);
    assert_eq!(counted("avi", &avi(9)).unwrap(), 9);
    assert_eq!(counted("mkv", &mkv(6)).unwrap(), 6);
}

#[test]
fn a_movie_without_pictures_is_none() {
    let silent = boxed(b"moov", &[]);
    for (extension, bytes) in [("mov", silent), ("mkv", vec![]), ("avi", vec![])] {
        assert!(counted(extension, &bytes).unwrap_err().to_string().contains("no video"), "{extension}");
    }
}

#[test]
fn a_table_that_promises_more_than_there_is_is_damage() {
    let mut lying = mov(&[1, 1, 1], &[]);
    let at = lying.windows(4).rposition(|found| found == b"stsz").unwrap();
    lying[at + 12..at + 16].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(counted("mov", &lying).unwrap_err().to_string().contains("longer than what holds it"));
    let mut huge = mov(&[1, 1, 1], &[]);
    huge[at + 16..at + 20].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(counted("mov", &huge).unwrap_err().to_string().contains("should take"));
}

#[test]
fn small_sizes_are_counted_too_and_not_believed() {
    let mut bytes = mov(&[1, 1, 1], &[]);
    let at = bytes.windows(4).rposition(|found| found == b"stsz").unwrap();
    // Three sizes of 16 bits take 6 of the 12 bytes that lie there.
    bytes[at..at + 4].copy_from_slice(b"stz2");
    bytes[at + 11] = 16;
    assert_eq!(counted("mov", &bytes).unwrap(), 3);
    bytes[at + 15] = 6;
    assert_eq!(counted("mov", &bytes).unwrap(), 6);
    bytes[at + 15] = 7;
    assert!(counted("mov", &bytes).unwrap_err().to_string().contains("longer than what holds it"));
}

#[test]
fn a_short_movie_is_broken_output() {
    let home = tempfile::tempdir().unwrap();
    let expectation = |frames| Expectation {
        format: Format::Movie([(0, frames), (3, 2)].into()),
        ..Expectation::default()
    };
    for (name, bytes) in [("a.mov", mov(&[4, 4], &[])), ("a.avi", avi(2)), ("a.mkv", mkv(2))] {
        let path = home.path().join(name);
        fs::write(&path, bytes).unwrap();
        assert!(prove(&path, &expectation(2), Some(0)).is_ok(), "{name}");
        assert!(prove(&path, &expectation(9), Some(3)).is_ok(), "{name}");
        let short = prove(&path, &expectation(3), Some(0)).unwrap_err();
        assert_eq!(short.to_string(), "the movie has 2 frames, not 3");
        assert_eq!(short.failure(name).class, callsheet_model::FailureClass::BrokenOutput);
        assert!(prove(&path, &expectation(2), Some(7)).is_err(), "a result of unknown length");
    }
    let path = home.path().join("a.mxf");
    fs::write(&path, [1; 64]).unwrap();
    assert!(prove(&path, &expectation(2), Some(0)).unwrap_err().to_string().contains("cannot be counted"));
}

proptest! {
    #[test]
    fn nothing_that_comes_makes_it_fall(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for extension in ["mov", "avi", "mkv"] {
            let _ = counted(extension, &bytes);
        }
    }

    #[test]
    fn damage_anywhere_is_an_answer_and_never_more_frames_than_bytes(
        which in 0..3_usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()
    ) {
        let (extension, mut bytes) =
            [("mov", mov(&[10, 20, 30], &[4])), ("avi", avi(9)), ("mkv", mkv(6))][which].clone();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(frames) = counted(extension, &bytes) {
            // A fragment's count is the only one that is believed as it stands.
            prop_assert!(frames <= bytes.len() as u64 || extension == "mov", "{frames}");
        }
    }
}
