//! What nodes and leader say to each other of leases.

use std::collections::BTreeSet;
use std::time::Duration;

use callsheet_model::node::{Capabilities, OfflineReason};
use callsheet_model::{
    Failure, FailureClass, FrameSet, Lease, NodeName, Outcome, Report, Reported, Token, Work, limits,
};

use crate::field::{FieldError, parse, step_index};
use crate::frames::{ranges_from_wire, ranges_to_wire};
use crate::text::{MACHINE, Rule};
use crate::v1;

/// A report as a message, under its number in the node's outbox.
#[must_use]
pub fn report_to_wire(number: u64, report: &Report) -> v1::Report {
    let what = match &report.what {
        Reported::Began { fetched, loaded } => {
            v1::report::What::Began(v1::Began { fetched_us: micros(*fetched), loaded_us: micros(*loaded) })
        }
        Reported::Proven { frames, bytes, took } => v1::report::What::Proven(v1::Proven {
            frames: ranges_to_wire(frames),
            bytes: *bytes,
            took_us: micros(*took),
        }),
        Reported::Published { frames } => {
            v1::report::What::Published(v1::Published { frames: ranges_to_wire(frames) })
        }
        Reported::Lost { frames } => v1::report::What::Lost(v1::Lost { frames: ranges_to_wire(frames) }),
        Reported::Ended { outcome, blamed, last_frame } => {
            v1::report::What::Ended(ended_to_wire(outcome, blamed, *last_frame))
        }
    };
    v1::Report { number, token: report.token.0, what: Some(what) }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn ended_to_wire(outcome: &Outcome, blamed: &FrameSet, last_frame: Option<i32>) -> v1::Ended {
    let (how, failure) = match outcome {
        Outcome::Succeeded => (v1::ended::How::Succeeded, None),
        Outcome::Stopped => (v1::ended::How::Stopped, None),
        Outcome::Failed(failure) => (v1::ended::How::Failed, Some(failure.into())),
    };
    v1::Ended { how: how.into(), failure, blamed: ranges_to_wire(blamed), last_frame }
}

/// A report from a message.
///
/// # Errors
/// The field that cannot be read.
pub fn report_from_wire(report: &v1::Report) -> Result<Report, FieldError> {
    let what = match report.what.as_ref().ok_or_else(|| FieldError::missing("what"))? {
        v1::report::What::Proven(proven) => Reported::Proven {
            frames: ranges_from_wire("proven.frames", &proven.frames)?,
            bytes: proven.bytes,
            took: Duration::from_micros(proven.took_us),
        },
        v1::report::What::Published(published) => {
            Reported::Published { frames: ranges_from_wire("published.frames", &published.frames)? }
        }
        v1::report::What::Lost(lost) => {
            Reported::Lost { frames: ranges_from_wire("lost.frames", &lost.frames)? }
        }
        v1::report::What::Began(began) => Reported::Began {
            fetched: Duration::from_micros(began.fetched_us),
            loaded: Duration::from_micros(began.loaded_us),
        },
        v1::report::What::Ended(ended) => ended_from_wire(ended).map_err(|error| error.within("ended"))?,
    };
    Ok(Report { token: Token(report.token), what })
}

fn ended_from_wire(ended: &v1::Ended) -> Result<Reported, FieldError> {
    let outcome = match (ended.how(), &ended.failure) {
        (v1::ended::How::Succeeded, _) => Outcome::Succeeded,
        (v1::ended::How::Stopped, _) => Outcome::Stopped,
        (v1::ended::How::Failed, Some(failure)) => Outcome::Failed(failure.try_into()?),
        (v1::ended::How::Failed, None) => return Err(FieldError::missing("failure")),
        (v1::ended::How::Unspecified, _) => return Err(FieldError::missing("how")),
    };
    let blamed = ranges_from_wire("blamed", &ended.blamed)?;
    Ok(Reported::Ended { outcome, blamed, last_frame: ended.last_frame })
}

impl From<&Failure> for v1::Failure {
    fn from(failure: &Failure) -> Self {
        Self {
            class: class_to_wire(failure.class).into(),
            message: failure.message.clone(),
            exit: failure.exit.clone().unwrap_or_default(),
            evidence: failure.evidence.clone(),
        }
    }
}

impl TryFrom<&v1::Failure> for Failure {
    type Error = FieldError;

    fn try_from(failure: &v1::Failure) -> Result<Self, Self::Error> {
        let class = FailureClass::ALL
            .into_iter()
            .find(|class| class_to_wire(*class) == failure.class())
            .ok_or_else(|| FieldError::missing("failure.class"))?;
        let exit = (!failure.exit.is_empty()).then(|| failure.exit.clone());
        let evidence = failure.evidence.clone();
        Ok(Failure { class, message: failure.message.clone(), exit, evidence }.bounded())
    }
}

fn class_to_wire(class: FailureClass) -> v1::FailureClass {
    match class {
        FailureClass::JobFatal => v1::FailureClass::JobFatal,
        FailureClass::InputMissing => v1::FailureClass::InputMissing,
        FailureClass::NodeConfig => v1::FailureClass::NodeConfig,
        FailureClass::Licence => v1::FailureClass::Licence,
        FailureClass::OutputIo => v1::FailureClass::OutputIo,
        FailureClass::OutOfMemory => v1::FailureClass::Oom,
        FailureClass::Crash => v1::FailureClass::Crash,
        FailureClass::HangStart => v1::FailureClass::HangStart,
        FailureClass::HangFrame => v1::FailureClass::HangFrame,
        FailureClass::HangExit => v1::FailureClass::HangExit,
        FailureClass::SilentDeath => v1::FailureClass::SilentDeath,
        FailureClass::BrokenOutput => v1::FailureClass::BrokenOutput,
        FailureClass::Agent => v1::FailureClass::Agent,
        FailureClass::StorageOut => v1::FailureClass::StorageOut,
    }
}

impl From<&Capabilities> for v1::Capabilities {
    fn from(capabilities: &Capabilities) -> Self {
        Self {
            renderers: capabilities
                .renderers
                .iter()
                .map(|(name, all)| (name.clone(), all.to_string()))
                .collect(),
            labels: capabilities.labels.iter().cloned().collect(),
            slots: capabilities.slots,
            memory_bytes: capabilities.memory,
            cpus: capabilities.cpus,
            os: capabilities.os.clone(),
            agent_version: capabilities.agent_version.clone(),
            region: capabilities.region.clone(),
        }
    }
}

impl TryFrom<&v1::Capabilities> for Capabilities {
    type Error = FieldError;

    fn try_from(wire: &v1::Capabilities) -> Result<Self, Self::Error> {
        if wire.slots == 0 || wire.slots > limits::MAX_SLOTS {
            return Err(FieldError::new(
                "slots",
                format!("{}, allowed are 1 to {}", wire.slots, limits::MAX_SLOTS),
            ));
        }
        if wire.labels.len() > limits::MAX_LABELS || wire.renderers.len() > limits::MAX_LABELS {
            let message = format!("at most {} labels and as many renderers", limits::MAX_LABELS);
            return Err(FieldError::new("labels", message));
        }
        wire.labels.iter().try_for_each(|label| Rule::Name.check("labels", label))?;
        for (name, versions) in &wire.renderers {
            Rule::Name.check("renderers", name)?;
            MACHINE.check(&format!("renderers[{name}]"), versions)?;
        }
        for (field, text) in
            [("os", &wire.os), ("agent_version", &wire.agent_version), ("region", &wire.region)]
        {
            MACHINE.check(field, text)?;
        }
        Ok(Self {
            renderers: wire
                .renderers
                .iter()
                .map(|(name, text)| (name.clone(), text.as_str().into()))
                .collect(),
            labels: wire.labels.iter().cloned().collect(),
            slots: wire.slots,
            memory: wire.memory_bytes,
            cpus: wire.cpus,
            os: wire.os.clone(),
            agent_version: wire.agent_version.clone(),
            region: wire.region.clone(),
        })
    }
}

/// A node's name from a message.
///
/// # Errors
/// When it is no name.
pub fn node_from_wire(field: &str, name: &str) -> Result<NodeName, FieldError> {
    NodeName::new(name).map_err(|error| FieldError::new(field, error))
}

/// Tokens from a message.
///
/// # Errors
/// More than a node can hold.
pub fn tokens_from_wire(field: &str, tokens: &[u64]) -> Result<BTreeSet<Token>, FieldError> {
    if tokens.len() > limits::MAX_HELD {
        return Err(FieldError::new(field, format!("{} leases, at most {}", tokens.len(), limits::MAX_HELD)));
    }
    Ok(tokens.iter().copied().map(Token).collect())
}

impl From<OfflineReason> for v1::OfflineReason {
    fn from(reason: OfflineReason) -> Self {
        match reason {
            OfflineReason::Shutdown => Self::Shutdown,
            OfflineReason::HeartbeatLost => Self::HeartbeatLost,
            OfflineReason::Maintenance => Self::Maintenance,
            OfflineReason::Disabled => Self::Disabled,
        }
    }
}

/// Why a node leaves, from its goodbye; a node that gives no reason shuts down.
#[must_use]
pub fn goodbye_from_wire(reason: v1::OfflineReason) -> OfflineReason {
    match reason {
        v1::OfflineReason::Maintenance => OfflineReason::Maintenance,
        v1::OfflineReason::Disabled => OfflineReason::Disabled,
        v1::OfflineReason::HeartbeatLost => OfflineReason::HeartbeatLost,
        v1::OfflineReason::Shutdown | v1::OfflineReason::Unspecified => OfflineReason::Shutdown,
    }
}

/// A lease as an offer.
#[must_use]
pub fn lease_to_wire(lease: &Lease) -> v1::OfferedLease {
    v1::OfferedLease {
        token: lease.token.0,
        job: lease.job.to_string(),
        step: lease.step.0.into(),
        frames: ranges_to_wire(&lease.frames),
        publish_of: match lease.work {
            Work::Render | Work::Preflight => 0,
            Work::Publish { of } => of.0,
        },
        preflight: lease.work == Work::Preflight,
        gentle: lease.gentle,
    }
}

/// A lease from an offer to `node`.
///
/// # Errors
/// The field that cannot be read.
pub fn lease_from_wire(node: &NodeName, lease: &v1::OfferedLease) -> Result<Lease, FieldError> {
    Ok(Lease {
        token: Token(lease.token),
        job: parse("job", &lease.job)?,
        step: step_index("step", lease.step)?,
        node: node.clone(),
        work: match lease.publish_of {
            0 if lease.preflight => Work::Preflight,
            0 => Work::Render,
            of => Work::Publish { of: Token(of) },
        },
        frames: ranges_from_wire("frames", &lease.frames)?,
        gentle: lease.gentle,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(report: &Report) -> Report {
        report_from_wire(&report_to_wire(1, report)).unwrap()
    }

    #[test]
    fn every_report_comes_back_as_it_was() {
        let frames: FrameSet = "1-3,7".parse().unwrap();
        let failure = Failure {
            exit: Some("exit code 1".into()),
            evidence: vec!["no such composition".into()],
            ..Failure::new(FailureClass::JobFatal, "composition not found")
        };
        let whats = [
            Reported::Began { fetched: Duration::from_micros(5), loaded: Duration::from_micros(70) },
            Reported::Proven { frames: frames.clone(), bytes: 9, took: Duration::from_micros(1234) },
            Reported::Published { frames: frames.clone() },
            Reported::Lost { frames: frames.clone() },
            Reported::Ended { outcome: Outcome::Succeeded, blamed: FrameSet::new(), last_frame: None },
            Reported::Ended { outcome: Outcome::Stopped, blamed: FrameSet::new(), last_frame: None },
            Reported::Ended { outcome: Outcome::Failed(failure), blamed: frames, last_frame: Some(-4) },
        ];
        for what in whats {
            let report = Report { token: Token(77), what };
            assert_eq!(back(&report), report);
        }
    }

    #[test]
    fn every_kind_of_lease_comes_back_as_it_was() {
        let node = NodeName::new("anna").unwrap();
        let whole = |work, gentle| Lease {
            token: Token(9),
            job: "018f2d3c-1111-7222-8333-0123456789ab".parse().unwrap(),
            step: callsheet_model::StepIndex(2),
            node: node.clone(),
            work,
            frames: "4".parse().unwrap(),
            gentle,
        };
        for work in [Work::Render, Work::Preflight, Work::Publish { of: Token(8) }] {
            for gentle in [false, true] {
                let lease = whole(work, gentle);
                assert_eq!(lease_from_wire(&node, &lease_to_wire(&lease)), Ok(lease));
            }
        }
    }

    #[test]
    fn every_failure_class_comes_back_as_it_was() {
        for class in FailureClass::ALL {
            let failure = Failure::new(class, "x");
            assert_eq!(Failure::try_from(&v1::Failure::from(&failure)), Ok(failure));
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let empty = v1::Report { number: 1, token: 1, what: None };
        assert_eq!(report_from_wire(&empty).unwrap_err().to_string(), "what: is missing");
        let ended =
            v1::report::What::Ended(v1::Ended { how: 2, failure: None, blamed: vec![], last_frame: None });
        let failed = v1::Report { number: 1, token: 1, what: Some(ended) };
        assert_eq!(report_from_wire(&failed).unwrap_err().to_string(), "ended.failure: is missing");
        let slots = v1::Capabilities { slots: 0, ..Default::default() };
        assert!(Capabilities::try_from(&slots).unwrap_err().to_string().starts_with("slots: 0"));
    }
}
