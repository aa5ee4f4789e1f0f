//! Every known type: who makes it, when, its fields, an example. Doors show it, ingest checks payloads by it, and
//! the page `proto/EVENTS.md` is written from it; a test compares it with what is really written.

mod cluster;
mod contract;
mod examples;
mod page;
mod samples;
mod services;
mod shape;
mod signals;

use serde_json::{Value, json};

pub use examples::{Example, example};
pub use page::page;
pub use shape::Shape;

/// A known type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// `{domain}.{action}`.
    pub name: &'static str,
    /// Who may make it.
    pub origin: Origin,
    /// Whether it passes live and is never in the log.
    pub passing: bool,
    /// When it is made, and by whom here.
    pub when: &'static str,
    /// The fields of its payload, those of the contract first.
    pub fields: &'static [Field],
}

/// Who may make events of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This cluster alone: such an event is part of its own history, and posted ones are refused.
    Cluster,
    /// This cluster, and others that keep the same contract.
    Contract,
    /// Others.
    Services,
}

/// A field of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// Whether it has to be there.
    pub presence: Presence,
    /// What it says; empty where the name says it.
    pub about: &'static str,
}

/// Whether a field has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Always.
    Required,
    /// It may be null or absent; here it is null.
    Optional,
    /// When it is absent, this JSON is put in.
    Default(&'static str),
    /// This cluster adds it to a type of the contract. Others need not.
    Added,
    /// Like `Added`, and it may be null.
    AddedOptional,
}

impl Origin {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Contract => "contract",
            Self::Services => "services",
        }
    }
}

impl Presence {
    /// Whether null will do.
    #[must_use]
    pub fn may_be_null(self) -> bool {
        matches!(self, Self::Optional | Self::AddedOptional)
    }
}

/// Every known type, by family.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    [cluster::KINDS, contract::KINDS, services::KINDS, signals::KINDS].into_iter().flatten()
}

/// What is known of a type.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    all().find(|kind| kind.name == name)
}

/// Whether events of a type go onto the topic: everything in the log but the two frequent types of the node family,
/// which a service may have posted. Signals never do.
#[must_use]
pub fn is_topic(kind: &str) -> bool {
    !crate::passing::KINDS.contains(&kind)
}

/// The whole catalogue as JSON, with an example of each.
#[must_use]
pub fn json() -> Value {
    let kinds = all().map(|kind| {
        let shown = example(kind.name).and_then(|example| serde_json::from_str::<Value>(&example.json).ok());
        json!({
            "type": kind.name,
            "origin": kind.origin.word(),
            "stored": !kind.passing,
            "topic": is_topic(kind.name),
            "when": kind.when,
            "fields": kind.fields.iter().map(field).collect::<Vec<_>>(),
            "example": shown,
        })
    });
    Value::Array(kinds.collect())
}

fn field(field: &Field) -> Value {
    let default = match field.presence {
        Presence::Default(text) => serde_json::from_str::<Value>(text).ok(),
        _ => None,
    };
    json!({
        "name": field.name,
        "type": field.shape.name().replace('`', ""),
        "required": field.presence == Presence::Required,
        "nullable": field.presence.may_be_null(),
        "added": matches!(field.presence, Presence::Added | Presence::AddedOptional),
        "default": default,
        "about": field.about,
    })
}

/// A field that is always there.
const fn must(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, presence: Presence::Required, about }
}

/// A field that may be null.
const fn may(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, presence: Presence::Optional, about }
}

/// A field that this cluster adds to the contract's.
const fn add(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, presence: Presence::Added, about }
}

/// Likewise, and it may be null.
const fn add_may(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, presence: Presence::AddedOptional, about }
}

/// A field with a default.
const fn or(name: &'static str, shape: Shape, default: &'static str, about: &'static str) -> Field {
    Field { name, shape, presence: Presence::Default(default), about }
}
