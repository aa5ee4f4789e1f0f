//! Laws of records: what was written is read back, and no bytes at all make the reader panic or swell.

use proptest::prelude::*;

use super::*;
use crate::chunk::{self, Chunk};
use crate::samples;
use callsheet_events::{Digest, Sealed};
use callsheet_model::{
    Author, AuthorKind, Context, Envelope, FrameSet, Outside, StepIndex, Timestamp, Token,
};
use uuid::Uuid;

fn round(event: &Event) -> Event {
    let mut bytes = Vec::new();
    encode_event(event, &mut bytes).unwrap();
    decode_event(SCHEMA, &bytes).unwrap()
}

fn with_setting(value: serde_json::Value) -> Event {
    let mut job = samples::job();
    job.spec.steps[0].settings.insert("value".into(), value);
    Event::JobSubmitted { job: job.into() }
}

fn published(frames: FrameSet, token: u64) -> Event {
    Event::FramesPublished { token: Token(token), job: samples::job_id(), step: StepIndex(9), frames }
}

fn all_bytes() -> Vec<Vec<u8>> {
    let encode = |event: &Event| {
        let mut bytes = Vec::new();
        encode_event(event, &mut bytes).unwrap();
        bytes
    };
    samples::events().iter().map(encode).collect()
}

proptest! {
    #[test]
    fn frames_read_back(frames in prop::collection::vec((any::<i32>(), 0..5000_i32), 0..40), token: u64) {
        let runs = frames.into_iter().map(|(first, more)| first..=first.saturating_add(more));
        let event = published(runs.collect(), token);
        prop_assert_eq!(round(&event), event);
    }

    #[test]
    fn fractions_read_back_to_the_last_bit(number in any::<f64>().prop_filter("JSON", |n| n.is_finite())) {
        let event = with_setting(number.into());
        prop_assert_eq!(round(&event), event);
    }

    #[test]
    fn any_text_reads_back(reason in ".*") {
        let event = Event::JobCancelled { job: samples::job_id(), reason };
        prop_assert_eq!(round(&event), event);
    }

    #[test]
    fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300), first: u64) {
        let _ = decode_event(SCHEMA, &bytes);
        let _ = decode_image_part(SCHEMA, &bytes);
        let _ = Chunk::read(first, &bytes).map(Chunk::check);
    }

    #[test]
    fn bytes_that_changed_give_an_answer(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let all = all_bytes();
        let mut bytes = which.get(&all).clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = decode_event(SCHEMA, &bytes);
        let _ = decode_event(SCHEMA, &bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn chunks_read_back(first in 1..u64::MAX / 2, count in 1..200_u64, times in any::<[u64; 8]>()) {
        let mut events = samples::envelopes(first, count);
        for (event, at) in events.iter_mut().zip(times.into_iter().cycle()) {
            event.at = Timestamp(at);
        }
        let sealed = samples::sealed(events.clone(), Digest([3; 32]));
        let (mut read, mut resealed): (Vec<Envelope>, Vec<Sealed>) = Default::default();
        chunk::pack(Digest([3; 32]), &sealed, |packed| {
            let chunk = Chunk::read(packed.first, packed.bytes).unwrap();
            assert_eq!((packed.first, packed.moment), (chunk.first(), chunk.moment()));
            read.extend(chunk.events_from(0).map(|event| event.unwrap().envelope));
            resealed.extend(chunk.sealed().map(|event| Sealed::clone(&event.unwrap())));
            Ok(())
        })
        .unwrap();
        prop_assert_eq!(read, events);
        prop_assert_eq!(resealed, sealed);
    }

    #[test]
    fn no_bit_of_a_chunk_flips_unnoticed(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let sealed = samples::sealed(samples::envelopes(5, 8), Digest::default());
        chunk::pack(Digest::default(), &sealed, |packed| {
            let mut bytes = packed.bytes.to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            assert!(Chunk::read(packed.first, &bytes).is_err());
            assert!(Chunk::read(packed.first + 1, &bytes).is_err());
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn contexts_read_back(contexts in prop::collection::vec(context(), 1..300)) {
        let mut events = samples::envelopes(1, contexts.len() as u64);
        for (event, context) in events.iter_mut().zip(contexts) {
            event.context = context;
        }
        let mut read: Vec<Envelope> = Vec::new();
        chunk::pack(Digest::default(), &samples::sealed(events.clone(), Digest::default()), |packed| {
            // No table of contexts makes a chunk larger than it should be, unless one event does.
            let chunk = Chunk::read(packed.first, packed.bytes).unwrap();
            assert!(packed.bytes.len() <= chunk::TARGET_BYTES || chunk.first() == chunk.last());
            read.extend(chunk.events_from(0).map(|event| event.unwrap().envelope));
            Ok(())
        })
        .unwrap();
        prop_assert_eq!(read, events);
    }

    #[test]
    fn events_from_outside_read_back(
        kind in ".{0,80}",
        payload in ".{0,300}",
        fields in ".*",
        correlation in prop::option::of(".{0,40}"),
        id: u128,
    ) {
        let timestamp = "2023-11-14T22:13:20.123456789Z".to_owned();
        let outside = Outside { id: Uuid::from_u128(id), kind, timestamp, correlation, payload, fields };
        let event = Event::Outside(outside.into());
        prop_assert_eq!(round(&event), event);
    }
}

fn context() -> impl Strategy<Value = Context> {
    // Few projects and many authors, as in life.
    let id = || prop::option::of(any::<u128>().prop_map(Uuid::from_u128));
    let project = prop::option::of((0..3_u128).prop_map(Uuid::from_u128));
    let kind = prop::sample::select(vec![AuthorKind::Agent, AuthorKind::User, AuthorKind::System]);
    (project, kind, id()).prop_map(|(project, kind, id)| Context { project, author: Author { kind, id } })
}

#[test]
fn a_few_bytes_do_not_become_millions_of_frames() {
    let mut bytes = Vec::new();
    encode_event(&published(FrameSet::range(0, 9_999_999), 1), &mut bytes).unwrap();
    assert!(bytes.len() < 40, "{}", bytes.len());
    assert!(decode_event(SCHEMA, &bytes).is_ok());
    // The run's length is the last number: five bytes that say four thousand million.
    bytes.truncate(bytes.len() - 5);
    bytes.extend([252, 255, 255, 255, 255]);
    let error = decode_event(SCHEMA, &bytes).unwrap_err();
    assert!(error.to_string().contains("more than 10000000 frames"), "{error}");
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let mut bytes = vec![7];
    let many = published(FrameSet::range(0, 10_000_000), 1);
    assert!(matches!(encode_event(&many, &mut bytes), Err(RecordError::Unstorable(_))));
    let mut deep = serde_json::Value::Null;
    for _ in 0..150 {
        deep = vec![deep].into();
    }
    assert!(matches!(encode_event(&with_setting(deep), &mut bytes), Err(RecordError::Unstorable(_))));
    assert_eq!(bytes, [7]);
}

#[test]
fn durations_are_whole_microseconds() {
    let timeouts = |nanos| {
        let mut job = samples::job();
        job.spec.steps[0].timeouts.start = std::time::Duration::from_nanos(nanos);
        Event::JobSubmitted { job: job.into() }
    };
    assert_eq!(round(&timeouts(1_999)), timeouts(1_000));
}

#[test]
fn a_later_schema_is_told_apart_from_damage() {
    assert_eq!(decode_event(9, &[0, 0]), Err(RecordError::Schema { found: 9 }));
}

#[test]
fn records_are_small() {
    let sizes: Vec<usize> = all_bytes().iter().map(Vec::len).collect();
    // Leased, accepted, published: what a frame costs when frames go out one by one.
    assert!(sizes[10] <= 80 && sizes[11] <= 50 && sizes[12] <= 40, "{sizes:?}");
}
