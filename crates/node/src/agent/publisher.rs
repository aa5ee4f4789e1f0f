//! Moving an attempt's accepted files to their final path, and removing what it left. Blocking.

use std::path::Path;

use callsheet_agent::Offer;
use callsheet_model::{FrameSet, OutputPattern};
use callsheet_renderers::publish::{self, PublishError};
use tokio::time::Instant;

use crate::ae_process::Workshop;

/// Files moved between two looks at the lease's clock.
const AT_ONCE: usize = 32;

/// What has become of an order.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub(super) done: FrameSet,
    pub(super) lost: FrameSet,
    pub(super) failed: FrameSet,
    /// Not begun: the lease might have run out.
    pub(super) unbegun: FrameSet,
}

pub(super) fn publish(
    workshop: &Workshop,
    offer: &Offer,
    frames: &FrameSet,
    until: Option<Instant>,
) -> Moved {
    let mut moved = Moved::default();
    let output = match workshop.output_of(&offer.brief.spec) {
        Ok(Some(output)) => output,
        // A step without output has nothing to move.
        Ok(None) => return Moved { done: frames.clone(), ..moved },
        Err(failure) => {
            tracing::warn!(token = %offer.token, %failure, "cannot be published");
            return Moved { failed: frames.clone(), ..moved };
        }
    };
    let place = publish::place_of(&output, offer.brief.job, offer.attempt());
    let all: Vec<i32> = frames.iter().collect();
    for some in all.chunks(AT_ONCE) {
        // A machine that slept must not go on with what it may not hold any more.
        if until.is_some_and(|until| Instant::now() >= until) {
            moved.unbegun.add(&some.iter().copied().collect());
            continue;
        }
        let names: Vec<String> = some.iter().map(|frame| output.file_name(*frame)).collect();
        let answers = publish::publish_all(&place, &names, Path::new(output.directory()));
        for (frame, answer) in some.iter().zip(answers) {
            match answer {
                Ok(()) => moved.done.insert(*frame),
                Err(PublishError::Missing { .. }) => moved.lost.insert(*frame),
                Err(error @ PublishError::Io { .. }) => {
                    tracing::warn!(token = %offer.token, frame, %error, "not published yet");
                    moved.failed.insert(*frame)
                }
            };
        }
    }
    moved
}

/// Removes what an attempt left in its place, except the files of frames that someone may still publish. The
/// last one of a job also removes the folders around it, if they are empty.
pub(super) fn clean(workshop: &Workshop, offer: &Offer, keep: &FrameSet, last: bool) {
    let Ok(Some(output)) = workshop.output_of(&offer.brief.spec) else { return };
    let place = publish::place_of(&output, offer.brief.job, offer.attempt());
    let done = if keep.is_empty() { publish::discard(&place) } else { remove_others(&place, &output, keep) };
    if last {
        publish::turn_off_the_light(&place);
    }
    match done {
        Ok(()) if keep.is_empty() => workshop.forget_place(offer.attempt()),
        Ok(()) => {}
        Err(error) => tracing::warn!(place = %place.display(), %error, "cannot be tidied up"),
    }
}

fn remove_others(place: &Path, output: &OutputPattern, keep: &FrameSet) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(place) {
        // The job is over, and was swept.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let frame = entry.file_name().to_str().and_then(|name| output.frame_of(name));
        if frame.is_some_and(|frame| !keep.contains(frame)) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
