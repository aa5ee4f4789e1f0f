//! What is stored of how far nodes and steps are trusted: crashes, quarantines, looks before a step's frames go
//! out. In an image it stands beside the older records of steps and nodes, and only where there is any of it.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::image::{NodeImage, StepImage};
use callsheet_model::trust::{ClearedBy, Crash, Doubt, Look, Quarantine};
use callsheet_model::{FrameSet, NodeName, Timestamp, Token};
use serde::{Deserialize, Serialize};

use super::event::StoredStepKey;
use super::job::{StoredClass, StoredFailure, mirror};
use super::scalar::{StoredFrames, StoredNode, StoredToken};

mirror! {
    /// Why a quarantine ended.
    StoredClearedBy = ClearedBy { Canary, Person, Renewal, Acquittal }
}

mirror! {
    /// How far the look at a step is.
    StoredLook = Look { None, Begun, Cleared }
}

/// A renderer's process died.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredCrash {
    node: StoredNode,
    token: StoredToken,
    of: StoredStepKey,
    renderer: String,
    version: Option<String>,
    last_frame: Option<i32>,
    failure: StoredFailure,
    recovering: bool,
}

impl From<&Crash> for StoredCrash {
    fn from(live: &Crash) -> Self {
        Self {
            node: StoredNode(live.node.clone()),
            token: live.token.into(),
            of: StoredStepKey::of(&live.job, &live.step),
            renderer: live.renderer.clone(),
            version: live.version.clone(),
            last_frame: live.last_frame,
            failure: (&live.failure).into(),
            recovering: live.recovering,
        }
    }
}

impl From<StoredCrash> for Crash {
    fn from(stored: StoredCrash) -> Self {
        let (job, step) = stored.of.live();
        Self {
            node: stored.node.0,
            token: stored.token.into(),
            job,
            step,
            renderer: stored.renderer,
            version: stored.version,
            last_frame: stored.last_frame,
            failure: stored.failure.into(),
            recovering: stored.recovering,
            log_url: None,
        }
    }
}

/// What a step's older record has no place for.
#[derive(Serialize, Deserialize)]
pub(crate) struct StepNotes<'a> {
    /// Its place in the job.
    step: u16,
    look: StoredLook,
    unfit: Vec<StoredNode>,
    died_on: Vec<StoredNode>,
    awaits: Option<(StoredClass, u64)>,
    /// Frames with a history that ran out of memory.
    gentle: StoredFrames<'a>,
    /// Frames with a history that met what passes by itself, by how often.
    waited: Vec<(u32, StoredFrames<'a>)>,
}

impl StepNotes<'_> {
    /// Notes of all steps that have any.
    pub(crate) fn of(steps: &[StepImage]) -> Vec<Self> {
        let notes = |(at, step): (usize, &StepImage)| {
            let gentle = step.troubles.iter().filter(|trouble| trouble.gentle);
            let gentle: FrameSet = gentle.map(|trouble| trouble.frame).collect();
            let mut waited: BTreeMap<u32, FrameSet> = BTreeMap::new();
            for trouble in step.troubles.iter().filter(|trouble| trouble.waited > 0) {
                waited.entry(trouble.waited).or_default().insert(trouble.frame);
            }
            let noted = step.look != Look::None
                || !step.unfit.is_empty()
                || !step.died_on.is_empty()
                || step.awaits.is_some()
                || !gentle.is_empty()
                || !waited.is_empty();
            let stored = |frames| StoredFrames(std::borrow::Cow::Owned(frames));
            let names = |nodes: &BTreeSet<NodeName>| nodes.iter().cloned().map(StoredNode).collect();
            noted.then(|| Self {
                step: at as u16,
                look: step.look.into(),
                unfit: names(&step.unfit),
                died_on: names(&step.died_on),
                awaits: step.awaits.map(|(class, since)| (class.into(), since.0)),
                gentle: stored(gentle),
                waited: waited.into_iter().map(|(often, frames)| (often, stored(frames))).collect(),
            })
        };
        steps.iter().enumerate().filter_map(notes).collect()
    }

    /// Adds what was noted to its step.
    pub(crate) fn add_to(self, steps: &mut [StepImage]) -> Result<(), &'static str> {
        let step = steps.get_mut(usize::from(self.step)).ok_or("a note on a step that is not there")?;
        let names = |nodes: Vec<StoredNode>| nodes.into_iter().map(|node| node.0).collect();
        let gentle = self.gentle.live();
        step.look = self.look.into();
        step.unfit = names(self.unfit);
        step.died_on = names(self.died_on);
        step.awaits = self.awaits.map(|(class, since)| (class.into(), Timestamp(since)));
        let waited: Vec<(u32, FrameSet)> =
            self.waited.into_iter().map(|(often, frames)| (often, frames.live())).collect();
        for trouble in &mut step.troubles {
            trouble.gentle = gentle.contains(trouble.frame);
            let often = waited.iter().find(|(_, frames)| frames.contains(trouble.frame));
            trouble.waited = often.map_or(0, |(often, _)| *often);
        }
        Ok(())
    }
}

/// What a node's older record has no place for, of one renderer.
#[derive(Serialize, Deserialize)]
pub(crate) struct NodeNotes {
    renderer: String,
    /// Failures in a row, and the last of them.
    doubt: Option<(u32, StoredToken)>,
    quarantine: Option<StoredQuarantine>,
}

#[derive(Serialize, Deserialize)]
struct StoredQuarantine {
    of: StoredStepKey,
    failure: StoredFailure,
    strike: u32,
    since_ms: u64,
    until_ms: u64,
    /// As one text, with commas between them.
    versions: String,
    canary: Option<StoredToken>,
}

impl NodeNotes {
    /// Notes of all renderers that there are any of.
    pub(crate) fn of(node: &NodeImage) -> Vec<Self> {
        let renderers: BTreeSet<&String> = node.doubts.keys().chain(node.quarantines.keys()).collect();
        let notes = |renderer: &String| Self {
            renderer: renderer.clone(),
            doubt: node.doubts.get(renderer).map(|doubt| (doubt.failures, doubt.last.into())),
            quarantine: node.quarantines.get(renderer).map(StoredQuarantine::from),
        };
        renderers.into_iter().map(notes).collect()
    }

    /// Adds what was noted to its node.
    pub(crate) fn add_to(self, node: &mut NodeImage) {
        if let Some((failures, last)) = self.doubt {
            node.doubts.insert(self.renderer.clone(), Doubt { failures, last: last.into() });
        }
        if let Some(quarantine) = self.quarantine {
            node.quarantines.insert(self.renderer, quarantine.into());
        }
    }
}

impl From<&Quarantine> for StoredQuarantine {
    fn from(live: &Quarantine) -> Self {
        Self {
            of: StoredStepKey::of(&live.job, &live.step),
            failure: (&live.failure).into(),
            strike: live.strike,
            since_ms: live.since.0,
            until_ms: live.until.0,
            versions: live.versions.to_string(),
            canary: live.canary.map(StoredToken::from),
        }
    }
}

impl From<StoredQuarantine> for Quarantine {
    fn from(stored: StoredQuarantine) -> Self {
        let (job, step) = stored.of.live();
        Self {
            job,
            step,
            failure: stored.failure.into(),
            strike: stored.strike,
            since: Timestamp(stored.since_ms),
            until: Timestamp(stored.until_ms),
            versions: stored.versions.into(),
            canary: stored.canary.map(Token::from),
        }
    }
}
