//! OpenEXR: every block of every layer and channel, one block in memory at a time. A general decoder would
//! look at one red, green and blue only, and renders have more.

use std::fs::File;
use std::io::BufReader;

use ::exr::block::{self, UncompressedBlock, reader::ChunksReader};
use ::exr::error::Error;

use super::{Claim, Unproven, broken, unreadable};

pub(super) fn look(file: &mut File, claim: &Claim) -> Result<(u32, u32), Unproven> {
    // Pedantic: the offset tables are checked, not skipped.
    let reader = block::read(BufReader::with_capacity(1 << 16, file), true).map_err(bad)?;
    let headers = reader.headers();
    let window =
        headers.first().ok_or_else(|| broken("EXR", "it has no layer"))?.shared_attributes.display_window;
    let size = (side(window.size.width())?, side(window.size.height())?);
    claim.admit(size, 1)?;
    for header in headers {
        // Only the data window is stored; it may be larger than what is shown.
        let stored = (side(header.layer_size.width())?, side(header.layer_size.height())?);
        Claim { expected: None, frame: None, length: None }.admit(stored, headers.len() as u64)?;
        if header.deep {
            return Err(broken("EXR", "it holds deep samples, which cannot be checked here"));
        }
    }
    let mut chunks = reader.all_chunks(true).map_err(bad)?;
    while let Some(chunk) = chunks.next() {
        UncompressedBlock::decompress_chunk(chunk.map_err(bad)?, chunks.meta_data(), true).map_err(bad)?;
    }
    Ok(size)
}

fn side(length: usize) -> Result<u32, Unproven> {
    u32::try_from(length).map_err(|_| broken("EXR", format!("a side of {length} pixels")))
}

fn bad(error: Error) -> Unproven {
    match error {
        Error::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => unreadable(error),
        error => broken("EXR", error.to_string()),
    }
}
