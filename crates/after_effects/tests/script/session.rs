//! How a run begins and ends: whose After Effects it is, what stays behind, what is left when it dies.

use callsheet_after_effects::script::{Inspection, PlanError, Rendered, Stage, judge};
use callsheet_model::FailureClass;
use serde_json::json;

use crate::bench::Bench;

const PROJECT: &str = "var main = comp('Main'), title = textLayer(main, 'title', 'old');";

fn bench() -> Bench {
    Bench::new(PROJECT)
        .data(json!([{ "type": "data", "layer_name": "title", "property": "Source Text", "value": "x" }]))
        .inspect(Inspection::default())
}

#[test]
fn it_quits_without_a_question_although_the_project_changed() {
    let bench = bench();
    let report = bench.run();
    assert_eq!((report.stage, report.version.as_str()), (Stage::Done, "24.6x2"));
    assert!(bench.holds(
        "app.quits === 1 && !app.prompted && app.suppressed === 0 && app.saveProjectOnCrash === false"
    ));
    assert!(bench.holds("app.closed === CloseOptions.DO_NOT_SAVE_CHANGES && disk['f /p.aep'] === 'project'"));
}

#[test]
fn the_project_of_a_person_is_not_touched() {
    for theirs in ["app.project.file = new File('/theirs.aep')", "app.project.list = [{}]"] {
        let bench = bench();
        bench.evaluate::<()>(&format!("{theirs};"));
        let report = bench.run();
        assert_eq!(report.stage, Stage::Refused);
        assert_eq!(report.verdict().unwrap_err().class, FailureClass::NodeConfig);
        assert!(bench.holds(
            "app.quits === 0 && app.opened === 0 && app.closed === undefined && app.suppressed === 0"
        ));
    }
}

#[test]
fn a_project_that_does_not_open_is_named() {
    let bench = bench();
    bench.file("/p.aep", "something else");
    let failure = bench.run().verdict().unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing);
    assert_eq!(failure.message, "the project does not open here: the project is damaged");
    assert!(bench.holds("app.quits === 1"));

    let bench = self::bench();
    bench.evaluate::<()>("delete disk['f /p.aep'];");
    assert!(bench.run().verdict().unwrap_err().message.contains("is not there: /p.aep"));
}

#[test]
fn what_dies_on_the_way_leaves_how_far_it_came() {
    for (dies, words) in [
        ("app.open = function () { throw stop; }", "opening the project"),
        ("Project.prototype.save = function () { throw stop; }", "saving the project"),
        (
            "CompItem.prototype.layer = function () { throw stop; }",
            "putting in settings.assets[0] or one after it",
        ),
    ] {
        let bench = bench();
        // A thing that no `catch` of the script survives: its own report cannot be written any more.
        bench.evaluate::<()>(&format!(
            "var stop = {{ get message() {{ File.prototype.open = function () {{ return false; }}; return 'gone'; }} }}; {dies};"
        ));
        bench.evaluate::<()>(&format!("try {{ {} }} catch (dead) {{ }}", bench.plan.script().unwrap()));
        let failure = judge(bench.report().map(String::into_bytes).as_deref()).unwrap_err();
        assert_eq!(failure.class, FailureClass::Crash);
        assert!(failure.message.contains(words), "{}", failure.message);
    }
}

#[test]
fn a_script_that_kills_after_effects_is_told_by_its_place() {
    let script = json!({ "type": "script", "src": "/a.jsx" });
    let bench = Bench::new(PROJECT).data(json!([script, script]));
    bench.file(
        "/fetched/1",
        "File.prototype.open = function () { return false; }; app.quit = function () {};",
    );
    bench.run_silent();
    let failure = judge(bench.report().map(String::into_bytes).as_deref()).unwrap_err();
    assert_eq!(failure.class, FailureClass::Crash);
    assert!(failure.message.contains("putting in settings.assets[1] or one after it"), "{}", failure.message);
}

#[test]
fn a_report_is_ascii_whatever_the_project_s_names_are() {
    let mut bench = Bench::new(PROJECT).inspect(Inspection::default());
    bench.plan.rendered = Rendered::Composition("x".to_owned());
    bench.evaluate::<()>(r#"main.name = 'é\u2028\ud83d\ude00\ud83d\\"';"#);
    let failure = bench.run().verdict().unwrap_err();
    assert!(bench.report().unwrap().is_ascii());
    assert!(failure.message.ends_with("there are é\u{2028}😀\u{fffd}\\\""), "{}", failure.message);
}

#[test]
fn no_report_is_the_affair_of_the_node() {
    let bench = bench();
    bench.evaluate::<()>("unwritable['f /report.json'] = true;");
    bench.run_silent();
    let failure = judge(bench.report().map(String::into_bytes).as_deref()).unwrap_err();
    assert_eq!(failure.class, FailureClass::NodeConfig);
    assert!(failure.message.contains("another After Effects is open"), "{}", failure.message);
    assert!(bench.holds("app.quits === 1"));
}

#[test]
fn paths_that_lead_nowhere_make_no_script() {
    let mut bench = bench();
    bench.plan.report = "report.json".to_owned();
    let error = bench.plan.script().unwrap_err();
    assert_eq!(error, PlanError::NotAbsolute { what: "report", path: "report.json".to_owned() });
}
