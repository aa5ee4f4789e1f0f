//! Timelines of all jobs that are remembered, and the spans that end with each event. It reads no clock and sends
//! nothing: the same log gives the same spans.

use std::collections::BTreeMap;

use callsheet_events::Sealed;
use callsheet_events::timeline::Timeline;
use callsheet_model::{Event, JobId, StepIndex, Timestamp};
use opentelemetry_proto::tonic::trace::v1::Span;

use super::ids;
use super::span::{self, Sketch, text};

/// The fold.
#[derive(Default)]
pub(super) struct Jobs(BTreeMap<JobId, Trace>);

/// A job's trace so far.
struct Trace {
    timeline: Timeline,
    /// How often it was retried.
    round: u32,
    /// When this round began.
    began: Timestamp,
    /// Its span was told in this round.
    over: bool,
}

impl Jobs {
    /// Takes the next event of the log: the spans that end with it. A job whose beginning is not in the log any more
    /// has none.
    pub(super) fn add(&mut self, sealed: &Sealed) -> Vec<Span> {
        let (at, event) = (sealed.envelope.at, &sealed.envelope.event);
        let Some(job) = event.job() else { return Vec::new() };
        if matches!(event, Event::JobSubmitted { .. }) {
            let timeline = Timeline::new(job);
            self.0.insert(job, Trace { timeline, round: 0, began: at, over: false });
        }
        if matches!(event, Event::JobForgotten { .. }) {
            self.0.remove(&job);
        }
        let Some(trace) = self.0.get_mut(&job) else { return Vec::new() };
        trace.timeline.add(sealed);
        let mut spans = trace.ended_frame_jobs();
        match event {
            Event::StepSucceeded { step, .. } => spans.extend(trace.step(*step, at, None)),
            Event::JobSucceeded { .. } => spans.extend(trace.end(at, None)),
            Event::JobFailed { reason, .. } => spans.extend(trace.end(at, Some(reason))),
            Event::JobCancelled { reason, .. } => {
                spans.extend(trace.end(at, Some(&format!("cancelled: {reason}"))));
            }
            Event::JobRetried { .. } if trace.over => {
                (trace.round, trace.began, trace.over) = (trace.round.saturating_add(1), at, false);
            }
            _ => {}
        }
        // Nothing of it is looked at again, and a job may live for long.
        trace.timeline.turns.clear();
        spans
    }
}

impl Trace {
    /// Frame jobs that have ended, which are not kept any longer.
    fn ended_frame_jobs(&mut self) -> Vec<Span> {
        let (job, round) = (self.timeline.job_id, self.round);
        let mut spans = Vec::new();
        for (index, line) in &mut self.timeline.steps {
            let parent = ids::step(job, round, *index);
            line.frame_jobs.retain(|_, attempt| {
                spans.extend(span::frame_job(job, parent, attempt));
                attempt.ended.is_none()
            });
        }
        spans
    }

    /// A step that has ended in this round; nothing if it had not begun.
    fn step(&self, index: StepIndex, end: Timestamp, error: Option<&str>) -> Option<Span> {
        let line = self.timeline.steps.get(&index)?;
        let job = self.timeline.job_id;
        let attributes = line.renderer.iter().map(|renderer| text("callsheet.renderer", renderer));
        let sketch = Sketch {
            job,
            id: ids::step(job, self.round, index),
            parent: Some(ids::job(job, self.round)),
            name: format!("step {}", line.name.as_deref().unwrap_or("?")),
            start: line.open_at?.max(self.began),
            end,
            error: error.map(str::to_owned),
            attributes: attributes.collect(),
        };
        Some(sketch.span())
    }

    /// The job has ended, and with it what has not ended by itself.
    fn end(&mut self, end: Timestamp, error: Option<&str>) -> Vec<Span> {
        if std::mem::replace(&mut self.over, true) {
            return Vec::new();
        }
        let open = self.timeline.steps.iter().filter(|(_, line)| line.succeeded_at.is_none());
        let mut spans: Vec<Span> = open.filter_map(|(index, _)| self.step(*index, end, error)).collect();
        let job = self.timeline.job_id;
        let (name, project) = (self.timeline.name.clone(), self.timeline.project.clone());
        let name = name.unwrap_or_default();
        let again = if self.round == 0 { "" } else { ", retried" };
        let sketch = Sketch {
            job,
            id: ids::job(job, self.round),
            // A later round hangs below the first: a trace has one root.
            parent: (self.round > 0).then(|| ids::job(job, 0)),
            start: self.began,
            end,
            error: error.map(str::to_owned),
            attributes: vec![
                text("callsheet.job.id", job),
                text("callsheet.job.name", &name),
                text("callsheet.project", project.unwrap_or_default()),
            ],
            name: format!("job {name}{again}"),
        };
        spans.push(sketch.span());
        spans
    }
}
