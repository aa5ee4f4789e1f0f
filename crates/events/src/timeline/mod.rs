//! What became of a job: its own turns, and for each frame job when it was queued, leased, fetched, loading,
//! rendering, proven and published, what failed and why, and how it ended. A fold of the job's events.
//!
//! Memory is bounded: past [`MAX_TIMELINE`] frame jobs, the oldest of those that simply went well are left out and
//! counted. When the log does not reach back to the job's beginning, what is not known is null.

mod attempt;
mod text;

use std::collections::BTreeMap;

use callsheet_model::limits::MAX_TIMELINE;
use callsheet_model::{
    ApprovalEvent, Event, FrameSet, Job, JobId, JobState, StepIndex, Timestamp, Token, Work, WorkflowEvent,
};
use serde::{Serialize, Serializer};

pub use attempt::{Attempt, Began, Ended, Trouble, Written};

use crate::payload::Text;
use crate::sealed::Sealed;

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timeline {
    /// The job.
    pub job_id: JobId,
    /// Its name; unknown when the log begins after it was submitted.
    pub name: Option<String>,
    /// Its project's name, likewise.
    pub project: Option<String>,
    /// Where it stands, in the word that is used everywhere; unknown before its first event.
    pub state: Option<&'static str>,
    /// Its own turns, in order.
    pub turns: Vec<Turn>,
    /// Its steps, with their frame jobs.
    #[serde(serialize_with = "values")]
    pub steps: BTreeMap<StepIndex, StepLine>,
    /// Frame jobs that went well and are not listed.
    pub left_out: u64,
    /// The number of the last event in it.
    pub sequence: u64,
}

/// A turn in a job's life.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Turn {
    /// When.
    #[serde(serialize_with = "shown")]
    pub at: Timestamp,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, for people.
    pub what: String,
}

/// A step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StepLine {
    /// Its place in the job, from 0.
    pub step: u16,
    /// Its name, if it is known.
    pub name: Option<String>,
    /// Its renderer, if it is known.
    pub renderer: Option<String>,
    /// Its frames, if they are known; empty for a step that is one task.
    pub frames: Option<FrameSet>,
    /// Since when its frames could be handed out.
    #[serde(serialize_with = "perhaps")]
    pub open_at: Option<Timestamp>,
    /// When a node found nothing wrong with it, before its frames went out.
    #[serde(serialize_with = "perhaps")]
    pub cleared_at: Option<Timestamp>,
    /// When every frame of it was published.
    #[serde(serialize_with = "perhaps")]
    pub succeeded_at: Option<Timestamp>,
    /// Its frame jobs, by their tokens.
    #[serde(serialize_with = "values")]
    pub frame_jobs: BTreeMap<Token, Attempt>,
    /// Whether it leaves files that have to be published.
    #[serde(skip)]
    has_output: Option<bool>,
    /// Steps that it comes after and that are not done.
    #[serde(skip)]
    after: Vec<StepIndex>,
    /// Frames that wait again, and since when.
    #[serde(skip)]
    freed: Vec<(FrameSet, Timestamp)>,
}

impl Timeline {
    /// Of a job that nothing is known of yet.
    #[must_use]
    pub fn new(job: JobId) -> Self {
        Self {
            job_id: job,
            name: None,
            project: None,
            state: None,
            turns: Vec::new(),
            steps: BTreeMap::new(),
            left_out: 0,
            sequence: 0,
        }
    }

    /// Of a job, from events of the log in their order.
    #[must_use]
    pub fn of<S: AsRef<Sealed>>(job: JobId, events: impl IntoIterator<Item = S>) -> Self {
        let mut timeline = Self::new(job);
        for event in events {
            timeline.add(event.as_ref());
        }
        timeline
    }

