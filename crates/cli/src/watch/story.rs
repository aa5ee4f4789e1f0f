//! What is known of a watched job: a fold of views, events and signals. It asks nobody and draws nothing.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::{FrameSet, JobId};
use callsheet_protocol::v1;
use serde_json::Value;

use super::trust;
use crate::output::words;

/// A node's part in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Share {
    /// Frames of it that counted.
    pub(crate) accepted: u64,
    /// Their size, all together.
    pub(crate) bytes: u64,
    /// Time that rendering them took, all together.
    pub(crate) took_ms: u64,
}

/// Frames in a node's hands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held {
    pub(crate) token: u64,
    pub(crate) step: String,
    /// What it was given; empty for a task.
    pub(crate) frames: String,
    /// Where the renderer is, as far as it is known.
    pub(crate) at: At,
}

/// Where a renderer is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct At {
    pub(crate) frame: Option<i32>,
    /// How far that frame or task is, 0 to 1.
    pub(crate) part: Option<f32>,
}

/// The job, as it is known.
pub(crate) struct Story {
    job: String,
    pub(crate) latest: Option<v1::JobView>,
    pub(crate) shares: BTreeMap<String, Share>,
    /// By node, in the order of their tokens.
    pub(crate) held: BTreeMap<String, Vec<Held>>,
    leased_to: BTreeMap<String, String>,
    /// Leases under which a node only looks.
    looks: BTreeSet<String>,
    at: BTreeMap<u64, At>,
    failed: u64,
    returned: u64,
}

impl Story {
    pub(crate) fn new(job: JobId) -> Self {
        Self {
            job: job.to_string(),
            latest: None,
            shares: BTreeMap::new(),
            held: BTreeMap::new(),
            leased_to: BTreeMap::new(),
            looks: BTreeSet::new(),
            at: BTreeMap::new(),
            failed: 0,
            returned: 0,
        }
    }

    /// Which job.
    pub(crate) fn job(&self) -> &str {
        &self.job
    }

    /// The job as it is now.
    pub(crate) fn view(&mut self, view: v1::JobView) {
        self.held.clear();
        for lease in &view.leases {
            let step = view.steps.get(lease.step as usize).map(|step| step.name.clone());
            let spec = view.spec.as_ref().and_then(|spec| spec.steps.get(lease.step as usize));
            // A task is counted as one frame, which nobody has asked for by its number.
            let task = spec.is_some_and(|step| step.frames.is_empty());
            let At { frame, part } = self.at.get(&lease.token).copied().unwrap_or_default();
            let step = step.unwrap_or_default();
            let held = Held {
                token: lease.token,
                step: if lease.preflight { format!("a look at {step}") } else { step },
                frames: if task || lease.preflight { String::new() } else { lease.frames.clone() },
                at: At { frame: frame.filter(|_| !task), part },
            };
            self.held.entry(lease.node.clone()).or_default().push(held);
        }
        let tokens: BTreeSet<u64> = view.leases.iter().map(|lease| lease.token).collect();
        self.at.retain(|token, _| tokens.contains(token));
        self.latest = Some(view);
    }

