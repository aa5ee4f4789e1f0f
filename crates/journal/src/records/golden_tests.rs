//! The bytes on disk, held fast: files in `tests/golden/` have one line for each kind of event and for each record
//! of an image. A test fails when a byte changes, and one fails when an old line cannot be read any more.
//!
//! `records.txt` is the first generation. What came later has a file of its own, so that it is plain to see that
//! journals from before it read as ever.

use std::fmt::Write;
use std::path::PathBuf;

use super::*;
use crate::{damage, samples};

/// Kinds of events in the first generation.
const FIRST: usize = 22;

/// The files, with what belongs into them.
fn generations() -> [(&'static str, Vec<Event>, Image); 2] {
    let mut first = samples::events();
    let later = first.split_off(FIRST);
    [("records.txt", first, samples::image(20)), ("trust.txt", later, samples::noted_image(20))]
}

fn golden_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digits).collect()
}

fn written(events: &[Event], image: &Image) -> String {
    let mut text = String::new();
    for event in events {
        let mut bytes = Vec::new();
        encode_event(event, &mut bytes).unwrap();
        writeln!(text, "{} {}", event.kind(), damage::hex(&bytes)).unwrap();
    }
    let mut at = 0;
    loop {
        let mut bytes = Vec::new();
        if !encode_image_part(image, at, &mut bytes).unwrap() {
            break;
        }
        writeln!(text, "image.{at} {}", damage::hex(&bytes)).unwrap();
        at += 1;
    }
    // A chunk has bytes of its own around its records.
    crate::chunk::pack(&samples::envelopes(1, 3), |first, bytes| {
        writeln!(text, "chunk.{first} {}", damage::hex(bytes)).unwrap();
        Ok(())
    })
    .unwrap();
    text
}

#[test]
fn the_bytes_on_disk_are_the_golden_ones() {
    for (name, events, image) in generations() {
        let (file, written) = (golden_file(name), written(&events, &image));
        if std::env::var_os("CALLSHEET_WRITE_GOLDEN").is_some() {
            std::fs::write(&file, &written).unwrap();
        }
        let golden = std::fs::read_to_string(&file).unwrap();
        for (golden, written) in golden.lines().zip(written.lines()) {
            assert_eq!(
                golden, written,
                "{name}: a stored byte changed, and journals of before cannot be read: give the new form a \
                 variant or a schema of its own; for a new kind of event, run this with \
                 CALLSHEET_WRITE_GOLDEN=1"
            );
        }
        assert_eq!(
            golden, written,
            "{name}: a kind was added or removed: run this with CALLSHEET_WRITE_GOLDEN=1"
        );
    }
}

#[test]
fn golden_bytes_read_back_as_what_they_were() {
    for (name, events, image) in generations() {
        let golden = std::fs::read_to_string(golden_file(name)).unwrap();
        let mut lines = golden.lines();
        for event in events {
            let (kind, bytes) = lines.next().unwrap().split_once(' ').unwrap();
            assert_eq!(decode_event(1, &unhex(bytes)).unwrap(), event, "{kind}");
        }
        let mut builder = ImageBuilder::default();
        for line in lines.filter(|line| line.starts_with("image.")) {
            let bytes = unhex(line.split_once(' ').unwrap().1);
            builder.add(decode_image_part(1, &bytes).unwrap()).unwrap();
        }
        assert_eq!(builder.finish().unwrap(), image, "{name}");
    }
}

#[test]
fn every_kind_of_event_is_in_the_golden_file() {
    let kinds: std::collections::BTreeSet<_> = samples::events().iter().map(Event::kind).collect();
    // Leases have two forms on disk.
    assert_eq!(kinds.len() + 1, samples::events().len());
    // The numbers on disk count up without a gap; the one behind the last is none.
    let mut bytes = Vec::new();
    for (number, event) in samples::events().iter().enumerate() {
        bytes.clear();
        encode_event(event, &mut bytes).unwrap();
        assert_eq!(usize::from(bytes[0]), number, "{}", event.kind());
    }
    bytes[0] += 1;
    let unknown = decode_event(1, &bytes).unwrap_err().to_string();
    assert!(unknown.contains("variant"), "{unknown}: a kind of event is not among the samples");
}
