//! From a template that arrived to an attempt's end, and from an accepted frame to its final path.

use std::time::Duration;

use callsheet_model::{Failure, FailureClass, FrameSet, Outcome, Reported, RunPhase, Token, Work};

use crate::action::Action;
use crate::agent::{Agent, Slot};
use crate::experience::Composition;
use crate::held::{Held, Killed, Phase, Run};
use crate::input::News;
use crate::watchdog::Watchdog;

impl Agent {
    pub(crate) fn fetched(&mut self, now: Duration, token: Token, result: Result<(), Failure>) {
        let Some(held) = self.held.get_mut(&token) else { return };
        if !matches!(held.phase, Phase::Fetching { .. }) {
            return;
        }
        match result {
            Ok(()) => held.has_come(now),
            Err(failure) => self.end(token, Outcome::Failed(failure.bounded()), FrameSet::new()),
        }
    }

    /// Templates whose source hangs: another node may have better access.
    pub(crate) fn give_up_fetching(&mut self, now: Duration) {
        let late = |held: &&Held| matches!(held.phase, Phase::Fetching { until } if now >= until);
        let late: Vec<_> = self.held.values().filter(late).map(|held| held.offer.clone()).collect();
        for offer in late {
            let start = offer.brief.spec.timeouts.start;
            let message = format!("the template is not there within {start:?}");
            let failure = Failure::new(FailureClass::InputMissing, message);
            self.end(offer.token, Outcome::Failed(failure), FrameSet::new());
        }
    }

    pub(crate) fn fetch_again(&mut self) {
        let wanted = self
            .held
            .values()
            .filter(|held| held.needs_template())
            .map(|held| Action::Fetch(held.offer.clone()));
        self.actions.extend(wanted);
    }

    /// A free slot gets its next frames at once.
    pub(crate) fn fill_slots(&mut self, now: Duration) {
        if self.leaving.is_some() || self.outbox.is_full() {
            return;
        }
        while let Some(slot) = self.slots.iter().position(|slot| *slot == Slot::Free) {
            let ready =
                |token: &Token| self.held.get(token).is_some_and(|held| matches!(held.phase, Phase::Waiting));
            let Some(place) = self.queue.iter().position(ready) else { return };
            let Some(token) = self.queue.remove(place) else { return };
            let Some(held) = self.held.get_mut(&token) else { continue };
            let usual = self.experience.usual(Composition::of(&held.offer));
            let watchdog = Watchdog::new(held.offer.brief.spec.timeouts, usual, now);
            held.phase = Phase::Running(Box::new(Run::new(slot, &held.offer, watchdog, now)));
            self.slots[slot] = Slot::Busy(token);
            self.actions.push(Action::Start { slot, offer: held.offer.clone() });
        }
    }

    pub(crate) fn news(&mut self, now: Duration, slot: usize, token: Token, news: News) {
        if self.slots.get(slot) != Some(&Slot::Busy(token)) {
            return;
        }
        if let News::Ended { verdict, broken } = news {
            self.slots[slot] = Slot::Free;
            self.bury(token);
            return self.attempt_ended(token, verdict, broken);
        }
        // Without its lease the attempt is only waited for.
        let Some(held) = self.held.get_mut(&token) else { return };
        let began = if begins(&news) { held.begin(now) } else { None };
        if let Some(began) = began {
            self.report(token, began);
        }
        let Some(held) = self.held.get_mut(&token) else { return };
        let (frames, is_preflight) = (held.offer.frames.clone(), held.offer.work == Work::Preflight);
        let Some(run) = held.run_mut() else { return };
        match news {
            News::Launched { frames } => {
                run.current = None;
                run.launched(now);
                run.watchdog.launched(now, frames);
            }
            News::Phase(phase) => run.watchdog.told(now, phase),
            News::Rendering | News::Progress => run.watchdog.sign(now),
            News::Grew => run.watchdog.grew(now),
            News::Working => run.watchdog.computed(now),
            News::FrameStarted(frame) => {
                run.current = Some(frame);
                run.watchdog.sign(now);
            }
            News::FramesFinished(finished) => {
                run.finished(&finished);
                run.watchdog.finished(now, &finished);
            }
            News::Proving => run.watchdog.proving(now, run.killed.is_none()),
            News::Proven { frames: proven, bytes, took } => {
                run.watchdog.proven(now);
                run.finished(&proven);
                let fresh = proven.intersection(&frames).difference(&held.proven);
                // Who only looks renders nothing.
                if !fresh.is_empty() && !is_preflight {
                    self.unwell = false;
                    held.proven.add(&fresh);
                    self.report(token, Reported::Proven { frames: fresh, bytes, took });
                }
            }
            News::Ended { .. } => {}
        }
    }

