//! How many frames a movie has: counted in its own tables, never decoded. A renderer that crashed leaves a movie
//! that plays and is short.
//!
//! ```text
//!   mov mp4 m4v   the sizes of the samples of the first video track, and those of its fragments
//!   avi           the chunks of the first video stream, one by one
//!   mkv webm      the blocks of the first video track, one by one
//! ```
//!
//! Written here, since one number is wanted of files that may be hostile: the libraries that read these formats
//! keep whole tables in memory, or their licence is not ours.

mod avi;
mod iso;
mod matroska;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::{Unproven, broken, cut_or_unreadable, unreadable};

/// Most parts of one file that are looked at; each frame of the longest movie that counts is one.
const MAX_PARTS: u64 = 50_000_000;

/// Whether the frames of such a movie can be counted.
#[must_use]
pub fn can_be_counted(extension: &str) -> bool {
    matches!(extension, "mov" | "mp4" | "m4v" | "avi" | "mkv" | "webm")
}

/// The frames of the movie at a path. Blocking.
///
/// # Errors
/// `Unproven` says why they cannot be counted.
pub fn frames_of(path: &Path) -> Result<u64, Unproven> {
    let extension = path.extension().map(|text| text.to_string_lossy().to_ascii_lowercase());
    let (mut file, bytes) = super::file::open(path)?;
    count(&mut file, bytes, extension.as_deref().unwrap_or_default())
}

/// The frames of an open movie.
pub(super) fn count(file: &mut File, bytes: u64, extension: &str) -> Result<u64, Unproven> {
    let mut walk = Walk::new(BufReader::with_capacity(1 << 16, file), bytes);
    match extension {
        "mov" | "mp4" | "m4v" => iso::count(&mut walk),
        "avi" => avi::count(&mut walk),
        "mkv" | "webm" => matroska::count(&mut walk),
        _ => Err(broken("movie", format!("frames of .{extension} cannot be counted"))),
    }
}

/// A file that is walked through in parts, each with a length that is not believed.
struct Walk<R> {
    reader: R,
    bytes: u64,
    /// Where the reader stands.
    at: u64,
    parts: u64,
}

impl<R: Read + Seek> Walk<R> {
    fn new(reader: R, bytes: u64) -> Self {
        Self { reader, bytes, at: 0, parts: 0 }
    }

    /// Goes somewhere. A short way stays within the reader's buffer.
    fn seek(&mut self, to: u64) -> Result<(), Unproven> {
        let way = i64::try_from(to).ok().zip(i64::try_from(self.at).ok()).map(|(to, at)| to - at);
        let gone = match way {
            Some(0) => return Ok(()),
            Some(way) => self.reader.seek_relative(way),
            None => self.reader.seek(SeekFrom::Start(to)).map(|_| ()),
        };
        gone.map_err(unreadable)?;
        self.at = to;
        Ok(())
    }

    /// Takes some bytes from where it stands.
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Unproven> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).map_err(cut_or_unreadable("movie"))?;
        self.at = self.at.saturating_add(N as u64);
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, Unproven> {
        self.take().map(u32::from_be_bytes)
    }

    /// Counts a part; a file of nothing but tiny parts is not walked to its end.
    fn part(&mut self) -> Result<(), Unproven> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(broken("movie", format!("it has more than {MAX_PARTS} parts")));
        }
        Ok(())
    }

    /// The end of a part, which must lie within what holds it.
    fn end(&self, from: u64, length: u64, within: u64) -> Result<u64, Unproven> {
        match from.checked_add(length) {
            Some(end) if end <= within => Ok(end),
            _ => Err(broken("movie", format!("the part at byte {from} is longer than what holds it"))),
        }
    }
}