    /// Takes the next event of the log; those of other jobs change nothing.
    pub fn add(&mut self, sealed: &Sealed) {
        let envelope = &sealed.envelope;
        if envelope.event.job() != Some(self.job_id) {
            return;
        }
        self.sequence = envelope.sequence;
        let at = envelope.at;
        match &envelope.event {
            Event::JobSubmitted { job } => self.submitted(job, at),
            Event::StepSucceeded { step, .. } => self.step_succeeded(*step, at),
            Event::StepCleared { step, .. } => self.step(*step).cleared_at = Some(at),
            Event::FramesLeased { lease } => self.leased(lease, at),
            event => {
                if let Some((token, step)) = place(event) {
                    self.of_attempt(token, step, event, at);
                }
            }
        }
        if let Some(what) = turn(&envelope.event) {
            self.turns.push(Turn { at, kind: envelope.event.kind().to_owned(), what });
        }
        self.state = state(&envelope.event, self.state).or(self.state);
        if matches!(envelope.event, Event::Approval(ApprovalEvent::Granted { .. })) {
            self.open(at);
        }
        if let Event::JobRetried { steps, .. } = &envelope.event {
            for (step, frames) in steps {
                self.step(*step).freed.push((frames.clone(), at));
            }
        }
    }

    fn step(&mut self, step: StepIndex) -> &mut StepLine {
        self.steps.entry(step).or_insert_with(|| StepLine { step: step.0, ..StepLine::default() })
    }

    fn submitted(&mut self, job: &Job, at: Timestamp) {
        self.name = Some(job.spec.name.clone());
        self.project = Some(job.spec.project.clone());
        for (nth, spec) in (0..).zip(&job.spec.steps) {
            let line = self.step(StepIndex(nth));
            line.name = Some(spec.name.clone());
            line.renderer = Some(spec.renderer.clone());
            line.frames = Some(spec.frames.clone());
            line.has_output = Some(spec.has_output());
            line.after = spec.after.iter().copied().collect();
        }
        if job.spec.approval.is_none() {
            self.open(at);
        }
    }

    /// Steps that wait for no other can be handed out.
    fn open(&mut self, at: Timestamp) {
        for line in self.steps.values_mut().filter(|line| line.after.is_empty()) {
            line.open_at.get_or_insert(at);
        }
    }

    fn step_succeeded(&mut self, step: StepIndex, at: Timestamp) {
        self.step(step).succeeded_at = Some(at);
        for line in self.steps.values_mut() {
            let waited = !line.after.is_empty();
            line.after.retain(|before| *before != step);
            if waited && line.after.is_empty() {
                line.open_at = Some(at);
            }
        }
    }

    fn leased(&mut self, lease: &callsheet_model::Lease, at: Timestamp) {
        let line = self.step(lease.step);
        // Frames that waited again wait since then, all others since the step was open.
        let freed = line.freed.iter().filter(|(frames, _)| !frames.is_disjoint(&lease.frames));
        let queued_at = freed.map(|(_, since)| *since).max().or(line.open_at);
        for (frames, _) in &mut line.freed {
            frames.subtract(&lease.frames);
        }
        line.freed.retain(|(frames, _)| !frames.is_empty());
        let has_output = line.has_output.unwrap_or(true) && lease.work != Work::Preflight;
        line.frame_jobs.insert(lease.token, Attempt::new(lease, has_output, queued_at, at));
        self.bound();
    }

    fn of_attempt(&mut self, token: Token, step: StepIndex, event: &Event, at: Timestamp) {
        let line = self.step(step);
        // Of a lease from before the log's beginning nothing is known but what comes now.
        let Some(attempt) = line.frame_jobs.get_mut(&token) else { return };
        if let Some(frames) = attempt.add(event, at).filter(|frames| !frames.is_empty()) {
            line.freed.push((frames, at));
        }
    }

