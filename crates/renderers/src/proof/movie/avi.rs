//! AVI: chunks in lists. The head tells how many frames there should be, and is written first, so they are counted
//! where they lie. Above a gigabyte there are several RIFF chunks in a row.

use std::io::{Read, Seek};

use super::super::{Unproven, broken};
use super::Walk;

pub(super) fn count(walk: &mut Walk<impl Read + Seek>) -> Result<u64, Unproven> {
    let mut found = Found::default();
    let mut at = 0;
    while walk.bytes.saturating_sub(at) >= 12 {
        let (kind, body, end) = chunk(walk, at, walk.bytes)?;
        if &kind != b"RIFF" {
            return Err(broken("movie", format!("there is no RIFF chunk at byte {at}")));
        }
        list(walk, body, end, &mut found, 0)?;
        at = end + end % 2;
    }
    match found.video {
        Some(_) => Ok(found.frames),
        None => Err(broken("movie", "it has no video stream")),
    }
}

#[derive(Default)]
struct Found {
    /// Streams whose heads were seen.
    streams: u8,
    /// The first one with pictures, as its chunks are named.
    video: Option<[u8; 2]>,
    frames: u64,
}

/// A chunk's name, where its content begins and where it ends.
fn chunk(walk: &mut Walk<impl Read + Seek>, at: u64, end: u64) -> Result<([u8; 4], u64, u64), Unproven> {
    walk.part()?;
    walk.seek(at)?;
    let [k0, k1, k2, k3, length @ ..] = walk.take::<8>()?;
    let body = at + 8;
    Ok(([k0, k1, k2, k3], body, walk.end(body, u64::from(u32::from_le_bytes(length)), end)?))
}

/// What lies in a list, after its four letters. Lists that hold neither heads nor frames are passed by.
fn list(
    walk: &mut Walk<impl Read + Seek>,
    body: u64,
    end: u64,
    found: &mut Found,
    depth: u8,
) -> Result<(), Unproven> {
    const DEEPEST: u8 = 4;
    walk.seek(body)?;
    let name = walk.take::<4>()?;
    if !matches!(&name, b"AVI " | b"AVIX" | b"hdrl" | b"strl" | b"movi" | b"rec ") || depth > DEEPEST {
        return Ok(());
    }
    let mut at = body + 4;
    while end.saturating_sub(at) >= 8 {
        let (kind, inner, stop) = chunk(walk, at, end)?;
        match &kind {
            b"LIST" => list(walk, inner, stop, found, depth + 1)?,
            b"strh" => head(walk, inner, found)?,
            [n0, n1, b'd', b'b' | b'c'] if found.video == Some([*n0, *n1]) => found.frames += 1,
            _ => {}
        }
        at = stop + stop % 2;
    }
    Ok(())
}

/// A stream's head says what it is; its number is the place it has among the heads.
fn head(walk: &mut Walk<impl Read + Seek>, body: u64, found: &mut Found) -> Result<(), Unproven> {
    walk.seek(body)?;
    if walk.take::<4>()? == *b"vids" && found.video.is_none() && found.streams < 100 {
        found.video = Some([b'0' + found.streams / 10, b'0' + found.streams % 10]);
    }
    found.streams = found.streams.saturating_add(1);
    Ok(())
}
