//! Command lines, word for word, for each version that understands something else.

use callsheet_model::OutputPattern;
use serde_json::{Value, json};

use super::*;

fn settings(values: Value) -> Settings {
    Settings::read(&serde_json::from_value(values).unwrap()).unwrap()
}

fn line(settings: &Settings, output: &str, gentle: bool, version: &str) -> Result<String, TooOld> {
    let product = Product::of(&OutputPattern::parse(output).unwrap(), settings.movie);
    let span = settings.movie.map_or((10, 19), |movie| (movie.first, movie.last));
    let wanted = Render { project: "/w/p.aep", settings, product, span, output, gentle };
    render(&wanted, version).map(|arguments| arguments.join(" "))
}

const HEAD: &str = "-project /w/p.aep -comp Main";
const TAIL: &str = "-close DO_NOT_SAVE_CHANGES -v ERRORS_AND_PROGRESS";

#[test]
fn pictures_with_templates_are_told_alike_to_every_version() {
    let settings = settings(
        json!({ "composition": "Main", "render_settings": "Best Settings", "output_module": "PNG" }),
    );
    for version in ["13.5", "16.1.2x55", "18.4", "22.0", "24.6.1", "26.0"] {
        let expected = format!(
            "{HEAD} -RStemplate Best Settings -OMtemplate PNG -output /o/f_[#####].png -s 10 -e 19 -sound OFF {TAIL}"
        );
        assert_eq!(line(&settings, "/o/f_[#####].png", false, version).unwrap(), expected, "{version}");
    }
}

#[test]
fn multi_frame_rendering_is_told_to_those_that_have_it() {
    let settings = settings(json!({
        "queue_index": 3, "multi_frame": { "cpu": 75 }, "memory": { "cache": 30, "max": 60 },
        "continue_on_missing_footage": true,
    }));
    let output = "/o/f_[#####].png";
    let both = |mfr: &str| {
        format!(
            "-project /w/p.aep -rqindex 3 -output /o/f_[#####].png -s 10 -e 19 -sound OFF{mfr} -mem_usage 30 60 \
             -continueOnMissingFootage {TAIL}"
        )
    };
    assert_eq!(line(&settings, output, false, "22.0").unwrap(), both(" -mfr ON 75"));
    assert_eq!(line(&settings, output, true, "24.1").unwrap(), both(" -mfr OFF 100"));
    assert_eq!(line(&settings, output, false, "18.4.1").unwrap(), both(""));
    assert_eq!(line(&settings, output, true, "18.4.1").unwrap(), both(""));
}

#[test]
fn gentle_turns_multi_frame_rendering_off_even_where_nobody_spoke_of_it() {
    let settings = settings(json!({ "composition": "Main" }));
    let output = "/o/f_[#####].png";
    assert!(!line(&settings, output, false, "25.1").unwrap().contains("-mfr"));
    assert!(line(&settings, output, true, "25.1").unwrap().contains("-mfr OFF 100"));
}

#[test]
fn keys_and_values_need_version_22() {
    let settings = settings(json!({
        "composition": "Main",
        "render_settings": { "Quality": "Best", "Resolution": "Full" },
        "output_module": { "Format": "PNG Sequence", "Use Comp Frame Number": true },
    }));
    let told = line(&settings, "/o/f_[#####].png", false, "22.5").unwrap();
    let expected = format!(
        "{HEAD} -renderSettings Quality: Best; Resolution: Full -outputSettings Format: PNG Sequence; \
         Use Comp Frame Number: true -output /o/f_[#####].png -s 10 -e 19 -sound OFF {TAIL}"
    );
    assert_eq!(told, expected);
    let refused = line(&settings, "/o/f_[#####].png", false, "18.4").unwrap_err();
    assert!(
        refused.to_string().contains("this is 18.4: ask for a node that has it with requires"),
        "{refused}"
    );
}

#[test]
fn sound_is_told_to_output_modules_that_can_be_told() {
    let of = |sound: Value, version: &str| {
        let mut values =
            json!({ "composition": "Main", "output_module": "ProRes", "movie": { "frames": "0-9" } });
        if !sound.is_null() {
            values.as_object_mut().unwrap().insert("sound".into(), sound);
        }
        line(&settings(values), "/o/m.mov", false, version).unwrap()
    };
    let head = format!("{HEAD} -OMtemplate ProRes");
    let tail = |sound: &str| format!("-output /o/m.mov -s 0 -e 9 -sound {sound} {TAIL}");
    assert_eq!(of(Value::Null, "24.0"), format!("{head} {}", tail("OFF")));
    assert_eq!(of(json!(true), "24.0"), format!("{head} -outputSettings Output Audio: On {}", tail("ON")));
    assert_eq!(of(json!(false), "24.0"), format!("{head} -outputSettings Output Audio: Off {}", tail("OFF")));
    assert_eq!(of(json!(true), "17.0"), format!("{head} {}", tail("ON")));
}

#[test]
fn no_line_is_ever_without_its_target_or_with_what_must_not_be_said() {
    for values in [json!({ "composition": "Main" }), json!({ "queue_index": 1, "multi_frame": true })] {
        for version in ["13.0", "21.0", "22.0", "26.3", "?"] {
            for gentle in [false, true] {
                let told = line(&settings(values.clone()), "/o/f_[#####].png", gentle, version).unwrap();
                let words: Vec<&str> = told.split(' ').collect();
                assert!(words.contains(&"-comp") || words.contains(&"-rqindex"), "{told}");
                assert!(!words.contains(&"-log") && !words.contains(&"-reuse"), "{told}");
            }
        }
    }
}

#[test]
fn multi_frame_rendering_is_taken_for_on_unless_it_is_known_to_be_off() {
    let on = |values: Value, gentle: bool, version: &str| {
        may_be_multi_frame(&settings(values), gentle, Some(version).filter(|version| !version.is_empty()))
    };
    assert!(on(json!({ "queue_index": 1 }), false, ""));
    assert!(on(json!({ "queue_index": 1 }), false, "24.0"));
    assert!(!on(json!({ "queue_index": 1 }), true, "24.0"));
    assert!(!on(json!({ "queue_index": 1, "multi_frame": false }), false, "24.0"));
    assert!(!on(json!({ "queue_index": 1, "multi_frame": true }), false, "18.0"));
}

#[test]
fn versions_are_read_from_folders_and_from_themselves() {
    assert_eq!(major("24.6.1x2"), Some(24));
    assert_eq!(major("x"), None);
    assert_eq!(
        [2019, 2021, 2022, 2025, 1999].map(version_of_year),
        [Some(16), Some(18), Some(22), Some(25), None]
    );
}

#[test]
fn a_script_is_run_without_a_window() {
    assert_eq!(script("/w/i.jsx"), ["-noui", "-r", "/w/i.jsx"]);
}
