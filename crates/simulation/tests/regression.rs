//! Cases that once broke something, or were made to be as nasty as can be, and are run for ever: every file in
//! `regressions/` is one. `callsheet simulate` prints such a file for each seed that fails.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use callsheet_simulation::case::Case;
use callsheet_simulation::report;
use callsheet_simulation::run::run;
use callsheet_simulation::scenario::Size;

fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with("# "), "{name} does not say what it is for");
        let case = Case::parse(&text, u64::MAX, Size::default());
        let case = case.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_ne!(case.seed, u64::MAX, "{name} has no line with its seed and size");
        (name, case)
    };
    files.iter().map(read).collect()
}

#[test]
fn what_once_broke_holds() {
    let cases = cases();
    assert!(cases.len() >= 4, "{} cases", cases.len());
    for (name, case) in cases {
        let outcome = run(case.scenario(), case.plan.clone(), false);
        assert_eq!(
            outcome.tally.faults,
            case.plan.faults.len() as u64,
            "{name}: a fault did not come to pass"
        );
        if let Some(violation) = outcome.violation {
            let examined = report::examine(&case, &violation);
            panic!("{name}: {}\n{}", report::violated(&violation), examined.text());
        }
    }
}

#[test]
fn every_kind_of_fault_is_in_one_of_them() {
    let mut there = BTreeSet::new();
    for (_, case) in cases() {
        there.extend(case.plan.faults.iter().map(|planned| planned.fault.word()));
    }
    let all: BTreeSet<&str> = callsheet_simulation::faults::WORDS.into();
    assert_eq!(all.difference(&there).collect::<Vec<_>>(), Vec::<&&str>::new());
}
