//! What people and programs are shown: tables, sentences, JSON. It refuses to ask the leader anything.
//!
//! A terminal gets colour and tables cut to its width; a pipe gets the same columns as plain text, uncut.

pub(crate) mod json;
pub(crate) mod show;
pub(crate) mod table;
pub(crate) mod words;

use std::io::{self, Write};

/// Writes one line of a result. Unlike `println!` it fails, instead of panicking, when the reader has left.
pub(crate) fn line(text: impl AsRef<str>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.as_ref())?;
    out.flush()
}

/// Tells people something about the command itself.
pub(crate) fn note(text: impl AsRef<str>) {
    eprintln!("{}", text.as_ref());
}
