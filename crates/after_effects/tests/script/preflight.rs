//! What is looked at before a step fans out, each with what it is called afterwards.

use callsheet_after_effects::script::{Finding, Inspection, Rendered, Report};
use callsheet_model::FailureClass;
use serde_json::json;

use crate::bench::Bench;

const PROJECT: &str = "
    var main = comp('Main'), inner = comp('Inner'), unused = comp('Unused');
    var title = textLayer(main, 'title', 'x'), name = textLayer(inner, 'name', 'y'), aside = textLayer(unused, 'aside', 'z');
    nest(main, inner); queued(inner);
";

fn look(project: &str, inspection: Inspection) -> Report {
    Bench::new(&format!("{PROJECT}{project}")).inspect(inspection).run()
}

/// Class and sentence of the failure.
fn fails(report: &Report) -> (FailureClass, String) {
    let failure = report.verdict().expect_err("a failure");
    (failure.class, failure.message)
}

#[test]
fn a_sound_project_has_nothing_to_say_and_its_measures_are_known() {
    let wanted = Inspection {
        frames: Some((0, 99)),
        render_settings: Some("Best Settings".to_owned()),
        output_module: Some("PNG".to_owned()),
        fonts: Some(vec!["Inter-Bold".to_owned()]),
        output: Some("C:\\r\\f_[#####].png".to_owned()),
        is_sequence: true,
        ..Inspection::default()
    };
    let bench = Bench::new(&format!("{PROJECT} fonts(['Inter-Bold'], []);")).inspect(wanted);
    let report = bench.run();
    assert_eq!(report.verdict(), Ok(vec![]));
    let composition = report.composition.unwrap();
    assert_eq!((composition.name.as_str(), composition.first, composition.frames), ("Main", 0, 100));
    assert_eq!((composition.width, composition.height, composition.base), (1920, 1080, 0));
    assert!(
        bench.holds("stored.renderQueue.added === 1 && stored.renderQueue.numItems === 1"),
        "it is taken off the queue again"
    );
    assert!(!bench.holds("app.prompted"));
}

#[test]
fn the_composition_must_be_there_once() {
    let (class, said) = fails(&look("main.name = 'Haupt';", Inspection::default()));
    assert_eq!(
        (class, said.as_str()),
        (FailureClass::JobFatal, "the project has no composition \"Main\": there are Haupt, Inner, Unused")
    );
    let (class, said) = fails(&look("comp('Main');", Inspection::default()));
    assert_eq!(class, FailureClass::JobFatal);
    assert!(said.contains("2 compositions \"Main\""), "{said}");
}

#[test]
fn the_queue_item_must_be_there() {
    let at = |index| {
        let mut bench = Bench::new(PROJECT)
            .inspect(Inspection { output_module: Some("PNG".to_owned()), ..Inspection::default() });
        bench.plan.rendered = Rendered::QueueItem(index);
        let report = bench.run();
        assert!(bench.holds("stored.renderQueue.added === 0"), "the item itself is looked at");
        report
    };
    assert_eq!(at(1).composition.unwrap().name, "Inner");
    let (class, said) = fails(&at(2));
    assert_eq!(
        (class, said.as_str()),
        (FailureClass::JobFatal, "the render queue has no usable item 2: there are 1")
    );
}

#[test]
fn frames_are_counted_as_the_composition_shows_them() {
    let frames = |project: &str, first, last| {
        look(project, Inspection { frames: Some((first, last)), ..Inspection::default() })
    };
    assert!(frames("", 0, 99).verdict().is_ok());
    let (class, said) = fails(&frames("", 0, 100));
    assert_eq!(
        (class, said.as_str()),
        (FailureClass::JobFatal, "frames 0 to 100 are outside the composition, which has frames 0 to 99")
    );
    assert!(frames("main.displayStartFrame = 1001;", 1001, 1100).verdict().is_ok());
    assert!(frames("main.displayStartFrame = 1001;", 1000, 1100).verdict().is_err());
    // Before 17.1 there is only a time; a project that counts from 1 may show one frame more.
    let old = "delete main.displayStartFrame; main.displayStartFrame = undefined; main.displayStartTime = 10 / 29.97; main.frameRate = 29.97; main.duration = 100 / 29.97;";
    assert!(frames(old, 10, 109).verdict().is_ok());
    assert!(frames(old, 9, 109).verdict().is_err());
    assert!(frames("stored.displayStartFrame = 1;", 1, 100).verdict().is_ok());
}

#[test]
fn templates_may_be_on_another_node() {
    let wanted = Inspection { render_settings: Some("Film".to_owned()), ..Inspection::default() };
    let (class, said) = fails(&look("", wanted));
    assert_eq!(
        (class, said.as_str()),
        (
            FailureClass::InputMissing,
            "this node has no render settings template \"Film\": there are Best Settings, Draft Settings"
        )
    );
    let wanted = Inspection { output_module: Some("EXR".to_owned()), ..Inspection::default() };
    let (class, said) = fails(&look("", wanted));
    assert_eq!(
        (class, said.as_str()),
        (
            FailureClass::InputMissing,
            "this node has no output module template \"EXR\": there are Lossless, PNG"
        )
    );
}

#[test]
fn an_output_module_that_numbers_anew_is_warned_of() {
    let wanted =
        Inspection { output_module: Some("PNG".to_owned()), is_sequence: true, ..Inspection::default() };
    let warnings = look("installed.byComposition = false;", wanted.clone()).verdict().unwrap();
    assert!(warnings.len() == 1 && warnings[0].contains("Use Comp Frame Number"), "{warnings:?}");
    let movie = Inspection { is_sequence: false, ..wanted };
    assert_eq!(look("installed.byComposition = false;", movie).verdict(), Ok(vec![]));
}

