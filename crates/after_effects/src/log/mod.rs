//! What After Effects writes, line by line, as facts.
//!
//! ```text
//!   bytes ─► bytes: lines ─► text: skeletons ─┬─► shape, words: progress ─► composition, numbers: which frames
//!                                             └─► anchor, catalogue: messages ─► classes
//! ```
//!
//! Both of its formats, whatever language, encoding and order. It refuses to fail, to keep more than a bounded
//! part of anything, and to say what the facts mean for an attempt: that is `verdict`.

mod anchor;
mod bytes;
mod catalogue;
mod composition;
mod encoding;
mod fact;
mod noise;
mod numbers;
mod reader;
mod render;
mod shape;
mod stamp;
pub(crate) mod text;
mod words;

pub use bytes::Lines;
pub use composition::Composition;
pub use encoding::decoded;
pub use fact::{Header, LogFact, WarningKind};
pub use numbers::Counting;
pub use reader::{LogFormat, LogReader};
pub use stamp::{Clockwork, Rate, Stamp};
