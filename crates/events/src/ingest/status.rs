//! An event's status, worked out from its type when it does not say one.
//!
//! The last word of the type counts, without a version: `step.enter` has begun, `call.done` is complete. A type that
//! ends in none of these words has no status.

/// Every status.
pub(super) const ALL: [&str; 4] = ["STARTED", "RUNNING", "COMPLETED", "FAILED"];

/// Last words of types, by the status they mean.
const WORDS: [(&str, &[&str]); 4] = [
    (
        "STARTED",
        &[
            "started",
            "start",
            "starting",
            "enter",
            "entered",
            "began",
            "begin",
            "begun",
            "created",
            "spawned",
            "issued",
            "requested",
            "submitted",
            "opened",
            "online",
            "claimed",
            "queued",
        ],
    ),
    ("RUNNING", &["running", "progress", "updated", "heartbeat", "resumed", "retrying", "waiting"]),
    (
        "COMPLETED",
        &[
            "completed",
            "complete",
            "done",
            "exit",
            "exited",
            "finished",
            "finish",
            "ended",
            "end",
            "succeeded",
            "success",
            "closed",
            "granted",
            "published",
            "terminated",
            "step_completed",
        ],
    ),
    (
        "FAILED",
        &[
            "failed",
            "fail",
            "failure",
            "error",
            "errored",
            "crashed",
            "denied",
            "aborted",
            "cancelled",
            "canceled",
            "timeout",
            "timed_out",
            "lost",
        ],
    ),
];

/// The status that a type means, if it means one.
pub(super) fn of(kind: &str) -> Option<&'static str> {
    let mut words = kind.rsplit('.');
    let last = words.next()?;
    let is_version = |word: &str| {
        word.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let last = if is_version(last) { words.next()? } else { last };
    let (status, _) = WORDS.iter().find(|(_, words)| words.contains(&last))?;
    Some(status)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_last_word_of_a_type_tells_its_status() {
        for (kind, wanted) in [
            ("step.enter", Some("STARTED")),
            ("command.issued", Some("STARTED")),
            ("job.progress", Some("RUNNING")),
            ("step.exit", Some("COMPLETED")),
            ("call.done", Some("COMPLETED")),
            ("workflow.step_completed", Some("COMPLETED")),
            ("command.failed", Some("FAILED")),
            ("node.crashed.v1", Some("FAILED")),
            ("node.crashed.v", None),
            ("failed", Some("FAILED")),
            ("v1", None),
            ("weather.changed", None),
            ("", None),
        ] {
            assert_eq!(of(kind), wanted, "{kind:?}");
        }
    }
}
