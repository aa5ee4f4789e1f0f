//! What must hold in every history of events, whatever was killed while it was made.

use std::collections::BTreeMap;

use callsheet_model::FrameSet;

use super::Event;

type Step = (String, u64);

/// No frame is ever in two hands, and none is rendered again once it was accepted (unless its bytes were lost).
#[track_caller]
pub(crate) fn assert_history(events: &[Event]) {
    let mut hands: BTreeMap<String, (Step, FrameSet)> = BTreeMap::new();
    let mut accepted: BTreeMap<Step, FrameSet> = BTreeMap::new();
    for event in events {
        let step = (event.job().to_owned(), event.step());
        let frames = event.frames();
        match event.kind.as_str() {
            "frame_job.leased" if event.is_render_lease() => {
                for (token, (of, held)) in hands.iter().filter(|(_, (of, _))| *of == step) {
                    let twice = held.intersection(&frames);
                    assert!(
                        twice.is_empty(),
                        "{of:?}: {twice} is in hands under {token} and {}",
                        event.token()
                    );
                }
                let again = accepted.entry(step.clone()).or_default().intersection(&frames);
                assert!(again.is_empty(), "{step:?}: {again} was accepted, and is handed out again");
                hands.insert(event.token().to_owned(), (step, frames));
            }
            "frame_job.frames_accepted" => {
                let (_, held) = hands.get_mut(event.token()).expect("only what is in hands is accepted");
                let foreign = frames.difference(held);
                assert!(
                    foreign.is_empty(),
                    "{foreign} is accepted under {}, which does not hold it",
                    event.token()
                );
                held.subtract(&frames);
                accepted.entry(step).or_default().add(&frames);
            }
            "frame_job.frames_lost" => accepted.entry(step).or_default().subtract(&frames),
            "frame_job.frames_failed" | "frame_job.frames_dead_lettered" | "frame_job.frames_returned" => {
                if let Some((_, held)) = hands.get_mut(event.token()) {
                    held.subtract(&frames);
                }
            }
            "frame_job.released" => {
                hands.remove(event.token());
            }
            _ => {}
        }
    }
}

/// How often frames of a job were handed out for rendering beyond the first time.
pub(crate) fn handed_out_again(events: &[Event], job: &str) -> u64 {
    let mut first: BTreeMap<u64, FrameSet> = BTreeMap::new();
    let mut again = 0;
    for event in events.iter().filter(|event| event.is_render_lease() && event.job() == job) {
        let seen = first.entry(event.step()).or_default();
        again += event.frames().intersection(seen).len();
        seen.add(&event.frames());
    }
    again
}