    /// Something happened; what people should be told of it.
    pub(crate) fn event(&mut self, event: &v1::StoredEvent) -> Option<String> {
        let payload: Value = serde_json::from_str(&event.payload_json).ok()?;
        let text = |key: &str| payload.get(key).and_then(Value::as_str).unwrap_or_default();
        let number = |key: &str| payload.get(key).and_then(Value::as_u64).unwrap_or_default();
        let frames: FrameSet = text("frames").parse().unwrap_or_default();
        if text("job_id") != self.job {
            return None;
        }
        let node = self.leased_to.get(text("token")).cloned().unwrap_or_default();
        match event.r#type.as_str() {
            "frame_job.leased" => {
                self.leased_to.insert(text("token").to_owned(), text("node").to_owned());
                let flag = |key: &str| payload.get(key).and_then(Value::as_bool).unwrap_or_default();
                if flag("preflight") {
                    self.looks.insert(text("token").to_owned());
                    return Some(trust::looks(text("node"), &self.step(number("step"))));
                }
                flag("gentle").then(|| trust::gently(text("node"), &frames))
            }
            "step.cleared" => Some(trust::cleared(text("node"), &self.step(number("step")))),
            "node.crashed.v1" => Some(trust::crashed(&payload)),
            "node.quarantined" => Some(trust::quarantined(&payload)),
            "frame_job.frames_failed" | "frame_job.frames_dead_lettered"
                if self.looks.contains(text("token")) =>
            {
                let step = self.step(number("step"));
                Some(trust::missed(&node, &step, &failure(&payload)))
            }
            "frame_job.frames_accepted" => {
                let share = self.shares.entry(node).or_default();
                share.accepted += frames.len().max(1);
                share.bytes += number("bytes");
                share.took_ms += number("took_ms");
                None
            }
            "frame_job.frames_failed" => {
                self.failed += frames.len().max(1);
                Some(format!(
                    "frames {frames} failed on {node}, and wait for another try: {}",
                    failure(&payload)
                ))
            }
            "frame_job.frames_dead_lettered" => {
                Some(format!("frames {frames} failed too often, last on {node}: {}", failure(&payload)))
            }
            "frame_job.released" if text("reason") == "node_lost" => {
                self.returned += 1;
                Some(format!("{node} is lost: what it held goes to others"))
            }
            "job.retried" => Some("dead-lettered frames wait again".to_owned()),
            _ => None,
        }
    }

    /// A step's name.
    fn step(&self, nth: u64) -> String {
        let steps = self.latest.iter().flat_map(|view| &view.steps);
        let found = usize::try_from(nth).ok().and_then(|nth| steps.map(|step| &step.name).nth(nth));
        found.cloned().unwrap_or_else(|| nth.to_string())
    }

    /// Something passes by.
    pub(crate) fn signal(&mut self, signal: &v1::Signal) {
        let Some(v1::signal::Body::Progress(progress)) = &signal.body else { return };
        if progress.job != self.job {
            return;
        }
        let at = At { frame: progress.frame, part: progress.fraction };
        self.at.insert(progress.token, at);
        let held = self.held.get_mut(&progress.node).into_iter().flatten();
        held.filter(|held| held.token == progress.token).for_each(|held| {
            held.at = At { frame: at.frame.filter(|_| !held.frames.is_empty()), part: at.part };
        });
    }

    pub(crate) fn state(&self) -> v1::JobState {
        self.latest.as_ref().map_or(v1::JobState::Unspecified, v1::JobView::state)
    }

    pub(crate) fn is_over(&self) -> bool {
        words::is_over(self.state())
    }

    /// Frames published and all frames, over all steps.
    pub(crate) fn counts(&self) -> v1::FrameCounts {
        self.latest.as_ref().and_then(|view| view.frames).unwrap_or_default()
    }

    /// Who did how much, a line each.
    pub(crate) fn shares(&self) -> Vec<String> {
        let width = self.shares.keys().map(String::len).max().unwrap_or(0);
        let share = |(node, share): (&String, &Share)| {
            format!(
                "  {node:width$}  {}, {}, {} of rendering",
                words::count(share.accepted, "frame"),
                words::bytes(share.bytes),
                words::duration(share.took_ms)
            )
        };
        self.shares.iter().map(share).collect()
    }

    /// What had to be done again; nothing when nothing had.
    pub(crate) fn again(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.failed > 0 {
            parts.push(format!(
                "{} after failures",
                words::count(self.failed, "retry").replace("retrys", "retries")
            ));
        }
        if self.returned > 0 {
            parts.push(format!("{} taken over from lost nodes", words::count(self.returned, "frame job")));
        }
        (!parts.is_empty()).then(|| format!("  {}", parts.join(", ")))
    }
}

fn failure(payload: &Value) -> String {
    let part =
        |key: &str| payload.get("failure").and_then(|failure| failure.get(key)).and_then(Value::as_str);
    part("message").unwrap_or_default().to_owned()
}