    /// Leaves the oldest out that went well, half of what there is room for at once.
    fn bound(&mut self) {
        let listed: usize = self.steps.values().map(|line| line.frame_jobs.len()).sum();
        if listed <= MAX_TIMELINE {
            return;
        }
        let mut well: Vec<Token> = Vec::new();
        let mut all: Vec<Token> = Vec::new();
        for line in self.steps.values() {
            well.extend(
                line.frame_jobs.values().filter(|attempt| attempt.went_well()).map(|attempt| attempt.token.0),
            );
            all.extend(line.frame_jobs.keys());
        }
        // Where nearly everything fails, the oldest go whatever became of them.
        let mut going = if well.len() > MAX_TIMELINE / 4 { well } else { all };
        going.sort_unstable();
        going.truncate(MAX_TIMELINE / 2);
        for line in self.steps.values_mut() {
            let before = line.frame_jobs.len();
            line.frame_jobs.retain(|token, _| going.binary_search(token).is_err());
            self.left_out += (before - line.frame_jobs.len()) as u64;
        }
    }
}

/// The frame job that an event changes.
fn place(event: &Event) -> Option<(Token, StepIndex)> {
    match event {
        Event::AttemptBegan { token, step, .. }
        | Event::FramesAccepted { token, step, .. }
        | Event::FramesPublished { token, step, .. }
        | Event::FramesFailed { token, step, .. }
        | Event::FramesDeadLettered { token, step, .. }
        | Event::FramesReturned { token, step, .. }
        | Event::FramesLost { token, step, .. }
        | Event::LeaseReleased { token, step, .. } => Some((*token, *step)),
        _ => None,
    }
}

/// What an event says of the job as a whole, for people.
fn turn(event: &Event) -> Option<String> {
    Some(match event {
        Event::JobSubmitted { .. } => "submitted".into(),
        Event::JobPaused { .. } => "paused".into(),
        Event::JobResumed { .. } => "resumed".into(),
        Event::JobPrioritised { priority, .. } => format!("has priority {priority} now"),
        Event::JobCancelled { reason, .. } => format!("cancelled: {reason}"),
        Event::JobSucceeded { .. } => "succeeded".into(),
        Event::JobFailed { reason, .. } => format!("failed: {reason}"),
        Event::JobRetried { .. } => "retried".into(),
        Event::Approval(ApprovalEvent::Requested { spec, .. }) => {
            format!("waits for a person's release ({}): {}", spec.kind, spec.description)
        }
        Event::Approval(ApprovalEvent::Granted { by, comments, .. }) => {
            format!(
                "released by {by}{}",
                comments.as_ref().map(|text| format!(": {text}")).unwrap_or_default()
            )
        }
        Event::Approval(ApprovalEvent::Denied { by, reason, .. }) => format!("denied by {by}: {reason}"),
        Event::Approval(ApprovalEvent::Escalated { .. }) => "nobody has released it in time".into(),
        Event::Workflow(WorkflowEvent::StepCompleted { name, number, total, .. }) => {
            format!("step {name} is done, {number} of {total}")
        }
        _ => return None,
    })
}

/// Where a job stands after an event, if that changes it.
fn state(event: &Event, now: Option<&'static str>) -> Option<&'static str> {
    let state = match event {
        Event::JobSubmitted { job } if job.spec.approval.is_some() => JobState::Awaiting,
        Event::JobSubmitted { .. }
        | Event::Approval(ApprovalEvent::Granted { .. })
        | Event::JobRetried { .. } => JobState::Queued,
        Event::Approval(ApprovalEvent::Requested { .. }) => JobState::Awaiting,
        Event::JobPaused { .. } => JobState::Paused,
        Event::JobResumed { .. } => JobState::Running,
        Event::FramesLeased { .. } if now == Some(JobState::Queued.word()) || now.is_none() => {
            JobState::Running
        }
        Event::JobSucceeded { .. } => JobState::Succeeded,
        Event::JobFailed { .. } => JobState::Failed,
        Event::JobCancelled { .. } => JobState::Cancelled,
        _ => return None,
    };
    Some(state.word())
}

fn values<K, V: Serialize, S: Serializer>(map: &BTreeMap<K, V>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map.values())
}

fn shown<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    Text(at).serialize(serializer)
}

fn perhaps<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(Text).serialize(serializer)
}
