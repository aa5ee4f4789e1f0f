//! A finished frame, and how it is written. It knows nothing of animations.

use std::io::Write;

use crate::error::RenderError;

/// The pixels of one frame, row by row, with straight alpha.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Red, green, blue and alpha of each pixel.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// Writes the picture as PNG. The frame's number is kept in the text chunk `Frame`, so that a file tells
    /// which frame it is without its name.
    pub fn write_png(&self, out: impl Write, frame: i32) -> Result<(), RenderError> {
        let mut encoder = png::Encoder::new(out, self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        encoder.add_text_chunk("Frame".to_owned(), frame.to_string())?;
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgba)?;
        writer.finish()?;
        Ok(())
    }
}
