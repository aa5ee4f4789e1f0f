//! The catalogue as one page for people.

use std::fmt::Write;

use super::{Field, Kind, Origin, Presence, all, example, is_topic};

/// The page, in Markdown.
#[must_use]
pub fn page() -> String {
    let mut out = String::from(HEAD);
    // Writing into memory cannot fail.
    let _ = contents(&mut out);
    for kind in all() {
        let _ = section(kind, &mut out);
    }
    out
}

const HEAD: &str = "# Events

<!-- Written from the code by `UPDATE_EVENTS=1 cargo test -p callsheet-events --test catalogue`. Do not edit. -->

Every durable change of the cluster is an event in the leader's log. Each travels in the same envelope, a line of
JSON:

| field | type | meaning |
|---|---|---|
| `id` | uuid | unique; a second event with the same id is the same event, and is stored once |
| `type` | string | `{domain}.{action}`, with an optional `.vN` |
| `timestamp` | time | when it happened, by whoever emitted it |
| `project_id` | uuid or null | the project it belongs to |
| `actor_id` | uuid or null | who triggered it |
| `actor_type` | `agent` or `user` or `system` | what they are; `system` is the cluster itself |
| `correlation_id` | string or null | ties together all events of one piece of work; of a job's events the job's id |
| `payload` | object | what the type says; below |
| `sequence` | integer | its number in the log, from 1, without gaps: a stream's cursor |
| `hash` | string | SHA-256 of its canonical JSON, 64 hexadecimal digits |
| `chain` | string | SHA-256 of the chain of the event before and this hash |
| `received_at` | time | of posted events only: when the leader took it in |

Posted events carry the ingest door's canonical names beside these: `event_type` (the same as `type`), `created_at`
(the same as `timestamp`), `event_id`, `result_kind`, `actionable` and `informative` always; `step`, `execution_id`,
`status`, `worker_id`, `meta`, `result_uri`, `event_ids` where they are known; and whatever else the poster put there.
`execution_id` and `event_ids` are 64-bit integers, written as strings.

The hash is over RFC 8785 canonical JSON of the envelope without `sequence`, `hash`, `chain` and `received_at`.
RFC 8785 knows doubles only, so an integer literal that comes out of a double otherwise than it went in, such as
9007199254740993, is hashed as the string of its digits. Each log's chain begins at a value of its own.
`callsheet events verify` works both out anew.

A field that may be null is always there in events of this cluster; times are RFC 3339 in UTC with a trailing `Z`; an
`int64` beyond 2^53−1 is written as a string of its digits.

Events on the topic have their type as their routing key. Signals are passed on live, have no `id`, `sequence`, `hash`
and `chain`, and are never stored. Types that are not listed here are stored and streamed as they are.

";

fn contents(out: &mut String) -> std::fmt::Result {
    writeln!(out, "| type | made by | when | in the log | on the topic |\n|---|---|---|---|---|")?;
    for kind in all() {
        let Kind { name, when, .. } = kind;
        let (log, topic) = (yes(!kind.passing), yes(is_topic(name)));
        writeln!(out, "| `{name}` | {} | {when} | {log} | {topic} |", maker(kind.origin))?;
    }
    Ok(())
}

fn maker(origin: Origin) -> &'static str {
    match origin {
        Origin::Cluster => "this cluster alone; posted ones are refused",
        Origin::Contract => "this cluster, and services under the same contract",
        Origin::Services => "other services",
    }
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "" }
}

fn section(kind: &Kind, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## {}\n\n{}.\n", kind.name, sentence(kind.when))?;
    if !kind.fields.is_empty() {
        writeln!(out, "| field | type | | meaning |\n|---|---|---|---|")?;
        for field in kind.fields {
            let Field { name, about, .. } = field;
            writeln!(out, "| `{name}` | {} | {} | {about} |", field.shape.name(), presence(field.presence))?;
        }
        writeln!(out)?;
    }
    let shown = example(kind.name).map(|example| pretty(&example.json)).unwrap_or_default();
    writeln!(out, "```json\n{shown}\n```")
}

fn presence(presence: Presence) -> String {
    match presence {
        Presence::Required => String::new(),
        Presence::Optional => "or null".into(),
        Presence::Default(text) => format!("`{text}` when absent"),
        Presence::Added => "added by this cluster".into(),
        Presence::AddedOptional => "added by this cluster, or null".into(),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn pretty(line: &str) -> String {
    serde_json::from_str::<serde_json::Value>(line)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_default()
}
