//! Offers to a node, in messages that may be sent, each step told once.

use std::collections::VecDeque;
use std::sync::Arc;

use callsheet_model::{Job, JobId, Lease, StepIndex};
use callsheet_protocol::{lease_to_wire, step_to_wire, v1};
use prost::Message as _;

/// Steps that a node remembers of a session; it keeps at least twice as many.
const BRIEFED: usize = 64;
/// No more is put into a message of offers than this and one lease, in bytes.
const FULL_MESSAGE: usize = 1 << 20;

/// The steps that a node knows from offers of this session: as many as it is sure to remember.
#[derive(Default)]
pub(super) struct Briefed(VecDeque<(JobId, StepIndex)>);

impl Briefed {
    /// Whether the step has to be told; from now on it counts as told.
    fn needs(&mut self, step: (JobId, StepIndex)) -> bool {
        let known = self.0.iter().position(|known| *known == step);
        if let Some(at) = known {
            self.0.remove(at);
        } else if self.0.len() >= BRIEFED {
            self.0.pop_front();
        }
        self.0.push_back(step);
        known.is_none()
    }

    pub(super) fn forget(&mut self, job: JobId) {
        self.0.retain(|(known, _)| *known != job);
    }
}

/// Offers, in as many messages as it takes to stay well below the largest one allowed.
pub(super) fn offers_to_wire(
    offers: &[(Lease, Arc<Job>)],
    briefed: &mut Briefed,
) -> Vec<v1::leader_message::Body> {
    let (mut messages, mut next, mut bytes) = (Vec::new(), v1::Offers::default(), 0);
    for (lease, job) in offers {
        if briefed.needs((lease.job, lease.step)) {
            next.steps.extend(brief(job, lease.step));
            bytes += next.steps.last().map_or(0, prost::Message::encoded_len);
        }
        let lease = lease_to_wire(lease);
        bytes += lease.encoded_len();
        next.leases.push(lease);
        if bytes >= FULL_MESSAGE {
            messages.push(v1::leader_message::Body::Offers(std::mem::take(&mut next)));
            bytes = 0;
        }
    }
    if !next.leases.is_empty() {
        messages.push(v1::leader_message::Body::Offers(next));
    }
    messages
}

/// A step as its node must know it: its spec, and what the steps before it leave.
fn brief(job: &Job, index: StepIndex) -> Option<v1::StepBrief> {
    let step = job.spec.step(index)?;
    let input = |before: &StepIndex| {
        let before = job.spec.step(*before)?;
        let output = before.output.as_ref()?.to_string();
        Some((before.name.clone(), v1::StepInput { output, frames: before.frames.to_string() }))
    };
    let names: Vec<&str> = job.spec.steps.iter().map(|step| step.name.as_str()).collect();
    Some(v1::StepBrief {
        job: job.id.to_string(),
        step: index.0.into(),
        job_name: job.spec.name.clone(),
        spec: Some(step_to_wire(step, &names)),
        inputs: step.after.iter().filter_map(input).collect(),
        project_id: job.spec.project_id().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use callsheet_model::limits::MAX_MESSAGE_BYTES;
    use callsheet_model::{
        Chunk, FrameSet, JobSpec, NodeName, Requirements, StepSpec, Timeouts, Timestamp, Token, Work,
    };
    use uuid::Uuid;

    use super::*;

    fn offer(number: u16, settings: usize) -> (Lease, Arc<Job>) {
        let step = StepSpec {
            name: "frames".into(),
            renderer: "nothing".into(),
            template: None,
            frames: FrameSet::range(1, 10),
            chunk: Chunk::Auto,
            output: None,
            retries: 0,
            timeouts: Timeouts::default(),
            requires: Requirements::default(),
            after: [].into(),
            settings: BTreeMap::from([("scene".to_owned(), "x".repeat(settings).into())]),
            approximate: false,
        };
        let spec = JobSpec {
            name: "job".into(),
            project: "test".into(),
            priority: 50,
            approval: None,
            steps: vec![step],
        };
        let id = JobId(Uuid::from_u128(u128::from(number)));
        let node = NodeName::new("anna").unwrap();
        let token = Token(u64::from(number));
        let lease = Lease {
            token,
            job: id,
            step: StepIndex(0),
            node,
            work: Work::Render,
            frames: FrameSet::one(1),
            gentle: false,
        };
        (lease, Arc::new(Job { id, submitted_at: Timestamp(0), spec }))
    }

    #[test]
    fn many_large_steps_go_out_in_messages_that_may_be_sent() {
        let offers: Vec<_> = (1..=200).map(|number| offer(number, 60_000)).collect();
        let messages = offers_to_wire(&offers, &mut Briefed::default());
        assert!(messages.len() > 1);
        let (mut steps, mut tokens) = (0, Vec::new());
        for message in messages {
            let whole = v1::LeaderMessage { body: Some(message.clone()) };
            assert!(whole.encoded_len() < MAX_MESSAGE_BYTES);
            let v1::leader_message::Body::Offers(offers) = message else { panic!("{message:?}") };
            steps += offers.steps.len();
            tokens.extend(offers.leases.iter().map(|lease| lease.token));
        }
        assert_eq!((steps, tokens), (200, (1..=200).collect()));
    }

    #[test]
    fn a_step_is_told_with_the_names_of_those_before_it_and_what_they_left() {
        let (_, job) = offer(1, 1);
        let first = &job.spec.steps[0];
        let output = callsheet_model::OutputPattern::parse_absolute("/out/a_[####].png").unwrap();
        let left = StepSpec { name: "left".into(), output: Some(output), ..first.clone() };
        let after = [StepIndex(0), StepIndex(1)].into();
        let last = StepSpec { name: "last".into(), after, ..first.clone() };
        let spec = JobSpec { steps: vec![first.clone(), left, last], ..job.spec.clone() };
        let job = Job { spec, ..(*job).clone() };
        let brief = brief(&job, StepIndex(2)).unwrap();
        assert_eq!(brief.project_id, callsheet_model::id::project_uuid("test").to_string());
        assert_eq!(brief.spec.unwrap().after, ["frames", "left"]);
        let inputs: Vec<_> = brief.inputs.into_iter().collect();
        let input = v1::StepInput { output: "/out/a_[####].png".into(), frames: "1-10".into() };
        assert_eq!(inputs, [("left".to_owned(), input)]);
    }

    #[test]
    fn a_step_is_told_again_once_the_node_may_have_forgotten_it() {
        let (step, mut briefed) = (|job| (JobId(Uuid::from_u128(job)), StepIndex(0)), Briefed::default());
        assert!(briefed.needs(step(0)));
        assert!(!briefed.needs(step(0)));
        for job in 1..=BRIEFED as u128 {
            assert!(briefed.needs(step(job)));
        }
        assert!(briefed.needs(step(0)));
        assert_eq!(briefed.0.len(), BRIEFED);
        briefed.forget(step(0).0);
        assert!(briefed.needs(step(0)));
    }
}
