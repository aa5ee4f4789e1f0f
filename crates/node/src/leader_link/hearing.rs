//! Understanding what the leader says. What cannot be understood is told to the log, and never a panic.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use callsheet_agent::{Brief, Input, Offer, StepInput, Welcome};
use callsheet_model::{
    Failure, FailureClass, FrameSet, JobId, Lease, NodeName, OutputPattern, StepIndex, Token,
};
use callsheet_protocol::v1::leader_message::Body;
use callsheet_protocol::{FieldError, StepDefaults, lease_from_wire, ranges_from_wire, step_from_wire, v1};
use uuid::Uuid;

use crate::agent::Heard;

/// The node's terms are never tighter than this, whatever a leader says: it could not keep them.
const LEAST: Duration = Duration::from_millis(10);

/// Briefs kept, the last used ones, beside those that leases in hand need. A leader sends a brief again when
/// it is not among the last 64 that it sent, so with room for twice as many none is missed. Where leases in hand needed
/// more, up to twice as many more stay until the next look.
const KEPT: usize = 128;

/// One stream's ears. Leases name their step, whose brief came before.
pub(super) struct Hearing {
    node: NodeName,
    briefs: BTreeMap<(JobId, StepIndex), Known>,
    uses: u64,
    /// Beyond those that are kept, leases needed so many when it was looked at last.
    needed: usize,
}

/// A step that was told of.
struct Known {
    brief: Arc<Brief>,
    used: u64,
}

impl Hearing {
    pub(super) fn new(node: NodeName) -> Self {
        Self { node, briefs: BTreeMap::new(), uses: 0, needed: 0 }
    }

    pub(super) fn understand(&mut self, message: v1::LeaderMessage) -> Option<Heard> {
        let heard = match message.body? {
            Body::Welcome(welcome) => Ok(understand_welcome(&welcome)),
            Body::Offers(offers) => Ok(Heard::Inputs(self.offers(&offers))),
            Body::Settled(settled) => understand_settled(&settled),
            Body::Revoke(revoke) => {
                tracing::info!(token = %Token(revoke.token), why = revoke.why, "called back");
                Ok(one(Input::Revoked(Token(revoke.token))))
            }
            Body::Close(close) => Ok(one(Input::Closed(close.tokens.into_iter().map(Token).collect()))),
            Body::PulseAck(ack) => Ok(one(Input::PulseAcked(ack.number))),
            Body::Drained(drained) => {
                tracing::info!(drained = drained.drained, "the leader hands this node work, or not");
                return None;
            }
            Body::Sweep(sweep) => self.sweep(&sweep),
            Body::Farewell(farewell) => {
                tracing::info!(why = farewell.reason, "the leader leaves");
                return None;
            }
        };
        heard.map_err(|error| tracing::error!(%error, "the leader said what cannot be read")).ok()
    }

    /// A lease that cannot be understood is handed back at once: silence would cost its frames more.
    fn offers(&mut self, offers: &v1::Offers) -> Vec<Input> {
        for (nth, step) in offers.steps.iter().enumerate() {
            match understand_brief(step) {
                Ok(brief) => {
                    self.uses += 1;
                    let known = Known { brief: Arc::new(brief), used: self.uses };
                    self.briefs.insert((known.brief.job, known.brief.step), known);
                }
                Err(error) => tracing::error!(nth, %error, "the leader sent a step that cannot be read"),
            }
        }
        let mut inputs = Vec::new();
        let mut good = Vec::new();
        for lease in &offers.leases {
            match self.offer(lease) {
                Ok(offer) => good.push(offer),
                Err(error) => {
                    let failure =
                        Failure::new(FailureClass::Agent, format!("the offer cannot be read: {error}"));
                    inputs.push(Input::Unreadable { token: Token(lease.token), failure });
                }
            }
        }
        inputs.push(Input::Offered(good));
        self.forget();
        inputs
    }

    /// Drops the longest unused briefs, but none that a lease in hand has. Where thousands are needed it is looked
    /// only when there may be as many again.
    fn forget(&mut self) {
        let many = self.briefs.len().saturating_sub(KEPT);
        if many <= 2 * self.needed {
            return;
        }
        let mut oldest: Vec<_> = self.briefs.iter().map(|(key, known)| (known.used, *key)).collect();
        oldest.sort_unstable();
        for (_, key) in oldest.into_iter().take(many) {
            if self.briefs.get(&key).is_some_and(|known| Arc::strong_count(&known.brief) == 1) {
                self.briefs.remove(&key);
            }
        }
        self.needed = self.briefs.len().saturating_sub(KEPT);
    }

    /// A job is over. Should it ever come back, its steps are sent again.
    fn sweep(&mut self, sweep: &v1::Sweep) -> Result<Heard, FieldError> {
        let job = understand_job(&sweep.job)?;
        self.briefs.retain(|(other, _), _| *other != job);
        let outputs = sweep.outputs.iter().map(|output| understand_output("outputs", output));
        Ok(Heard::Sweep { job, up_to: Token(sweep.up_to), outputs: outputs.collect::<Result<_, _>>()? })
    }

    fn offer(&mut self, lease: &v1::OfferedLease) -> Result<Offer, FieldError> {
        let Lease { token, job, step, work, frames, gentle, .. } = lease_from_wire(&self.node, lease)?;
        let known = self.briefs.get_mut(&(job, step)).ok_or_else(|| {
            FieldError::new("step", format!("step {} of job {job} was not sent in this session", step.0))
        })?;
        self.uses += 1;
        known.used = self.uses;
        let brief = known.brief.clone();
        if frames.is_empty() {
            return Err(FieldError::new("frames", "there is none"));
        }
        Ok(Offer { token, brief, frames, work, gentle })
    }
}

