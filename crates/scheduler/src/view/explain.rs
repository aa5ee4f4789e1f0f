//! Why each step's frames are where they are, in sentences for people.

use callsheet_model::image::JobEnd;
use callsheet_model::{
    FailureClass, FrameSet, JobId, JobState, Overdue, Pause, PauseScope, StepIndex, StepSpec, Work,
};

use super::StepView;
use super::jobs::{rendered_frames, step_view};
use crate::decide::{self, shortened};
use crate::scheduler::Scheduler;
use crate::state::{Class, ClassId, History, JobRecord, NodeRecord, StepRecord, covers};

/// Nodes named one by one in a sentence; the rest is counted.
const NAMED: usize = 5;
/// Sentences on frames that wait for another try, those that are due first; the rest is counted. After an hour
/// without licences there are as many of them as there were leases.
const MOST_RUNS: usize = 20;

/// Why a job is where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Where it stands.
    pub state: JobState,
    /// One sentence on the whole, lower case, no full stop.
    pub summary: String,
    /// Step by step.
    pub steps: Vec<StepExplanation>,
}

/// Why a step's frames are where they are.
#[derive(Clone, Debug, PartialEq)]
pub struct StepExplanation {
    /// Its name.
    pub name: String,
    /// Its figures.
    pub view: StepView,
    /// Sentences, lower case, no full stop.
    pub why: Vec<String>,
}

impl Scheduler {
    /// Why each step's frames are where they are.
    #[must_use]
    pub fn explain(&self, job: JobId) -> Option<Explanation> {
        let record = self.state().job(job)?;
        let steps = record.all_steps().map(|(index, spec, step)| StepExplanation {
            name: spec.name.clone(),
            view: step_view(self.state(), index, step),
            why: self.why(record, index, spec, step),
        });
        Some(Explanation { state: record.state(), summary: summary(record), steps: steps.collect() })
    }

    fn why(&self, job: &JobRecord, index: StepIndex, spec: &StepSpec, step: &StepRecord) -> Vec<String> {
        if step.succeeded {
            return vec!["every frame is done".to_owned()];
        }
        let mut why = Vec::new();
        let waits_for: Vec<&str> = spec
            .after
            .iter()
            .filter_map(|before| job.step(*before))
            .filter(|(_, before)| !before.succeeded)
            .map(|(before, _)| before.name.as_str())
            .collect();
        if !waits_for.is_empty() {
            why.push(format!("waits for {}", waits_for.join(" and ")));
        }
        if let Some(looking) = step.looking.and_then(|token| self.state().lease(token)) {
            let (node, since) = (&looking.lease.node, looking.since);
            why.push(format!("being looked at by {node} since {since}, before its frames go out"));
        }
        let leased = rendered_frames(self.state(), step);
        if !leased.is_empty() {
            why.push(format!("{} in the hands of {}", frames(&leased), self.hands(step)));
        }
        let unpublished = step.accepted.difference(&step.published);
        if !unpublished.is_empty() {
            why.push(format!("{} proven and about to be published", frames(&unpublished)));
        }
        if !step.waiting.is_empty() && waits_for.is_empty() {
            let hindrance = self.hindrance(job, index, spec, step);
            why.push(format!("{} waiting: {hindrance}", frames(&step.waiting)));
        }
        why.extend(troubles(step));
        let nobody = || self.obstacle(self.state().index().class(step.class)?, step.class);
        let goes_out = job.end.is_none() && !job.paused && !job.is_awaiting();
        if step.waiting.is_empty() && !step.retrying.is_empty() && goes_out {
            why.extend(nobody());
        }
        if let Some((class, since)) = step.awaits.filter(|_| !step.retrying.is_empty()) {
            let what = if class == FailureClass::Licence { "a licence" } else { "storage" };
            why.push(format!("waits for {what} since {since}; it costs no retry"));
        }
        for dead in &step.dead {
            why.push(format!("{} dead-lettered: {}", frames(&dead.frames), dead.failure));
        }
        why
    }

