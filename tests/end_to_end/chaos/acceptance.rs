//! What the log says was accepted: of which attempt each frame is, and how many bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use callsheet_model::FrameSet;

use crate::harness::Event;

/// A step: the job's id, and which one of it.
type Step = (String, u64);

#[derive(Default)]
pub(super) struct Accepted {
    tokens: BTreeMap<(Step, i32), String>,
    /// By step and token: which frames, and how many bytes all of them have.
    bytes: BTreeMap<(Step, String), (FrameSet, u64)>,
}

impl Accepted {
    pub(super) fn of(events: &[Event]) -> Self {
        let mut all = Self::default();
        for event in events.iter().filter(|event| event.is("frame_job.frames_accepted")) {
            let (step, token) = ((event.job().to_owned(), event.step()), event.token().to_owned());
            for frame in event.frames().iter() {
                // Only what was lost is accepted twice: the history was held to that.
                all.tokens.insert((step.clone(), frame), token.clone());
            }
            let (frames, bytes) = all.bytes.entry((step, token)).or_default();
            frames.add(&event.frames());
            *bytes += event.payload["bytes"].as_u64().unwrap();
        }
        all
    }

    /// The token under which a frame was accepted.
    pub(super) fn token(&self, job: &str, step: u64, frame: i32) -> Option<&String> {
        self.tokens.get(&((job.to_owned(), step), frame))
    }

    /// Each attempt's files have as many bytes as were accepted, unless some of them were lost and drawn anew.
    #[track_caller]
    pub(super) fn assert_sizes(&self, job: &str, step: u64, path: impl Fn(i32) -> PathBuf) {
        let of_step = self.bytes.iter().filter(|((of, _), _)| (of.0.as_str(), of.1) == (job, step));
        for ((_, token), (frames, bytes)) in of_step {
            if frames.iter().all(|frame| self.token(job, step, frame) == Some(token)) {
                let found: u64 = frames.iter().map(|frame| fs::metadata(path(frame)).unwrap().len()).sum();
                assert_eq!(found, *bytes, "bytes of {frames}, which {job} has of {token}");
            }
        }
    }
}
