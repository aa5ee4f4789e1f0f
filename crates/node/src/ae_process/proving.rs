//! Proving frames beside the rendering: on the blocking pool, some at a time, in the order they appeared.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use callsheet_model::{Failure, FrameSet};
use callsheet_renderers::proof::{Prover, Unproven};
use callsheet_renderers::publish;
use callsheet_supervision::aside;
use tokio::task::JoinHandle;

use crate::ae_process::workshop::Bench;

/// Frames proven in one go: their names are synced together.
const AT_ONCE: u64 = 32;
/// With large files it is fewer: what is proven is told this often.
const LONGEST: Duration = Duration::from_secs(1);

/// What has come of proving some frames.
#[derive(Debug, Default)]
pub(super) struct Proof {
    pub(super) proven: FrameSet,
    pub(super) bytes: u64,
    /// Why others are not, by frame.
    pub(super) broken: BTreeMap<i32, Failure>,
    /// For which there was no time.
    pub(super) left: FrameSet,
}

/// Proves the frames of one attempt.
pub(super) struct Proving {
    bench: Arc<Bench>,
    waiting: FrameSet,
    done: FrameSet,
    /// At home while nothing is being proven.
    prover: Option<Prover>,
    working: Option<JoinHandle<(Prover, Proof)>>,
}

impl Proving {
    pub(super) fn new(bench: Arc<Bench>) -> Self {
        let prover = Some(Prover::new(bench.expectation()));
        Self { bench, waiting: FrameSet::new(), done: FrameSet::new(), prover, working: None }
    }

    /// Frames that are worth a look now.
    pub(super) fn add(&mut self, frames: &FrameSet) {
        self.waiting.add(&frames.difference(&self.done));
        self.set_to_work();
    }

    pub(super) fn is_idle(&self) -> bool {
        self.working.is_none()
    }

    /// Frames proven so far.
    pub(super) fn done(&self) -> &FrameSet {
        &self.done
    }

    /// Waits for what is being proven; nothing ever when nothing is. Can be dropped while it waits.
    pub(super) async fn next(&mut self) -> Proof {
        let Some(working) = &mut self.working else { return std::future::pending().await };
        let finished = working.await;
        self.working = None;
        let proof = match finished {
            Ok((prover, proof)) => {
                self.prover = Some(prover);
                proof
            }
            // Decoders that panic are caught; whatever this was, the frames are not proven.
            Err(_) => {
                self.prover = Some(Prover::new(self.bench.expectation()));
                Proof::default()
            }
        };
        self.done.add(&proof.proven);
        self.waiting.add(&proof.left);
        self.set_to_work();
        proof
    }

    fn set_to_work(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let Some(mut prover) = self.prover.take() else { return };
        let frames = self.waiting.take_first(AT_ONCE);
        let bench = self.bench.clone();
        self.working = Some(aside(move || {
            let proof = prove(&mut prover, &bench, &frames);
            (prover, proof)
        }));
    }
}

fn prove(prover: &mut Prover, bench: &Bench, frames: &FrameSet) -> Proof {
    let (mut proof, began) = (Proof { left: frames.clone(), ..Proof::default() }, Instant::now());
    for frame in frames.iter() {
        if began.elapsed() >= LONGEST {
            break;
        }
        proof.left.remove(frame);
        match prove_one(prover, bench, frame) {
            Ok(bytes) => {
                proof.proven.insert(frame);
                proof.bytes += bytes;
            }
            Err(failure) => {
                proof.broken.insert(frame, failure);
            }
        }
    }
    if !proof.proven.is_empty()
        && let Err(source) = publish::sync_directory(&bench.place)
    {
        // Not on the platter, so not proven.
        let failure = Unproven::Io { doing: "synced", source }.failure(&bench.place.to_string_lossy());
        let unsynced = std::mem::take(&mut proof.proven);
        proof.broken.extend(unsynced.iter().map(|frame| (frame, failure.clone())));
        proof.bytes = 0;
    }
    proof
}

fn prove_one(prover: &mut Prover, bench: &Bench, frame: i32) -> Result<u64, Failure> {
    let assignment = bench.assignment();
    let (Some(produced), Some(result)) =
        (bench.renderer.produced(&assignment, frame), assignment.result(frame))
    else {
        return Ok(0);
    };
    let name = result.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let proven = prover.prove(&produced, Some(frame)).map_err(|unproven| unproven.failure(&name))?;
    publish::settle(&produced, &result)
        .map_err(|source| Unproven::Io { doing: "renamed", source }.failure(&name))?;
    Ok(proven.bytes)
}
