//! How what came of a sentence is written down.

use callsheet_model::{Event, Failure, FrameSet, JobId, Lease, StepIndex, Work};
use callsheet_scheduler::Effect;
use callsheet_scheduler::view::FrameState;

use crate::stage::Stage;
use crate::wording;

pub(crate) fn job(stage: &Stage, id: JobId) -> String {
    let name = stage.jobs.iter().find(|(_, known)| **known == id).map(|(name, _)| name.clone());
    name.unwrap_or_else(|| "an unknown job".to_owned())
}

fn step(stage: &Stage, id: JobId, index: StepIndex) -> String {
    let spec = stage.scheduler.job(id).map(|view| view.job.spec.steps[index.at()].name.clone());
    spec.unwrap_or_else(|| index.0.to_string())
}

fn lease(stage: &Stage, lease: &Lease) -> String {
    let Lease { token, frames, .. } = lease;
    let what = match lease.work {
        Work::Render => String::new(),
        Work::Preflight => " to look at".to_owned(),
        Work::Publish { of } => format!(" to publish what {of} left"),
    };
    let of = format!("{}/{}", job(stage, lease.job), step(stage, lease.job, lease.step));
    let gently = if lease.gentle { ", gently" } else { "" };
    format!("{token}: {} gets {of} {frames}{what}{gently}", lease.node)
}

pub(crate) fn event(stage: &mut Stage, event: &Event) -> String {
    let text = match event {
        Event::LeaderStarted { epoch } => format!("a leader begins, epoch {epoch}"),
        Event::JobSubmitted { job: taken } => format!("job {} is taken", job(stage, taken.id)),
        Event::JobPrioritised { job: id, priority } => {
            format!("job {} has priority {priority} now", job(stage, *id))
        }
        Event::JobPaused { job: id } => format!("job {} is paused", job(stage, *id)),
        Event::JobResumed { job: id } => format!("job {} goes on", job(stage, *id)),
        Event::JobCancelled { job: id, reason } => format!("job {} is cancelled: {reason}", job(stage, *id)),
        Event::JobSucceeded { job: id } => format!("job {} succeeded", job(stage, *id)),
        Event::JobFailed { job: id, reason } => format!("job {} failed: {reason}", job(stage, *id)),
        Event::JobRetried { job: id, steps } => {
            let name =
                |(index, frames): &(StepIndex, FrameSet)| format!("{} {frames}", step(stage, *id, *index));
            let steps: Vec<String> = steps.iter().map(name).collect();
            format!("job {} is tried again: {}", job(stage, *id), steps.join("; "))
        }
        Event::JobForgotten { job: id } => format!("job {} is forgotten", job(stage, *id)),
        Event::StepSucceeded { job: id, step: index } => {
            format!("step {}/{} succeeded", job(stage, *id), step(stage, *id, *index))
        }
        Event::FramesLeased { lease: given } => lease(stage, given),
        Event::FramesAccepted { token, frames, .. } => format!("{token}: {frames} accepted"),
        Event::FramesPublished { token, frames, .. } => format!("{token}: {frames} published"),
        Event::FramesFailed { token, frames, failure, not_before, charged, .. } => {
            let uncharged = if *charged { "" } else { ", uncharged" };
            let when = stage.since_dawn(*not_before);
            format!("{token}: {frames} failed ({}{uncharged}), again from {when}", failure.class)
        }
        Event::FramesDeadLettered { token, frames, failure, .. } => {
            format!("{token}: {frames} dead-lettered ({failure})")
        }
        Event::FramesReturned { token, frames, .. } => format!("{token}: {frames} returned"),
        Event::FramesLost { token, frames, .. } => format!("{token}: {frames} lost"),
        Event::LeaseReleased { token, reason, .. } => format!("{token}: released, {}", reason.word()),
        Event::NodeOnline { node, capabilities, arrival } => {
            format!("{node} is online, {} slots{}", capabilities.slots, wording::arrival(arrival))
        }
        Event::NodeOffline { node, reason, last_heard, job: work } => {
            let heard = last_heard.map_or("never".to_owned(), |at| format!("at {}", stage.since_dawn(at)));
            let work = work.map(|id| format!(", with work of {}", job(stage, id))).unwrap_or_default();
            format!("{node} is offline, {}; heard {heard}{work}", reason.word())
        }
        Event::NodeDrained { node } => format!("{node} is drained"),
        Event::NodeUndrained { node } => format!("{node} is undrained"),
        Event::StepCleared { job: id, step: index, node } => {
            format!("step {}/{} is cleared by {node}", job(stage, *id), step(stage, *id, *index))
        }
        Event::NodeCrashed { crash } => {
            let at = crash.last_frame.map(|frame| format!(" at {frame}")).unwrap_or_default();
            let version = crash.version.as_deref().unwrap_or("of no version");
            let then = if crash.recovering { "its frames go out again" } else { "and that was it" };
            let Failure { class, .. } = crash.failure;
            let log = crash.log_url.as_ref().map(|url| format!(", log at {url}")).unwrap_or_default();
            format!(
                "{}: {} {version} crashed on {}{at} ({class}), {then}{log}",
                crash.token, crash.renderer, crash.node
            )
        }
        Event::NodeQuarantined { node, renderer, failure, strike, until, .. } => {
            let until = stage.since_dawn(*until);
            format!(
                "{node} is in quarantine for {renderer} ({}), strike {strike}, tried again from {until}",
                failure.class
            )
        }
        Event::NodeCleared { node, renderer, by } => {
            format!("{node} is cleared for {renderer}, {}", by.word())
        }
        Event::AttemptBegan { token, fetched, loaded, .. } => {
            format!("{token}: the first frame began; fetching took {fetched:?}, loading {loaded:?}")
        }
        Event::CacheUpdated { update } => wording::cache(update),
        Event::Approval(event) => wording::approval(stage, event),
        Event::Workflow(event) => wording::workflow(stage, event),
        Event::Pause(event) => wording::pause(stage, event),
        Event::Alert(event) => wording::alert(stage, event),
        Event::Troupe(event) => wording::troupe(stage, event),
        Event::Outside(event) => format!("from outside: {}", event.kind),
    };
    format!("* {text}")
}