/// The node whose renderer is in the middle of a frame, and the frame, from a signal about this job.
pub(crate) fn rendering(signal: &v1::Signal, job: &str) -> Option<(String, i32)> {
    match &signal.body {
        Some(v1::signal::Body::Progress(progress)) if progress.job == job => {
            Some((progress.node.clone(), progress.frame?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = "0197c5a1-0000-7000-8000-0123456789ab";

    fn event(kind: &str, payload: &str) -> v1::StoredEvent {
        let payload_json = payload.replace("JOB", JOB);
        v1::StoredEvent { r#type: kind.into(), payload_json, ..Default::default() }
    }

    fn story() -> Story {
        Story::new(JOB.parse().unwrap())
    }

    #[test]
    fn frames_are_counted_for_whoever_held_them() {
        let mut story = story();
        story.event(&event(
            "frame_job.leased",
            r#"{"job_id":"JOB","token":"1.1","node":"anna","frames":"1-6"}"#,
        ));
        let accepted = r#"{"job_id":"JOB","token":"1.1","frames":"1-4","bytes":10,"took_ms":8}"#;
        story.event(&event("frame_job.frames_accepted", accepted));
        story.event(&event("frame_job.frames_accepted", &accepted.replace("JOB", "another")));
        assert_eq!(story.shares["anna"], Share { accepted: 4, bytes: 10, took_ms: 8 });
        assert_eq!(story.again(), None);
        let told = story
            .event(&event("frame_job.released", r#"{"job_id":"JOB","token":"1.1","reason":"node_lost"}"#));
        assert!(told.unwrap().contains("anna"));
        assert_eq!(story.again().unwrap(), "  1 frame job taken over from lost nodes");
    }

    #[test]
    fn the_frame_in_a_renderer_is_known_until_its_lease_ends() {
        let mut story = story();
        let view = v1::JobView {
            steps: vec![v1::StepView { name: "frames".into(), ..Default::default() }],
            leases: vec![v1::LeaseView {
                token: 7,
                node: "anna".into(),
                frames: "1-6".into(),
                remaining: "3-6".into(),
                ..Default::default()
            }],
            ..Default::default()
        };
        story.view(view.clone());
        let progress = v1::Progress {
            token: 7,
            job: JOB.into(),
            node: "anna".into(),
            frame: Some(3),
            ..Default::default()
        };
        let body = Some(v1::signal::Body::Progress(progress));
        let signal = v1::Signal { body, ..Default::default() };
        story.signal(&signal);
        assert_eq!(story.held["anna"][0].at.frame, Some(3));
        story.view(view.clone());
        assert_eq!(story.held["anna"][0].at.frame, Some(3), "views come often, signals do not");
        story.view(v1::JobView { leases: Vec::new(), ..view });
        assert!(story.held.is_empty() && story.at.is_empty());
        assert_eq!(rendering(&signal, JOB), Some(("anna".into(), 3)));
        assert_eq!(rendering(&signal, "another"), None);
    }

    #[test]
    fn a_look_a_crash_and_a_quarantine_are_told_in_words() {
        let mut story = story();
        let steps = vec![v1::StepView { name: "beauty".into(), ..Default::default() }];
        story.view(v1::JobView { steps, ..Default::default() });
        let mut tell = |kind: &str, payload: &str| story.event(&event(kind, payload)).unwrap();
        let look = r#"{"job_id":"JOB","token":"1.1","step":0,"node":"anna","frames":"1","preflight":true}"#;
        assert_eq!(tell("frame_job.leased", look), "anna looks at beauty before its frames go out");
        let failed =
            r#"{"job_id":"JOB","token":"1.1","step":0,"frames":"1","failure":{"message":"no font Gill"}}"#;
        assert_eq!(tell("frame_job.frames_failed", failed), "anna looked at beauty: no font Gill");
        let cleared = r#"{"job_id":"JOB","step":0,"node":"ben"}"#;
        assert_eq!(tell("step.cleared", cleared), "ben found nothing wrong with beauty: its frames go out");
        let crash = r#"{"job_id":"JOB","node":"ben","renderer":"after_effects","renderer_version":"24.6",
            "last_known_frame":7,"crash_signal":"killed by SIGSEGV","auto_recovery_started":true}"#;
        assert_eq!(
            tell("node.crashed.v1", crash),
            "after_effects 24.6 crashed on ben at frame 7, killed by SIGSEGV: what is missing goes out again"
        );
        let suspect = r#"{"job_id":"JOB","node":"ben","renderer":"after_effects","strike":1,
            "until":"2026-01-01T00:00:30.000Z","failure":{"class":"crash","message":"it died"}}"#;
        assert_eq!(
            tell("node.quarantined", suspect),
            "ben is not trusted with after_effects until 2026-01-01T00:00:30.000Z: it died"
        );
        assert_eq!(
            tell("node.quarantined", &suspect.replace("\"strike\":1", "\"strike\":2")),
            "ben was tried with a frame, and is not trusted with after_effects until 2026-01-01T00:00:30.000Z: it died"
        );
        let gentle = r#"{"job_id":"JOB","token":"1.2","step":0,"node":"ben","frames":"1-3","gentle":true}"#;
        assert_eq!(
            tell("frame_job.leased", gentle),
            "ben renders frames 1-3 with as little memory as can be: they ran out of it before"
        );
        assert_eq!(story.again(), None, "a look is no retry");
    }

    #[test]
    fn nonsense_is_ignored() {
        let mut story = story();
        assert_eq!(story.event(&event("frame_job.leased", "no json")), None);
        assert_eq!(story.event(&event("frame_job.frames_accepted", r#"{"job_id":7}"#)), None);
        assert!(story.shares.is_empty());
    }
}
