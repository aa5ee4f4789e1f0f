//! The state validates itself: every frame in exactly one place, every reference both ways, every index as a
//! rebuild from nothing would make it. Tests call it after every step.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::limits::{MAX_PAUSES, MAX_PLAYERS};
use callsheet_model::{FrameSet, JobId, JobState, NodeName, Requirements, StepIndex, Timestamp, Token, Work};

use super::tally::Tally;
use super::{JobRecord, State, StepRecord};

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scheduler's state is damaged: {0}")]
pub struct Damage(String);

type Listed = Vec<(JobId, StepIndex)>;

/// What is derived of a step.
#[derive(Debug, PartialEq)]
struct DerivedStep {
    waiting: FrameSet,
    retrying: FrameSet,
    leases: BTreeSet<Token>,
    looking: Option<Token>,
    total: u64,
    blockers: usize,
    has_output: bool,
}

/// Everything that is derived, in a form that does not depend on how it came about.
#[derive(Debug, PartialEq)]
struct Derived {
    steps: BTreeMap<(JobId, StepIndex), DerivedStep>,
    nodes: BTreeMap<NodeName, (BTreeSet<Token>, u32, u64, bool)>,
    able: BTreeMap<NodeName, BTreeSet<(String, Requirements)>>,
    ready: BTreeMap<(String, Requirements), Listed>,
    wakes: BTreeSet<(Timestamp, JobId, StepIndex)>,
    trials: BTreeSet<(Timestamp, NodeName, String)>,
    orphans: Listed,
    dead: Listed,
    paused: BTreeSet<(String, Requirements)>,
    tallies: BTreeMap<(String, Requirements), Tally>,
    open: Vec<JobId>,
    ended: BTreeSet<(Timestamp, JobId)>,
    ends: BTreeMap<JobState, u64>,
    overdue: BTreeSet<(Timestamp, JobId)>,
}

impl State {
    /// Validates the whole state.
    ///
    /// # Errors
    /// `Damage` names the first thing that does not fit.
    pub fn check(&self) -> Result<(), Damage> {
        for (id, job) in &self.jobs {
            if self.order.get(&job.rank) != Some(id) || job.steps.len() != job.job.spec.steps.len() {
                return Err(Damage(format!("job {id} is not where it belongs")));
            }
            for (index, spec, step) in job.all_steps() {
                self.check_step(step, &spec.work())
                    .map_err(|what| Damage(format!("job {id} step {}: {what}", index.0)))?;
            }
        }
        self.check_leases()?;
        self.check_trust()?;
        self.check_records()?;
        let mut rebuilt = Self::from_image(self.image());
        rebuilt.advance(self.index.watermark());
        rebuilt.index.set_watermark(self.index.watermark());
        let (mine, fresh) = (self.derived(), rebuilt.derived());
        if mine == fresh {
            Ok(())
        } else {
            Err(Damage(format!("indices differ: {mine:?}\n rebuilt: {fresh:?}")))
        }
    }

    fn check_step(&self, step: &StepRecord, work: &FrameSet) -> Result<(), String> {
        let leases = || step.leases.iter().filter_map(|token| self.leases.get(token));
        let dead = step.dead_frames();
        let mut places = vec![
            ("waiting", &step.waiting),
            ("retrying", &step.retrying),
            ("accepted", &step.accepted),
            ("dead", &dead),
        ];
        places.extend(leases().map(|lease| ("leased", &lease.remaining)));
        partition(work, &places)?;
        let mut places = vec![("published", &step.published)];
        places.extend(step.unpublished.values().map(|frames| ("unpublished", frames)));
        places.extend(leases().map(|lease| ("to be published", &lease.unpublished)));
        partition(&step.accepted, &places)?;
        let troubled = step.troubled_frames();
        let mut held = FrameSet::new();
        leases().for_each(|lease| held.add(&lease.remaining));
        if troubled.difference(&held) != step.retrying {
            return Err(format!("{:?} failed, but {:?} wait for a retry", troubled, step.retrying));
        }
        if step.succeeded && !step.is_complete() {
            return Err("succeeded without all its frames".to_owned());
        }
        if step.unpublished.values().any(FrameSet::is_empty) || step.troubles.values().any(FrameSet::is_empty)
        {
            return Err("keeps empty sets".to_owned());
        }
        if step.is_accused() && !step.accepted.is_empty() {
            return Err("is accused, although frames of it were accepted".to_owned());
        }
        let works = || leases().map(|held| held.lease.work);
        if step.is_held() && works().any(|work| work != Work::Preflight) {
            return Err("goes out before anyone has looked at it".to_owned());
        }
        if works().filter(|work| *work == Work::Preflight).count() > 1 {
            return Err("is looked at twice at once".to_owned());
        }
        Ok(())
    }

