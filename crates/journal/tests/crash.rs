//! A process that appends is killed with SIGKILL, again and again, at moments nobody chose. Whatever it was told
//! to be durable is there on the next start, in order and without a gap.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use callsheet_journal::{DiskStore, Options, Store, verify};
use common::{events, image, read_all};

const ROUNDS: usize = 20;
const DIRECTORY: &str = "CALLSHEET_CRASH_TEST_DIRECTORY";

fn options() -> Options {
    Options { keep_events: 2_000, ..Options::default() }
}

/// Not a test: what the test below starts, and kills. Prints the last number of each batch that is durable.
#[test]
#[ignore = "started by the test beside it"]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let recovered = DiskStore::new(directory, options()).open().unwrap();
    let (journal, mut next) = (recovered.journal, recovered.head + 1);
    // Batches of many sizes; now and then a snapshot is on its way between them.
    for round in 1_u64.. {
        let last = next + round * 37 % 300;
        journal.submit(
            events(next, last),
            Box::new(|outcome| {
                let durable = outcome.unwrap();
                let line = format!("durable {}\n", durable.head);
                std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
            }),
        );
        if round % 10 == 0 {
            common::snapshot(journal.as_ref(), image(journal.range().1)).unwrap();
        } else if round % 3 == 0 {
            common::append(journal.as_ref(), Vec::new()).unwrap();
        }
        next = last + 1;
    }
}

fn start(directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn nothing_that_was_acknowledged_is_lost_by_sigkill() {
    let directory = tempfile::tempdir().unwrap();
    let mut promised = 0;
    for round in 0..ROUNDS {
        let mut child = start(directory.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let durable =
            |line: String| line.strip_prefix("durable ").map(|number| number.parse::<u64>().unwrap());
        // It dies after a number of acknowledgements that differs from round to round; how far it came with
        // what it was doing by then is chance.
        let first = lines.by_ref().filter_map(durable).take(1 + round * 13 % 40).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let last = lines.filter_map(durable).last().unwrap_or(first);
        assert!(last > promised, "the journal went back to {last} from {promised}");
        promised = last;

        let report = verify(directory.path()).unwrap();
        assert!(report.is_whole() && report.last >= promised, "{report:?}");
        let recovered = DiskStore::new(directory.path(), options()).open().unwrap();
        let (oldest, head) = recovered.journal.range();
        assert!(head >= promised, "{promised} was promised, {head} is there");
        let kept = read_all(recovered.journal.as_ref(), oldest, callsheet_journal::PageLimit::default());
        assert!(kept == events(oldest, head), "what is kept is not what was written");
        let from = recovered.image.as_ref().map_or(0, |image| image.sequence) + 1;
        assert!(recovered.tail.map(Result::unwrap).eq(events(from, head)));
        if let Some(found) = recovered.image {
            assert_eq!(found, image(found.sequence));
        }
    }
}
