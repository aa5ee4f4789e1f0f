//! A renderer's process died by itself: told once, for people and for contracts. What is done about it is decided
//! elsewhere.

use callsheet_model::{Crash, Event, Failure, FrameSet, JobId, Token, VersionWish};

use super::quarantine::Accused;
use crate::state::State;
use crate::turn::Turn;

/// Tells of it, when it was a crash. `held` is what the lease still had to do; its frames are where they belong by
/// now.
pub(super) fn tell(
    turn: &mut Turn<'_>,
    accused: &Accused,
    held: &FrameSet,
    last_frame: Option<i32>,
    failure: &Failure,
) {
    if !failure.class.is_a_crash() {
        return;
    }
    let Accused { node, renderer, token, job, step, .. } = accused.clone();
    let recovering = turn.state().job(job).is_some_and(|record| {
        let dead = record.steps.get(step.at()).map(crate::state::StepRecord::dead_frames);
        record.end.is_none() && dead.is_none_or(|dead| !held.is_subset(&dead))
    });
    let version = version(turn.state(), accused);
    let failure = failure.clone();
    let log_url = turn.policy.public_url.as_ref().map(|url| log_url(url, job, token));
    let crash = Crash { node, token, job, step, renderer, version, last_frame, failure, recovering, log_url };
    turn.emit(Event::NodeCrashed { crash: Box::new(crash) });
}

/// Where an attempt's output can be read.
fn log_url(public_url: &str, job: JobId, token: Token) -> String {
    format!("{}/api/v1/jobs/{job}/attempts/{token}/log", public_url.trim_end_matches('/'))
}

/// Of the renderer's versions on the node, the one that the step picks.
fn version(state: &State, accused: &Accused) -> Option<String> {
    let versions = state.node(&accused.node)?.capabilities.renderers.get(&accused.renderer)?;
    let (spec, _) = state.job(accused.job)?.step(accused.step)?;
    let wish = spec.requires.renderer_version.as_ref().and_then(|wish| wish.parse::<VersionWish>().ok());
    let picked = match wish {
        Some(wish) => versions.best(&wish),
        None => versions.current(),
    };
    picked.map(str::to_owned)
}
