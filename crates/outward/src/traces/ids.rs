//! Ids of spans: eight bytes that follow from what a span is about, so that everybody who knows that knows the id.

use callsheet_model::{JobId, StepIndex, Token};
use sha2::{Digest, Sha256};

/// A span's id.
pub(super) type SpanId = [u8; 8];

/// A trace's id: the job's UUID.
pub(super) fn trace(job: JobId) -> [u8; 16] {
    job.0.into_bytes()
}

/// A frame job's span: its token, which is unique in the whole cluster and never zero.
pub(super) fn frame_job(token: Token) -> SpanId {
    token.0.to_be_bytes()
}

/// A phase of a frame job.
pub(super) fn phase(token: Token, phase: &str) -> SpanId {
    derived(&[b"phase", &token.0.to_be_bytes(), phase.as_bytes()])
}

/// A job's span; of a job that was retried, one for each round from 0.
pub(super) fn job(job: JobId, round: u32) -> SpanId {
    derived(&[b"job", job.0.as_bytes(), &round.to_be_bytes()])
}

/// A step's, in such a round.
pub(super) fn step(job: JobId, round: u32, step: StepIndex) -> SpanId {
    derived(&[b"step", job.0.as_bytes(), &round.to_be_bytes(), &step.0.to_be_bytes()])
}

fn derived(parts: &[&[u8]]) -> SpanId {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut id = SpanId::default();
    id.iter_mut().zip(hash.finalize()).for_each(|(id, byte)| *id = byte);
    // Zeros mean that there is none.
    id[7] |= u8::from(id == [0; 8]);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_what_they_are_about_and_from_nothing_else() {
        let one = JobId(uuid::Uuid::from_u128(1));
        assert_eq!(frame_job(Token((3 << 32) | 17)), [0, 0, 0, 3, 0, 0, 0, 17]);
        assert_eq!(phase(Token(7), "render"), phase(Token(7), "render"));
        let all = [
            job(one, 0),
            job(one, 1),
            step(one, 0, StepIndex(0)),
            step(one, 1, StepIndex(0)),
            step(one, 0, StepIndex(1)),
            phase(Token(1), "load"),
            phase(Token(1), "render"),
            phase(Token(2), "render"),
        ];
        let different: std::collections::BTreeSet<_> = all.into_iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
