//! Drawing, inside the child process.

use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use callsheet_lottie::{Animation, RenderError};
use callsheet_model::{Failure, FailureClass, FrameSet, OutputPattern};
use serde::{Deserialize, Serialize};

use super::{Options, open};
use crate::Fact;
use crate::child::{Voice, in_full, write_whole};

/// What a child is to draw.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    pub(super) template: PathBuf,
    pub(super) frames: FrameSet,
    pub(super) place: PathBuf,
    pub(super) output: OutputPattern,
    pub(super) options: Options,
    pub(super) approximate: bool,
}

/// Draws the frames of an order, one after another.
pub(crate) fn render(order: &Order, voice: &mut Voice<'_>) -> Result<(), Failure> {
    let bytes = std::fs::read(&order.template).map_err(|error| {
        let message = format!("the template {} cannot be read: {error}", order.template.display());
        Failure::new(FailureClass::InputMissing, message)
    })?;
    let animation =
        open(&bytes, order.approximate).map_err(|message| Failure::new(FailureClass::JobFatal, message))?;
    drop(bytes);
    voice.say(&Fact::Rendering)?;
    for finding in &animation.analysis().findings {
        voice.say(&Fact::Warning(finding.to_string()))?;
    }
    for frame in order.frames.iter() {
        let begun = Instant::now();
        voice.say(&Fact::FrameStarted(frame))?;
        draw(&animation, order, frame)?;
        // A pace of its own, so that a preview leaves the machine to others.
        thread::sleep(order.options.pace.saturating_sub(begun.elapsed()));
        voice.say(&Fact::FrameFinished(frame))?;
    }
    Ok(())
}

fn draw(animation: &Animation, order: &Order, frame: i32) -> Result<(), Failure> {
    let picture = animation.render(frame, &order.options.drawing()).map_err(failure)?;
    let path = order.place.join(order.output.file_name(frame));
    write_whole(&path, |out| picture.write_png(out, frame).map_err(failure))
}

fn failure(error: RenderError) -> Failure {
    let class = match &error {
        // Wherever it is tried again, the file and the frame stay the same.
        RenderError::NoSuchFrame { .. } | RenderError::Size { .. } => FailureClass::JobFatal,
        RenderError::Png(_) => FailureClass::OutputIo,
        RenderError::TooComplex { .. } | RenderError::Rasteriser { .. } => FailureClass::Crash,
    };
    Failure::new(class, in_full(&error))
}
