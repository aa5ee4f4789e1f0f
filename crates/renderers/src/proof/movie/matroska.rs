//! Matroska and WebM: elements in elements. The ones that hold others are entered and all others passed by; no
//! name means two things, so nobody has to remember where it is.

use std::io::{Read, Seek};

use super::super::{Unproven, broken};
use super::Walk;

const SEGMENT: u32 = 0x1853_8067;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK: u32 = 0xAE;
const TRACK_NUMBER: u32 = 0xD7;
const TRACK_TYPE: u32 = 0x83;
const CLUSTER: u32 = 0x1F43_B675;
const BLOCK_GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const SIMPLE_BLOCK: u32 = 0xA3;
/// The kind of a track with pictures.
const VIDEO: u64 = 1;

pub(super) fn count(walk: &mut Walk<impl Read + Seek>) -> Result<u64, Unproven> {
    let mut at = 0;
    let (mut number, mut kind, mut video, mut frames) = (None, None, None, 0_u64);
    while at < walk.bytes {
        walk.part()?;
        walk.seek(at)?;
        let (name, length) = (id(walk)?, length(walk)?);
        let body = walk.at;
        if matches!(name, SEGMENT | TRACKS | TRACK | CLUSTER | BLOCK_GROUP) {
            if name == TRACK {
                (number, kind) = (None, None);
            }
            at = body;
            continue;
        }
        let length =
            length.ok_or_else(|| broken("movie", format!("the element at byte {at} has no length")))?;
        let end = walk.end(body, length, walk.bytes)?;
        match name {
            TRACK_NUMBER => number = Some(whole(walk, length)?),
            TRACK_TYPE => kind = Some(whole(walk, length)?),
            BLOCK | SIMPLE_BLOCK if video.is_some() => {
                frames += u64::from(self::length(walk)? == video);
            }
            _ => {}
        }
        if let (Some(found), Some(VIDEO), None) = (number, kind, video) {
            video = Some(found);
        }
        at = end;
    }
    match video {
        Some(_) => Ok(frames),
        None => Err(broken("movie", "it has no video track")),
    }
}

/// An element's name: one to four bytes, with the bits that tell how many.
fn id(walk: &mut Walk<impl Read + Seek>) -> Result<u32, Unproven> {
    let [first] = walk.take::<1>()?;
    let more = first.leading_zeros();
    if more > 3 {
        return Err(broken("movie", format!("there is no element at byte {}", walk.at - 1)));
    }
    let mut name = u32::from(first);
    for _ in 0..more {
        let [byte] = walk.take::<1>()?;
        name = (name << 8) | u32::from(byte);
    }
    Ok(name)
}

/// A length, or a track's number, of one to eight bytes; all ones mean that it is not known.
fn length(walk: &mut Walk<impl Read + Seek>) -> Result<Option<u64>, Unproven> {
    let [first] = walk.take::<1>()?;
    let more = first.leading_zeros().min(7);
    let mut value = u64::from(first) & ((1 << (7 - more)) - 1);
    for _ in 0..more {
        let [byte] = walk.take::<1>()?;
        value = (value << 8) | u64::from(byte);
    }
    let unknown = value == (1 << (7 * (more + 1))) - 1;
    Ok((!unknown).then_some(value))
}

fn whole(walk: &mut Walk<impl Read + Seek>, length: u64) -> Result<u64, Unproven> {
    if length > 8 {
        return Err(broken("movie", "a number is longer than eight bytes"));
    }
    let mut value = 0;
    for _ in 0..length {
        let [byte] = walk.take::<1>()?;
        value = (value << 8) | u64::from(byte);
    }
    Ok(value)
}
