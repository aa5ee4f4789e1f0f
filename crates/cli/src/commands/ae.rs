//! `ae explain-log`: what a log of After Effects says happened. It asks no leader and looks at no other file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Result;
use callsheet_after_effects::explain::{Explainer, Explanation};
use callsheet_after_effects::verdict::{How, Order};
use callsheet_model::FrameSet;
use clap::Subcommand;
use console::{Term, measure_text_width, style};

use crate::exit::{Exit, Failure};
use crate::output;

/// A log is read in pieces of this size, however long it is.
const PIECE: usize = 64 << 10;
/// A wide terminal is no reason for long lines.
const WIDEST: usize = 120;
/// Where an explanation's second column begins.
const COLUMN: usize = 13;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tells what happened in a render, from its log alone: what aerender printed, or After Effects' own
    #[command(after_help = "Ends with 0 when the log shows a success, and with 1 when it shows a failure.")]
    ExplainLog {
        /// The log; - is standard input
        file: PathBuf,
        /// The frames that were asked for, like 0-99: tells which of them remain
        #[arg(long, value_name = "FRAMES", allow_hyphen_values = true)]
        frames: Option<FrameSet>,
        /// The exit code of aerender, if it is known
        #[arg(long, value_name = "CODE", allow_hyphen_values = true, value_parser = exit_code)]
        exit_code: Option<i32>,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(args: Args) -> Result<Exit> {
    let Command::ExplainLog { file, frames, exit_code, json } = args.command;
    let explainer = Explainer::new(Order { frames, ..Order::default() });
    let explainer = if file == Path::new("-") {
        read(io::stdin().lock(), explainer)
    } else {
        File::open(&file).and_then(|log| read(log, explainer))
    };
    let explainer = explainer.map_err(|error| {
        Failure::usage(format!("{} cannot be read: {error}", file.display()))
            .hint("name the file that holds what aerender printed, or - for standard input")
    })?;
    let explanation = explainer.explain(exit_code.map_or(How::Untold, How::Code));
    if json {
        output::line(serde_json::to_string_pretty(&explanation)?)?;
    } else {
        let term = Term::stdout();
        let width = term.is_term().then(|| usize::from(term.size().1).min(WIDEST));
        lines(&explanation, width).iter().try_for_each(output::line)?;
    }
    Ok(if explanation.failure.is_none() { Exit::Ok } else { Exit::Failed })
}

fn read(mut from: impl Read, mut explainer: Explainer) -> io::Result<Explainer> {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(explainer),
            Ok(count) => explainer.feed(piece.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Windows shows the same number with a sign or without.
fn exit_code(text: &str) -> Result<i32, String> {
    let wrong = || format!("{text:?} is no exit code: write a number like 9, -1073741819 or 3221225477");
    let code: i64 = text.parse().map_err(|_| wrong())?;
    i32::try_from(code).or_else(|_| u32::try_from(code).map(u32::cast_signed)).map_err(|_| wrong())
}

/// The explanation, its outcome in colour, and its lines folded into their column on a terminal.
fn lines(explanation: &Explanation, width: Option<usize>) -> Vec<String> {
    let text = explanation.to_string();
    let mut lines: Vec<String> = match width {
        Some(width) => text.lines().flat_map(|line| folded(line, width)).collect(),
        None => text.lines().map(str::to_owned).collect(),
    };
    if let Some(first) = lines.first_mut() {
        let (outcome, rest) = first.split_at_checked(explanation.outcome.len()).unwrap_or((first, ""));
        let failed = explanation.failure.is_some();
        let outcome = if failed { style(outcome).red() } else { style(outcome).green() };
        *first = format!("{}{rest}", outcome.bold());
    }
    lines
}

/// One line as several that are no wider, all but the first under its second column.
fn folded(line: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    for word in line.split_inclusive(' ') {
        let full = measure_text_width(&current) + measure_text_width(word.trim_end()) > width;
        if full && current.trim_end().len() > COLUMN {
            lines.push(current.trim_end().to_owned());
            current = " ".repeat(COLUMN);
        }
        current.push_str(word);
    }
    lines.push(current.trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use callsheet_after_effects::explain::explain;

    use super::*;

    #[test]
    fn exit_codes_are_read_with_a_sign_and_without() {
        assert_eq!(exit_code("9"), Ok(9));
        assert_eq!(exit_code("-1073741819"), Ok(-1_073_741_819));
        assert_eq!(exit_code("3221225477"), Ok(-1_073_741_819));
        for bad in ["", "x", "4294967296", "1.5"] {
            assert!(exit_code(bad).unwrap_err().contains("write a number"), "{bad}");
        }
    }

    #[test]
    fn long_lines_stay_in_their_column() {
        console::set_colors_enabled(false);
        let log = b"aerender ERROR: No comp was found with the given name.\n";
        let plain = lines(&explain(log, None), None);
        assert!(
            plain[0].starts_with("failed       job_fatal: the composition is not in the project"),
            "{plain:?}"
        );
        let narrow = lines(&explain(log, None), Some(50));
        assert!(narrow.iter().all(|line| line.chars().count() <= 50), "{narrow:#?}");
        assert!(narrow[1].starts_with("             "), "{narrow:#?}");
        let words =
            |lines: &[String]| lines.join(" ").split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&plain), words(&narrow));
    }

    #[test]
    fn scripts_are_told_by_the_exit_code() {
        let directory = tempfile::tempdir().unwrap();
        let ask = |log: &str, exit_code| {
            let file = directory.path().join("a.log");
            std::fs::write(&file, log).unwrap();
            run(Args { command: Command::ExplainLog { file, frames: None, exit_code, json: true } })
        };
        let done = "PROGRESS:  6/12/2024 4:06:44 PM: Finished composition \"A\".\n";
        assert_eq!(ask(done, None).unwrap(), Exit::Ok);
        assert_eq!(ask(done, Some(1)).unwrap(), Exit::Failed);
        assert_eq!(ask("aerender ERROR: Odd.\n", None).unwrap(), Exit::Failed);
        let gone = directory.path().join("none.log");
        let args = Command::ExplainLog { file: gone, frames: None, exit_code: None, json: false };
        let failure = run(Args { command: args }).unwrap_err().downcast::<Failure>().unwrap();
        assert_eq!(failure.exit, Exit::Usage);
    }

    #[test]
    fn a_log_is_read_in_pieces_to_its_end() {
        let log = "aerender version 24.6.1x50\n".repeat(10_000);
        let explainer = read(log.as_bytes(), Explainer::default()).unwrap();
        assert_eq!(explainer.explain(How::Untold).lines, 10_000);
    }
}
