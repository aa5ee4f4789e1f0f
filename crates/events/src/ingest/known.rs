//! Payloads of known types, checked field by field against the catalogue.

use std::borrow::Cow;

use crate::catalogue::{self, Origin, Presence};
use crate::json::{Json, Object, read};

use super::event::Fields;

/// Checks and completes the payload of a known type; that of an unknown type is left alone.
pub(super) fn check(kind: &str, payload: &mut Object, fields: &mut Fields) {
    let Some(known) = catalogue::find(kind) else { return };
    if known.origin == Origin::Cluster {
        fields.refuse(
            "event_type",
            kind,
            "that type is this cluster's own history, which only its leader writes".into(),
        );
        return;
    }
    // What this cluster adds to a type is no part of the contract: others may mean something else by it.
    let added = |presence| matches!(presence, Presence::Added | Presence::AddedOptional);
    for field in known.fields.iter().filter(|field| !added(field.presence)) {
        let value = payload.get(field.name).filter(|value| **value != Json::Null);
        match (value, field.presence) {
            (Some(value), _) => match field.shape.canonical(value) {
                Some(Cow::Borrowed(_)) => {}
                Some(Cow::Owned(value)) => payload.put(field.name, value),
                None => fields.refuse_in("payload", field.name, &value.shown(), field.shape.wanted()),
            },
            (None, Presence::Required) => {
                let found = if payload.get(field.name).is_some() { "null" } else { "nothing" };
                fields.refuse_in("payload", field.name, found, field.shape.wanted());
            }
            (None, Presence::Default(text)) => {
                if let Ok(value) = read(text) {
                    payload.put(field.name, value);
                }
            }
            (None, Presence::Optional | Presence::Added | Presence::AddedOptional) => {}
        }
    }
}
