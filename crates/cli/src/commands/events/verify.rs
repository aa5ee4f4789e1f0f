//! `events verify`: whether a run of events is as it was sealed: from a leader, from a file of served envelopes, or
//! from a leader's data on disk. Each event's hash is worked out anew, and the chain that ties it to the one before.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Result;
use callsheet_events::Verifier;
use callsheet_journal::verify_events;
use callsheet_model::limits::MAX_MESSAGE_BYTES;
use callsheet_protocol::v1;
use callsheet_protocol::v1::event_message::Body;
use serde_json::{Value, json};

use crate::client::{Client, told};
use crate::commands::Asking;
use crate::exit::{Exit, Failure};
use crate::output::{self, words};

/// The journal's directory in the leader's data.
const JOURNAL: &str = "journal";
/// No envelope is longer.
const LONGEST_LINE: usize = 4 * MAX_MESSAGE_BYTES;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Envelopes as `events --json` prints them, one a line; - is standard input. Without it a leader is asked,
    /// from the oldest event that it keeps
    file: Option<PathBuf>,
    /// The leader's data directory, or the journal in it; no leader may be using it
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    data: Option<PathBuf>,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn run(args: Args) -> Result<Exit> {
    let json = args.asking.json;
    let checked = match (&args.data, &args.file) {
        (Some(data), _) => on_disk(data)?,
        (None, Some(file)) if file == Path::new("-") => {
            in_lines(&mut std::io::stdin().lock(), "standard input")?
        }
        (None, Some(file)) => {
            let shown = file.display().to_string();
            let opened = File::open(file);
            let opened =
                opened.map_err(|error| Failure::usage(format!("{shown} cannot be read: {error}")))?;
            in_lines(&mut BufReader::new(opened), &shown)?
        }
        (None, None) => at_leader(&args.asking).await?,
    };
    output::line(if json { checked.document().to_string() } else { checked.words() })?;
    Ok(if checked.broken.is_none() { Exit::Ok } else { Exit::Failed })
}

/// What a check has found.
#[derive(Debug, Default)]
struct Checked {
    /// The chain behind the last of them: it stands for all of them.
    chain: Option<String>,
    /// So many at the end are from before events were sealed.
    unsealed: u64,
    /// Events that are as they were sealed.
    events: u64,
    first: Option<u64>,
    last: Option<u64>,
    /// The first event that is not, and why.
    broken: Option<(u64, String)>,
}

impl Checked {
    fn document(&self) -> Value {
        json!({
            "ok": self.broken.is_none(),
            "events": self.events,
            "first": self.first,
            "last": self.last,
            "chain": self.chain,
            "unsealed": self.unsealed,
            "broken": self.broken.as_ref().map(|(event, why)| json!({ "event": event, "why": why })),
        })
    }

    fn words(&self) -> String {
        let range = match (self.first, self.last) {
            (Some(first), Some(last)) => format!(" ({first} to {last})"),
            _ => String::new(),
        };
        let whole = format!("{}{range} as sealed, one after the other", words::count(self.events, "event"));
        let whole = match &self.chain {
            Some(chain) if self.broken.is_none() => format!("{whole}; the chain is {chain}"),
            _ => whole,
        };
        let old = match self.unsealed {
            0 => String::new(),
            count => {
                format!("\n{} more: the next start of a leader seals them", words::count(count, "event"))
            }
        };
        match &self.broken {
            None => format!("{whole}{old}"),
            Some((_, why)) => format!("{why}\nbefore it: {whole}"),
        }
    }
}

/// Checks one line after the other, and remembers where it stands.
struct Check {
    verifier: Verifier,
    checked: Checked,
}

impl Check {
    fn new() -> Self {
        Self { verifier: Verifier::new(None), checked: Checked::default() }
    }

    /// Takes the next envelope; false when it is broken, and nothing more counts.
    fn take(&mut self, line: &str) -> bool {
        match self.verifier.next(line) {
            Ok(()) => {
                self.checked.events = self.verifier.checked();
                self.checked.last = self.verifier.last();
                self.checked.first = self.checked.first.or(self.checked.last);
                self.checked.chain = self.verifier.chain().map(|chain| chain.to_string());
                true
            }
            Err(broken) => {
                self.checked.broken = Some((broken.sequence(), broken.to_string()));
                false
            }
        }
    }

    /// Nothing more comes, and the log was said to go up to this event.
    fn end(&mut self, head: u64) {
        let last = self.checked.last.unwrap_or(0);
        if self.checked.broken.is_none() && last < head {
            let why = format!("event {} is missing: the log was said to go up to {head}", last + 1);
            self.checked.broken = Some((last + 1, why));
        }
    }
}

async fn at_leader(asking: &Asking) -> Result<Checked> {
    let mut client = Client::connect(&asking.reach).await?;
    let status = client.cluster.status(v1::StatusRequest {}).await.map_err(told)?.into_inner();
    let after = Some(status.oldest.saturating_sub(1));
    let request = v1::EventsRequest { after, ..Default::default() };
    let mut stream = client.cluster.events(request).await.map_err(told)?.into_inner();
    let mut check = Check::new();
    while let Some(message) = stream.message().await.map_err(told)? {
        let Some(Body::Event(event)) = message.body else { continue };
        if !check.take(&event.json) {
            break;
        }
    }
    check.end(status.sequence);
    Ok(check.checked)
}

