//! TIFF: every strip or tile of every page.

use std::fs::File;
use std::io::BufReader;

use ::tiff::decoder::{ChunkType, Decoder, Limits};
use ::tiff::{TiffError, TiffResult};

use super::{Claim, Unproven, broken, unreadable};

/// Most pages of one file.
const MAX_PAGES: u64 = 1024;

pub(super) fn look(file: &mut File, claim: &Claim) -> Result<(u32, u32), Unproven> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = super::MAX_MEMORY;
    limits.intermediate_buffer_size = super::MAX_MEMORY;
    limits.ifd_value_size = 64 << 20;
    let mut decoder = Decoder::new(BufReader::with_capacity(1 << 16, file)).map_err(bad)?.with_limits(limits);
    let size = decoder.dimensions().map_err(bad)?;
    claim.admit(size, 1)?;
    for _ in 0..MAX_PAGES {
        // Later pages may be thumbnails or masks of other sizes.
        let page = decoder.dimensions().map_err(bad)?;
        Claim { expected: None, frame: None, length: None }.admit(page, 1)?;
        for chunk in 0..chunks(&mut decoder).map_err(bad)? {
            decoder.read_chunk(chunk).map_err(bad)?;
        }
        if !decoder.more_images() {
            return Ok(size);
        }
        decoder.next_image().map_err(bad)?;
    }
    Err(broken("TIFF", format!("it has more than {MAX_PAGES} pages")))
}

fn chunks(decoder: &mut Decoder<BufReader<&mut File>>) -> TiffResult<u32> {
    match decoder.get_chunk_type() {
        ChunkType::Strip => decoder.strip_count(),
        ChunkType::Tile => decoder.tile_count(),
    }
}

fn bad(error: TiffError) -> Unproven {
    match error {
        TiffError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => unreadable(error),
        error => broken("TIFF", error),
    }
}
