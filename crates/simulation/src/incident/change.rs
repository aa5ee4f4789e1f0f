//! What-ifs: changes to the model of an incident, as a person types them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use callsheet_model::NodeName;
use callsheet_scheduler::{Command, Policy};

use super::model::Model;

/// What can be changed, for people.
const FORMS: &str = "nodes=+4, nodes=-NAME, nodes=NAME:slots=8, priority=JOB:90, outages=none, failures=none, \
                     policy.silence=20s and other keys of the policy";
/// Most nodes that are added at once.
const MOST_ADDED: u32 = 1000;
/// Most slots of a node.
const MOST_SLOTS: u32 = 1024;

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// So many more nodes, each like the one with the most slots.
    MoreNodes(u32),
    /// Without this node.
    WithoutNode(String),
    /// A node with so many slots.
    Slots(String, u32),
    /// A job, by its id, the end of its id or its name, with another priority.
    Priority(String, u32),
    /// Nobody is ever gone: neither nodes nor the leader.
    NoOutages,
    /// No renderer dies, and no frame is put aside.
    NoFailures,
    /// A figure that the scheduler decides by.
    Policy(String, String),
}

/// A change that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// It is none that is known.
    #[error("{found:?} is no change; allowed are {FORMS}")]
    Unknown {
        /// What was found.
        found: String,
    },
    /// A value is not allowed.
    #[error("{field}: found {found:?}, allowed is {allowed}")]
    Value {
        /// Of what.
        field: String,
        /// What was found.
        found: String,
        /// What is allowed.
        allowed: String,
    },
    /// It is about something that is not there.
    #[error("there is no {what} {found:?} in this log; there are {there}")]
    Missing {
        /// A node, or a job.
        what: &'static str,
        /// What was asked for.
        found: String,
        /// What there is.
        there: String,
    },
    /// It fits more than one job.
    #[error("{found:?} fits several jobs: {fits}; give more of the id")]
    Ambiguous {
        /// What was asked for.
        found: String,
        /// Whom it fits.
        fits: String,
    },
}

fn value(field: &str, found: &str, allowed: impl fmt::Display) -> ChangeError {
    ChangeError::Value { field: field.to_owned(), found: found.to_owned(), allowed: allowed.to_string() }
}

fn number(field: &str, text: &str, least: u32, most: u32) -> Result<u32, ChangeError> {
    let parsed = text.parse().ok().filter(|number| (least..=most).contains(number));
    parsed.ok_or_else(|| value(field, text, format!("{least} to {most}")))
}

impl FromStr for Change {
    type Err = ChangeError;

    fn from_str(text: &str) -> Result<Self, ChangeError> {
        let unknown = || ChangeError::Unknown { found: text.to_owned() };
        let (key, what) = text.split_once('=').ok_or_else(unknown)?;
        match key {
            "nodes" => nodes(what).unwrap_or_else(|| Err(unknown())),
            "priority" => {
                let (job, priority) = what.rsplit_once(':').ok_or_else(unknown)?;
                Ok(Self::Priority(job.to_owned(), number("priority", priority, 0, 100)?))
            }
            "outages" if what == "none" => Ok(Self::NoOutages),
            "failures" if what == "none" => Ok(Self::NoFailures),
            _ => {
                let policy = key.strip_prefix("policy.").ok_or_else(unknown)?;
                // Said at once, and not only when a log is there.
                set(&mut Policy::default(), policy, what)?;
                Ok(Self::Policy(policy.to_owned(), what.to_owned()))
            }
        }
    }
}

fn nodes(what: &str) -> Option<Result<Change, ChangeError>> {
    if let Some(count) = what.strip_prefix('+') {
        return Some(number("nodes", count, 1, MOST_ADDED).map(Change::MoreNodes));
    }
    if let Some(name) = what.strip_prefix('-') {
        return Some(Ok(Change::WithoutNode(name.to_owned())));
    }
    let (name, slots) = what.split_once(":slots=")?;
    Some(number("slots", slots, 1, MOST_SLOTS).map(|slots| Change::Slots(name.to_owned(), slots)))
}

impl Change {
    /// Changes a model.
    pub(super) fn apply(&self, model: &mut Model) -> Result<(), ChangeError> {
        match self {
            Self::MoreNodes(count) => more_nodes(model, *count),
            Self::WithoutNode(name) => {
                let node = node(model, name)?;
                model.nodes.remove(&node);
            }
            Self::Slots(name, slots) => {
                let node = node(model, name)?;
                if let Some((capabilities, _)) = model.nodes.get_mut(&node) {
                    capabilities.slots = *slots;
                }
            }
            Self::Priority(name, priority) => return prioritise(model, name, *priority),
            Self::NoOutages => model.outages.clear(),
            Self::NoFailures => {
                for quirks in model.quirks.values_mut() {
                    (quirks.crashes, quirks.poison) = (0, std::collections::BTreeSet::new());
                }
            }
            Self::Policy(key, what) => return set(&mut model.policy, key, what),
        }
        Ok(())
    }
}

