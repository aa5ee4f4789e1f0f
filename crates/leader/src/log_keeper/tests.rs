//! Kept output: bounded, in order, each piece once.

use callsheet_model::NodeName;
use uuid::Uuid;

use super::*;

fn chunk(offset: u64, text: &str) -> LogChunk {
    LogChunk {
        node: NodeName::new("anna").unwrap(),
        token: "1.7".parse().unwrap(),
        job: JobId(Uuid::from_u128(1)),
        step: callsheet_model::StepIndex(2),
        offset,
        text: text.to_owned(),
    }
}

fn read(files: &LogFiles) -> AttemptLog {
    let job = JobId(Uuid::from_u128(1));
    let attempts = files.attempts(job).unwrap();
    assert_eq!(attempts.len(), 1);
    files.read(job, attempts[0].clone()).unwrap()
}

#[test]
fn a_short_output_is_kept_whole_and_once() {
    let directory = tempfile::tempdir().unwrap();
    let files = LogFiles::new(directory.path().into(), 4096);
    files.keep(&chunk(0, "one\n")).unwrap();
    files.keep(&chunk(4, "two\n")).unwrap();
    files.keep(&chunk(4, "two\n")).unwrap();
    files.keep(&chunk(6, "o\nthree\n")).unwrap();
    let log = read(&files);
    assert_eq!((log.text.as_str(), log.end, log.node.as_str()), ("one\ntwo\nthree\n", 14, "anna"));
}

#[test]
fn a_long_output_keeps_its_beginning_and_its_end_within_bounds() {
    let directory = tempfile::tempdir().unwrap();
    let files = LogFiles::new(directory.path().into(), 4096);
    let lines: Vec<String> = (0..2000).map(|n| format!("line {n:05}\n")).collect();
    for (n, line) in lines.iter().enumerate() {
        files.keep(&chunk(n as u64 * 11, line)).unwrap();
    }
    let log = read(&files);
    assert!(log.text.starts_with("line 00000\n") && log.text.ends_with("line 01999\n"), "{}", log.text.len());
    assert!(log.text.contains("bytes are not kept]"));
    assert!(log.text.len() < 4096 + 200);
    assert_eq!(log.end, 22000);
}

#[test]
fn a_forgotten_job_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let files = LogFiles::new(directory.path().into(), 4096);
    files.keep(&chunk(0, "one\n")).unwrap();
    let job = JobId(Uuid::from_u128(1));
    files.forget(job).unwrap();
    files.forget(job).unwrap();
    assert!(files.attempts(job).unwrap().is_empty());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
