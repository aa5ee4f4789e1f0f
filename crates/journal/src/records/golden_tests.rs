//! The bytes on disk, held fast: files in `tests/golden/` have one line for each kind of event and for each record
//! of an image. A test fails when a byte changes, and one fails when an old line cannot be read any more.
//!
//! `records.txt` is the first generation. What came later has a file of its own, so that it is plain to see that
//! journals from before it read as ever.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use callsheet_events::Digest;
use callsheet_model::{Context, Envelope};

use super::*;
use crate::chunk::{Chunk, pack, pack_unsealed};
use crate::{damage, samples};

/// A generation of stored forms.
struct Generation {
    file: &'static str,
    events: Vec<Event>,
    image: Image,
    /// Chunks were not sealed yet.
    unsealed: bool,
}

/// Kinds of events in the first generation, in the first two, and so on.
const FIRST: usize = 22;
const SECOND: usize = 27;
const THIRD: usize = 51;
const FOURTH: usize = 53;

fn generations() -> [Generation; 5] {
    let mut first = samples::events();
    let mut second = first.split_off(FIRST);
    let mut third = second.split_off(SECOND - FIRST);
    let mut fourth = third.split_off(THIRD - SECOND);
    let fifth = fourth.split_off(FOURTH - THIRD);
    let generation = |file, events, image, unsealed| Generation { file, events, image, unsealed };
    [
        generation("records.txt", first, samples::image(20), true),
        generation("trust.txt", second, samples::noted_image(20), true),
        generation("families.txt", third, samples::full_image(20), false),
        generation("arrivals.txt", fourth, samples::gone_image(20), false),
        generation("priorities.txt", fifth, samples::prioritised_image(20), false),
    ]
}

fn golden_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digits).collect()
}

fn written(generation: &Generation) -> String {
    let Generation { events, image, .. } = generation;
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
    let mut chunk = |first, bytes: &[u8]| writeln!(text, "chunk.{first} {}", damage::hex(bytes)).unwrap();
    if generation.unsealed {
        pack_unsealed(&samples::envelopes(1, 3), chunk);
    } else {
        // Seals made up, so that this is about the chunk's own form: what seals say is held fast in callsheet-events.
        let mut sealed = samples::sealed(samples::envelopes(1, 3), Digest([7; 32]));
        (8..).zip(&mut sealed).for_each(|(nth, event)| event.chain = Digest([nth; 32]));
        pack(Digest([7; 32]), &sealed, |packed| {
            chunk(packed.first, packed.bytes);
            Ok(())
        })
        .unwrap();
    }
    text
}

#[test]
fn the_bytes_on_disk_are_the_golden_ones() {
    for generation in generations() {
        let (name, written) = (generation.file, written(&generation));
        let file = golden_file(name);
        if std::env::var_os("CALLSHEET_WRITE_GOLDEN").is_some() {
            // Only what is new: what was written once stays as it is.
            let before = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(written.starts_with(&before), "{name}: what was written once would be changed");
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
    for Generation { file: name, events, image, unsealed } in generations() {
        let golden = std::fs::read_to_string(golden_file(name)).unwrap();
        let mut lines = golden.lines();
        for event in events {
            let (kind, bytes) = lines.next().unwrap().split_once(' ').unwrap();
            assert_eq!(decode_event(1, &unhex(bytes)).unwrap(), event, "{kind}");
        }
        let mut builder = ImageBuilder::default();
        let chunk = golden.lines().find_map(|line| line.strip_prefix("chunk.1 ")).unwrap();
        let bytes = unhex(chunk);
        let chunk = Chunk::read(1, &bytes).unwrap();
        let events: Vec<Envelope> = chunk.events_from(1).map(|read| read.unwrap().envelope).collect();
        let mut expected = samples::envelopes(1, 3);
        if unsealed {
            expected.iter_mut().for_each(|event| event.context = Context::default());
        }
        assert_eq!((events, chunk.links().is_none()), (expected, unsealed), "{name}");
        for line in lines.filter(|line| line.starts_with("image.")) {
            let bytes = unhex(line.split_once(' ').unwrap().1);
            builder.add(decode_image_part(1, &bytes).unwrap()).unwrap();
        }
        assert_eq!(builder.finish().unwrap(), image, "{name}");
    }
}

#[test]
fn every_kind_of_event_is_in_the_golden_file() {
    let samples = samples::events();
    let kinds: BTreeSet<_> = samples.iter().map(Event::kind).collect();
    // Leases, crashes, submitted jobs, and nodes that come or go have two forms on disk.
    assert_eq!(kinds.len() + 5, samples.len());
    // The numbers on disk count up without a gap, and so do those within a family; the ones behind the last are none.
    let encoded = |event: &Event| {
        let mut bytes = Vec::new();
        encode_event(event, &mut bytes).unwrap();
        bytes
    };
    let mut families: BTreeMap<u8, Vec<Vec<u8>>> = BTreeMap::new();
    for event in &samples {
        let bytes = encoded(event);
        families.entry(bytes[0]).or_default().push(bytes);
    }
    let numbers: Vec<u8> = families.keys().copied().collect();
    assert_eq!(numbers, (0..families.len() as u8).collect::<Vec<_>>());
    let is_none = |bytes: &[u8]| {
        let unknown = decode_event(1, bytes).unwrap_err().to_string();
        assert!(unknown.contains("variant"), "{unknown}: a kind of event is not among the samples");
    };
    for family in families.values().filter(|family| family.len() > 1) {
        let numbers: Vec<u8> = family.iter().map(|bytes| bytes[1]).collect();
        assert_eq!(numbers, (0..family.len() as u8).collect::<Vec<_>>());
        let mut behind = family.last().unwrap().clone();
        behind[1] += 1;
        is_none(&behind);
    }
    let mut behind = encoded(samples.last().unwrap());
    behind[0] += 1;
    is_none(&behind);
}
