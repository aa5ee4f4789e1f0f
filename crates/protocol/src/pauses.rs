//! Pauses of the cluster, a pool or a queue, on the wire. When one ends is a moment here and a length in a
//! request: only who owns a clock can turn one into the other.

use std::time::Duration;

use callsheet_model::limits::{MAX_NAME_BYTES, MAX_NOTE_BYTES};
use callsheet_model::{Pause, PauseKey, PauseScope, PauseSource, Running};

use crate::field::{FieldError, cut};
use crate::text::Rule;
use crate::v1;

/// Longest pause that can be asked for by its length: ten years.
const LONGEST: Duration = Duration::from_secs(3650 * 24 * 3600);

impl From<&Pause> for v1::PauseView {
    fn from(pause: &Pause) -> Self {
        let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
        Self {
            scope: match pause.key.scope {
                PauseScope::Cluster => v1::PauseScope::Cluster,
                PauseScope::Pool(_) => v1::PauseScope::Pool,
                PauseScope::Queue(_) => v1::PauseScope::Queue,
            }
            .into(),
            name: name(pause.key.scope.name()),
            source: match pause.key.source {
                PauseSource::Person => v1::PauseSource::Person,
                PauseSource::Watcher(_) => v1::PauseSource::Watcher,
                PauseSource::Calendar(_) => v1::PauseSource::Calendar,
            }
            .into(),
            source_name: name(pause.key.source.name()),
            reason: pause.reason.clone(),
            until_ms: pause.until.map(|until| until.0),
            running: match pause.running {
                Running::Finish => v1::Running::Finish,
                Running::HandBack => v1::Running::HandBack,
            }
            .into(),
        }
    }
}

/// A pause that a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedPause {
    /// What is to be paused, by hand.
    pub key: PauseKey,
    /// Why.
    pub reason: String,
    /// How long; until it is lifted, when there is none.
    pub lasts: Option<Duration>,
    /// What becomes of frames in hands.
    pub running: Running,
}

/// A pause from the request for it.
///
/// # Errors
/// The field that cannot be read.
pub fn pause_from_wire(request: &v1::SetPauseRequest) -> Result<WantedPause, FieldError> {
    let scope = scope_from_wire(request.scope, &request.name)?;
    Rule::MaybeLine(MAX_NOTE_BYTES).check("reason", &request.reason)?;
    let lasts = request.for_ms.map(Duration::from_millis);
    if lasts.is_some_and(|lasts| lasts.is_zero() || lasts > LONGEST) {
        let message = format!("{} ms: from 1 to {}", request.for_ms.unwrap_or(0), LONGEST.as_millis());
        return Err(FieldError::new("for_ms", message));
    }
    let running = match v1::Running::try_from(request.running) {
        Ok(v1::Running::Unspecified | v1::Running::Finish) => Running::Finish,
        Ok(v1::Running::HandBack) => Running::HandBack,
        Err(_) => return Err(unknown("running", request.running, "1 (finish) or 2 (hand back)")),
    };
    let key = PauseKey { scope, source: PauseSource::Person };
    Ok(WantedPause { key, reason: request.reason.clone(), lasts, running })
}

/// Which pause is to be lifted.
///
/// # Errors
/// The field that cannot be read.
pub fn pause_key_from_wire(request: &v1::LiftPauseRequest) -> Result<PauseKey, FieldError> {
    let scope = scope_from_wire(request.scope, &request.name)?;
    let named = || Rule::Line(MAX_NAME_BYTES).take("source_name", &request.source_name);
    let source = match v1::PauseSource::try_from(request.source) {
        Ok(v1::PauseSource::Unspecified | v1::PauseSource::Person) => PauseSource::Person,
        Ok(v1::PauseSource::Watcher) => PauseSource::Watcher(named()?),
        Ok(v1::PauseSource::Calendar) => PauseSource::Calendar(named()?),
        Err(_) => return Err(unknown("source", request.source, "1 (person), 2 (watcher) or 3 (calendar)")),
    };
    if source == PauseSource::Person && !request.source_name.is_empty() {
        let message = format!("{:?}: a pause by hand has none", cut(&request.source_name));
        return Err(FieldError::new("source_name", message));
    }
    Ok(PauseKey { scope, source })
}

