//! `render`: what nodes start this binary with for a built-in renderer. Not for people.

use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which renderer
    pub(crate) kind: String,
    /// The file that says what to do
    #[arg(long)]
    pub(crate) assignment: PathBuf,
}
