//! JPEG. Decoders forgive a missing end, so the markers are walked up to the file's very last byte first.

use std::fs::File;
use std::io::Read;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Claim, MAX_PIXELS, Unproven, broken, unreadable};

pub(super) fn look(file: &mut File, bytes: u64, claim: &Claim) -> Result<(u32, u32), Unproven> {
    // A picture of the most pixels, with three bytes for each, would not be compressed at all.
    if bytes > MAX_PIXELS * 3 {
        return Err(broken("JPEG", format!("{bytes} bytes are more than any has")));
    }
    let mut data = Vec::with_capacity(bytes as usize);
    file.take(bytes).read_to_end(&mut data).map_err(unreadable)?;
    let size = walk(&data)?;
    claim.admit(size, 1)?;
    let options = DecoderOptions::new_safe()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&data), options);
    decoder.decode_headers().map_err(|error| broken("JPEG", error.to_string()))?;
    if let Some(space) = decoder.input_colorspace() {
        // The file's own channels: turning four of them into three proves nothing and is not always possible.
        decoder.set_options(options.jpeg_set_out_colorspace(space));
    }
    decoder.decode().map_err(|error| broken("JPEG", error.to_string()))?;
    Ok(size)
}

/// Follows the markers from the first byte to the last; tells the size that the frame header says.
fn walk(data: &[u8]) -> Result<(u32, u32), Unproven> {
    let cut = || broken("JPEG", "it ends too early");
    if !data.starts_with(&[0xff, 0xd8]) {
        return Err(broken("JPEG", "it does not begin like one"));
    }
    let (mut at, mut size, mut scanned) = (2, None, false);
    loop {
        if data.get(at).ok_or_else(cut)? != &0xff {
            return Err(broken("JPEG", format!("there is no marker at byte {at}")));
        }
        let marker = *data.get(at + 1).ok_or_else(cut)?;
        at += 2;
        match marker {
            // A fill byte: the marker proper follows.
            0xff => at -= 1,
            0xd9 if at != data.len() => {
                return Err(broken("JPEG", format!("{} bytes follow its end", data.len() - at)));
            }
            0xd9 if !scanned => return Err(broken("JPEG", "it has no pixels")),
            0xd9 => return size.ok_or_else(|| broken("JPEG", "it has no frame header")),
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let segment = segment(data, at).ok_or_else(cut)?;
                if is_frame_header(marker) {
                    size = dimensions(segment);
                }
                at += segment.len();
                if marker == 0xda {
                    scanned = true;
                    at += entropy_coded(&data[at..]).ok_or_else(cut)?;
                }
            }
        }
    }
}

/// A segment with its length field.
fn segment(data: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?]));
    if length < 2 { None } else { data.get(at..at + length) }
}

fn is_frame_header(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

fn dimensions(segment: &[u8]) -> Option<(u32, u32)> {
    let &[_, _, _, h0, h1, w0, w1, ..] = segment else { return None };
    Some((u16::from_be_bytes([w0, w1]).into(), u16::from_be_bytes([h0, h1]).into()))
}

/// The length of coded pixels: up to a marker that is neither an escaped byte nor a restart.
fn entropy_coded(data: &[u8]) -> Option<usize> {
    data.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_lies_about_its_length_is_no_panic() {
        for data in
            [&[0xff, 0xd8, 0xff][..], &[0xff, 0xd8, 0xff, 0xe0, 0], &[0xff, 0xd8, 0xff, 0xe0, 0, 1, 9, 9]]
        {
            assert!(walk(data).is_err(), "{data:?}");
        }
    }
}
