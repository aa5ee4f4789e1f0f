//! The storage that all nodes share: private places of attempts, and final paths. What is renamed is there whole or
//! not at all; what was being written when its writer died may be broken.

use std::collections::BTreeMap;

use callsheet_agent::Offer;
use callsheet_model::{FrameSet, JobId, StepIndex, Token};

use crate::Micros;

/// Bytes of one frame, known by who made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// The attempt that wrote them.
    pub attempt: Token,
    /// They are all there.
    pub whole: bool,
}

/// Where a frame belongs.
pub type FinalPath = (JobId, StepIndex, i32);

/// What has become of an order to publish.
#[derive(Clone, Debug, Default)]
pub struct Moved {
    /// At their final path.
    pub done: FrameSet,
    /// Nowhere to be found.
    pub lost: FrameSet,
    /// Not moved this time.
    pub failed: FrameSet,
}

/// Everything on it.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    places: BTreeMap<(JobId, Token), BTreeMap<i32, Content>>,
    published: BTreeMap<FinalPath, Content>,
    /// Faults that take it away.
    pub(crate) outages: u32,
    /// Whatever is done on it takes this much longer.
    pub(crate) slower_by: Micros,
}

impl Storage {
    /// Whether it can be reached.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.outages == 0
    }

    /// An attempt writes a frame into its place; false when it cannot.
    pub fn write(&mut self, job: JobId, frame: i32, content: Content) -> bool {
        if self.is_there() {
            self.places.entry((job, content.attempt)).or_default().insert(frame, content);
        }
        self.is_there()
    }

    /// What an attempt has written of a frame.
    #[must_use]
    pub fn written(&self, job: JobId, attempt: Token, frame: i32) -> Option<Content> {
        self.places.get(&(job, attempt))?.get(&frame).copied()
    }

    /// Renames files of an attempt to their final paths. One that is there already, from the same attempt, is done.
    pub fn publish(&mut self, offer: &Offer, frames: &FrameSet) -> Moved {
        let mut moved = Moved::default();
        if !self.is_there() {
            moved.failed = frames.clone();
            return moved;
        }
        let (job, step, attempt) = (offer.brief.job, offer.brief.step, offer.attempt());
        let place = self.places.get_mut(&(job, attempt));
        let mut place = place.map(std::mem::take).unwrap_or_default();
        for frame in frames.iter() {
            let path = (job, step, frame);
            if let Some(content) = place.remove(&frame) {
                self.published.insert(path, content);
                moved.done.insert(frame);
            } else if self.published.get(&path).is_some_and(|there| there.attempt == attempt) {
                moved.done.insert(frame);
            } else {
                moved.lost.insert(frame);
            }
        }
        if place.is_empty() {
            self.places.remove(&(job, attempt));
        } else {
            self.places.insert((job, attempt), place);
        }
        moved
    }

    /// Removes what an attempt left, but for some frames.
    pub fn clean(&mut self, job: JobId, attempt: Token, keep: &FrameSet) {
        if let Some(place) = self.places.get_mut(&(job, attempt)).filter(|_| self.outages == 0) {
            place.retain(|frame, _| keep.contains(*frame));
            if place.is_empty() {
                self.places.remove(&(job, attempt));
            }
        }
    }

    /// Removes what attempts of a job left, up to a token.
    pub fn sweep(&mut self, job: JobId, up_to: Token) {
        if self.is_there() {
            self.places.retain(|(of, token), _| *of != job || *token > up_to);
        }
    }

    /// What is at a final path.
    #[must_use]
    pub fn at(&self, path: &FinalPath) -> Option<Content> {
        self.published.get(path).copied()
    }

    /// Files that lie in private places.
    #[must_use]
    pub fn leftovers(&self) -> usize {
        self.places.values().map(BTreeMap::len).sum()
    }
}