#[test]
fn footage_in_the_picture_must_be_there() {
    let missing = "footageLayer(inner, 'clip', '/lost/clip.mov', true); footageLayer(unused, 'other', '/lost/other.mov', true);";
    let report = look(missing, Inspection::default());
    let (class, said) = fails(&report);
    assert_eq!(
        (class, said.as_str()),
        (FailureClass::InputMissing, "the footage \"clip\" is not there: /lost/clip.mov")
    );
    assert_eq!(report.findings.len(), 1, "what is not in the picture is not missed");
    let warnings =
        look(missing, Inspection { may_miss_footage: true, ..Inspection::default() }).verdict().unwrap();
    assert_eq!(warnings, ["the footage \"clip\" is not there: /lost/clip.mov"]);
    let placeholder =
        "var p = footageLayer(inner, 'later', '/x', true); p.source.mainSource = new PlaceholderSource();";
    assert_eq!(
        look(placeholder, Inspection::default()).verdict().unwrap(),
        ["the footage \"later\" is a placeholder"]
    );
}

#[test]
fn footage_that_the_data_set_replaces_is_not_missed() {
    let bench = Bench::new(&format!("{PROJECT} footageLayer(main, 'clip', '/lost/clip.mov', true);"))
        .data(json!([{ "type": "video", "src": "/x.mov", "layer_name": "clip" }]))
        .inspect(Inspection::default());
    assert_eq!(bench.run().verdict(), Ok(vec![]));
}

#[test]
fn a_demanded_font_must_be_there() {
    let wanted = || Inspection { fonts: Some(vec!["Inter-Bold".to_owned()]), ..Inspection::default() };
    for missing in ["fonts([], []);", "fonts([], ['Inter-Bold']);"] {
        let (class, said) = fails(&look(missing, wanted()));
        assert_eq!(class, FailureClass::InputMissing);
        assert!(said.starts_with("the font \"Inter-Bold\" is not there"), "{said}");
    }
    // Before 24.0 a text layer may tell, or nobody can.
    let old = "var source = title.property('Source Text'); source.held.font = 'Inter-Bold';";
    assert_eq!(look(old, wanted()).findings, [Finding::FontUnknown { name: "Inter-Bold".to_owned() }]);
    assert!(look(old, wanted()).verdict().is_ok());
    assert_eq!(look(&format!("{old} source.held.fontLocation = '/fonts/i.otf';"), wanted()).findings, []);
}

#[test]
fn a_font_in_the_picture_must_be_there_unless_others_are_demanded() {
    let by_list =
        "fonts(['Arial-Mt'], ['Lost', 'Aside']); usedFont('Lost', [name]); usedFont('Aside', [aside]);";
    let by_layer = "fonts([], ['Lost', 'Aside']); name.property('Source Text').held.font = 'Lost';
                    aside.property('Source Text').held.font = 'Aside';";
    for project in [by_list, by_layer] {
        let report = look(project, Inspection::default());
        assert_eq!(report.findings, [Finding::FontMissing { name: "Lost".to_owned(), allowed: false }]);
        assert_eq!(fails(&report).0, FailureClass::InputMissing);
        let none = Inspection { fonts: Some(vec![]), ..Inspection::default() };
        assert_eq!(look(project, none).verdict().unwrap().len(), 1);
    }
}

#[test]
fn effects_that_are_not_installed_are_named() {
    let effect = |name: &str, matched: &str| format!("addEffect(name, '{name}', '{matched}', []);");
    let sure = look(&effect("Missing: Glimmer", "ACME Glimmer"), Inspection::default());
    assert_eq!(
        fails(&sure),
        (
            FailureClass::InputMissing,
            "the effect \"Missing: Glimmer\" (ACME Glimmer) on layer \"name\" of \"Inner\" is not installed"
                .to_owned()
        )
    );
    let own = look(&effect("Missing: Old Blur", "ADBE Old Blur"), Inspection::default());
    assert_eq!(fails(&own).0, FailureClass::InputMissing);
    let unsure = look(&effect("Glimmer", "ACME Glimmer"), Inspection::default()).verdict().unwrap();
    assert!(unsure.len() == 1 && unsure[0].contains("may be not installed"), "{unsure:?}");
    let there =
        [effect("Fill", "ADBE Fill"), effect("Twitch", "VIDEOCOPILOT Twitch"), effect("Rig", "Pseudo/rig")]
            .concat();
    assert_eq!(look(&there, Inspection::default()).findings, []);
}

#[test]
fn a_path_is_too_long_on_windows_only() {
    let wanted = || Inspection { output: Some(format!("C:\\{}", "x".repeat(257))), ..Inspection::default() };
    let (class, said) = fails(&look("", wanted()));
    assert_eq!(class, FailureClass::NodeConfig);
    assert!(said.contains("260 characters"), "{said}");
    assert!(look("$.os = 'Macintosh OS 14';", wanted()).verdict().is_ok());
}

#[test]
fn what_cannot_be_looked_at_is_said_and_nothing_else_is_lost() {
    let project =
        "app.fonts = { get missingOrSubstitutedFonts() { throw new Error('not in this version'); } };
                   footageLayer(main, 'clip', '/lost.mov', true);";
    let report = look(project, Inspection::default());
    let unchecked = Finding::Unchecked { what: "fonts".to_owned(), text: "not in this version".to_owned() };
    assert!(report.findings.contains(&unchecked));
    assert_eq!(fails(&report).0, FailureClass::InputMissing);
}
