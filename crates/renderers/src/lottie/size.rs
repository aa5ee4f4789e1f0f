//! The size that pictures will have, told by the two numbers in the file that decide it. The agent asks this
//! in its own process, so nothing else of a stranger's file is read here; the child reads it whole.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use callsheet_lottie::Analysis;
use serde::Deserialize;

use super::Options;

#[derive(Deserialize)]
struct Sides {
    w: f64,
    h: f64,
}

/// `None` when the file does not say: then the child says what is wrong with it.
pub(super) fn size(template: &Path, options: &Options) -> Option<(u32, u32)> {
    let Sides { w, h } = serde_json::from_reader(BufReader::new(File::open(template).ok()?)).ok()?;
    let sides = Analysis {
        width: w.round() as u32,
        height: h.round() as u32,
        frame_rate: 1.0,
        first_frame: 0,
        last_frame: 0,
        version: None,
        findings: Vec::new(),
    };
    let (width, height) = options.drawing().size(&sides).ok()?;
    Some((width.into(), height.into()))
}
