//! TGA, BMP and WebP: small formats that a general decoder reads whole.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};

use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::{Claim, Unproven, broken, container, cut_or_unreadable, take, unreadable};

pub(super) fn look(
    file: &mut File,
    bytes: u64,
    extension: &str,
    claim: &Claim,
) -> Result<(u32, u32), Unproven> {
    let (format, name) = match extension {
        "tga" => (ImageFormat::Tga, "TGA"),
        "bmp" => (ImageFormat::Bmp, "BMP"),
        _ => (ImageFormat::WebP, "WebP"),
    };
    match format {
        ImageFormat::Bmp => covers(file, bytes)?,
        ImageFormat::WebP => container::look(&mut BufReader::new(&mut *file), bytes, extension)?,
        _ => {}
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let bad = |error: ImageError| match error {
        ImageError::IoError(error) => cut_or_unreadable(name)(error),
        error => broken(name, error),
    };
    let mut limits = Limits::default();
    limits.max_alloc = Some(super::MAX_MEMORY as u64);
    if format == ImageFormat::WebP {
        let mut decoder = WebPDecoder::new(BufReader::new(&mut *file)).map_err(bad)?;
        decoder.set_limits(limits.clone()).map_err(bad)?;
        if decoder.has_animation() {
            let size = decoder.dimensions();
            claim.admit(size, 1)?;
            for (nth, frame) in (1..).zip(decoder.into_frames()) {
                frame.map_err(bad)?;
                claim.admit(size, nth)?;
            }
            return Ok(size);
        }
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    }
    let mut reader = ImageReader::with_format(BufReader::new(file), format);
    // The size is judged by `admit`, which says more than the decoder's own refusal.
    reader.no_limits();
    let mut decoder = reader.into_decoder().map_err(bad)?;
    let size = decoder.dimensions();
    claim.admit(size, 1)?;
    decoder.set_limits(limits).map_err(bad)?;
    let length = usize::try_from(decoder.total_bytes()).ok().filter(|length| *length <= super::MAX_MEMORY);
    let mut pixels = vec![0; length.ok_or(Unproven::TooLarge { size, frames: 1 })?];
    decoder.read_image(&mut pixels).map_err(bad)?;
    Ok(size)
}

/// A BMP says how long it is, and some writers say 0.
fn covers(file: &mut File, bytes: u64) -> Result<(), Unproven> {
    let [_, _, said @ ..] = take::<6>(file).map_err(cut_or_unreadable("BMP"))?;
    let said = u64::from(u32::from_le_bytes(said));
    if said > bytes {
        return Err(broken("BMP", format!("it should have {said} bytes and has {bytes}")));
    }
    Ok(())
}