    /// Whoever is not trusted has at most the one frame that it is tried with.
    fn check_trust(&self) -> Result<(), Damage> {
        for (name, node) in &self.nodes {
            let bad = |renderer: &str, what: &str| Err(Damage(format!("node {name}, {renderer}: {what}")));
            for (renderer, doubt) in &node.doubts {
                if doubt.failures == 0 || !node.is_trusted_with(renderer) {
                    return bad(renderer, "is doubted for nothing");
                }
            }
            for (renderer, held) in &node.quarantines {
                let Some(canary) = held.canary else { continue };
                let Some(record) = self.leases.get(&canary) else {
                    return bad(renderer, "is tried with a lease that is over");
                };
                let lease = &record.lease;
                let spec = self.jobs.get(&lease.job).and_then(|job| job.job.spec.step(lease.step));
                let fits = spec.is_some_and(|spec| spec.renderer == *renderer)
                    && lease.node == *name
                    && lease.frames.len() == 1
                    && !matches!(lease.work, Work::Publish { .. });
                if held.strike == 0 || !fits {
                    return bad(renderer, "is tried with what is no trial");
                }
            }
        }
        Ok(())
    }

    /// What is remembered beside frames and leases.
    fn check_records(&self) -> Result<(), Damage> {
        let bad = |what: String| Err(Damage(what));
        for (id, job) in &self.jobs {
            if job.release.is_some() && job.job.spec.approval.is_none() {
                return bad(format!("job {id} was asked for, and needs no release"));
            }
            if job.started.is_some() && job.steps.len() < 2 {
                return bad(format!("job {id} began as a workflow with one step"));
            }
            let begun = job.steps.iter().any(|step| !step.leases.is_empty());
            if job.is_awaiting() && begun {
                return bad(format!("job {id} is in hands, and nobody has released it"));
            }
        }
        for (name, node) in &self.nodes {
            if node.offline.is_some() && !node.players.is_empty() {
                return bad(format!("node {name} is gone, and its actors are not"));
            }
            if node.players.len() > MAX_PLAYERS || node.players.iter().any(|(id, (of, _))| of.instance != *id)
            {
                return bad(format!("node {name} has actors that it cannot have"));
            }
        }
        if self.pauses.len() > MAX_PAUSES || self.pauses.iter().any(|(key, pause)| pause.key != *key) {
            return bad("a pause is not where it belongs".to_owned());
        }
        if !self.book.holds_together() {
            return bad("an alert is not where it belongs".to_owned());
        }
        if !self.outside.holds_together() {
            return bad("an event from outside is not where it belongs".to_owned());
        }
        Ok(())
    }

    fn check_leases(&self) -> Result<(), Damage> {
        for (token, record) in &self.leases {
            let bad = |what: &str| Err(Damage(format!("lease {token} {what}")));
            let lease = &record.lease;
            if lease.token != *token || *token > self.last_token {
                return bad("has a token that was never made");
            }
            let job = self.jobs.get(&lease.job);
            if !job.and_then(|job| job.step(lease.step)).is_some_and(|(_, step)| step.leases.contains(token))
            {
                return bad("is not known to its step");
            }
            if !self.nodes.get(&lease.node).is_some_and(|node| node.leases.contains(token)) {
                return bad("is not known to its node");
            }
            if !record.remaining.is_subset(&lease.frames) || !record.unpublished.is_subset(&lease.frames) {
                return bad("holds frames that it was not given");
            }
            if matches!(lease.work, Work::Publish { .. }) && !record.remaining.is_empty() {
                return bad("is there to publish, but has frames to render");
            }
            let looks = lease.work == Work::Preflight;
            if looks && !(lease.frames.len() == 1 && record.unpublished.is_empty()) {
                return bad("is there to look, but has more than that");
            }
        }
        let of_steps: usize =
            self.jobs.values().flat_map(|job| &job.steps).map(|step| step.leases.len()).sum();
        let of_nodes: usize = self.nodes.values().map(|node| node.leases.len()).sum();
        if of_steps != self.leases.len() || of_nodes != self.leases.len() {
            return Err(Damage(format!(
                "{} leases, but steps know {of_steps} and nodes {of_nodes}",
                self.leases.len()
            )));
        }
        Ok(())
    }