fn scope_from_wire(scope: i32, name: &str) -> Result<PauseScope, FieldError> {
    let named = || match name {
        "" => Err(FieldError::missing("name")),
        name => Rule::Name.take("name", name),
    };
    match v1::PauseScope::try_from(scope) {
        Ok(v1::PauseScope::Cluster) if name.is_empty() => Ok(PauseScope::Cluster),
        Ok(v1::PauseScope::Cluster) => {
            Err(FieldError::new("name", format!("{:?}: the whole cluster has none here", cut(name))))
        }
        Ok(v1::PauseScope::Pool) => Ok(PauseScope::Pool(named()?)),
        Ok(v1::PauseScope::Queue) => Ok(PauseScope::Queue(named()?)),
        Ok(v1::PauseScope::Unspecified) => Err(FieldError::missing("scope")),
        Err(_) => Err(unknown("scope", scope, "1 (cluster), 2 (pool) or 3 (queue)")),
    }
}

fn unknown(field: &str, found: i32, allowed: &str) -> FieldError {
    FieldError::new(field, format!("{found}: {allowed} are known"))
}

#[cfg(test)]
mod tests {
    use callsheet_model::Timestamp;

    use super::*;

    fn wanted(scope: v1::PauseScope, name: &str) -> v1::SetPauseRequest {
        v1::SetPauseRequest { scope: scope.into(), name: name.into(), ..Default::default() }
    }

    #[test]
    fn every_scope_is_read_with_its_name() {
        let scope = |scope, name| pause_from_wire(&wanted(scope, name)).map(|wanted| wanted.key.scope);
        assert_eq!(scope(v1::PauseScope::Cluster, ""), Ok(PauseScope::Cluster));
        assert_eq!(scope(v1::PauseScope::Pool, "gpu"), Ok(PauseScope::Pool("gpu".into())));
        assert_eq!(scope(v1::PauseScope::Queue, "lottie"), Ok(PauseScope::Queue("lottie".into())));
        for (scope_, name, field) in [
            (v1::PauseScope::Unspecified, "gpu", "scope"),
            (v1::PauseScope::Cluster, "gpu", "name"),
            (v1::PauseScope::Pool, "", "name"),
            (v1::PauseScope::Queue, "../up", "name"),
        ] {
            assert_eq!(scope(scope_, name).unwrap_err().field, field, "{scope_:?} {name}");
        }
    }

    #[test]
    fn a_length_a_reason_and_what_becomes_of_frames_are_checked() {
        let good = v1::SetPauseRequest {
            reason: "the power company is here".into(),
            for_ms: Some(7_200_000),
            running: v1::Running::HandBack.into(),
            ..wanted(v1::PauseScope::Cluster, "")
        };
        let read = pause_from_wire(&good).unwrap();
        assert_eq!((read.lasts, read.running), (Some(Duration::from_secs(7200)), Running::HandBack));
        let field = |request| pause_from_wire(&request).unwrap_err().field;
        assert_eq!(field(v1::SetPauseRequest { for_ms: Some(0), ..good.clone() }), "for_ms");
        assert_eq!(field(v1::SetPauseRequest { for_ms: Some(u64::MAX), ..good.clone() }), "for_ms");
        assert_eq!(field(v1::SetPauseRequest { running: 7, ..good.clone() }), "running");
        assert_eq!(field(v1::SetPauseRequest { reason: "a\nb".into(), ..good.clone() }), "reason");
        assert_eq!(field(v1::SetPauseRequest { reason: "x".repeat(2000), ..good }), "reason");
    }

    #[test]
    fn a_pause_is_lifted_by_the_same_words_that_it_is_shown_with() {
        for key in [
            PauseKey { scope: PauseScope::Cluster, source: PauseSource::Person },
            PauseKey { scope: PauseScope::Pool("gpu".into()), source: PauseSource::Watcher("desk".into()) },
            PauseKey { scope: PauseScope::Queue("x".into()), source: PauseSource::Calendar("noon".into()) },
        ] {
            let pause = Pause {
                key: key.clone(),
                reason: "so".into(),
                until: Some(Timestamp(7)),
                running: Running::Finish,
            };
            let v1::PauseView { scope, name, source, source_name, until_ms, .. } = (&pause).into();
            assert_eq!(until_ms, Some(7));
            let request = v1::LiftPauseRequest { scope, name, source, source_name };
            assert_eq!(pause_key_from_wire(&request), Ok(key));
        }
        let nameless = v1::LiftPauseRequest { scope: 1, source: 2, ..Default::default() };
        assert_eq!(pause_key_from_wire(&nameless).unwrap_err().field, "source_name");
        let named = v1::LiftPauseRequest { scope: 1, source_name: "desk".into(), ..Default::default() };
        assert_eq!(pause_key_from_wire(&named).unwrap_err().field, "source_name");
    }
}
