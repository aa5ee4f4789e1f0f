//! What an attempt tells: news to the agent at once, progress and output to those who watch, not too often.

use std::time::Duration;

use callsheet_agent::{Input, News, Offer};
use callsheet_model::signal::{LogChunk, Progress};
use callsheet_model::{FrameSet, NodeName};
use callsheet_protocol::v1::node_message::Body;
use tokio::time::Instant;

use crate::agent::{AgentHandle, Item};

/// Progress is told at most this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// An attempt's voice.
pub(super) struct Teller {
    agent: AgentHandle,
    node: NodeName,
    slot: usize,
    offer: std::sync::Arc<Offer>,
    frame: Option<i32>,
    fraction: Option<f32>,
    remaining: FrameSet,
    /// Something has changed that was not told.
    changed: bool,
    told_at: Option<Instant>,
    over: bool,
}

impl Teller {
    pub(super) fn new(agent: AgentHandle, node: NodeName, slot: usize, offer: std::sync::Arc<Offer>) -> Self {
        let remaining = offer.frames.clone();
        let (frame, fraction) = (None, None);
        let (changed, told_at, over) = (false, None, false);
        Self { agent, node, slot, offer, frame, fraction, remaining, changed, told_at, over }
    }

    pub(super) fn news(&self, news: News) {
        let (slot, token) = (self.slot, self.offer.token);
        self.agent.mind(Input::Attempt { slot, token, news });
    }

    pub(super) fn at(&mut self, started: Option<i32>, fraction: Option<f32>) {
        (self.frame, self.fraction, self.changed) = (started.or(self.frame), fraction, true);
    }

    pub(super) fn proven(&mut self, frames: &FrameSet) {
        self.remaining.subtract(frames);
        self.changed = true;
    }

    /// When progress is due to be told.
    pub(super) fn due(&self) -> Option<Instant> {
        let free = self.told_at.map_or_else(Instant::now, |told| told + PROGRESS_EVERY);
        self.changed.then_some(free)
    }

    /// Tells progress if it is due.
    pub(super) fn progress(&mut self) {
        let Some(due) = self.due() else { return };
        // Asked after it: what is due at once must not be due a moment later.
        let now = Instant::now();
        if now < due {
            return;
        }
        self.told_at = Some(now);
        self.tell();
    }

    /// Tells that nothing remains: those who watch forget the attempt. It is told however it ended, and once.
    pub(super) fn over(&mut self) {
        if !self.over {
            (self.over, self.remaining) = (true, FrameSet::new());
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.changed = false;
        let progress = Progress {
            node: self.node.clone(),
            token: self.offer.token,
            job: self.offer.brief.job,
            step: self.offer.brief.step,
            frame: self.frame,
            fraction: self.fraction,
            remaining: self.remaining.clone(),
        };
        self.agent.tell(Item::Signal(Body::Progress((&progress).into())));
    }

    pub(super) fn log(&self, offset: u64, text: String) {
        let chunk = LogChunk {
            node: self.node.clone(),
            token: self.offer.token,
            job: self.offer.brief.job,
            step: self.offer.brief.step,
            offset,
            text,
        };
        self.agent.tell(Item::Signal(Body::Log((&chunk).into())));
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        // A slot that dies takes its attempt with it, without a word.
        self.over();
    }
}
