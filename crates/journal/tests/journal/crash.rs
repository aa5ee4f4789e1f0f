//! A process that appends is killed with SIGKILL, again and again, at moments nobody chose. Whatever it was told
//! to be durable is there on the next start, in order and without a gap, once, and under the hash it was told with.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::{events, image, plain, sealed};
use callsheet_journal::{DiskStore, Options, Store, verify, verify_events};

const ROUNDS: usize = 20;
const KEEP: &str = "CALLSHEET_CRASH_TEST_KEEP";
const DIRECTORY: &str = "CALLSHEET_CRASH_TEST_DIRECTORY";

fn options(keep_events: u64) -> Options {
    Options { keep_events, ..Options::default() }
}

/// Not a test: what the test below starts, and kills. Prints the last number of each batch that is durable,
/// and the chain behind it.
#[test]
#[ignore = "started by the test beside it"]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let keep = std::env::var(KEEP).unwrap().parse().unwrap();
    let recovered = DiskStore::new(directory, options(keep)).open().unwrap();
    let (journal, mut next) = (recovered.journal, recovered.head + 1);
    // Batches of many sizes; now and then a snapshot is on its way between them.
    for round in 1_u64.. {
        let last = next + round * 37 % 300;
        journal.submit(
            events(next, last),
            Box::new(|outcome| {
                let durable = outcome.unwrap();
                let Some(last) = durable.events.last() else { return };
                let line = format!("durable {} {}\n", last.envelope.sequence, last.chain);
                std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
            }),
        );
        if round % 10 == 0 {
            crate::common::snapshot(journal.as_ref(), image(journal.range().1)).unwrap();
        } else if round % 3 == 0 {
            crate::common::append(journal.as_ref(), Vec::new()).unwrap();
        }
        next = last + 1;
    }
}

fn start(directory: &Path, keep: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .env(KEEP, keep.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a child was told: the number of an event, and the chain behind it.
fn durable(line: String) -> Option<(u64, String)> {
    let (number, chain) = line.strip_prefix("durable ")?.split_once(' ')?;
    Some((number.parse().unwrap(), chain.to_owned()))
}

/// Kills and looks, so many times.
fn rounds(rounds: usize, keep: u64) {
    let directory = tempfile::tempdir().unwrap();
    let mut promised = 0;
    for round in 0..rounds {
        let mut child = start(directory.path(), keep);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        // It dies after a number of acknowledgements that differs from round to round; how far it came with
        // what it was doing by then is chance.
        let first = lines.by_ref().filter_map(durable).take(1 + round * 13 % 40).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let (last, chain) = lines.filter_map(durable).last().unwrap_or(first);
        assert!(last > promised, "the journal went back to {last} from {promised}");
        promised = last;

        let report = verify(directory.path()).unwrap();
        assert!(report.is_whole() && report.last >= promised, "{report:?}");
        let chained = verify_events(directory.path(), &mut |_, _| {}).unwrap();
        assert_eq!((chained.broken, chained.events), (None, report.last + 1 - chained.first.unwrap()));
        let recovered = DiskStore::new(directory.path(), options(keep)).open().unwrap();
        let (oldest, head) = recovered.journal.range();
        assert!(head >= promised, "{promised} was promised, {head} is there");
        let kept = sealed(recovered.journal.as_ref(), oldest);
        assert!(plain(&kept) == events(oldest, head), "what is kept is not what was written");
        assert_eq!(kept[(promised - oldest) as usize].chain.to_string(), chain);
        let from = recovered.image.as_ref().map_or(0, |image| image.sequence) + 1;
        assert!(recovered.tail.map(Result::unwrap).eq(events(from, head)));
        if let Some(found) = recovered.image {
            assert_eq!(found, image(found.sequence));
        }
    }
}

#[test]
fn nothing_that_was_acknowledged_is_lost_by_sigkill() {
    rounds(ROUNDS, 2_000);
}

#[test]
fn the_chain_holds_from_its_beginning_over_many_sigkills() {
    rounds(ROUNDS / 4, u64::MAX);
}
