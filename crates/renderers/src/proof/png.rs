//! PNG and animated PNG. The decoder forgives damage in chunks that carry no pixels and never looks for the
//! end, so the chunks are walked first, each with its checksum.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::{Claim, Unproven, broken, cut_or_unreadable, take, unreadable};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Lengths above this are forbidden by the format.
const MAX_CHUNK: u32 = i32::MAX as u32;
/// Text chunks above this are not looked into.
const MAX_TEXT: u32 = 256;

pub(super) fn look(file: &mut File, bytes: u64, claim: &Claim) -> Result<(u32, u32), Unproven> {
    let walked = walk(&mut BufReader::with_capacity(1 << 16, &mut *file), bytes, claim)?;
    if let (Some(expected), Some(found)) = (claim.frame, walked.frame)
        && found != expected
    {
        return Err(Unproven::WrongFrame { found, expected });
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    decode(BufReader::with_capacity(1 << 16, file), claim)?;
    Ok(walked.size)
}

struct Walked {
    size: (u32, u32),
    frame: Option<i32>,
}

fn walk(reader: &mut impl Read, bytes: u64, claim: &Claim) -> Result<Walked, Unproven> {
    let cut = cut_or_unreadable("PNG");
    if take::<8>(reader).map_err(&cut)? != SIGNATURE {
        return Err(broken("PNG", "it does not begin like one"));
    }
    let mut walked = Walked { size: (0, 0), frame: None };
    let mut at = SIGNATURE.len() as u64;
    for nth in 0_u64.. {
        let [l0, l1, l2, l3, kind @ ..] = take::<8>(reader).map_err(&cut)?;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        at += 12 + u64::from(length);
        if length > MAX_CHUNK || at > bytes {
            return Err(broken("PNG", format!("chunk {nth} is longer than the file")));
        }
        let kept = match &kind {
            b"IHDR" => length.min(13),
            b"tEXt" if length <= MAX_TEXT => length,
            _ => 0,
        };
        let data = checked(reader, kind, length, kept, nth)?;
        match &kind {
            b"IHDR" => walked.size = header(&data, claim)?,
            _ if nth == 0 => return Err(broken("PNG", "its header is not at its beginning")),
            b"tEXt" => walked.frame = number(&data).or(walked.frame),
            b"IEND" if at == bytes => break,
            b"IEND" => return Err(broken("PNG", format!("{} bytes follow its end", bytes - at))),
            _ => {}
        }
    }
    Ok(walked)
}

/// Reads a chunk's data and checksum; gives its first `kept` bytes.
fn checked(
    reader: &mut impl Read,
    kind: [u8; 4],
    length: u32,
    kept: u32,
    nth: u64,
) -> Result<Vec<u8>, Unproven> {
    let cut = cut_or_unreadable("PNG");
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&kind);
    let mut data = vec![0; kept as usize];
    reader.read_exact(&mut data).map_err(&cut)?;
    hasher.update(&data);
    let rest = u64::from(length - kept);
    let mut sink = Hashing(&mut hasher);
    if io::copy(&mut reader.take(rest), &mut sink).map_err(&cut)? != rest {
        return Err(broken("PNG", "it ends too early"));
    }
    if take::<4>(reader).map_err(&cut)? != hasher.finalize().to_be_bytes() {
        return Err(broken("PNG", format!("the checksum of chunk {nth} is wrong")));
    }
    Ok(data)
}

struct Hashing<'a>(&'a mut crc32fast::Hasher);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn header(data: &[u8], claim: &Claim) -> Result<(u32, u32), Unproven> {
    let &[w0, w1, w2, w3, h0, h1, h2, h3, ..] = data else {
        return Err(broken("PNG", "its header is too short"));
    };
    let size = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
    claim.admit(size, 1)?;
    Ok(size)
}

/// The number in the text `Frame`, as our Lottie renderer and Blender write it. Other texts mean nothing here.
fn number(text: &[u8]) -> Option<i32> {
    std::str::from_utf8(text.strip_prefix(b"Frame\0")?).ok()?.trim().parse().ok()
}

/// Every row of every frame, one row in memory at a time.
fn decode(reader: BufReader<&mut File>, claim: &Claim) -> Result<(), Unproven> {
    let bad = |error: ::png::DecodingError| broken("PNG", error);
    let mut decoder = ::png::Decoder::new_with_limits(reader, ::png::Limits { bytes: super::MAX_MEMORY });
    decoder.ignore_checksums(false);
    let mut reader = decoder.read_info().map_err(bad)?;
    let info = reader.info();
    let (size, first_counts) = ((info.width, info.height), info.frame_control.is_some());
    let frames =
        info.animation_control.map_or(1, |control| u64::from(control.num_frames) + u64::from(!first_counts));
    claim.admit(size, frames)?;
    for nth in 0..frames {
        if nth > 0 {
            reader.next_frame_info().map_err(bad)?;
        }
        while reader.next_interlaced_row().map_err(bad)?.is_some() {}
    }
    reader.finish().map_err(bad)
}
