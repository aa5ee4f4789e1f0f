//! A node's stream to the leader: dialling, hello and goodbye, and what the leader says.

use std::collections::BTreeMap;
use std::sync::Arc;

use callsheet_agent::{Brief, Input, Offer, StepInput, Welcome};
use callsheet_scheduler::Effect;

use super::Node;
use crate::Micros;
use crate::sight::Sight;
use crate::world::Shared;
use crate::world::happening::{NodeHappening, Stream, Told};
use crate::world::network::DIALLING;

/// The longest wait between two dials, and the first.
const DIALS: (Micros, Micros) = (50_000, 800_000);

impl Node {
    pub(super) fn dial(&mut self, w: &mut Shared<'_>) {
        if self.stream.is_some() || self.dialling {
            return;
        }
        self.dialling = true;
        let there_and_back = w.net.delay(self.nth) + w.net.delay(self.nth);
        let passes = w.net.passes(self.nth, true) && w.net.passes(self.nth, false) && !w.leader_silent;
        if !passes {
            self.after(w, DIALLING, NodeHappening::Gone(0));
        } else if w.leader_listens {
            let stream = w.net.open(self.nth, self.life);
            self.after(w, there_and_back, NodeHappening::Opened(stream));
        } else {
            let dialled = self.local(w.core.now);
            self.after(w, there_and_back, NodeHappening::Refused(dialled));
        }
    }

    pub(super) fn dial_later(&mut self, w: &mut Shared<'_>) {
        let (first, longest) = DIALS;
        let most = (first << self.dials.min(10)).min(longest);
        self.dials += 1;
        let wait = w.core.dice.between(most / 2, most);
        self.after(w, wait, NodeHappening::Dial);
    }

    pub(super) fn opened(&mut self, w: &mut Shared<'_>, stream: Stream) {
        self.dialling = false;
        if self.stream.is_some() {
            return w.net.close_at_node(stream, false, w.core.now, &mut w.core.queue);
        }
        self.stream = Some(stream);
        self.mind(w, Input::LinkUp);
    }

    pub(super) fn gone(&mut self, w: &mut Shared<'_>, stream: Stream) {
        if stream == 0 && self.dialling {
            self.dialling = false;
        } else if self.stream == Some(stream) {
            w.net.close_at_node(stream, true, w.core.now, &mut w.core.queue);
            self.stream = None;
            self.disturbed(w.core);
        } else {
            return;
        }
        self.mind(w, Input::LinkDown);
        self.dial_later(w);
    }

    pub(super) fn drop_stream(&mut self, w: &mut Shared<'_>) {
        self.disturbed(w.core);
        if let Some(stream) = self.stream.take() {
            w.net.close_at_node(stream, false, w.core.now, &mut w.core.queue);
        }
    }

    /// Its stream is reset.
    pub(crate) fn reset(&mut self, w: &mut Shared<'_>, half: bool) {
        let Some(stream) = self.stream else { return };
        self.disturbed(w.core);
        if half {
            w.net.close_at_node(stream, true, w.core.now, &mut w.core.queue);
            self.stream = None;
            self.mind(w, Input::LinkDown);
        } else {
            self.drop_stream(w);
            self.mind(w, Input::LinkDown);
        }
        self.dial_later(w);
    }

    pub(super) fn heard(&mut self, w: &mut Shared<'_>, stream: Stream, told: Told) {
        if self.stream != Some(stream) {
            return;
        }
        match told {
            Told::Welcome(terms) => {
                self.dials = 0;
                let Welcome { silence, pulse } = terms;
                self.mind(w, Input::Welcomed(Welcome { silence, pulse }));
            }
            Told::PulseAck(number) => {
                self.mind(w, Input::PulseAcked(number));
                if !self.contact && w.net.is_good(self.nth) {
                    self.contact = true;
                    w.core.saw(Sight::Contact { node: self.nth, good: true });
                }
            }
            Told::Batch(effects, settled) => self.told(w, effects, settled),
        }
    }

    /// As the leader's session puts a batch into messages: offers, what is settled, what is over, and the rest.
    pub(super) fn told(&mut self, w: &mut Shared<'_>, effects: Vec<Effect>, settled: Option<u64>) {
        let (mut offers, mut accepted, mut closed, mut rest) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for effect in effects {
            match effect {
                Effect::OfferLease { lease, job, .. } => {
                    let Some(spec) = job.spec.step(lease.step).cloned() else { continue };
                    let brief = Brief {
                        job: lease.job,
                        job_name: job.spec.name.clone(),
                        project: job.spec.project_id(),
                        step: lease.step,
                        spec,
                        inputs: BTreeMap::<String, StepInput>::new(),
                    };
                    offers.push(Offer {
                        token: lease.token,
                        brief: Arc::new(brief),
                        frames: lease.frames,
                        work: lease.work,
                        gentle: lease.gentle,
                    });
                }
                Effect::ConfirmAccepted { token, frames, .. } => accepted.push((token, frames)),
                Effect::CloseLease { token, .. } => closed.push(token),
                Effect::RevokeLease { token, .. } => rest.push(Input::Revoked(token)),
                Effect::SweepJob { job, up_to, .. } => w.storage.sweep(job.id, up_to),
                Effect::EndSession { .. } | Effect::TellDrained { .. } => {}
            }
        }
        if !offers.is_empty() {
            self.mind(w, Input::Offered(offers));
        }
        if settled.is_some() || !accepted.is_empty() {
            self.mind(w, Input::Settled { up_to: settled.unwrap_or(0), accepted });
        }
        if !closed.is_empty() {
            self.mind(w, Input::Closed(closed));
        }
        rest.into_iter().for_each(|input| self.mind(w, input));
    }
}
