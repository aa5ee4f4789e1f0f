//! What can go wrong, told apart by who can do something about it: a file that cannot be read, or a frame
//! that cannot be drawn. A feature that is merely not drawn is no error; it is a [`crate::Finding`].

use thiserror::Error;

/// Why a file is not an animation this crate can hold.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file is larger than any animation has reason to be.
    #[error("file is {bytes} bytes, more than the {limit} this renderer reads")]
    TooLarge {
        /// Size of the file.
        bytes: usize,
        /// The most that is read.
        limit: usize,
    },
    /// The bytes are not JSON.
    #[error("not a lottie file: it is no valid JSON")]
    Json(#[source] serde_json::Error),
    /// The JSON does not have the shape of a Lottie animation.
    #[error("not a valid lottie file: {place}: {what}")]
    Malformed {
        /// Where: layer names, then the key.
        place: String,
        /// What was found there, or was missing.
        what: String,
    },
    /// The file asks for more than a renderer on a shared machine should promise.
    #[error("{place}: {what} is {value}, the limit is {limit}")]
    OverLimit {
        /// Where: layer names, or `animation`.
        place: String,
        /// What is counted.
        what: &'static str,
        /// What the file asks for.
        value: String,
        /// The most that is accepted.
        limit: String,
    },
    /// A composition contains itself.
    #[error("composition {id:?} contains itself")]
    Cycle {
        /// The asset's id.
        id: String,
    },
}

/// Why one frame was not drawn.
#[derive(Debug, Error)]
pub enum RenderError {
    /// Nothing is drawn outside the animation, not even an empty picture.
    #[error("frame {frame} is outside the animation, which has frames {first} to {last}")]
    NoSuchFrame {
        /// The frame that was asked for.
        frame: i32,
        /// The animation's first frame.
        first: i32,
        /// The animation's last frame.
        last: i32,
    },
    /// The picture would have no pixels, or too many.
    #[error("picture size {width}x{height} is outside 1x1 to {limit}x{limit}")]
    Size {
        /// Width asked for.
        width: f64,
        /// Height asked for.
        height: f64,
        /// The longest side that is drawn.
        limit: u32,
    },
    /// Evaluating the frame grew beyond what any real drawing needs.
    #[error("frame {frame} is too complex: more than {limit} {what}")]
    TooComplex {
        /// The frame.
        frame: i32,
        /// What was counted.
        what: &'static str,
        /// The most that is accepted.
        limit: usize,
    },
    /// The rasteriser gave up on what the file made of it.
    #[error("frame {frame} could not be drawn: {message}")]
    Rasteriser {
        /// The frame.
        frame: i32,
        /// The rasteriser's own words.
        message: String,
    },
    /// The picture could not be written.
    #[error("picture could not be written as PNG")]
    Png(#[from] png::EncodingError),
}
