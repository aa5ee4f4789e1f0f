//! Making a picture smaller without dark seams where it is transparent.

use image::RgbaImage;
use image::imageops::{FilterType, resize};

/// At most `width` wide, in its proportions.
pub(super) fn shrink(mut picture: RgbaImage, width: u32) -> RgbaImage {
    if picture.width() <= width {
        return picture;
    }
    let height = u64::from(picture.height()) * u64::from(width) / u64::from(picture.width());
    // What is transparent has a colour too, and must not be mixed in: colours are weighted with their alpha.
    for pixel in picture.pixels_mut() {
        let [r, g, b, a] = pixel.0;
        pixel.0 = [weighted(r, a), weighted(g, a), weighted(b, a), a];
    }
    let mut small =
        resize(&picture, width, u32::try_from(height).unwrap_or(u32::MAX).max(1), FilterType::Triangle);
    for pixel in small.pixels_mut() {
        let [r, g, b, a] = pixel.0;
        pixel.0 = [plain(r, a), plain(g, a), plain(b, a), a];
    }
    small
}

fn weighted(channel: u8, alpha: u8) -> u8 {
    ((u16::from(channel) * u16::from(alpha) + 127) / 255) as u8
}

fn plain(channel: u8, alpha: u8) -> u8 {
    let alpha = u16::from(alpha);
    (u16::from(channel) * 255 + alpha / 2).checked_div(alpha).unwrap_or(0).min(255) as u8
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn transparent_pixels_do_not_darken_their_neighbours() {
        let picture =
            RgbaImage::from_fn(40, 20, |x, _| if x < 19 { Rgba([250, 100, 50, 255]) } else { Rgba([0; 4]) });
        let small = shrink(picture, 10);
        assert_eq!(small.dimensions(), (10, 5));
        for pixel in small.pixels().filter(|pixel| pixel.0[3] > 8) {
            let [r, g, ..] = pixel.0;
            assert!(r.abs_diff(250) < 9 && g.abs_diff(100) < 9, "{pixel:?}");
        }
    }

    #[test]
    fn a_small_picture_stays_as_it_is() {
        let picture = RgbaImage::from_pixel(8, 8, Rgba([1, 2, 3, 4]));
        assert_eq!(shrink(picture.clone(), 8), picture);
    }
}