pub(crate) fn effect(stage: &Stage, effect: &Effect) -> String {
    let text = match effect {
        Effect::OfferLease { lease, .. } => format!("{}: offer {}", lease.node, lease.token),
        Effect::RevokeLease { node, token, why, .. } => format!("{node}: revoke {token}, {why}"),
        Effect::ConfirmAccepted { node, token, frames, .. } => format!("{node}: confirm {frames} of {token}"),
        Effect::CloseLease { node, token, .. } => format!("{node}: close {token}"),
        Effect::SweepJob { node, job: done, up_to, .. } => {
            format!("{node}: sweep {} up to {up_to}", job(stage, done.id))
        }
        Effect::EndSession { node, session } => format!("{node}: session {} is over", session.0),
        Effect::TellDrained { node, drained: true, .. } => format!("{node}: you are drained"),
        Effect::TellDrained { node, drained: false, .. } => format!("{node}: you are not drained any more"),
    };
    format!("> {text}")
}

pub(crate) fn explanation(stage: &mut Stage, name: &str) -> Vec<String> {
    let id = stage.job_id(name);
    let Some(explained) = stage.scheduler.explain(id) else {
        return vec!["= there is no such job".to_owned()];
    };
    let mut lines = vec![format!("= {name} is {}", explained.summary)];
    for step in explained.steps {
        let state = step.view.state.word();
        lines.extend(step.why.iter().map(|why| format!("= {} ({state}): {why}", step.name)));
    }
    lines
}

pub(crate) fn frames(stage: &mut Stage, name: &str) -> Vec<String> {
    let id = stage.job_id(name);
    let Some(view) = stage.scheduler.job(id) else { return vec!["= there is no such job".to_owned()] };
    let mut lines = vec![format!("= {name} is {}", view.state.word())];
    for (index, step) in view.job.spec.steps.iter().enumerate() {
        let page = stage.scheduler.frames(id, StepIndex(index as u16), None, 100).unwrap();
        for run in page.items {
            let (first, last) = (*run.frames.start(), *run.frames.end());
            let frames = FrameSet::range(first, last);
            let whose = match &run.state {
                FrameState::Leased { node, token } => format!(" by {node} under {token}"),
                FrameState::Retrying { failures, .. } => format!(" after {failures} failures"),
                _ => String::new(),
            };
            lines.push(format!("= {} {frames}: {}{whose}", step.name, run.state.word()));
        }
    }
    lines
}
