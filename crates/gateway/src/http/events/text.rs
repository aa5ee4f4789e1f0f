//! Server-Sent Events as text: `id:`, `event:`, `data:` and a blank line. Only this file knows their bytes.
//!
//! Only events of the log carry an `id:`: it is what a client comes back with, so nothing that passes and nothing
//! that is said about the stream itself may move it.

use std::fmt::Write as _;

use callsheet_events::{Passing, Sealed};

use super::feed::Told;
use super::words::LastWord;

/// A client that lost its stream comes back after this long, in milliseconds ...
const RETRY_MS: u32 = 1000;
/// ... and after this long when its cursor is of no use, since it would only be told the same again.
const HOPELESS_RETRY_MS: u32 = 30_000;

/// Text of Server-Sent Events, many in one piece.
#[derive(Default)]
pub(crate) struct SseText(pub(crate) String);

impl SseText {
    /// What a stream begins with. A client that loses it before the first event comes back from the cursor: an
    /// `id:` without data sets it and shows nothing.
    pub(crate) fn begin(cursor: Option<u64>) -> Self {
        let id = cursor.map(|cursor| format!("id: {cursor}\n")).unwrap_or_default();
        Self(format!("retry: {RETRY_MS}\n{id}\n"))
    }

    /// A comment, for whoever would take silence for a dead connection; and how far the log was read meanwhile.
    pub(crate) fn keep_alive(cursor: Option<u64>) -> Self {
        let id = cursor.map(|cursor| format!("id: {cursor}\n")).unwrap_or_default();
        Self(format!(": keep-alive\n{id}\n"))
    }

    /// A client that comes back would only be told the same.
    pub(crate) fn no_hurry(&mut self) {
        let _ = writeln!(self.0, "retry: {HOPELESS_RETRY_MS}");
    }

    /// One message; only what is in the log has an id.
    pub(crate) fn message(&mut self, id: Option<u64>, kind: &str, data: &str) {
        let text = &mut self.0;
        text.reserve(kind.len() + data.len() + 48);
        if let Some(id) = id {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "id: {id}");
        }
        text.push_str("event: ");
        // A type is free text; with a line end in it, it could forge fields of the message.
        if is_one_line(kind) {
            text.push_str(kind);
        } else {
            text.extend(kind.chars().map(|c| if matches!(c, '\r' | '\n' | '\0') { ' ' } else { c }));
        }
        text.push('\n');
        if is_one_line(data) {
            text.push_str("data: ");
            text.push_str(data);
            text.push('\n');
        } else {
            // Between the tokens of JSON any white space is as good as another.
            for line in data.split(['\r', '\n']) {
                text.push_str("data: ");
                text.push_str(line);
                text.push('\n');
            }
        }
        text.push('\n');
    }
}

fn is_one_line(text: &str) -> bool {
    let bytes = text.as_bytes();
    !bytes.contains(&b'\n') && !bytes.contains(&b'\r')
}

impl Told for SseText {
    fn event(&mut self, event: &Sealed) {
        self.message(Some(event.envelope.sequence), event.envelope.event.kind(), &event.json);
    }

    fn passing(&mut self, passing: &Passing) {
        self.message(None, passing.kind, &passing.json);
    }

    fn snapshot(&mut self, sequence: u64, json: &str) {
        self.message(Some(sequence), "snapshot", json);
    }

    fn last(&mut self, word: &LastWord) {
        if word.is_final() {
            self.no_hurry();
        }
        self.message(None, word.kind, &word.json());
    }

    fn bytes(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_its_fields_and_a_blank_line() {
        let mut text = SseText::default();
        text.message(Some(7), "job.paused", r#"{"a":1}"#);
        text.message(None, "node.heartbeat.v1", "{}");
        let lines = "id: 7\nevent: job.paused\ndata: {\"a\":1}\n\nevent: node.heartbeat.v1\ndata: {}\n\n";
        assert_eq!(text.0, lines);
    }

    #[test]
    fn a_type_with_line_ends_cannot_forge_a_message() {
        let mut text = SseText::default();
        text.message(Some(7), "a\r\n\nid: 9\0", "{}");
        assert_eq!(text.0, "id: 7\nevent: a   id: 9 \ndata: {}\n\n");
    }

    #[test]
    fn data_of_several_lines_stays_one_message() {
        let mut text = SseText::default();
        text.message(None, "x", "{\r\n\"a\":\n1}");
        assert_eq!(text.0, "event: x\ndata: {\ndata: \ndata: \"a\":\ndata: 1}\n\n");
    }

    #[test]
    fn a_hopeless_cursor_is_asked_again_later() {
        let error = callsheet_leader::LeaderError::CursorTooOld { asked: 1, oldest: 5 };
        let mut text = SseText::default();
        text.last(&LastWord::of(&error, 1));
        assert!(
            text.0.starts_with("retry: 30000\nevent: cut_off\ndata: {\"type\":\"cut_off\""),
            "{}",
            text.0
        );
        assert!(!text.0.contains("id: "), "{}", text.0);
    }
}
