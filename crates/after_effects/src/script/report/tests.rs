//! Reports, whole, damaged and hostile, and what the cluster makes of them.

use callsheet_model::FailureClass;
use proptest::prelude::{any, prop, proptest};
use serde_json::{Value, json};

use super::*;

fn failure(report: &Value) -> callsheet_model::Failure {
    judge(Some(report.to_string().as_bytes())).unwrap_err()
}

#[test]
fn the_gravest_decides_and_everything_is_evidence() {
    let report = json!({
        "stage": "done",
        "findings": [
            { "is": "font_missing", "name": "Inter", "allowed": false },
            { "is": "path_too_long", "path": "C:", "length": 300 },
            { "is": "numbers_anew" },
            { "is": "composition_missing", "name": "Main", "have": [] },
        ],
    });
    let failure = failure(&report);
    assert_eq!(failure.class, FailureClass::JobFatal);
    assert_eq!(failure.message, "the project has no composition \"Main\": there is none at all (and 2 more)");
    let order: Vec<bool> = ["composition", "a path has 300", "font", "numbers from its own start"]
        .iter()
        .zip(&failure.evidence)
        .map(|(word, line)| line.contains(word))
        .collect();
    assert_eq!(order, [true; 4], "{:?}", failure.evidence);
}

#[test]
fn a_flood_of_findings_keeps_the_gravest() {
    let mut findings = vec![json!({ "is": "font_missing", "name": "Inter", "allowed": false }); 5000];
    findings.push(json!({ "is": "font_missing", "name": "beyond what is kept", "allowed": false }));
    findings.insert(900, json!({ "is": "composition_ambiguous", "name": "Main", "count": 2 }));
    let failure = failure(&json!({ "stage": "done", "findings": findings }));
    assert_eq!(failure.class, FailureClass::JobFatal);
    assert!(failure.evidence.len() == 50 && failure.evidence[0].contains("2 compositions"));
}

#[test]
fn what_is_not_known_hides_nothing() {
    let report = json!({
        "stage": "done",
        "composition": { "name": "Main", "first": null },
        "findings": [{ "is": "something new" }, 7, { "is": "path_too_long", "path": "C:", "length": 300 }],
        "more": [[[]]],
    });
    let read = Report::read(report.to_string().as_bytes()).unwrap();
    assert_eq!((read.composition, read.findings.len()), (None, 3));
    assert_eq!(failure(&report).class, FailureClass::NodeConfig);
}

#[test]
fn a_report_that_is_cut_short_is_a_crash_and_none_at_all_the_node_s_affair() {
    let whole = json!({ "stage": "done", "version": "24.6" }).to_string();
    assert_eq!(judge(Some(whole.as_bytes())), Ok(vec![]));
    for end in 0..whole.len() {
        assert_eq!(judge(Some(&whole.as_bytes()[..end])).unwrap_err().class, FailureClass::Crash);
    }
    assert_eq!(judge(None).unwrap_err().class, FailureClass::NodeConfig);
    assert!(matches!(Report::read(&vec![b' '; MAX_REPORT_BYTES + 1]), Err(ReportError::TooLong(_))));
    assert!(Report::read("[".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn a_script_that_this_version_cannot_run_is_the_node_s_affair() {
    let report =
        json!({ "stage": "done", "error": { "at": "inspecting", "text": "Function app.foo is undefined" } });
    let failure = failure(&report);
    assert_eq!(failure.class, FailureClass::NodeConfig);
    assert!(failure.message.ends_with("while inspecting: Function app.foo is undefined"));
}

proptest! {
    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        // Random bytes are never a whole report: the least one is an object with a stage.
        assert!(judge(Some(&bytes)).is_err());
    }

    #[test]
    fn any_damage_to_a_report_is_judged(at in 0..600_usize, byte in any::<u8>()) {
        let mut bytes = json!({
            "stage": "done", "saved": true, "error": null,
            "assets": [{ "kind": "data", "result": "applied", "layers": 1, "allowed": false, "composition": "a", "layer": "b", "property": "c", "text": "" }],
            "findings": [{ "is": "footage_missing", "name": "x", "path": "", "placeholder": false, "allowed": true }],
        }).to_string().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Err(failure) = judge(Some(&bytes)) {
            assert!(!failure.message.is_empty());
        }
    }
}