    fn attempt_ended(&mut self, token: Token, verdict: Result<(), Failure>, broken: Vec<String>) {
        let Some(held) = self.held.get(&token) else { return };
        let Some(run) = held.run() else { return };
        self.experience.learn(run.composition, run.watchdog.seen());
        let missing = match held.offer.work {
            Work::Preflight => FrameSet::new(),
            Work::Render | Work::Publish { .. } => held.offer.frames.difference(&held.proven),
        };
        let failure = match (&run.killed, verdict) {
            (Some(Killed::Stopped), _) => return self.end(token, Outcome::Stopped, FrameSet::new()),
            // It had nothing more to do than to go.
            (Some(Killed::Hung(bite)), _) if bite.class == FailureClass::HangExit && missing.is_empty() => {
                None
            }
            // Whatever it was at when it hung: it hung on that.
            (Some(Killed::Hung(_)), Err(failure)) if failure.class == FailureClass::StorageOut => {
                Some(failure)
            }
            (Some(Killed::Hung(bite)), verdict) => {
                let evidence = verdict.err().map(|failure| failure.evidence).unwrap_or_default();
                Some(Failure { evidence, ..Failure::new(bite.class, bite.message.clone()) })
            }
            (None, Err(failure)) => Some(failure),
            (None, Ok(())) if missing.is_empty() => None,
            (None, Ok(())) => Some(Failure {
                evidence: broken,
                ..Failure::new(
                    FailureClass::BrokenOutput,
                    format!("the renderer claims success, but these frames are missing or broken: {missing}"),
                )
            }),
        };
        let Some(failure) = failure else { return self.end(token, Outcome::Succeeded, FrameSet::new()) };
        let blamed = run.blamed(&failure, &missing);
        self.unwell |= failure.class.makes_a_node_suspect() || failure.class == FailureClass::Agent;
        self.end(token, Outcome::Failed(failure.bounded()), blamed);
    }

    /// The only way out of an attempt that is still ours: each lease's end is reported once.
    pub(crate) fn end(&mut self, token: Token, outcome: Outcome, blamed: FrameSet) {
        let Some(held) = self.held.get_mut(&token) else { return };
        if matches!(held.phase, Phase::Ended) {
            return;
        }
        let last_frame = held.run().and_then(Run::frame);
        held.phase = Phase::Ended;
        let is_publishing = matches!(held.offer.work, Work::Publish { .. });
        let has_template = !is_publishing && held.offer.brief.spec.template.is_some();
        self.queue.retain(|queued| *queued != token);
        if has_template {
            self.actions.push(Action::Release(token));
        }
        self.report(token, Reported::Ended { outcome, blamed, last_frame });
    }

    pub(crate) fn slot_died(&mut self, slot: usize) {
        let Some(state) = self.slots.get_mut(slot) else { return };
        let was = std::mem::replace(state, Slot::Fallen);
        let Slot::Busy(token) = was else { return };
        self.bury(token);
        let failure = Failure::new(FailureClass::Agent, "the renderer's actor failed, and is started again");
        self.attempt_ended(token, Err(failure), Vec::new());
    }

    /// Lets the watchdogs bite whose time has come.
    pub(crate) fn bite(&mut self, now: Duration) {
        for (token, held) in &mut self.held {
            let Some(run) = held.run_mut().filter(|run| run.is_watched()) else { continue };
            let Some(bite) = run.watchdog.bites(now) else { continue };
            // What a process left is proven before its attempt ends, unless that itself stands still.
            run.given_up = run.watchdog.is_proving();
            run.killed.get_or_insert(Killed::Hung(bite));
            let (slot, token) = (run.slot, *token);
            let kill = if run.given_up { Action::Kill { slot, token } } else { Action::Bite { slot, token } };
            self.actions.push(kill);
        }
    }

    /// Only what was proven here can be published here, and only what is accepted may.
    // Upholds one_accepted_attempt: there is no other way to a final path.
    pub(crate) fn accepted(&mut self, token: Token, frames: &FrameSet) {
        let Some(held) = self.held.get_mut(&token) else { return };
        if held.offer.work == Work::Render && held.offer.brief.spec.has_output() {
            held.publishing.add(&frames.intersection(&held.proven));
        }
    }

    pub(crate) fn order_publications(&mut self, now: Duration) {
        let waiting = |held: &&Held| !held.publishing.is_idle();
        let tokens: Vec<Token> = self.held.values().filter(waiting).map(|held| held.offer.token).collect();
        tokens.into_iter().for_each(|token| self.order_publications_of(now, token));
    }

    pub(crate) fn order_publications_of(&mut self, now: Duration, token: Token) {
        let Some(held) = self.held.get_mut(&token) else { return };
        if let Some(frames) = held.publishing.order(now) {
            let until = self.clock.expires();
            self.actions.push(Action::Publish { offer: held.offer.clone(), frames, until });
        }
    }

    pub(crate) fn published(
        &mut self,
        now: Duration,
        token: Token,
        [done, lost, failed, unbegun]: [FrameSet; 4],
    ) {
        let Some(held) = self.held.get_mut(&token) else { return };
        let done = done.intersection(held.publishing.ordered());
        let mut lost = lost.intersection(held.publishing.ordered());
        lost.add(&held.publishing.carried_out(now, &done, &failed, &unbegun));
        let over = matches!(held.phase, Phase::Publishing) && held.publishing.is_idle();
        if !done.is_empty() {
            self.report(token, Reported::Published { frames: done });
        }
        if !lost.is_empty() {
            self.report(token, Reported::Lost { frames: lost });
        }
        if over {
            self.end(token, Outcome::Succeeded, FrameSet::new());
        }
    }
}

/// Whether news says that a renderer is at its first frame, or past it.
fn begins(news: &News) -> bool {
    match news {
        News::Phase(phase) => *phase >= RunPhase::FirstFrame,
        News::Rendering
        | News::Progress
        | News::FrameStarted(_)
        | News::FramesFinished(_)
        | News::Proven { .. } => true,
        News::Launched { .. } | News::Grew | News::Working | News::Proving | News::Ended { .. } => false,
    }
}
