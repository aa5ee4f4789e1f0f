//! Sound: a tone as long as what is rendered, in a WAV file of one channel. Written whole at the end of a render;
//! it says nothing of what the composition sounds like.

use std::fs;
use std::io;
use std::path::Path;

/// Samples a second.
const RATE: u32 = 8000;
/// Samples of one swing: 400 Hz.
const SWING: u32 = 20;
const LOUD: i16 = 8000;

/// Writes so many seconds of it.
pub(crate) fn write(path: &Path, seconds: f64) -> io::Result<()> {
    // Spans are bounded, and never negative.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = (seconds * f64::from(RATE)).round() as u32;
    let half = |at: u32| if at % SWING < SWING / 2 { LOUD } else { -LOUD };
    let samples: Vec<u8> = (0..count).flat_map(|at| half(at).to_le_bytes()).collect();
    let length = count.saturating_mul(2);
    let one = 1u16.to_le_bytes();
    let mut bytes = Vec::with_capacity(samples.len() + 44);
    for part in [
        b"RIFF".as_slice(),
        &(length.saturating_add(36)).to_le_bytes(),
        b"WAVEfmt ",
        &16u32.to_le_bytes(),
        &one, // plain samples
        &one, // of one channel
        &RATE.to_le_bytes(),
        &(RATE * 2).to_le_bytes(),
        &2u16.to_le_bytes(),
        &16u16.to_le_bytes(),
        b"data",
        &length.to_le_bytes(),
        &samples,
    ] {
        bytes.extend_from_slice(part);
    }
    fs::write(path, bytes)
}
