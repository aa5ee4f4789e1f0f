//! The release that a job needs, on the wire. What a readable one must also fulfil is checked by
//! `callsheet-config`, with the rest of the job.

use std::time::Duration;

use callsheet_model::{ApprovalSpec, Overdue};

use crate::field::FieldError;
use crate::v1;

/// What is asked for when nothing is said.
const RELEASE: &str = "release";

/// A needed release as a message.
#[must_use]
pub fn approval_to_wire(approval: &ApprovalSpec) -> v1::Approval {
    v1::Approval {
        kind: approval.kind.clone(),
        description: approval.description.clone(),
        timeout_ms: approval.timeout.map(callsheet_model::time::millis),
        overdue: match approval.overdue {
            Overdue::Escalate => v1::Overdue::Escalate,
            Overdue::Deny => v1::Overdue::Deny,
        }
        .into(),
    }
}

/// A needed release from a message.
///
/// # Errors
/// The field that cannot be read.
pub fn approval_from_wire(approval: &v1::Approval) -> Result<ApprovalSpec, FieldError> {
    let overdue = match v1::Overdue::try_from(approval.overdue) {
        Ok(v1::Overdue::Unspecified | v1::Overdue::Escalate) => Overdue::Escalate,
        Ok(v1::Overdue::Deny) => Overdue::Deny,
        Err(_) => {
            let message = format!("{}: 1 (escalate) or 2 (deny) are known", approval.overdue);
            return Err(FieldError::new("overdue", message));
        }
    };
    Ok(ApprovalSpec {
        kind: if approval.kind.is_empty() { RELEASE.to_owned() } else { approval.kind.clone() },
        description: approval.description.clone(),
        timeout: approval.timeout_ms.map(Duration::from_millis),
        overdue,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_needed_release_comes_back_as_it_was() {
        for (timeout, overdue) in [(None, Overdue::Escalate), (Some(Duration::from_secs(90)), Overdue::Deny)]
        {
            let (kind, description) = ("budget".to_owned(), "40 hours of rendering?".to_owned());
            let spec = ApprovalSpec { kind, description, timeout, overdue };
            assert_eq!(approval_from_wire(&approval_to_wire(&spec)), Ok(spec));
        }
    }

    #[test]
    fn what_is_left_open_has_a_meaning_and_what_is_unknown_is_refused() {
        let spec = approval_from_wire(&v1::Approval::default()).unwrap();
        assert_eq!((spec.kind.as_str(), spec.timeout, spec.overdue), ("release", None, Overdue::Escalate));
        let later = v1::Approval { overdue: 9, ..Default::default() };
        assert_eq!(approval_from_wire(&later).unwrap_err().field, "overdue");
    }
}
