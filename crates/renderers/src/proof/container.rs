//! Movies and other containers: do their parts cover the file? Frames inside are not decoded. An encoder that
//! was killed leaves a movie without its index, or with a part that is longer than the file.

use std::io::{BufRead, Read, Seek, SeekFrom};

use super::{Unproven, broken, cut_or_unreadable, take};

pub(super) fn look(reader: &mut (impl BufRead + Seek), bytes: u64, extension: &str) -> Result<(), Unproven> {
    match extension {
        "mp4" | "m4v" | "mov" | "m4a" => boxes(reader, bytes),
        "mkv" | "webm" | "mka" => matroska(reader, bytes),
        "avi" | "wav" | "webp" => riff(reader, bytes),
        _ => Ok(()),
    }
}

/// ISO base media: boxes one after another up to the last byte, and the index `moov` among them.
fn boxes(reader: &mut (impl Read + Seek), bytes: u64) -> Result<(), Unproven> {
    let cut = cut_or_unreadable("movie");
    let (mut at, mut index, mut media) = (0_u64, false, false);
    while at < bytes {
        let [l0, l1, l2, l3, kind @ ..] = take::<8>(reader).map_err(&cut)?;
        let (length, header) = match u32::from_be_bytes([l0, l1, l2, l3]) {
            // To the end of the file.
            0 => (bytes - at, 8),
            1 => (u64::from_be_bytes(take(reader).map_err(&cut)?), 16),
            length => (u64::from(length), 8),
        };
        index |= &kind == b"moov";
        media |= &kind == b"mdat";
        at = match at.checked_add(length) {
            Some(end) if length >= header && end <= bytes => end,
            _ => return Err(broken("movie", format!("the box at byte {at} is longer than the file"))),
        };
        reader.seek(SeekFrom::Start(at)).map_err(&cut)?;
    }
    match (index, media) {
        (true, true) => Ok(()),
        (false, _) => Err(broken("movie", "it has no index (moov)")),
        (_, false) => Err(broken("movie", "it has no media (mdat)")),
    }
}

/// Matroska: the head, then a segment whose length, if it says one, fits the file.
fn matroska(reader: &mut (impl Read + Seek), bytes: u64) -> Result<(), Unproven> {
    let cut = cut_or_unreadable("Matroska file");
    let mut at = 0_u64;
    for expected in [[0x1a, 0x45, 0xdf, 0xa3], [0x18, 0x53, 0x80, 0x67]] {
        if take::<4>(reader).map_err(&cut)? != expected {
            return Err(broken(
                "Matroska file",
                format!("the element at byte {at} is not what belongs there"),
            ));
        }
        let (length, digits) = length(reader).map_err(&cut)?;
        let Some(length) = length else { return Ok(()) };
        at = match at.checked_add(4 + digits + length) {
            Some(end) if end <= bytes => end,
            _ => return Err(broken("Matroska file", "a part of it is longer than the file")),
        };
        reader.seek(SeekFrom::Start(at)).map_err(&cut)?;
    }
    Ok(())
}

/// A length of one to eight bytes; all ones mean that it is not known.
fn length(reader: &mut impl Read) -> std::io::Result<(Option<u64>, u64)> {
    let [first] = take::<1>(reader)?;
    let more = first.leading_zeros().min(7);
    let mut value = u64::from(first) & ((1 << (7 - more)) - 1);
    for _ in 0..more {
        let [byte] = take::<1>(reader)?;
        value = (value << 8) | u64::from(byte);
    }
    let unknown = value == (1 << (7 * (more + 1))) - 1;
    Ok(((!unknown).then_some(value), u64::from(more) + 1))
}

/// RIFF: chunks of the lengths they say. An AVI above a gigabyte is several in a row.
fn riff(reader: &mut (impl Read + Seek), bytes: u64) -> Result<(), Unproven> {
    let cut = cut_or_unreadable("RIFF file");
    let mut at = 0_u64;
    while at < bytes {
        let [k0, k1, k2, k3, length @ ..] = take::<8>(reader).map_err(&cut)?;
        if [k0, k1, k2, k3] != *b"RIFF" {
            return Err(broken("RIFF file", format!("there is no RIFF chunk at byte {at}")));
        }
        let length = u64::from(u32::from_le_bytes(length));
        // Odd lengths are padded.
        at += 8 + length + length % 2;
        if at > bytes {
            return Err(broken("RIFF file", format!("it should have {at} bytes and has {bytes}")));
        }
        reader.seek(SeekFrom::Start(at)).map_err(&cut)?;
    }
    Ok(())
}