fn more_nodes(model: &mut Model, count: u32) {
    let largest = model.nodes.values().max_by_key(|(capabilities, _)| capabilities.slots);
    let Some(capabilities) = largest.map(|(capabilities, _)| capabilities.clone()) else { return };
    let names = (1..).filter_map(|nth: u32| NodeName::new(&format!("extra-{nth}")).ok());
    let free: Vec<NodeName> =
        names.filter(|name| !model.nodes.contains_key(name)).take(count as usize).collect();
    model.nodes.extend(free.into_iter().map(|name| (name, (capabilities.clone(), 0))));
}

fn node(model: &Model, name: &str) -> Result<NodeName, ChangeError> {
    let found = model.nodes.keys().find(|node| node.as_str() == name).cloned();
    found.ok_or_else(|| {
        let there: Vec<&str> = model.nodes.keys().take(20).map(NodeName::as_str).collect();
        ChangeError::Missing { what: "node", found: name.to_owned(), there: there.join(", ") }
    })
}

fn prioritise(model: &mut Model, name: &str, priority: u32) -> Result<(), ChangeError> {
    let is = |id: &callsheet_model::JobId, known: &str| {
        let text = id.0.simple().to_string();
        known == name || id.to_string() == name || name.len() >= 4 && text.ends_with(name)
    };
    let all: Vec<(callsheet_model::JobId, String)> =
        model.jobs().map(|(id, name)| (id, name.to_owned())).collect();
    let fits: Vec<_> = all.iter().filter(|(id, name)| is(id, name)).collect();
    let list = |jobs: &mut dyn Iterator<Item = &(callsheet_model::JobId, String)>| {
        let some: Vec<String> = jobs.take(20).map(|(id, name)| format!("{} {name:?}", id.short())).collect();
        some.join(", ")
    };
    let job = match fits[..] {
        [(job, _)] => *job,
        [] => {
            let there = list(&mut all.iter());
            return Err(ChangeError::Missing { what: "job", found: name.to_owned(), there });
        }
        _ => {
            let fits = list(&mut fits.into_iter());
            return Err(ChangeError::Ambiguous { found: name.to_owned(), fits });
        }
    };
    for deed in &mut model.deeds {
        if let Command::SubmitJob { id, spec } = &mut deed.command
            && *id == job
        {
            spec.priority = priority;
        }
    }
    Ok(())
}

/// Sets a figure of the policy.
fn set(policy: &mut Policy, key: &str, text: &str) -> Result<(), ChangeError> {
    let field = format!("policy.{key}");
    let time = |least: Duration| {
        let parsed = humantime::parse_duration(text).ok();
        let parsed = parsed.filter(|time| (least..=Duration::from_secs(366 * 24 * 3600)).contains(time));
        let least = humantime::format_duration(least);
        parsed.ok_or_else(|| value(&field, text, format!("a time from {least} to a year, such as 20s")))
    };
    let millisecond = Duration::from_millis(1);
    match key {
        "silence" => policy.silence = time(Duration::from_secs(1))?,
        "reconnect_grace" => policy.reconnect_grace = time(millisecond)?,
        "backoff_first" => policy.backoff_first = time(millisecond)?,
        "backoff_max" => policy.backoff_max = time(millisecond)?,
        "chunk_target" => policy.chunk_target = time(millisecond)?,
        "ahead" => policy.ahead = time(Duration::ZERO)?,
        "quarantine_first" => policy.quarantine_first = time(millisecond)?,
        "quarantine_max" => policy.quarantine_max = time(millisecond)?,
        "ahead_max" => policy.ahead_max = number(&field, text, 0, 256)?,
        "crashes_max" => policy.crashes_max = number(&field, text, 1, 1000)?,
        "uncharged_max" => policy.uncharged_max = number(&field, text, 1, 1000)?,
        _ => {
            let allowed = "policy. with silence, reconnect_grace, backoff_first, backoff_max, chunk_target, ahead, \
                           quarantine_first, quarantine_max, ahead_max, crashes_max or uncharged_max";
            return Err(value("policy", key, allowed));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_as_people_type_them() {
        let read = |text: &str| text.parse::<Change>().unwrap();
        assert_eq!(read("nodes=+4"), Change::MoreNodes(4));
        assert_eq!(read("nodes=-node-3"), Change::WithoutNode("node-3".into()));
        assert_eq!(read("nodes=node-3:slots=8"), Change::Slots("node-3".into(), 8));
        assert_eq!(read("priority=shot: take 2:90"), Change::Priority("shot: take 2".into(), 90));
        assert_eq!(read("policy.silence=20s"), Change::Policy("silence".into(), "20s".into()));
        assert_eq!([read("outages=none"), read("failures=none")], [Change::NoOutages, Change::NoFailures]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_is_allowed() {
        let refused = |text: &str, words: &[&str]| {
            let error = text.parse::<Change>().unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{text}: {error}");
        };
        refused("", &["\"\"", "nodes=+4"]);
        refused("nodes=many", &["many", "nodes=+4"]);
        refused("nodes=+0", &["nodes", "\"0\"", "1 to 1000"]);
        refused("nodes=+-3", &["nodes", "-3"]);
        refused("nodes=a:slots=0", &["slots", "1 to 1024"]);
        refused("priority=a:101", &["priority", "101", "0 to 100"]);
        refused("policy.silence=20", &["policy.silence", "20s"]);
        refused("policy.silence=1ms", &["policy.silence", "from 1s"]);
        refused("policy.mood=good", &["mood", "crashes_max"]);
        refused("weather=none", &["weather"]);
    }
}