/// The journal itself, whether its own directory is named or the leader's data around it.
fn on_disk(data: &Path) -> Result<Checked> {
    let within = data.join(JOURNAL);
    let path = if within.is_dir() { within.as_path() } else { data };
    let found = verify_events(path, &mut |_, _| {}).map_err(|error| {
        Failure::usage(error.to_string()).hint("name the leader's data directory; no leader may be using it")
    })?;
    let last = found.first.map(|first| first + found.events.saturating_sub(1));
    Ok(Checked {
        chain: found.chain.map(|chain| chain.to_string()),
        unsealed: found.unsealed,
        events: found.events,
        first: found.first,
        last: last.filter(|_| found.events > 0),
        broken: found.broken.map(|broken| (broken.sequence, broken.to_string())),
    })
}

fn in_lines(from: &mut impl BufRead, shown: &str) -> Result<Checked> {
    let unreadable = |error: std::io::Error| Failure::usage(format!("{shown} cannot be read: {error}"));
    let mut check = Check::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = from.take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        if read > LONGEST_LINE {
            let message = format!("{shown}: a line has more than {LONGEST_LINE} bytes, and is no envelope");
            return Err(Failure::usage(message).into());
        }
        // Bytes that are no text are no envelope either: the check says so, with the number.
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() || is_signal(text) {
            continue;
        }
        if !check.take(text) {
            break;
        }
    }
    if check.checked.events == 0 && check.checked.broken.is_none() {
        let message =
            format!("{shown} holds no event: `callsheet events --json` prints what is checked here");
        return Err(Failure::usage(message).into());
    }
    Ok(check.checked)
}

/// Signals stand among events where someone followed both, and are sealed by nothing.
fn is_signal(line: &str) -> bool {
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else { return false };
    !["id", "sequence", "hash", "chain"].iter().any(|field| fields.contains_key(*field))
}

#[cfg(test)]
mod tests {
    use callsheet_events::{Digest, Sealed};
    use callsheet_model::{Context, Envelope, Event, Timestamp};

    use super::*;

    /// A log of so many events, as lines.
    fn log(count: u32) -> Vec<String> {
        let mut chain = Digest::default();
        let line = |epoch: u32| {
            let sequence = u64::from(epoch);
            let (at, context) = (Timestamp(sequence), Context::default());
            let sealed = Sealed::seal(
                Envelope { sequence, at, context, event: Event::LeaderStarted { epoch } },
                &chain,
            );
            chain = sealed.chain;
            sealed.json.to_string()
        };
        (1..=count).map(line).collect()
    }

    fn check(text: &str) -> Checked {
        in_lines(&mut text.as_bytes(), "here").unwrap()
    }

    #[test]
    fn a_whole_log_and_the_end_of_one_are_as_sealed() {
        let lines = log(9);
        let checked = check(&lines.join("\n"));
        assert_eq!((checked.events, checked.first, checked.last), (9, Some(1), Some(9)), "{checked:?}");
        assert!(checked.words().starts_with("9 events (1 to 9) as sealed"), "{}", checked.words());
        let signal = r#"{"type":"node.heartbeat.v1","payload":{}}"#;
        let checked = check(&format!("{}\n\n{signal}\r\n{}\n", lines[4], lines[5]));
        assert_eq!(
            (checked.events, checked.first, checked.document()["ok"].as_bool()),
            (2, Some(5), Some(true))
        );
    }

    #[test]
    fn the_first_event_that_is_not_is_named_with_its_number() {
        let lines = log(9);
        let altered = lines[3].replace("\"epoch\":4", "\"epoch\":5");
        assert_ne!(altered, lines[3]);
        for (text, event) in [
            ([&lines[..3], &[altered], &lines[4..]].concat(), 4),
            ([&lines[..3], &lines[4..]].concat(), 4),
            ([&lines[..3], &["no json".to_owned()], &lines[4..]].concat(), 4),
            ([&lines[..3], &lines[2..]].concat(), 3),
        ] {
            let checked = check(&text.join("\n"));
            assert_eq!(checked.broken.as_ref().map(|(event, _)| *event), Some(event), "{checked:?}");
            assert_eq!((checked.last, &checked.document()["ok"]), (Some(3), &Value::Bool(false)));
        }
    }

    #[test]
    fn an_end_that_was_cut_off_is_noticed_where_it_is_known() {
        let mut cut = Check::new();
        log(3).iter().for_each(|line| assert!(cut.take(line)));
        cut.end(3);
        assert_eq!(cut.checked.broken, None);
        cut.end(5);
        assert_eq!(cut.checked.broken.as_ref().map(|(event, _)| *event), Some(4));
    }

    #[test]
    fn what_is_no_log_at_all_is_a_mistake_of_whoever_named_it() {
        for text in ["", "\n\n", r#"{"type":"worker.heartbeat"}"#] {
            let failure = in_lines(&mut text.as_bytes(), "here").unwrap_err().downcast::<Failure>().unwrap();
            assert_eq!(failure.exit, Exit::Usage);
        }
        let endless = "x".repeat(LONGEST_LINE + 2);
        let failure = in_lines(&mut endless.as_bytes(), "here").unwrap_err().downcast::<Failure>().unwrap();
        assert!(failure.message.contains("no envelope"), "{failure}");
        let broken = in_lines(&mut [0xff, 0xfe, b'\n'].as_slice(), "here").unwrap().broken;
        assert!(broken.is_some());
    }
}
