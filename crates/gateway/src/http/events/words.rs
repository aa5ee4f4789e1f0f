//! The last word of a stream: why it ends, and where its reader goes on.

use std::sync::Arc;

use callsheet_leader::LeaderError;
use serde::Serialize;

/// Where a reader without a usable cursor begins.
pub(super) const SNAPSHOT: &str = "/api/v1/snapshot";

/// What a stream says before it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct LastWord {
    /// `cut_off`, or `leaving` when the leader leaves.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// Stable, for programs.
    pub(super) code: &'static str,
    /// For people.
    pub(super) reason: String,
    /// The last event that the reader was given, or the cursor that it came with.
    pub(super) cursor: u64,
    /// The oldest event there is, if the cursor is older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) oldest: Option<u64>,
    /// The newest event there is, if the cursor is newer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) head: Option<u64>,
    /// Where to get a state to begin with, if the cursor is of no use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) snapshot: Option<&'static str>,
}

impl LastWord {
    fn cut_off(code: &'static str, reason: String, cursor: u64) -> Self {
        Self { kind: "cut_off", code, reason, cursor, oldest: None, head: None, snapshot: None }
    }

    /// The leader leaves, with everything up to the cursor told.
    pub(super) fn leaving(cursor: u64) -> Self {
        let reason = "the leader is leaving: go on from the cursor in a moment".to_owned();
        Self { kind: "leaving", ..Self::cut_off("leaving", reason, cursor) }
    }

    /// A WebSocket's peer does not answer.
    pub(super) fn no_pong(cursor: u64) -> Self {
        let reason = "two pings were not answered: go on from the cursor".to_owned();
        Self::cut_off("no_pong", reason, cursor)
    }

    /// What the leader said.
    pub(super) fn of(error: &LeaderError, cursor: u64) -> Self {
        let reason = error.to_string();
        let word = |code| Self::cut_off(code, reason.clone(), cursor);
        match error {
            LeaderError::CursorTooOld { oldest, .. } => {
                Self { oldest: Some(*oldest), snapshot: Some(SNAPSHOT), ..word("cursor_too_old") }
            }
            LeaderError::CursorAhead { head, .. } => {
                Self { head: Some(*head), snapshot: Some(SNAPSHOT), ..word("cursor_ahead") }
            }
            LeaderError::FellBehind { .. } => word("fell_behind"),
            LeaderError::Restarting => word("restarting"),
            _ => word("journal_unreadable"),
        }
    }

    /// As a line of JSON.
    pub(super) fn json(&self) -> Arc<str> {
        // Plain fields: there is nothing in it that JSON could not hold.
        serde_json::to_string(self).unwrap_or_default().into()
    }

    /// Whether the same cursor would only be refused again.
    pub(super) fn is_final(&self) -> bool {
        self.snapshot.is_some()
    }

    /// What a WebSocket is closed with.
    pub(super) fn close_code(&self) -> u16 {
        match self.code {
            "leaving" => 1001,
            "no_pong" => 4007,
            "fell_behind" => 4008,
            "cursor_too_old" => 4010,
            "cursor_ahead" => 4011,
            _ => 1013,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_that_is_too_old_is_told_the_oldest_and_the_snapshot() {
        let word = LastWord::of(&LeaderError::CursorTooOld { asked: 3, oldest: 9 }, 3);
        let json: serde_json::Value = serde_json::from_str(&word.json()).unwrap();
        assert_eq!(
            (&json["type"], &json["code"], &json["cursor"], &json["oldest"], &json["snapshot"]),
            (&"cut_off".into(), &"cursor_too_old".into(), &3.into(), &9.into(), &SNAPSHOT.into())
        );
        assert!(word.is_final());
    }

    #[test]
    fn a_reader_that_fell_behind_may_go_on_at_once() {
        let word = LastWord::of(&LeaderError::FellBehind { cursor: 41 }, 41);
        assert!(!word.is_final());
        assert_eq!((word.cursor, word.close_code()), (41, 4008));
        assert!(!word.json().contains("snapshot"));
    }

    #[test]
    fn every_end_has_a_close_code_of_its_own() {
        let words = [
            LastWord::leaving(1),
            LastWord::no_pong(1),
            LastWord::of(&LeaderError::FellBehind { cursor: 1 }, 1),
            LastWord::of(&LeaderError::CursorTooOld { asked: 1, oldest: 2 }, 1),
            LastWord::of(&LeaderError::CursorAhead { asked: 2, head: 1 }, 2),
            LastWord::of(&LeaderError::Restarting, 1),
        ];
        let codes: std::collections::BTreeSet<u16> = words.iter().map(LastWord::close_code).collect();
        assert_eq!(codes.len(), words.len());
    }
}
