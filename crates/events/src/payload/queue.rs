//! Payloads of `queue.*`: pauses of the cluster, a pool or a queue.

use callsheet_model::{PauseEvent, Timestamp};
use serde::Serialize;

use super::Text;

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Payload<'a> {
    Paused {
        name: Option<&'a str>,
        reason: &'a str,
        running: &'static str,
        scope: &'static str,
        source: &'static str,
        source_name: Option<&'a str>,
        until: Option<Text<Timestamp>>,
    },
    Resumed {
        expired: bool,
        name: Option<&'a str>,
        scope: &'static str,
        source: &'static str,
        source_name: Option<&'a str>,
    },
}

pub(super) fn payload(event: &PauseEvent) -> Payload<'_> {
    match event {
        PauseEvent::Paused(pause) => Payload::Paused {
            name: pause.key.scope.name(),
            reason: &pause.reason,
            running: pause.running.word(),
            scope: pause.key.scope.word(),
            source: pause.key.source.word(),
            source_name: pause.key.source.name(),
            until: pause.until.map(Text),
        },
        PauseEvent::Resumed { key, expired } => Payload::Resumed {
            expired: *expired,
            name: key.scope.name(),
            scope: key.scope.word(),
            source: key.source.word(),
            source_name: key.source.name(),
        },
    }
}
