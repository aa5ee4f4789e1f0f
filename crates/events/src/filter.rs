//! What a reader wants of the log: the contract's scopes, and types by pattern.

use callsheet_model::NodeName;
use callsheet_model::id::project_uuid;
use callsheet_model::limits::{MAX_EVENT_TEXT_BYTES, MAX_EVENT_TYPE_BYTES, MAX_PATTERNS};
use uuid::Uuid;

use crate::json::shown;
use crate::passing::{JOB_PROGRESS, Passing};
use crate::scopes::Scopes;

/// What a reader wants: events that fit everything that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only types that match one of these; `*` stands for anything, also for nothing. All when empty.
    pub types: Vec<String>,
    /// Only of this job.
    pub job: Option<Uuid>,
    /// Only of this frame job.
    pub run: Option<Uuid>,
    /// Only of this job, as a workflow: its changes, and its progress.
    pub workflow: Option<Uuid>,
    /// Only of this node.
    pub node: Option<Uuid>,
    /// Only of this project.
    pub project: Option<Uuid>,
    /// Only by or about this agent.
    pub agent: Option<Uuid>,
    /// Only by this person.
    pub user: Option<Uuid>,
    /// Only with this correlation id.
    pub correlation: Option<String>,
}

/// A filter that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: found {found:?}, and {allowed}")]
pub struct FilterError {
    /// Which parameter.
    pub field: String,
    /// What stood there, cut to a printable length.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

impl Filter {
    /// Every parameter that [`Filter::parse`] knows.
    pub const PARAMETERS: [&'static str; 9] =
        ["types", "job", "run", "workflow", "node", "project", "agent", "user", "correlation"];

    /// Reads a filter from the parameters of a request. `types` is a list with commas between, and may come
    /// several times; `node` and `project` are UUIDs or names, `correlation` is any text, all others are UUIDs.
    ///
    /// # Errors
    /// `FilterError` for an unknown parameter, one that comes twice, and one that is not what it should be.
    pub fn parse<K: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for (key, value) in pairs {
            filter.set(key.as_ref(), value.as_ref())?;
        }
        Ok(filter)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), FilterError> {
        let uuid = || value.parse().map_err(|_| wrong(key, value, "a UUID is wanted"));
        let place = match key {
            "types" => return self.add_types(value),
            "correlation" => {
                if value.is_empty() || value.len() > MAX_EVENT_TEXT_BYTES {
                    let allowed = format!("1 to {MAX_EVENT_TEXT_BYTES} bytes are wanted");
                    return Err(wrong(key, value, &allowed));
                }
                return once(key, value, &mut self.correlation, value.to_owned());
            }
            "node" => {
                let node = match value.parse() {
                    Ok(uuid) => uuid,
                    Err(_) => NodeName::new(value)
                        .map_err(|_| wrong(key, value, "a node's UUID or name is wanted"))?
                        .uuid(),
                };
                return once(key, value, &mut self.node, node);
            }
            "project" => {
                if value.is_empty() || value.len() > MAX_EVENT_TEXT_BYTES {
                    return Err(wrong(key, value, "a project's UUID or name is wanted"));
                }
                let project = value.parse().unwrap_or_else(|_| project_uuid(value));
                return once(key, value, &mut self.project, project);
            }
            "job" => &mut self.job,
            "run" => &mut self.run,
            "workflow" => &mut self.workflow,
            "agent" => &mut self.agent,
            "user" => &mut self.user,
            _ => {
                let allowed = format!("the parameters are {}", Self::PARAMETERS.join(", "));
                return Err(wrong(&shown(key), value, &allowed));
            }
        };
        once(key, value, place, uuid()?)
    }

    fn add_types(&mut self, value: &str) -> Result<(), FilterError> {
        for pattern in value.split(',').map(str::trim) {
            if pattern.is_empty() || pattern.len() > MAX_EVENT_TYPE_BYTES {
                let allowed =
                    format!("types are 1 to {MAX_EVENT_TYPE_BYTES} bytes long, with commas between");
                return Err(wrong("types", value, &allowed));
            }
            if self.types.len() == MAX_PATTERNS {
                return Err(wrong("types", pattern, &format!("{MAX_PATTERNS} types are the most")));
            }
            self.types.push(pattern.to_owned());
        }
        Ok(())
    }

    /// Whether an event of this type and these scopes is wanted.
    #[must_use]
    pub fn takes(&self, kind: &str, scopes: &Scopes) -> bool {
        let is = |wanted: Option<Uuid>, found: Option<Uuid>| wanted.is_none() || wanted == found;
        (self.types.is_empty() || self.names(kind))
            && is(self.job, scopes.job)
            && is(self.workflow, scopes.job)
            && is(self.run, scopes.run)
            && is(self.node, scopes.node)
            && is(self.project, scopes.project)
            && is(self.user, scopes.user)
            && (is(self.agent, scopes.agent) || is(self.agent, scopes.about))
            && (self.correlation.is_none() || self.correlation == scopes.correlation)
    }

    /// Whether a signal is wanted. Signals are many, so a reader has to ask for them: by a type other than a bare
    /// `*`, or, for a job's progress, by following it as a workflow.
    #[must_use]
    pub fn takes_passing(&self, passing: &Passing) -> bool {
        let named = self.types.iter().any(|pattern| !is_everything(pattern) && fits(pattern, passing.kind));
        let followed = self.workflow.is_some() && self.types.is_empty() && passing.kind == JOB_PROGRESS;
        (named || followed) && self.takes(passing.kind, &passing.scopes)
    }

    /// Whether any signal can be wanted: otherwise a door need not listen for them.
    #[must_use]
    pub fn wants_passing(&self) -> bool {
        let of_signals = |pattern: &String| {
            !is_everything(pattern) && crate::passing::KINDS.iter().any(|kind| fits(pattern, kind))
        };
        (self.workflow.is_some() && self.types.is_empty()) || self.types.iter().any(of_signals)
    }

    fn names(&self, kind: &str) -> bool {
        self.types.iter().any(|pattern| fits(pattern, kind))
    }
}

/// Whether a pattern is nothing but stars.
fn is_everything(pattern: &str) -> bool {
    pattern.bytes().all(|byte| byte == b'*')
}

/// Whether a type fits a pattern. Time is bounded by the product of their lengths, which are limited.
#[must_use]
pub fn fits(pattern: &str, kind: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == kind };
    let Some(mut rest) = kind.strip_prefix(head) else { return false };
    let mut parts = tail.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        // The earliest place leaves the most for what follows.
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

fn once<T>(key: &str, value: &str, place: &mut Option<T>, new: T) -> Result<(), FilterError> {
    if place.replace(new).is_some() {
        return Err(wrong(key, value, "it may come only once"));
    }
    Ok(())
}

fn wrong(field: &str, found: &str, allowed: &str) -> FilterError {
    FilterError { field: field.to_owned(), found: shown(found), allowed: allowed.to_owned() }
}
