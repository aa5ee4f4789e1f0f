//! How much a file may ask for. Files come from strangers; each limit lies far above real animations and far
//! below what would hurt the machine that draws them.

/// Bytes of JSON.
pub(crate) const FILE_BYTES: usize = 64 << 20;
/// Pixels along one side of a picture, and of the animation itself.
pub(crate) const SIDE: u32 = 16_384;
/// Pixels of one picture: 8K film twice over.
pub(crate) const PIXELS: u64 = 1 << 26;
/// Frames of one animation: nine hours at 30 frames a second.
pub(crate) const FRAMES: f64 = 1_000_000.0;
/// Any number in the file.
pub(crate) const NUMBER: f64 = 1e9;
/// Compositions inside compositions.
pub(crate) const COMP_DEPTH: usize = 32;
/// Layers after every composition is unfolded.
pub(crate) const LAYERS: usize = 100_000;
/// Corners of a star, copies of a repeater.
pub(crate) const COPIES: f64 = 10_000.0;
/// Path elements evaluated for one frame.
pub(crate) const ELEMENTS: usize = 4_000_000;
/// Dashes along one path.
pub(crate) const DASHES: f64 = 50_000.0;
/// Furthest device pixel from the origin that is handed to the rasteriser.
pub(crate) const REACH: f64 = 1e7;