    fn hands(&self, step: &StepRecord) -> String {
        let mut names: Vec<&str> = step
            .leases
            .iter()
            .filter_map(|token| self.state().lease(*token))
            .filter(|held| !held.remaining.is_empty() && held.lease.work != Work::Preflight)
            .map(|held| held.lease.node.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        listed(names.into_iter().map(str::to_owned))
    }

    /// Why waiting frames are not in anyone's hands.
    fn hindrance(&self, job: &JobRecord, index: StepIndex, spec: &StepSpec, step: &StepRecord) -> String {
        if job.end.is_some() {
            return format!("the job is {}", job.state().word());
        }
        if job.is_awaiting() {
            return awaiting(job);
        }
        if job.paused {
            return "the job is paused".to_owned();
        }
        let Some(class) = self.state().index().class(step.class) else { return String::new() };
        if let Some(obstacle) = self.obstacle(class, step.class) {
            return obstacle;
        }
        if decide::is_look_wanted(self.policy(), spec, step) {
            if step.looking.is_some() {
                return "a node looks at the step first".to_owned();
            }
            if !step.retrying.is_empty() {
                return "the step has to be looked at again first".to_owned();
            }
        }
        let before = class.ready.iter().position(|place| (place.job, place.step) == (job.job.id, index));
        match before {
            Some(0) => "every slot that can run it is taken; it is next".to_owned(),
            Some(1) => "every slot that can run it is taken; 1 step goes before it".to_owned(),
            Some(before) => format!("every slot that can run it is taken; {before} steps go before it"),
            None => "about to be handed out".to_owned(),
        }
    }

    /// The pauses of the cluster and of the class' queue, if there are any.
    fn pause_over(&self, class: &Class) -> Option<String> {
        let is_over = |pause: &&Pause| match &pause.key.scope {
            PauseScope::Cluster => true,
            PauseScope::Queue(renderer) => *renderer == class.renderer,
            PauseScope::Pool(_) => false,
        };
        let pauses: Vec<String> = self.pauses().iter().filter(is_over).take(NAMED).map(paused).collect();
        (!pauses.is_empty()).then(|| pauses.join("; "))
    }

    /// Why no node at all could take frames of this class, if that is so.
    fn obstacle(&self, class: &Class, id: ClassId) -> Option<String> {
        let here = || {
            let nodes = self.state().nodes().iter();
            nodes.filter(|(name, node)| node.offline.is_none() && self.presence().session(name).is_some())
        };
        if let Some(pause) = self.pause_over(class) {
            return Some(pause);
        }
        if here().next().is_none() {
            return Some("no node is online".to_owned());
        }
        let cannot = here().filter_map(|(name, node)| {
            let lack = node.capabilities.meets(&class.renderer, &class.requires).err()?;
            Some(format!("{name} {lack}"))
        });
        if !here().any(|(_, node)| node.can_run(id)) {
            return Some(format!("no node can run it: {}", listed(cannot)));
        }
        let willing = || here().filter(|(_, node)| node.can_run(id) && !node.drained);
        if willing().next().is_none() {
            return Some("every node that can run it is drained".to_owned());
        }
        if willing().all(|(_, node)| node.is_paused) {
            let is_theirs =
                |pause: &&Pause| willing().any(|(_, node)| covers(&pause.key.scope, &node.capabilities));
            let pauses = self.pauses();
            let pauses = pauses.iter().filter(is_theirs).map(paused);
            return Some(format!("every node that can run it is paused: {}", listed(pauses)));
        }
        if willing().all(|(_, node)| node.capabilities.slots == 0) {
            return Some("no node that can run it has a slot".to_owned());
        }
        if willing().all(|(_, node)| !node.is_trusted_with(&class.renderer)) {
            let why = willing().filter_map(|(name, node)| {
                let held = node.quarantines.get(&class.renderer)?;
                Some(match held.canary {
                    Some(_) => format!("{name} ({}), which is being tried again", held.failure),
                    None => format!("{name} ({}), tried again from {}", held.failure, held.until),
                })
            });
            return Some(format!("every node that can run it is in quarantine: {}", listed(why)));
        }
        let willing = || willing().filter(|(_, node)| !node.is_paused);
        let memory = class.requires.memory.unwrap_or(0);
        let short = |node: &NodeRecord| node.capabilities.memory.saturating_sub(node.memory) < memory;
        willing()
            .any(|(_, node)| node.busy < node.capabilities.slots && short(node))
            .then(|| format!("no node with a free slot has {} MiB of memory left", memory >> 20))
    }
}

/// Since when a job waits for a person, and what comes if nobody answers.
fn awaiting(job: &JobRecord) -> String {
    let Some(release) = &job.release else { return "waits for a person's release".to_owned() };
    let mut text = format!("waits for a person's release since {}", release.asked_at);
    let overdue = job.job.spec.approval.as_ref().map(|spec| spec.overdue).unwrap_or_default();
    match (job.release_due(), overdue) {
        (Some(due), Overdue::Deny) => text.push_str(&format!("; without an answer it is denied at {due}")),
        (Some(due), Overdue::Escalate) => {
            text.push_str(&format!("; without an answer it is told again at {due}"));
        }
        (None, _) if release.escalated => text.push_str("; nobody answered in time, and it was told again"),
        (None, _) => {}
    }
    text
}

/// What is paused, why, by whom and until when.
fn paused(pause: &Pause) -> String {
    let Pause { key, reason, until, .. } = pause;
    let by = match key.source.name() {
        Some(name) => format!("{} {name}", key.source.word()),
        None => format!("a {}", key.source.word()),
    };
    let until = until.map_or_else(|| "until it is lifted".to_owned(), |until| format!("until {until}"));
    let what = match &key.scope {
        PauseScope::Cluster => "the cluster".to_owned(),
        scope => scope.to_string(),
    };
    format!("{what} is paused ({reason}) by {by}, {until}")
}

/// Why frames that failed before wait.
fn troubles(step: &StepRecord) -> Vec<String> {
    let idle = |(history, troubled): (_, &FrameSet)| (history, troubled.intersection(&step.retrying));
    let idle = || step.troubles.iter().map(idle).filter(|(_, idle)| !idle.is_empty());
    let last = step.last_failure.as_ref().map_or(String::new(), |failure| format!(" ({failure})"));
    let sentence = |(history, idle): (&History, FrameSet)| {
        let often = match history.failures() {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        format!("{} failed {often}{last}, next try from {}", frames(&idle), history.not_before)
    };
    let mut why: Vec<String> = idle().take(MOST_RUNS).map(sentence).collect();
    let rest: u64 = idle().skip(MOST_RUNS).map(|(_, idle)| idle.len()).sum();
    if rest > 0 {
        why.push(format!("{rest} more frames failed and wait for another try"));
    }
    why
}

fn summary(job: &JobRecord) -> String {
    match &job.end {
        Some((JobEnd::Succeeded, _)) => "every frame is done".to_owned(),
        Some((JobEnd::Failed(reason), _)) => format!("failed: {reason}"),
        Some((JobEnd::Cancelled(reason), _)) if reason.is_empty() => "cancelled".to_owned(),
        Some((JobEnd::Cancelled(reason), _)) => format!("cancelled: {reason}"),
        None => {
            let done: u64 = job.steps.iter().map(|step| step.published.len()).sum();
            let total: u64 = job.steps.iter().map(|step| step.total).sum();
            format!("{}: {done} of {total} frames done", job.state().word())
        }
    }
}

fn frames(set: &FrameSet) -> String {
    let noun = if set.len() == 1 { "frame" } else { "frames" };
    format!("{noun} {}", shortened(&set.to_string()))
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = names.collect();
    let rest = all.len().saturating_sub(NAMED);
    let head = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if rest == 0 { head } else { format!("{head} and {rest} more") }
}
