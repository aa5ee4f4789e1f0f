//! What an event belongs to, worked out once, so that a thousand readers need not look into it.

use callsheet_model::{AuthorKind, Envelope, Event, JobId, Outside, Token, TroupeEvent};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::json::Members;

/// What an event belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    /// The job (which is also the workflow).
    pub job: Option<Uuid>,
    /// The frame job: one attempt.
    pub run: Option<Uuid>,
    /// The node, by its UUID.
    pub node: Option<Uuid>,
    /// The project.
    pub project: Option<Uuid>,
    /// The agent that it comes from.
    pub agent: Option<Uuid>,
    /// The agent that it is about.
    pub about: Option<Uuid>,
    /// The person that it comes from.
    pub user: Option<Uuid>,
    /// What ties it to other events; of a job's events the job's id.
    pub correlation: Option<String>,
}

impl Scopes {
    /// What an event of the log belongs to.
    #[must_use]
    pub fn of(envelope: &Envelope) -> Self {
        let author = envelope.context.author;
        let by = |kind| author.id.filter(|_| author.kind == kind);
        let mut scopes = Self {
            job: envelope.event.job().map(|job| job.0),
            project: envelope.context.project,
            agent: by(AuthorKind::Agent),
            user: by(AuthorKind::User),
            correlation: envelope.event.job().map(|job| job.to_string()),
            ..Self::default()
        };
        match &envelope.event {
            Event::Outside(event) => scopes.add_outside(event),
            event => scopes.add_own(event),
        }
        scopes
    }

    fn add_own(&mut self, event: &Event) {
        self.run = run(event).map(|(token, job)| token.frame_job_uuid(job));
        self.node = match event {
            Event::FramesLeased { lease } => Some(lease.node.uuid()),
            Event::NodeOnline { node, .. }
            | Event::NodeOffline { node, .. }
            | Event::NodeDrained { node }
            | Event::NodeUndrained { node }
            | Event::NodeQuarantined { node, .. }
            | Event::NodeCleared { node, .. }
            | Event::StepCleared { node, .. } => Some(node.uuid()),
            Event::NodeCrashed { crash } => Some(crash.node.uuid()),
            Event::CacheUpdated { update } => Some(update.node.uuid()),
            Event::Troupe(event) => Some(event.node().uuid()),
            // What a node reports of its leases comes from it, and does not name it once more.
            _ => self.agent.filter(|_| self.run.is_some()),
        };
        self.about = match event {
            Event::Troupe(event) => Some(TroupeEvent::instance(event)),
            _ => None,
        };
    }

    /// By the names that contracts use in payloads. A value that is no UUID belongs to nothing.
    fn add_outside(&mut self, event: &Outside) {
        self.correlation.clone_from(&event.correlation);
        let uuid = |raw: &RawValue| serde_json::from_str::<Uuid>(raw.get()).ok();
        let Members(payload) = serde_json::from_str(&event.payload).unwrap_or(Members(Vec::new()));
        // Members stand in canonical order, and the first name of a job that is there counts.
        for (key, raw) in payload {
            match key.as_ref() {
                "job_id" | "render_job_id" | "workflow_id" => self.job = self.job.or_else(|| uuid(raw)),
                "frame_job_id" => self.run = uuid(raw),
                "node_id" => self.node = uuid(raw),
                "agent_instance_id" => self.about = uuid(raw),
                // Some name the project in the payload alone, as the contract's tables do.
                "project_id" => self.project = self.project.or_else(|| uuid(raw)),
                _ => {}
            }
        }
        if self.correlation.is_none() && event.fields.contains("\"execution_id\"") {
            let Members(fields) = serde_json::from_str(&event.fields).unwrap_or(Members(Vec::new()));
            let execution = fields.iter().find(|(key, _)| key == "execution_id");
            self.correlation = execution.and_then(|(_, raw)| serde_json::from_str(raw.get()).ok());
        }
    }
}

/// The frame job that an event is about.
fn run(event: &Event) -> Option<(Token, JobId)> {
    match event {
        Event::FramesLeased { lease } => Some((lease.token, lease.job)),
        Event::NodeCrashed { crash } => Some((crash.token, crash.job)),
        Event::FramesAccepted { token, job, .. }
        | Event::FramesPublished { token, job, .. }
        | Event::FramesFailed { token, job, .. }
        | Event::FramesDeadLettered { token, job, .. }
        | Event::LeaseReleased { token, job, .. }
        | Event::FramesReturned { token, job, .. }
        | Event::FramesLost { token, job, .. }
        | Event::AttemptBegan { token, job, .. } => Some((*token, *job)),
        _ => None,
    }
}
