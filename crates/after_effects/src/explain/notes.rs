//! What a log cannot tell, said plainly.

use crate::log::Counting;
use crate::verdict::{Account, How, Order};

/// Sentences: lower case, no full stop.
pub(super) fn notes(account: &Account, order: &Order, how: How, succeeded: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if how == How::Untold {
        notes.push("the exit code: aerender ends with 0 after some failures, too".to_owned());
    }
    notes.push("whether the files are there and whole: only looking at each of them can".to_owned());
    let begun = account.compositions().any(|composition| !composition.is_finished());
    let dead = account.errors().is_empty() && how == How::Untold && !account.is_closed();
    if dead && !succeeded && (begun || account.compositions().next().is_none()) {
        notes.push("whether it still runs: then it is no failure yet".to_owned());
    }
    notes.extend(account.compositions().filter_map(|composition| {
        let name = composition.name().map(|name| format!(" of {name:?}")).unwrap_or_default();
        if composition.count() == 0 {
            let told = composition.is_finished();
            return told.then(|| format!("which frames{name} were rendered: this output module names none"));
        }
        let (frames, counting) = composition.frames(order.frames.as_ref());
        match counting {
            Counting::Header | Counting::Written => None,
            Counting::Lines => Some(format!(
                "the frame rate{name}: the frames' numbers are worked out from how the lines follow one another"
            )),
            Counting::Ordinals => Some(format!(
                "the timecode's frame rate{name}: the frames' numbers are counted on from the first one"
            )),
            Counting::Unknown => Some(format!(
                "which {} frames{name} are finished: the header with start and frame rate is missing",
                composition.count().max(frames.len())
            )),
        }
    }));
    notes.extend(account.compositions().filter(|composition| composition.half_done() > 0).map(
        |composition| {
            let count = composition.half_done();
            let more =
                if count == 1 { "1 more frame is".to_owned() } else { format!("{count} more frames are") };
            format!("whether {more} finished: only one of two fields is named")
        },
    ));
    if succeeded && order.frames.is_none() {
        notes.extend(account.compositions().filter_map(unnamed));
    }
    notes
}

/// Frames that the header has and no line names, in a log that speaks of success.
fn unnamed(composition: &crate::log::Composition) -> Option<String> {
    if composition.count() == 0 {
        return None;
    }
    let unnamed = composition.range(None)?.difference(&composition.frames(None).0).len();
    let verb = if unnamed == 1 { "frame was" } else { "frames were" };
    (unnamed > 0)
        .then(|| format!("whether {unnamed} {verb} rendered that no line names: say which were asked for"))
}
