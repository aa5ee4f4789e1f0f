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
fn an_attempt_is_found_by_its_token() {
    let directory = tempfile::tempdir().unwrap();
    let files = LogFiles::new(directory.path().into(), 4096);
    let first = chunk(0, "one\n");
    let second = LogChunk { token: "1.8".parse().unwrap(), ..chunk(0, "two\n") };
    files.keep(&first).unwrap();
    files.keep(&second).unwrap();
    assert_eq!(files.attempt(first.job, second.token).unwrap().unwrap().text, "two\n");
    assert_eq!(files.attempt(first.job, "1.9".parse().unwrap()).unwrap(), None);
    assert_eq!(files.attempt(JobId(Uuid::nil()), first.token).unwrap(), None);
}

#[test]
fn an_output_whose_beginning_was_lost_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let files = LogFiles::new(directory.path().into(), 4096);
    files.keep(&chunk(10, "eleven\n")).unwrap();
    files.keep(&chunk(17, "twelve\n")).unwrap();
    assert_eq!(read(&files).text, "[10 bytes are not kept]\neleven\ntwelve\n");
}

#[test]
fn heads_of_earlier_versions_are_read_and_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let files = LogFiles::new(directory.path().into(), 4096);
    let job = directory.path().join(JobId(Uuid::from_u128(1)).to_string());
    std::fs::create_dir(&job).unwrap();
    std::fs::write(job.join("1.7_2_anna.head"), b"\0\0\0\0\0\0\0\0one\n").unwrap();
    files.keep(&chunk(4, "two\n")).unwrap();
    let log = read(&files);
    assert_eq!((log.text.as_str(), log.end), ("one\ntwo\n", 8));
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
