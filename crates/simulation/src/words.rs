//! Events in words, one line each: what a trace and a timeline are made of.

use callsheet_model::{Event, FrameSet, Work};

/// A line is cut off after so many characters.
const LONGEST: usize = 200;

/// What happened.
pub(crate) fn of(event: &Event) -> String {
    let mut line = told(event).replace(char::is_control, " ");
    if let Some((cut, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

fn told(event: &Event) -> String {
    match event {
        Event::LeaderStarted { epoch } => format!("a leader serves, the {epoch}. since the log began"),
        Event::JobSubmitted { job } => {
            let steps: Vec<String> =
                job.spec.steps.iter().map(|step| format!("{} {}", step.name, frames(&step.frames))).collect();
            let (name, priority) = (&job.spec.name, job.spec.priority);
            format!(
                "job {} is submitted: {name:?}, priority {priority}, {}",
                job.id.short(),
                steps.join(", ")
            )
        }
        Event::JobPaused { job } => format!("job {} is paused", job.short()),
        Event::JobResumed { job } => format!("job {} goes on", job.short()),
        Event::JobPrioritised { job, priority } => format!("job {} has priority {priority} now", job.short()),
        Event::JobCancelled { job, reason } => format!("job {} is cancelled: {reason}", job.short()),
        Event::JobSucceeded { job } => format!("job {} has succeeded", job.short()),
        Event::JobFailed { job, reason } => format!("job {} has failed: {reason}", job.short()),
        Event::JobRetried { job, .. } => format!("job {} is retried", job.short()),
        Event::JobForgotten { job } => format!("job {} is forgotten", job.short()),
        Event::StepSucceeded { job, step } => format!("step {} of {} has succeeded", step.0, job.short()),
        Event::StepCleared { job, step, node } => {
            format!("step {} of {} is cleared by {node}", step.0, job.short())
        }
        Event::NodeOnline { node, capabilities, .. } => {
            format!("{node} is online with {} slots", capabilities.slots)
        }
        Event::NodeOffline { node, reason, .. } => format!("{node} is offline: {}", reason.word()),
        Event::NodeDrained { node } => format!("{node} is drained"),
        Event::NodeUndrained { node } => format!("{node} gets work again"),
        Event::NodeCrashed { crash } => {
            format!("{}: the renderer of {} died: {}", crash.node, crash.token, crash.failure)
        }
        Event::NodeQuarantined { node, renderer, failure, strike, .. } => {
            format!("{node} is not trusted with {renderer} (the {strike}. time in a row): {failure}")
        }
        Event::NodeCleared { node, renderer, by } => {
            format!("{node} is trusted with {renderer} again: {}", by.word())
        }
        event => of_lease(event).unwrap_or_else(|| format!("{}: {event:?}", event.kind())),
    }
}

/// What happened to a lease.
fn of_lease(event: &Event) -> Option<String> {
    Some(match event {
        Event::FramesLeased { lease } => {
            let what = match lease.work {
                Work::Render => "to render",
                Work::Publish { .. } => "to publish",
                Work::Preflight => "to look at",
            };
            let (job, step) = (lease.job.short(), lease.step.0);
            format!("{}: {} of {job}/{step} go to {}, {what}", lease.token, frames(&lease.frames), lease.node)
        }
        Event::AttemptBegan { token, fetched, loaded, .. } => {
            format!("{token}: has begun; fetching took {fetched:?}, loading {loaded:?}")
        }
        Event::FramesAccepted { token, frames: some, .. } => format!("{token}: {} accepted", frames(some)),
        Event::FramesPublished { token, frames: some, .. } => format!("{token}: {} published", frames(some)),
        Event::FramesReturned { token, frames: some, .. } => format!("{token}: {} wait again", frames(some)),
        Event::FramesLost { token, frames: some, .. } => {
            format!("{token}: {} are not to be found", frames(some))
        }
        Event::FramesFailed { token, frames: some, failure, charged, .. } => {
            let price = if *charged { "charged" } else { "not charged" };
            format!("{token}: {} failed, {price}: {failure}", frames(some))
        }
        Event::FramesDeadLettered { token, frames: some, failure, .. } => {
            format!("{token}: {} are put aside: {failure}", frames(some))
        }
        Event::LeaseReleased { token, reason, .. } => format!("{token}: released, {}", reason.word()),
        _ => return None,
    })
}

fn frames(frames: &FrameSet) -> String {
    match frames.len() {
        0 => "the task".to_owned(),
        1 => format!("frame {frames}"),
        _ => format!("frames {frames}"),
    }
}
