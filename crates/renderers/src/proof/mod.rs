//! The proof that a file is a frame: it is there, it is whole from its first byte to its last, and it is on
//! the platter. A renderer's word is never asked.
//!
//! ```text
//!   path ─► a regular file, not empty ─► its format, by extension
//!             ├─ png, apng   every chunk's CRC, the end chunk last, every row of every frame; its own number
//!             ├─ jpeg        markers up to the very last byte, strict decoding
//!             ├─ exr         offset tables, every block of every layer
//!             ├─ tiff        every strip or tile of every page
//!             ├─ tga bmp webp   decoded
//!             ├─ mp4 mov mkv avi ...   the boxes cover the file; frames of a movie are not decoded, but counted
//!             │                        where it is known how many there must be
//!             └─ anything else         only the first line of this list
//!        ─► size as expected ─► not older than the attempt, where its time is known ─► synced ─► Proven
//! ```
//!
//! Files come from programs that crash, so nothing they say is believed: a header cannot make this code take
//! memory or time beyond [`MAX_PIXELS`], and a decoder that panics is a broken file, not a broken agent.
//! It refuses to repair, to look at neighbours or to know leases.

mod bitmap;
mod container;
mod exr;
mod file;
mod jpeg;
pub mod movie;
mod png;
#[cfg(test)]
mod tests;
mod tiff;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use callsheet_model::{Failure, FailureClass};

use crate::{Expectation, Format};

/// Most pixels of one picture that are looked at: 16384 by 16384.
pub const MAX_PIXELS: u64 = 1 << 28;
/// Most pixels of all pictures in one file together: an animated picture, pages, layers.
const MAX_PIXELS_IN_FILE: u64 = 1 << 32;
/// Most memory that one proof may take for pixels, in bytes.
const MAX_MEMORY: usize = 2 << 30;

/// Some file systems tell the time of a file this coarsely.
const COARSE_CLOCK: Duration = Duration::from_secs(2);

/// A file that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Its size on disk.
    pub bytes: u64,
    /// Its width and height in pixels, if it is a picture.
    pub size: Option<(u32, u32)>,
}

