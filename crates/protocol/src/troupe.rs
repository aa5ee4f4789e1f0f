//! What a node says of its actors.

use callsheet_model::limits::{MAX_NAME_BYTES, MAX_PLAYERS};
use callsheet_model::{Player, PlayerChange};

use crate::field::{FieldError, cut, parse};
use crate::text::{Rule, WHY};
use crate::v1;

/// Most changes in one message: a spawn and a status for each actor that a node may have.
const MOST: usize = 2 * MAX_PLAYERS;
/// What an actor can be when it has ended.
const ENDS: [&str; 2] = ["stopped", "failed"];

/// Changes of a node's actors as a message; `whole`: those spawned in it are all there are.
#[must_use]
pub fn troupe_to_wire(changes: &[PlayerChange], whole: bool) -> v1::Troupe {
    let changes = changes.iter().map(|change| v1::PlayerChange { change: Some(change_to_wire(change)) });
    v1::Troupe { changes: changes.collect(), whole }
}

fn change_to_wire(change: &PlayerChange) -> v1::player_change::Change {
    use v1::player_change::Change;
    match change {
        PlayerChange::Spawned(Player { instance, role, name }) => Change::Spawned(v1::PlayerSpawned {
            instance: instance.to_string(),
            role: role.clone(),
            name: name.clone(),
        }),
        PlayerChange::Status { instance, status, reason } => Change::Status(v1::PlayerStatus {
            instance: instance.to_string(),
            status: status.clone(),
            reason: reason.clone().unwrap_or_default(),
        }),
        PlayerChange::Ended { instance, reason, status } => Change::Ended(v1::PlayerEnded {
            instance: instance.to_string(),
            status: status.clone(),
            reason: reason.clone(),
        }),
    }
}

/// Changes of a node's actors from a message, in their order.
///
/// # Errors
/// The field that cannot be read, or is larger than allowed.
pub fn troupe_from_wire(troupe: &v1::Troupe) -> Result<Vec<PlayerChange>, FieldError> {
    if troupe.changes.len() > MOST {
        return Err(FieldError::new("changes", format!("{} of them, at most {MOST}", troupe.changes.len())));
    }
    let read = |(nth, change)| {
        change_from_wire(change).map_err(|error: FieldError| error.within(&format!("changes[{nth}]")))
    };
    troupe.changes.iter().enumerate().map(read).collect()
}

fn change_from_wire(change: &v1::PlayerChange) -> Result<PlayerChange, FieldError> {
    use v1::player_change::Change;
    match change.change.as_ref().ok_or_else(|| FieldError::missing("change"))? {
        Change::Spawned(spawned) => spawned_from_wire(spawned).map_err(|error| error.within("spawned")),
        Change::Status(status) => status_from_wire(status).map_err(|error| error.within("status")),
        Change::Ended(ended) => ended_from_wire(ended).map_err(|error| error.within("ended")),
    }
}

fn spawned_from_wire(spawned: &v1::PlayerSpawned) -> Result<PlayerChange, FieldError> {
    let name = Rule::Line(MAX_NAME_BYTES).take("name", &spawned.name)?;
    Ok(PlayerChange::Spawned(Player {
        instance: parse("instance", &spawned.instance)?,
        role: Rule::Name.take("role", &spawned.role)?,
        name,
    }))
}

fn status_from_wire(status: &v1::PlayerStatus) -> Result<PlayerChange, FieldError> {
    let reason = WHY.take("reason", &status.reason)?;
    Ok(PlayerChange::Status {
        instance: parse("instance", &status.instance)?,
        status: Rule::Name.take("status", &status.status)?,
        reason: (!reason.is_empty()).then_some(reason),
    })
}

fn ended_from_wire(ended: &v1::PlayerEnded) -> Result<PlayerChange, FieldError> {
    if !ENDS.contains(&ended.status.as_str()) {
        let found = cut(&ended.status);
        return Err(FieldError::new("status", format!("{found:?}, allowed are stopped and failed")));
    }
    Ok(PlayerChange::Ended {
        instance: parse("instance", &ended.instance)?,
        reason: WHY.take("reason", &ended.reason)?,
        status: ended.status.clone(),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn spawned() -> PlayerChange {
        PlayerChange::Spawned(Player {
            instance: Uuid::from_u128(1),
            role: "ae_process".into(),
            name: "ae_process/2".into(),
        })
    }

    fn ended(reason: &str, status: &str) -> PlayerChange {
        PlayerChange::Ended { instance: Uuid::from_u128(1), reason: reason.into(), status: status.into() }
    }

    #[test]
    fn every_change_comes_back_as_it_was() {
        let status = |reason| PlayerChange::Status {
            instance: Uuid::from_u128(1),
            status: "restarting".into(),
            reason,
        };
        let changes = vec![
            spawned(),
            status(None),
            status(Some("the cache failed".into())),
            ended("it panicked", "failed"),
            ended("", "stopped"),
        ];
        for whole in [false, true] {
            let wire = troupe_to_wire(&changes, whole);
            assert_eq!(wire.whole, whole);
            assert_eq!(troupe_from_wire(&wire), Ok(changes.clone()));
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let field =
            |change| troupe_from_wire(&troupe_to_wire(&[spawned(), change], false)).unwrap_err().field;
        assert_eq!(field(ended("", "tired")), "changes[1].ended.status");
        assert_eq!(field(ended(&"x".repeat(1025), "failed")), "changes[1].ended.reason");
        let instance = Uuid::from_u128(1);
        let status = PlayerChange::Status { instance, status: "two words".into(), reason: None };
        assert_eq!(field(status), "changes[1].status.status");
        for (role, name, wrong) in [("", "a", "role"), ("a", "", "name"), ("a", &"n".repeat(65), "name")] {
            let player = Player { instance, role: role.into(), name: name.into() };
            assert_eq!(field(PlayerChange::Spawned(player)), format!("changes[1].spawned.{wrong}"));
        }
        let no_uuid = v1::PlayerSpawned { instance: "x".into(), role: "a".into(), name: "a".into() };
        let change = Some(v1::player_change::Change::Spawned(no_uuid));
        let troupe = v1::Troupe { changes: vec![v1::PlayerChange { change }], whole: false };
        assert_eq!(troupe_from_wire(&troupe).unwrap_err().field, "changes[0].spawned.instance");
        let empty = v1::Troupe { changes: vec![v1::PlayerChange { change: None }], whole: true };
        assert_eq!(troupe_from_wire(&empty).unwrap_err().field, "changes[0].change");
    }

    #[test]
    fn more_changes_than_a_node_can_have_are_refused() {
        let troupe = v1::Troupe { changes: vec![v1::PlayerChange::default(); MOST + 1], whole: true };
        assert_eq!(troupe_from_wire(&troupe).unwrap_err().field, "changes");
    }
}