fn one(input: Input) -> Heard {
    Heard::Inputs(vec![input])
}

fn understand_welcome(welcome: &v1::Welcome) -> Heard {
    let time = |millis| Duration::from_millis(millis).max(LEAST);
    let silence = time(welcome.silence_ms);
    // At least three tries within the leader's patience.
    let pulse = time(welcome.pulse_ms).min(silence / 3).max(Duration::from_millis(1));
    Heard::Welcome {
        terms: Welcome { silence, pulse },
        heartbeat: time(welcome.heartbeat_ms).max(Duration::from_millis(100)),
        log_bytes: welcome.log_bytes,
    }
}

fn understand_settled(settled: &v1::Settled) -> Result<Heard, FieldError> {
    let accepted = |accepted: &v1::Accepted| -> Result<(Token, FrameSet), FieldError> {
        Ok((Token(accepted.token), ranges_from_wire("accepted.frames", &accepted.frames)?))
    };
    let accepted = settled.accepted.iter().map(accepted).collect::<Result<_, _>>()?;
    Ok(one(Input::Settled { up_to: settled.up_to, accepted }))
}

fn understand_brief(brief: &v1::StepBrief) -> Result<Brief, FieldError> {
    let spec = brief.spec.as_ref().ok_or_else(|| FieldError::missing("spec"))?;
    // Which steps come before is the leader's to know; here it is enough that they have names.
    let names: Vec<&str> = spec.after.iter().map(String::as_str).collect();
    let first = |errors: Vec<FieldError>| {
        errors.into_iter().next().unwrap_or_else(|| FieldError::missing("spec")).within("spec")
    };
    let mut inputs = BTreeMap::new();
    for (name, input) in &brief.inputs {
        inputs.insert(name.clone(), understand_input(input).map_err(|error| error.within("inputs"))?);
    }
    let step = u16::try_from(brief.step).map_err(|_| FieldError::new("step", "is no step"))?;
    Ok(Brief {
        job: understand_job(&brief.job)?,
        job_name: brief.job_name.clone(),
        project: understand_project(&brief.project_id)?,
        step: StepIndex(step),
        spec: step_from_wire(spec, &names, &StepDefaults::default()).map_err(first)?,
        inputs,
    })
}

fn understand_input(input: &v1::StepInput) -> Result<StepInput, FieldError> {
    let frames = match input.frames.as_str() {
        "" => FrameSet::new(),
        text => text.parse().map_err(|error| FieldError::new("frames", error))?,
    };
    Ok(StepInput { output: understand_output("output", &input.output)?, frames })
}

fn understand_output(field: &str, text: &str) -> Result<OutputPattern, FieldError> {
    OutputPattern::parse_absolute(text).map_err(|error| FieldError::new(field, error))
}

fn understand_project(text: &str) -> Result<Uuid, FieldError> {
    match text {
        "" => Ok(Uuid::nil()),
        text => text.parse().map_err(|error| FieldError::new("project_id", error)),
    }
}

fn understand_job(text: &str) -> Result<JobId, FieldError> {
    text.parse().map_err(|error| FieldError::new("job", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(nth: u64) -> String {
        format!("00000000-0000-7000-8000-{nth:012}")
    }

    fn offers(briefs: impl Iterator<Item = u64>, leases: &[u64]) -> v1::Offers {
        let brief = |nth| {
            let (name, renderer, frames) = ("render".into(), "lottie".into(), "1".into());
            let output = "/out/a_[####].png".into();
            let spec = Some(v1::StepSpec { name, renderer, frames, output, ..Default::default() });
            v1::StepBrief { job: job(nth), job_name: "job".into(), spec, ..Default::default() }
        };
        let lease = |nth: &u64| v1::OfferedLease {
            token: *nth,
            job: job(*nth),
            frames: vec![v1::FrameRange { first: 1, last: 1 }],
            ..Default::default()
        };
        v1::Offers { steps: briefs.map(brief).collect(), leases: leases.iter().map(lease).collect() }
    }

    fn good(inputs: Vec<Input>) -> Vec<Offer> {
        inputs
            .into_iter()
            .flat_map(|input| if let Input::Offered(offers) = input { offers } else { vec![] })
            .collect()
    }

    #[test]
    fn briefs_are_kept_while_they_are_used_and_not_for_ever() {
        let mut hearing = Hearing::new(NodeName::new("node-1").unwrap());
        let kept = KEPT as u64;
        let held = good(hearing.offers(&offers([1, 2].into_iter(), &[1, 2])));
        assert_eq!(held.len(), 2);
        hearing.offers(&offers(3..=kept, &[]));
        // The third is used again; the fourth is now the longest unused.
        assert_eq!(good(hearing.offers(&offers([].into_iter(), &[3]))).len(), 1);
        hearing.offers(&offers(kept + 1..=2 * kept - 1, &[]));
        let known =
            |hearing: &mut Hearing, nth| good(hearing.offers(&offers([].into_iter(), &[nth]))).len() == 1;
        assert!(known(&mut hearing, 3), "one of the last used");
        assert!(known(&mut hearing, 1) && known(&mut hearing, 2), "a lease has it");
        assert!(!known(&mut hearing, 4) && !known(&mut hearing, kept), "longest unused");
        drop(held);
        hearing.offers(&offers(3 * kept..=4 * kept - 1, &[]));
        assert_eq!(hearing.briefs.len(), KEPT);
        assert!(!known(&mut hearing, 1) && known(&mut hearing, 3 * kept));
    }
}