    fn derived(&self) -> Derived {
        let all =
            || self.jobs.iter().flat_map(|(id, job)| job.all_steps().map(|(at, _, step)| (*id, at, step)));
        let classes = self.index.classes();
        let need = |class: &super::index::Class| (class.renderer.clone(), class.requires.clone());
        // Classes that no remembered step belongs to any more may linger; a rebuild does not know them.
        let used: BTreeSet<_> = all().map(|(_, _, step)| step.class).collect();
        let used = || used.iter().filter_map(|class| Some((*class, classes.get(class.0)?)));
        Derived {
            steps: all()
                .map(|(id, at, step)| {
                    let derived = DerivedStep {
                        waiting: step.waiting.clone(),
                        retrying: step.retrying.clone(),
                        leases: step.leases.clone(),
                        looking: step.looking,
                        total: step.total,
                        blockers: step.blockers,
                        has_output: step.has_output,
                    };
                    ((id, at), derived)
                })
                .collect(),
            nodes: self
                .nodes
                .iter()
                .map(|(name, node)| {
                    (name.clone(), (node.leases.clone(), node.busy, node.memory, node.is_paused))
                })
                .collect(),
            able: self
                .nodes
                .iter()
                .map(|(name, node)| {
                    let able = used().filter(|(class, _)| node.can_run(*class)).map(|(_, class)| need(class));
                    (name.clone(), able.collect())
                })
                .collect(),
            ready: classes
                .iter()
                .filter(|class| !class.ready.is_empty())
                .map(|class| (need(class), class.ready.iter().map(|place| (place.job, place.step)).collect()))
                .collect(),
            wakes: self.index.wakes().iter().map(|(at, place)| (*at, place.job, place.step)).collect(),
            trials: self.index.trials().clone(),
            orphans: self.index.orphans().iter().map(|place| (place.job, place.step)).collect(),
            dead: self.index.dead().iter().map(|place| (place.job, place.step)).collect(),
            paused: used().filter(|(_, class)| class.is_paused).map(|(_, class)| need(class)).collect(),
            tallies: classes
                .iter()
                .filter(|class| class.tally != Tally::default())
                .map(|class| (need(class), class.tally))
                .collect(),
            open: self.open_jobs().map(|job| job.job.id).collect(),
            ended: self.ended.clone(),
            ends: self
                .ends
                .iter()
                .filter(|(_, count)| **count > 0)
                .map(|(end, count)| (*end, *count))
                .collect(),
            overdue: self.overdue.clone(),
        }
    }
}

/// Every frame of `whole` is in exactly one of the places, and nothing else is.
fn partition(whole: &FrameSet, places: &[(&str, &FrameSet)]) -> Result<(), String> {
    let mut seen = FrameSet::new();
    for (name, frames) in places {
        if !seen.is_disjoint(frames) {
            return Err(format!("{:?} are {name} and something else too", seen.intersection(frames)));
        }
        seen.add(frames);
    }
    if seen == *whole {
        Ok(())
    } else {
        let (lost, foreign) = (whole.difference(&seen), seen.difference(whole));
        Err(format!("{lost:?} are nowhere, {foreign:?} are foreign"))
    }
}

impl JobRecord {
    /// Whether every one of its steps is done.
    pub(crate) fn is_complete(&self) -> bool {
        self.steps.iter().all(|step| step.succeeded)
    }

    /// Whether something of it can still go on: a step that is neither blocked, done nor stuck.
    pub(crate) fn can_go_on(&self) -> bool {
        self.steps.iter().any(|step| !step.succeeded && step.blockers == 0 && !step.is_stuck())
    }
}
