//! QuickTime and MP4: boxes in boxes. Each track has a table of the sizes of its samples; a movie that was written
//! in fragments has more of them, each with a run of its own.

use std::io::{Read, Seek};

use super::super::{Unproven, broken};
use super::Walk;

/// One box: what it is, where its content begins, where it ends.
struct Part {
    kind: [u8; 4],
    body: u64,
    end: u64,
}

/// What is known of a track.
#[derive(Default)]
struct Track {
    id: u32,
    video: bool,
    frames: u64,
    /// Bytes that its samples take together.
    bytes: u64,
}

pub(super) fn count(walk: &mut Walk<impl Read + Seek>) -> Result<u64, Unproven> {
    let (mut video, mut more) = (None::<Track>, Vec::new());
    let (mut at, end) = (0, walk.bytes);
    while let Some(part) = next(walk, at, end)? {
        match &part.kind {
            b"moov" => {
                let tracks = children(walk, &part, b"trak")?;
                for track in tracks {
                    let track = self::track(walk, &track)?;
                    if track.video && video.is_none() {
                        video = Some(track);
                    }
                }
            }
            b"moof" => {
                for run in children(walk, &part, b"traf")? {
                    more.push(fragment(walk, &run)?);
                }
            }
            _ => {}
        }
        at = part.end;
    }
    let video = video.ok_or_else(|| broken("movie", "it has no video track"))?;
    if video.bytes > walk.bytes {
        let message = format!("its frames should take {} bytes, the file has {}", video.bytes, walk.bytes);
        return Err(broken("movie", message));
    }
    let fragments = more.iter().filter(|(id, _)| *id == video.id).map(|(_, frames)| u64::from(*frames));
    Ok(fragments.fold(video.frames, u64::saturating_add))
}

/// The box at a place, if there is one before the end.
fn next(walk: &mut Walk<impl Read + Seek>, at: u64, end: u64) -> Result<Option<Part>, Unproven> {
    if end.saturating_sub(at) < 8 {
        return Ok(None);
    }
    walk.part()?;
    walk.seek(at)?;
    let [l0, l1, l2, l3, kind @ ..] = walk.take::<8>()?;
    let (length, header) = match u32::from_be_bytes([l0, l1, l2, l3]) {
        0 => (end - at, 8),
        1 => (u64::from_be_bytes(walk.take()?), 16),
        length => (u64::from(length), 8),
    };
    if length < header {
        return Err(broken("movie", format!("the box at byte {at} is shorter than its head")));
    }
    Ok(Some(Part { kind, body: at + header, end: walk.end(at, length, end)? }))
}

/// The boxes of one kind directly in another. Nobody has many.
fn children(walk: &mut Walk<impl Read + Seek>, parent: &Part, kind: &[u8; 4]) -> Result<Vec<Part>, Unproven> {
    const MOST: usize = 1000;
    let (mut at, mut found) = (parent.body, Vec::new());
    while let Some(part) = next(walk, at, parent.end)? {
        at = part.end;
        if part.kind == *kind && found.len() < MOST {
            found.push(part);
        }
    }
    Ok(found)
}

fn child(walk: &mut Walk<impl Read + Seek>, parent: &Part, kind: &[u8; 4]) -> Result<Option<Part>, Unproven> {
    Ok(children(walk, parent, kind)?.into_iter().next())
}

fn track(walk: &mut Walk<impl Read + Seek>, trak: &Part) -> Result<Track, Unproven> {
    let mut track = Track::default();
    if let Some(head) = child(walk, trak, b"tkhd")? {
        walk.seek(head.body)?;
        // The version tells how long the two times are that stand before the track's number.
        let [version, ..] = walk.take::<4>()?;
        walk.seek(walk.at + if version == 1 { 16 } else { 8 })?;
        track.id = walk.u32()?;
    }
    let Some(media) = child(walk, trak, b"mdia")? else { return Ok(track) };
    if let Some(handler) = child(walk, &media, b"hdlr")? {
        walk.seek(handler.body + 8)?;
        track.video = walk.take::<4>()? == *b"vide";
    }
    let Some(info) = child(walk, &media, b"minf")? else { return Ok(track) };
    let Some(table) = child(walk, &info, b"stbl")? else { return Ok(track) };
    if let Some(sizes) = child(walk, &table, b"stsz")? {
        samples(walk, &sizes, &mut track)?;
    } else if let Some(sizes) = child(walk, &table, b"stz2")? {
        small_samples(walk, &sizes, &mut track)?;
    }
    Ok(track)
}

/// The same table, each size in 4, 8 or 16 bits.
fn small_samples(walk: &mut Walk<impl Read + Seek>, sizes: &Part, track: &mut Track) -> Result<(), Unproven> {
    walk.seek(sizes.body + 4)?;
    let [.., bits] = walk.take::<4>()?;
    track.frames = u64::from(walk.u32()?);
    let bits = u64::from(bits.max(4));
    walk.end(walk.at, (track.frames * bits).div_ceil(8), sizes.end)?;
    Ok(())
}

/// The table of sizes: one for all, or one for each.
fn samples(walk: &mut Walk<impl Read + Seek>, sizes: &Part, track: &mut Track) -> Result<(), Unproven> {
    walk.seek(sizes.body + 4)?;
    let (all, count) = (walk.u32()?, walk.u32()?);
    track.frames = u64::from(count);
    if all > 0 {
        track.bytes = u64::from(all) * track.frames;
        return Ok(());
    }
    walk.end(walk.at, track.frames * 4, sizes.end)?;
    for _ in 0..count {
        track.bytes = track.bytes.saturating_add(u64::from(walk.u32()?));
    }
    Ok(())
}

/// A fragment's part for one track: the track's number, and how many samples its runs have.
fn fragment(walk: &mut Walk<impl Read + Seek>, traf: &Part) -> Result<(u32, u32), Unproven> {
    let (mut id, mut frames) = (0, 0_u32);
    if let Some(head) = child(walk, traf, b"tfhd")? {
        walk.seek(head.body + 4)?;
        id = walk.u32()?;
    }
    for run in children(walk, traf, b"trun")? {
        walk.seek(run.body + 4)?;
        frames = frames.saturating_add(walk.u32()?);
    }
    Ok((id, frames))
}
