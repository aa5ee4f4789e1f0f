//! `journal`: looks at, saves and restores a journal that no leader serves from.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use callsheet_journal::{Chained, Gap, OpenError, Report, export, import, verify};
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::output::{self, words};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reads it all, and says what is damaged
    Verify {
        /// The journal's directory: `journal` in the leader's data directory
        path: PathBuf,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Writes it out as JSON lines; of a damaged one, all that can be read
    Export {
        /// The journal's directory
        path: PathBuf,
        /// Where to; standard output without it
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Makes a new journal from an export
    Import {
        /// The export; - is standard input
        export: PathBuf,
        /// The new journal's directory: there must be nothing in it
        path: PathBuf,
        /// What to do about events that are missing
        #[arg(long, value_enum, default_value_t = Missing::Refuse)]
        missing: Missing,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Missing {
    /// Make no journal
    Refuse,
    /// Take what lies before the first gap: the cluster goes back to that moment
    StopBefore,
    /// Begin with the newest snapshot: streams cannot go further back
    BeginWithSnapshot,
}

impl From<Missing> for Gap {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Refuse => Self::Refuse,
            Missing::StopBefore => Self::StopBefore,
            Missing::BeginWithSnapshot => Self::BeginWithSnapshot,
        }
    }
}

pub(crate) fn run(args: Args) -> Result<Exit> {
    match args.command {
        Command::Verify { path, json } => run_verify(&path, json),
        Command::Export { path, output } => run_export(&path, output.as_deref()),
        Command::Import { export, path, missing } => run_import(&export, &path, missing.into()),
    }
}

fn run_verify(path: &Path, json: bool) -> Result<Exit> {
    let report = match verify(path) {
        Ok(report) => report,
        // Damage is what a check is there to find, also when it is so bad that nothing can be opened.
        Err(OpenError::Damaged(damage)) => {
            let text = damage.to_string();
            output::line(if json { json!({ "ok": false, "damage": [text] }).to_string() } else { text })?;
            return Ok(Exit::Failed);
        }
        Err(error) => return Err(unusable(&error).into()),
    };
    if json {
        output::line(serde_json::to_string_pretty(&document(&report))?)?;
    } else {
        lines(&report).iter().try_for_each(output::line)?;
    }
    Ok(if report.is_whole() { Exit::Ok } else { Exit::Failed })
}

fn run_export(path: &Path, to: Option<&Path>) -> Result<Exit> {
    let report = match to {
        None => export(path, &mut io::stdout()),
        Some(to) => {
            let bad =
                |error: &io::Error| Failure::usage(format!("{} cannot be written: {error}", to.display()));
            let mut file = File::create_new(to).map_err(|error| bad(&error))?;
            let report = export(path, &mut file);
            file.flush().and_then(|()| file.sync_all()).map_err(|error| bad(&error))?;
            report
        }
    };
    let report = report.map_err(|error| unusable(&error))?;
    lines(&report).iter().for_each(output::note);
    Ok(if report.damage.is_empty() && report.broken().is_none() { Exit::Ok } else { Exit::Failed })
}

fn run_import(from: &Path, path: &Path, gap: Gap) -> Result<Exit> {
    let imported = if from == Path::new("-") {
        import(&mut io::stdin().lock(), path, gap)
    } else {
        let file = File::open(from)
            .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", from.display())))?;
        import(&mut BufReader::new(file), path, gap)
    };
    let imported = imported.map_err(|error| Failure::usage(error.to_string()))?;
    output::line(format!(
        "{}: {}, the last is {}, {}",
        path.display(),
        words::count(imported.events, "event"),
        imported.last,
        words::count(imported.snapshots.len() as u64, "snapshot"),
    ))?;
    if imported.resealed {
        output::note(
            "the export does not say how its events were sealed: they are under a new chain of hashes, and the \
             cluster's own have new ids",
        );
    }
    if let Some(at) = imported.stopped_before {
        output::note(format!("event {at} is missing: the journal ends before it"));
    }
    Ok(Exit::Ok)
}

fn unusable(error: &OpenError) -> Failure {
    Failure::usage(error.to_string())
        .hint("name the directory `journal` in the leader's data directory; no leader may be using it")
}

fn lines(report: &Report) -> Vec<String> {
    let snapshots = words::count(report.snapshots.len() as u64, "snapshot");
    let range = match report.first {
        Some(first) => format!("{first} to {}", report.last),
        None => "none".to_owned(),
    };
    let mut lines = vec![format!(
        "{}: {} ({range}) in {}, {snapshots}, durable up to {}",
        report.path.display(),
        words::count(report.events, "event"),
        words::count(report.chunks, "chunk"),
        report.promised,
    )];
    if let Some(at) = report.torn {
        lines.push(format!(
            "an append was cut off at event {at}; it was promised to no one, and is no damage"
        ));
    }
    lines.extend(report.damage.iter().map(|damage| format!("damaged: {damage}")));
    lines.extend(report.notes.iter().map(|note| format!("can be done without: {note}")));
    lines.extend(report.chained.as_ref().map(chain_line));
    if report.is_whole() {
        lines.push("it is whole".to_owned());
    }
    lines
}

/// What the chain of hashes says.
fn chain_line(chained: &Chained) -> String {
    let whole = format!("chain of hashes: {} as written", words::count(chained.events, "event"));
    match (&chained.broken, chained.unsealed) {
        (Some(broken), _) => format!("chain of hashes: {broken}"),
        (None, 0) => whole,
        (None, unsealed) => format!(
            "{whole}; {} from before events were sealed, which the next start of a leader seals",
            words::count(unsealed, "event")
        ),
    }
}

fn document(report: &Report) -> serde_json::Value {
    let text =
        |damage: &Vec<callsheet_journal::Damage>| damage.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "ok": report.is_whole(),
        "path": report.path,
        "kept_from": report.kept_from,
        "promised": report.promised,
        "first": report.first,
        "last": report.last,
        "events": report.events,
        "chunks": report.chunks,
        "snapshots": report.snapshots,
        "torn": report.torn,
        "damage": text(&report.damage),
        "notes": text(&report.notes),
        "chain": report.chained.as_ref().map(|chained| json!({
            "events": chained.events,
            "unsealed": chained.unsealed,
            "before": chained.before.map(|chain| chain.to_string()),
            "after": chained.chain.map(|chain| chain.to_string()),
            "broken": chained.broken.as_ref().map(|broken| json!({
                "sequence": broken.sequence,
                "reason": broken.to_string(),
            })),
        })),
    })
}
