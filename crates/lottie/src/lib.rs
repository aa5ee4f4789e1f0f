//! Lottie animations, drawn on one CPU thread without anything else installed.
//!
//! ```text
//!   bytes ─► dialect ─► read ─► model ─► shapes, stage (once per frame) ─► Picture ─► PNG
//!             old files   └──► Analysis: what will not look right, by layer
//! ```
//!
//! The crate draws a subset of Lottie, and the [`Analysis`] names everything outside that subset that a file
//! uses. It refuses to guess: a frame outside the animation is an error, and what cannot be drawn is said
//! beforehand instead of being left out in silence. It starts no process and keeps no state: the same file and
//! frame give the same bytes, alone or in a range, on any thread.

mod animation;
mod dialect;
mod error;
mod finding;
mod geometry;
mod limits;
mod masks;
mod model;
mod modify;
mod paint;
mod picture;
mod read;
mod shapes;
mod stage;
mod value;

pub use animation::{Animation, RenderOptions, Rgba};
pub use error::{LoadError, RenderError};
pub use finding::{Analysis, Feature, Finding, Severity};
pub use picture::Picture;
