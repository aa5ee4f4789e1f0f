//! The picture of one frame: a colour that is the fingerprint of what the composition shows, the frame number
//! drawn on it, as bits in its first row, and told in a text chunk. It draws nothing else.

use std::fmt::Write as _;

/// What is in the picture.
#[derive(Clone, Debug)]
pub(crate) struct Picture<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Display number.
    pub(crate) frame: i64,
    pub(crate) composition: &'a str,
    /// Of everything the composition shows.
    pub(crate) fingerprint: u64,
}

/// Digits of three columns and five rows, the highest bit left; then the minus sign.
const DIGITS: [[u8; 5]; 11] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
    [0b000, 0b000, 0b111, 0b000, 0b000],
];

impl Picture<'_> {
    /// As a PNG file.
    pub(crate) fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        encoder.add_itxt_chunk("Frame".to_owned(), self.frame.to_string())?;
        encoder.add_itxt_chunk("Composition".to_owned(), self.composition.to_owned())?;
        encoder.add_itxt_chunk("Fingerprint".to_owned(), format!("{:016x}", self.fingerprint))?;
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels())?;
        writer.finish()?;
        Ok(bytes)
    }

    fn pixels(&self) -> Vec<u8> {
        let [r, g, b, ..] = self.fingerprint.to_be_bytes();
        // Neither so dark nor so light that white digits and black bits are lost.
        let colour = [r, g, b].map(|part| 48 + part % 160);
        let mut digits = String::new();
        // Writing into a string cannot fail.
        let _ = write!(digits, "{}", self.frame);
        let scale =
            (self.height / 8).min(self.width / (4 * u32::try_from(digits.len()).unwrap_or(1) + 1)).max(1);
        let mut pixels = Vec::with_capacity(self.width as usize * self.height as usize * 3);
        for y in 0..self.height {
            for x in 0..self.width {
                let bit = y == 0 && x < 64;
                pixels.extend_from_slice(&match bit {
                    true if self.frame >> (63 - x) & 1 == 1 => [255; 3],
                    true => [0; 3],
                    false if is_ink(&digits, x / scale, y / scale) => [255; 3],
                    false => colour,
                });
            }
        }
        pixels
    }
}

/// Whether a cell of the grid belongs to a digit: one free cell around, four columns for each.
fn is_ink(digits: &str, x: u32, y: u32) -> bool {
    let (Some(x), Some(y)) = (x.checked_sub(1), y.checked_sub(1)) else { return false };
    let digit = digits.as_bytes().get((x / 4) as usize);
    let shape = digit.and_then(|digit| DIGITS.get(usize::from(digit.wrapping_sub(b'0')).min(10)));
    let row = shape.and_then(|shape| shape.get(y as usize));
    x % 4 < 3 && row.is_some_and(|row| row >> (2 - x % 4) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(frame: i64, fingerprint: u64) -> Picture<'static> {
        Picture { width: 80, height: 40, frame, composition: "Main", fingerprint }
    }

    #[test]
    fn a_picture_is_read_back_with_its_frame_in_words_and_bits() {
        let bytes = picture(37, 5).png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let text = &reader.info().utf8_text;
        assert!(text.iter().any(|chunk| chunk.keyword == "Frame" && chunk.get_text().unwrap() == "37"));
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let bits = pixels.chunks(3).take(64).fold(0u64, |bits, pixel| bits << 1 | u64::from(pixel[0] == 255));
        assert_eq!(bits, 37);
    }

    #[test]
    fn other_frames_and_other_contents_are_other_pictures() {
        let one = picture(1, 5).pixels();
        assert_ne!(one, picture(2, 5).pixels());
        assert_ne!(one, picture(1, 6 << 40).pixels());
        assert!(Picture { width: 1, height: 1, ..picture(-1, 0) }.png().is_ok());
    }
}
