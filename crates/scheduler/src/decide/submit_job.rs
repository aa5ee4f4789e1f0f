//! Takes a job. The same id with the same content is the same job, however often it comes.

use std::sync::Arc;

use callsheet_model::{Event, Job, JobId, JobSpec};

use super::{approval, workflow};
use crate::effect::Reply;
use crate::rejection::Rejection;
use crate::turn::Turn;

pub(super) fn submit_job(turn: &mut Turn<'_>, id: JobId, spec: JobSpec) -> Result<Reply, Rejection> {
    if let Some(known) = turn.state().job(id) {
        return if known.job.spec == spec {
            Ok(Reply::Submitted { job: id, already: true })
        } else {
            Err(Rejection::JobIdTaken { job: id })
        };
    }
    let limit = turn.policy.max_jobs;
    if turn.state().job_count() >= limit {
        return Err(Rejection::TooManyJobs { limit });
    }
    if let Some(why) = flaw(&spec) {
        return Err(Rejection::UnusableSpec { job: id, why });
    }
    let job = Job { id, submitted_at: turn.now, spec };
    turn.emit(Event::JobSubmitted { job: Arc::new(job) });
    approval::request(turn, id);
    workflow::started(turn, id);
    Ok(Reply::Submitted { job: id, already: false })
}

/// Why the schedule could never bring such a job to an end, whatever the checks before it said.
fn flaw(spec: &JobSpec) -> Option<String> {
    if spec.steps.is_empty() {
        return Some("it has no step".to_owned());
    }
    if spec.steps.len() > callsheet_model::limits::MAX_STEPS {
        return Some(format!("it has more than {} steps", callsheet_model::limits::MAX_STEPS));
    }
    let late =
        spec.steps.iter().enumerate().find(|(at, step)| step.after.iter().any(|before| before.at() >= *at));
    late.map(|(at, step)| format!("step {} ({at}) waits for a step that does not come before it", step.name))
}
