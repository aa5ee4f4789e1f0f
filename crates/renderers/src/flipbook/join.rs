//! Joining, inside the child process: one picture in memory, and what the one before it looked like. Only the
//! rectangle that changed is stored for each frame.

use std::io::Write;
use std::path::{Path, PathBuf};

use callsheet_model::{Failure, FailureClass, FrameSet, OutputPattern};
use image::{ImageReader, RgbaImage};
use serde::{Deserialize, Serialize};

use super::shrink::shrink;
use crate::Fact;
use crate::child::{Voice, in_full, write_whole};
use crate::proof::MAX_PIXELS;

/// What a child is to join.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    pub(super) input: OutputPattern,
    pub(super) frames: FrameSet,
    pub(super) result: PathBuf,
    pub(super) rate: f64,
    pub(super) width: Option<u32>,
}

/// Joins the pictures of an order.
pub(crate) fn join(order: &Order, voice: &mut Voice<'_>) -> Result<(), Failure> {
    let count = u32::try_from(order.frames.len()).ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| Failure::new(FailureClass::JobFatal, "there are no pictures to join"))?;
    voice.say(&Fact::FrameStarted(0))?;
    write_whole(&order.result, |out| {
        let mut frames = order.frames.iter();
        let first = frames.next().map(|frame| picture(order, frame)).transpose()?.unwrap_or_default();
        let mut writer = begin(out, &first, count, order.rate).map_err(failure)?;
        writer.write_image_data(&first).map_err(failure)?;
        let mut before = first;
        for (frame, nth) in frames.zip(2_u32..) {
            let now = picture(order, frame)?;
            if now.dimensions() != before.dimensions() {
                let (sizes, path) = ((before.dimensions(), now.dimensions()), path_of(order, frame));
                let message = format!("{} has another size than those before it: {sizes:?}", path.display());
                return Err(Failure::new(FailureClass::JobFatal, message));
            }
            append(&mut writer, &before, &now).map_err(failure)?;
            voice.say(&Fact::Progress(f64::from(nth) as f32 / count as f32))?;
            before = now;
        }
        writer.finish().map_err(failure)
    })?;
    voice.say(&Fact::FrameFinished(0))
}

fn begin<W: Write>(
    out: W,
    first: &RgbaImage,
    count: u32,
    rate: f64,
) -> Result<png::Writer<W>, png::EncodingError> {
    let mut encoder = png::Encoder::new(out, first.width(), first.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_animated(count, 0)?;
    let (numerator, denominator) = delay(rate);
    encoder.set_frame_delay(numerator, denominator)?;
    encoder.set_blend_op(png::BlendOp::Source)?;
    encoder.write_header()
}

fn append<W: Write>(
    writer: &mut png::Writer<W>,
    before: &RgbaImage,
    now: &RgbaImage,
) -> Result<(), png::EncodingError> {
    let (left, top, width, height) = changed(before, now);
    // The position first: the writer refuses a rectangle that leaves the picture, at every step.
    writer.reset_frame_position()?;
    writer.set_frame_dimension(width, height)?;
    writer.set_frame_position(left, top)?;
    writer.write_image_data(&image::imageops::crop_imm(now, left, top, width, height).to_image())
}

/// The smallest rectangle outside which two pictures are alike; one pixel when they are alike everywhere.
fn changed(before: &RgbaImage, now: &RgbaImage) -> (u32, u32, u32, u32) {
    let pairs = before.enumerate_pixels().zip(now.pixels());
    let differing = pairs.filter(|((_, _, before), now)| before != now).map(|((x, y, _), _)| (x, y));
    let bounds = differing.fold(None, |bounds, (x, y)| {
        let (left, top, right, bottom) = bounds.unwrap_or((x, y, x, y));
        Some((left.min(x), top.min(y), right.max(x), bottom.max(y)))
    });
    let (left, top, right, bottom) = bounds.unwrap_or_default();
    (left, top, right - left + 1, bottom - top + 1)
}

/// Seconds for each frame, as a fraction of two small numbers.
fn delay(rate: f64) -> (u16, u16) {
    // Thousandths for film rates such as 23.976, as long as they fit.
    let scale = if rate <= 60.0 { 1000 } else { 100 };
    let (mut a, mut b) = (scale, (rate * f64::from(scale)).round() as u16);
    let (numerator, denominator) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    (numerator / a, denominator / a)
}

fn path_of(order: &Order, frame: i32) -> PathBuf {
    Path::new(order.input.directory()).join(order.input.file_name(frame))
}

fn picture(order: &Order, frame: i32) -> Result<RgbaImage, Failure> {
    let path = path_of(order, frame);
    let missing = |error: &dyn std::error::Error| {
        let message = format!("{} cannot be read: {}", path.display(), in_full(error));
        Failure::new(FailureClass::InputMissing, message)
    };
    let mut reader = ImageReader::open(&path).map_err(|error| missing(&error))?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MAX_PIXELS * 8);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| missing(&error))?.into_rgba8();
    Ok(match order.width {
        Some(width) => shrink(picture, width),
        None => picture,
    })
}

fn failure(error: png::EncodingError) -> Failure {
    Failure::new(FailureClass::OutputIo, in_full(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_become_small_fractions() {
        let cases =
            [(25.0, (1, 25)), (0.1, (10, 1)), (23.976, (125, 2997)), (240.0, (1, 240)), (60.0, (1, 60))];
        for (rate, fraction) in cases {
            assert_eq!(delay(rate), fraction, "{rate}");
        }
    }

    #[test]
    fn only_what_changed_is_stored() {
        let before = RgbaImage::new(9, 7);
        assert_eq!(changed(&before, &before), (0, 0, 1, 1));
        let mut now = before.clone();
        now.put_pixel(2, 3, image::Rgba([1; 4]));
        now.put_pixel(8, 4, image::Rgba([1; 4]));
        assert_eq!(changed(&before, &now), (2, 3, 7, 2));
    }
}