/// Why a file does not count.
#[derive(Debug, thiserror::Error)]
pub enum Unproven {
    /// It is not there.
    #[error("there is no file")]
    Missing,
    /// Something else is there.
    #[error("{found} is in the file's place")]
    NotAFile {
        /// What: a directory, a symbolic link, something special.
        found: &'static str,
    },
    /// It was there before the attempt.
    #[error("the file is older than the attempt")]
    Stale,
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It cannot be read or synced.
    #[error("the file cannot be {doing}")]
    Io {
        /// `read`, `synced`.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// It is not what its extension says, or not all of it.
    #[error("the file is no whole {format}: {source}")]
    Broken {
        /// What it should be.
        format: &'static str,
        /// What the decoder says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It has other dimensions than were asked for.
    #[error("the picture is {}x{}, not {}x{}", found.0, found.1, expected.0, expected.1)]
    WrongSize {
        /// Its width and height.
        found: (u32, u32),
        /// Those asked for.
        expected: (u32, u32),
    },
    /// It says of itself that it is another frame.
    #[error("the picture says that it is frame {found}, not {expected}")]
    WrongFrame {
        /// The frame it says it is.
        found: i32,
        /// The frame it should be.
        expected: i32,
    },
    /// It has more or fewer frames than were rendered into it.
    #[error("the movie has {found} frames, not {expected}")]
    WrongLength {
        /// How many it has.
        found: u64,
        /// How many it should have.
        expected: u64,
    },
    /// It claims more pixels than are looked at.
    #[error("the picture claims {}x{} pixels in {frames} frames; at most {MAX_PIXELS} in one are looked at", size.0, size.1)]
    TooLarge {
        /// Its width and height.
        size: (u32, u32),
        /// How many pictures of that size.
        frames: u64,
    },
}

impl Unproven {
    /// The failure of the attempt that left the file.
    #[must_use]
    pub fn failure(&self, file_name: &str) -> Failure {
        let class = match self {
            Self::Io { .. } => FailureClass::OutputIo,
            _ => FailureClass::BrokenOutput,
        };
        let mut message = format!("{file_name}: {self}");
        if let Self::Io { source, .. } = self {
            message.push_str(&format!(": {source}"));
        }
        Failure::new(class, message).bounded()
    }
}

/// Proves one file, and syncs it: what is proven stays proven when the power fails. The name of the file in
/// its directory is durable only after [`crate::publish::sync_directory`]. Blocking.
///
/// `frame` is the number it should have; formats that carry one are held to it.
///
/// # Errors
/// `Unproven` says why the file does not count.
pub fn prove(path: &Path, expectation: &Expectation, frame: Option<i32>) -> Result<Proven, Unproven> {
    let (mut file, bytes) = file::open(path)?;
    let length = match &expectation.format {
        // A result that nobody gave a length would be a movie of nothing.
        Format::Movie(lengths) => Some(lengths.get(&frame.unwrap_or(0)).copied().unwrap_or(0)),
        Format::Picture | Format::File => None,
    };
    let claim = Claim { expected: expectation.size, frame, length };
    if let Some(since) = expectation.since {
        let changed = file.metadata().and_then(|data| data.modified()).map_err(unreadable)?;
        if changed.checked_add(COARSE_CLOCK).is_some_and(|changed| changed < since) {
            return Err(Unproven::Stale);
        }
    }
    let extension = path.extension().map(|text| text.to_string_lossy().to_ascii_lowercase());
    let extension = extension.as_deref().unwrap_or_default();
    let picture = expectation.format == Format::Picture;
    let looked = catch_unwind(AssertUnwindSafe(|| look(&mut file, bytes, extension, picture, &claim)));
    let size = looked.unwrap_or_else(|_| Err(broken("picture", "its decoder panicked")))?;
    file::sync(&file).map_err(|source| Unproven::Io { doing: "synced", source })?;
    Ok(Proven { bytes, size })
}

/// Proves the files of one attempt: all pictures must have one size, even where nobody said which.
#[derive(Debug)]
pub struct Prover {
    expectation: Expectation,
}

impl Prover {
    /// For one attempt.
    #[must_use]
    pub fn new(expectation: Expectation) -> Self {
        Self { expectation }
    }

    /// See [`prove`].
    ///
    /// # Errors
    /// See [`prove`].
    pub fn prove(&mut self, path: &Path, frame: Option<i32>) -> Result<Proven, Unproven> {
        let proven = prove(path, &self.expectation, frame)?;
        self.expectation.size = self.expectation.size.or(proven.size);
        Ok(proven)
    }
}

/// The size that a file turned out to have, if its format is one that tells.
type Size = Option<(u32, u32)>;

fn look(
    file: &mut File,
    bytes: u64,
    extension: &str,
    picture: bool,
    claim: &Claim,
) -> Result<Size, Unproven> {
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let size = match extension {
        "png" | "apng" if picture => png::look(file, bytes, claim)?,
        "jpg" | "jpeg" if picture => jpeg::look(file, bytes, claim)?,
        "exr" if picture => exr::look(file, claim)?,
        "tif" | "tiff" if picture => tiff::look(file, claim)?,
        "tga" | "bmp" | "webp" if picture => bitmap::look(file, bytes, extension, claim)?,
        _ => {
            container::look(&mut BufReader::new(&mut *file), bytes, extension)?;
            return movie_length(file, bytes, extension, claim).map(|()| None);
        }
    };
    Ok(Some(size))
}

fn movie_length(file: &mut File, bytes: u64, extension: &str, claim: &Claim) -> Result<(), Unproven> {
    let Some(expected) = claim.length else { return Ok(()) };
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    match movie::count(file, bytes, extension)? {
        found if found == expected => Ok(()),
        found => Err(Unproven::WrongLength { found, expected }),
    }
}

/// What a file is held to.
struct Claim {
    expected: Option<(u32, u32)>,
    frame: Option<i32>,
    /// How many frames, of a movie.
    length: Option<u64>,
}

impl Claim {
    /// Asked once the header is read and before any pixel is: may this many pictures of this size be decoded?
    fn admit(&self, size: (u32, u32), frames: u64) -> Result<(), Unproven> {
        if let Some(expected) = self.expected.filter(|expected| *expected != size) {
            return Err(Unproven::WrongSize { found: size, expected });
        }
        let pixels = u64::from(size.0).saturating_mul(u64::from(size.1));
        if pixels > MAX_PIXELS || pixels.saturating_mul(frames) > MAX_PIXELS_IN_FILE {
            return Err(Unproven::TooLarge { size, frames });
        }
        Ok(())
    }
}

fn broken(format: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Unproven {
    Unproven::Broken { format, source: source.into() }
}

fn unreadable(source: io::Error) -> Unproven {
    Unproven::Io { doing: "read", source }
}

/// An error while reading: the file's end is the file's fault, anything else the disk's.
fn cut_or_unreadable(format: &'static str) -> impl Fn(io::Error) -> Unproven {
    move |error| match error.kind() {
        io::ErrorKind::UnexpectedEof => broken(format, "it ends too early"),
        _ => unreadable(error),
    }
}

/// Takes an array of bytes from a reader.
fn take<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}
