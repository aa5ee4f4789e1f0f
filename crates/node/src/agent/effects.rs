//! Carrying out what the mind wants.

use std::sync::Arc;
use std::time::Duration;

use callsheet_agent::{Action, Input, News, Offer, Pulse};
use callsheet_model::{Failure, FailureClass, OfflineReason, Token};
use callsheet_protocol::v1::node_message::Body;
use callsheet_protocol::{report_to_wire, v1};
use tokio::time::sleep;

use crate::ae_process::{Order, Stop};
use crate::agent::messages::Item;
use crate::agent::state::State;
use crate::cache::Wish;
use callsheet_supervision::Held;

/// A leader ends its side of the stream within this.
const FAREWELL: Duration = Duration::from_secs(1);

impl State {
    pub(super) fn perform(&mut self, actions: &mut Vec<Action>) {
        for action in actions.drain(..) {
            match action {
                Action::Hello(hello) => {
                    let hello = self.hello(&hello.held);
                    self.say(Body::Hello(hello));
                }
                Action::Report(numbered) => {
                    self.reports.push(report_to_wire(numbered.number, &numbered.report));
                }
                Action::Pulse(pulse) => {
                    self.news.pulse_sent(pulse.number);
                    self.say(Body::Pulse(pulse_to_wire(&pulse)));
                }
                Action::Goodbye => {
                    let reason = v1::OfflineReason::from(OfflineReason::Shutdown).into();
                    self.say(Body::Goodbye(v1::Goodbye { reason }));
                }
                Action::Redial => {
                    self.session = None;
                    if let Some(link) = &self.link {
                        link.redial();
                    }
                }
                Action::Fetch(offer) => self.fetch(&offer),
                Action::Release(token) => {
                    self.templates.remove(&token);
                    if let Some(cache) = &self.cache {
                        cache.release(token);
                    }
                }
                Action::Start { slot, offer } => self.start(slot, offer),
                Action::Bite { slot, token } => self.stop(slot, token, Stop::Processes),
                Action::Kill { slot, token } => self.stop(slot, token, Stop::All),
                Action::Publish { offer, frames, until } => {
                    let until = until.and_then(|until| self.began.checked_add(until));
                    self.disk.publish(offer, frames, until);
                }
                Action::Clean { offer, keep } => {
                    let last = !self.mind.holds_of(offer.brief.job);
                    self.disk.clean(offer, keep, last);
                }
                Action::Left => self.close_the_stream(),
            }
        }
    }

    /// Ends our side of the stream, after all that was said. The leader ends its side when it has it, and then
    /// this node is over; a leader that does not is not waited for.
    fn close_the_stream(&mut self) {
        self.flush();
        let supervisor = self.supervisor.clone();
        if self.session.take().is_none() {
            return supervisor.agent_left();
        }
        self.left = Some(Held::spawn(async move {
            sleep(FAREWELL).await;
            supervisor.agent_left();
        }));
    }

    fn fetch(&mut self, offer: &Arc<Offer>) {
        let (Some(cache), Some(template)) = (&self.cache, &offer.brief.spec.template) else {
            // It is asked again when there is one.
            return;
        };
        let (token, template, project) = (offer.token, template.clone(), offer.brief.project);
        cache.want(Wish { token, template, project });
    }

    fn start(&mut self, slot: usize, offer: Arc<Offer>) {
        let token = offer.token;
        let template = self.templates.get(&token).cloned();
        match self.slots.get(slot) {
            Some(Some(handle)) => handle.start_attempt(Order { offer, template, log_bytes: self.log_bytes }),
            _ => self.cannot_start(slot, token),
        }
    }

    fn stop(&self, slot: usize, token: Token, how: Stop) {
        // One whose actor died has died with it.
        if let Some(Some(slot)) = self.slots.get(slot) {
            slot.stop(token, how);
        }
    }

    /// Its actor died in this moment: the supervisor's word of it is in the queue behind this.
    fn cannot_start(&self, slot: usize, token: Token) {
        let failure = Failure::new(FailureClass::Agent, "the slot's actor is being started again");
        let news = News::Ended { verdict: Err(failure), broken: Vec::new() };
        self.me.tell(Item::Mind(Input::Attempt { slot, token, news }));
    }
}

fn pulse_to_wire(pulse: &Pulse) -> v1::Pulse {
    let holding = pulse.holding.as_ref().map(|(tokens, last)| v1::Holding {
        tokens: tokens.iter().map(|token| token.0).collect(),
        last_offered: last.0,
    });
    v1::Pulse { number: pulse.number, holding }
}
