//! Bounds on one process: a renderer that stands still is killed.
//!
//! ```text
//!   launched ─► Starting ── first sign of a frame ─► Rendering ── all frames finished ─► Exiting ─► (ended)
//!                  │ start                              │ frame, anew with each sign        │ exit
//!                  ▼                                    ▼                                   ▼
//!              HangStart                            HangFrame                           HangExit
//!
//!   (ended) ─► Proving ── anew with each proof ─► the next process, or the attempt's end
//!                  │ the longest of the three
//!                  ▼
//!              OutputIo
//! ```

use std::time::Duration;

use callsheet_model::{FailureClass, FrameSet, Timeouts};

#[derive(Debug)]
pub(crate) struct Watchdog {
    timeouts: Timeouts,
    phase: Phase,
    since: Duration,
    /// Frames of the process that are not finished.
    left: FrameSet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Starting,
    Rendering,
    Exiting,
    /// No process is left to be bitten, but what it left is still being looked at.
    Proving,
}

impl Watchdog {
    /// Getting ready for the first process counts as its start.
    pub(crate) fn new(timeouts: Timeouts, now: Duration) -> Self {
        Self { timeouts, phase: Phase::Starting, since: now, left: FrameSet::new() }
    }

    pub(crate) fn launched(&mut self, now: Duration, frames: FrameSet) {
        self.phase = Phase::Starting;
        self.since = now;
        self.left = frames;
    }

    /// The process moves: it is past its start, began a frame or came further with one.
    pub(crate) fn sign(&mut self, now: Duration) {
        if matches!(self.phase, Phase::Starting | Phase::Rendering) {
            self.phase = Phase::Rendering;
            self.since = now;
        }
    }

    pub(crate) fn finished(&mut self, now: Duration, frames: &FrameSet) {
        if matches!(self.phase, Phase::Exiting | Phase::Proving) {
            return;
        }
        self.left.subtract(frames);
        self.since = now;
        self.phase = if self.left.is_empty() { Phase::Exiting } else { Phase::Rendering };
    }

    /// The process is gone, and proving what it left comes forward.
    pub(crate) fn proving(&mut self, now: Duration) {
        self.phase = Phase::Proving;
        self.since = now;
    }

    /// Frames were proven. That a frame of the past is whole says nothing of the one being drawn, but it keeps
    /// the disk busy, which starting and ending wait for.
    pub(crate) fn proven(&mut self, now: Duration) {
        if self.phase != Phase::Rendering {
            self.since = now;
        }
    }

    /// A file that took that long to draw may take as long to read.
    fn proof(&self) -> Duration {
        let Timeouts { start, frame, exit } = self.timeouts;
        start.max(frame).max(exit)
    }

    /// When it bites, if nothing happens.
    pub(crate) fn deadline(&self) -> Duration {
        let timeout = match self.phase {
            Phase::Starting => self.timeouts.start,
            Phase::Rendering => self.timeouts.frame,
            Phase::Exiting => self.timeouts.exit,
            Phase::Proving => self.proof(),
        };
        self.since.saturating_add(timeout)
    }

    /// What it says when its time has come.
    pub(crate) fn bites(&self, now: Duration) -> Option<(FailureClass, String)> {
        if now < self.deadline() {
            return None;
        }
        Some(match self.phase {
            Phase::Starting => {
                (FailureClass::HangStart, format!("no sign of a frame within {:?}", self.timeouts.start))
            }
            Phase::Rendering => {
                (FailureClass::HangFrame, format!("no frame finished within {:?}", self.timeouts.frame))
            }
            Phase::Exiting => {
                (FailureClass::HangExit, format!("still there {:?} after its last frame", self.timeouts.exit))
            }
            Phase::Proving => (
                FailureClass::OutputIo,
                format!("no file could be read to its end within {:?}", self.proof()),
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_phase_has_its_own_bound() {
        let timeouts = Timeouts { start: secs(10), frame: secs(5), exit: secs(2) };
        let mut dog = Watchdog::new(timeouts, secs(0));
        let class = |dog: &Watchdog, at| dog.bites(secs(at)).map(|(class, _)| class);
        assert_eq!((class(&dog, 9), class(&dog, 10)), (None, Some(FailureClass::HangStart)));

        dog.launched(secs(1), FrameSet::range(1, 2));
        assert_eq!((class(&dog, 10), class(&dog, 11)), (None, Some(FailureClass::HangStart)));
        dog.sign(secs(9));
        assert_eq!((class(&dog, 13), class(&dog, 14)), (None, Some(FailureClass::HangFrame)));
        dog.finished(secs(13), &FrameSet::one(1));
        assert_eq!(class(&dog, 18), Some(FailureClass::HangFrame));
        dog.finished(secs(17), &FrameSet::one(2));
        dog.sign(secs(18));
        assert_eq!((class(&dog, 18), class(&dog, 19)), (None, Some(FailureClass::HangExit)));

        dog.launched(secs(30), FrameSet::one(3));
        assert_eq!(dog.deadline(), secs(40), "the next process starts anew");
    }

    #[test]
    fn proofs_that_come_forward_are_not_bitten() {
        let timeouts = Timeouts { start: secs(10), frame: secs(5), exit: secs(2) };
        let mut dog = Watchdog::new(timeouts, secs(0));
        dog.launched(secs(0), FrameSet::range(1, 2));
        dog.finished(secs(1), &FrameSet::range(1, 2));
        dog.proven(secs(2));
        assert_eq!(dog.deadline(), secs(4), "still exiting");
        dog.proving(secs(3));
        dog.finished(secs(3), &FrameSet::one(3));
        for second in [10, 19, 28] {
            assert_eq!(dog.bites(secs(second)), None);
            dog.proving(secs(second));
        }
        assert_eq!(dog.bites(secs(38)).map(|(class, _)| class), Some(FailureClass::OutputIo));
        dog.launched(secs(38), FrameSet::one(3));
        dog.sign(secs(39));
        dog.proven(secs(42));
        assert_eq!(dog.bites(secs(44)).map(|(class, _)| class), Some(FailureClass::HangFrame));
    }
}
