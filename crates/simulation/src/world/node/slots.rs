//! A node's slots: renderers at work, what their agent hears of them, and the hand that publishes what they leave.

use std::sync::Arc;
use std::time::Duration;

use callsheet_agent::{Input, News, Offer};
use callsheet_model::{Failure, FailureClass, FrameSet, Token, Work};

use super::Node;
use crate::sight::Sight;
use crate::world::Shared;
use crate::world::happening::NodeHappening;
use crate::world::renderer::{Attempt, Beat};
use crate::world::storage::{Content, Moved};

impl Node {
    pub(super) fn launch(&mut self, w: &mut Shared<'_>, slot: usize, offer: Arc<Offer>) {
        let token = offer.token;
        let template = offer.brief.spec.template.as_ref();
        let there = template.map(|template| self.cache.has(template.md5));
        w.core.tally.attempts += 1;
        w.core.saw(Sight::Started { node: self.nth, offer: &offer, template: there });
        let quirks = w.scenario.quirks_of(offer.brief.job, offer.brief.step);
        let mood = w.core.dice.one_of(&self.moods).copied();
        let mut attempt = Attempt::new(offer, &quirks, mood, &mut w.core.dice);
        if quirks.licensed && attempt.offer.work == Work::Render {
            attempt.licensed = *w.licences_used < w.licences;
            *w.licences_used += u16::from(attempt.licensed);
            if !attempt.licensed {
                attempt.verdict = Err(Failure::new(FailureClass::Licence, "no seat is free"));
            }
        }
        let (wait, beat) = attempt.launch(&mut w.core.dice);
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some((token, attempt));
        }
        self.after(w, wait, NodeHappening::Attempt { slot, token, beat });
    }

    pub(super) fn kill(&mut self, w: &mut Shared<'_>, slot: usize, token: Token, bitten: bool) {
        let Some(Some((_, attempt))) = self.slots.get_mut(slot).filter(|place| holds(place, token)) else {
            return;
        };
        if !attempt.dying {
            (attempt.dying, attempt.bitten) = (true, bitten);
            attempt.verdict = Err(Failure::new(FailureClass::Crash, "killed"));
            let takes = w.core.dice.between(5_000, 60_000);
            self.after(w, takes, NodeHappening::Attempt { slot, token, beat: Beat::Gone });
        }
    }

    /// An attempt goes on. Its agent hears of it now, or when it can hear again.
    pub(super) fn play(&mut self, w: &mut Shared<'_>, slot: usize, token: Token, beat: Beat, unheard: bool) {
        let Some(Some((_, attempt))) = self.slots.get_mut(slot).filter(|place| holds(place, token)) else {
            return;
        };
        if beat == Beat::Learn {
            let news = std::mem::take(&mut attempt.unheard);
            return self.learn(w, slot, token, news);
        }
        if attempt.gone || attempt.dying && beat != Beat::Gone {
            return;
        }
        let job = attempt.offer.brief.job;
        let mut took = 0;
        if let Beat::Frame(frame) = beat {
            took = attempt.drawing;
            w.core.saw(Sight::Drawn { node: self.nth, offer: &attempt.offer, frame });
            match attempt.leaves(frame) {
                None => {}
                Some(whole) => {
                    let has_output = attempt.offer.brief.spec.has_output();
                    let written =
                        !has_output || w.storage.write(job, frame, Content { attempt: token, whole });
                    if !written {
                        attempt.verdict =
                            Err(Failure::new(FailureClass::StorageOut, "nothing can be written"));
                    }
                    if !whole {
                        attempt.broken.push(format!("frame {frame} is not whole"));
                    } else if written {
                        let template = attempt.offer.brief.spec.template.as_ref();
                        let template = template.map(|template| self.cache.has(template.md5));
                        w.core.saw(Sight::Rendered { node: self.nth, token, frame, template });
                    }
                }
            }
        }
        let failed_now = matches!(beat, Beat::Frame(_)) && attempt.verdict.is_err();
        let mut news = if failed_now { Vec::new() } else { attempt.news(beat, took) };
        let next = attempt.next(beat, &mut w.core.dice);
        if unheard {
            attempt.unheard.append(&mut news);
        }
        if beat == Beat::Gone {
            attempt.gone = true;
            *w.licences_used -= u16::from(std::mem::take(&mut attempt.licensed));
            let guilt = attempt.guilt();
            w.core.saw(Sight::Stopped { node: self.nth, token, guilt });
        }
        if let Some((wait, beat)) = next {
            self.after(w, wait, NodeHappening::Attempt { slot, token, beat });
        }
        self.learn(w, slot, token, news);
    }

    pub(super) fn learn(&mut self, w: &mut Shared<'_>, slot: usize, token: Token, news: Vec<News>) {
        for news in news {
            if matches!(news, News::Ended { .. }) {
                self.slots[slot] = None;
            }
            self.mind(w, Input::Attempt { slot, token, news });
        }
    }

    /// Files are moved, in one go; not when the lease's time may be over.
    pub(super) fn moved(
        &mut self,
        w: &mut Shared<'_>,
        offer: &Offer,
        frames: &FrameSet,
        until: Option<Duration>,
    ) {
        let token = offer.token;
        if until.is_some_and(|until| self.local(w.core.now) >= until) {
            let unbegun = frames.clone();
            let (done, lost, failed) = Default::default();
            return self.mind(w, Input::Published { token, done, lost, failed, unbegun });
        }
        let moved = if offer.brief.spec.has_output() {
            w.storage.publish(offer, frames)
        } else {
            Moved { done: frames.clone(), ..Default::default() }
        };
        for frame in moved.done.iter() {
            let path = (offer.brief.job, offer.brief.step, frame);
            if let Some(content) = w.storage.at(&path) {
                w.core.saw(Sight::Published { node: self.nth, token, path, content });
            }
        }
        w.core.tally.published += moved.done.len();
        let (done, lost, failed) = (moved.done, moved.lost, moved.failed);
        self.mind(w, Input::Published { token, done, lost, failed, unbegun: Default::default() });
    }
}

fn holds(place: &Option<(Token, Attempt)>, token: Token) -> bool {
    place.as_ref().is_some_and(|(held, _)| *held == token)
}
