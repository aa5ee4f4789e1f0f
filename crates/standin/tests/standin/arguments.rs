//! The command line: what is refused, in which words, with which code.

use crate::stage::{PROJECT, Stage};

const QUEUE: &str = r#"
[[queue]]
composition = "Main"
output = "out/a_[###].png"
[[queue]]
composition = "Main"
status = "unqueued"
output = "out/b_[###].png"
[[queue]]
composition = "Main"
output = "out/c.mov"
"#;

#[test]
fn what_is_wrong_is_said_with_its_code() {
    let stage = Stage::new("", &format!("{PROJECT}{QUEUE}"));
    let main = "-project p.aep -comp Main";
    let cases = [
        ("-project p.aep -comp Main -reuse", 3, "aerender SYNTAX ERROR: Illegal argument flag: -reuse"),
        ("-project p.aep -mem_usage", 3, "aerender SYNTAX ERROR: no value given for flag: -mem_usage"),
        ("-project p.aep -mfr ON", 3, "aerender SYNTAX ERROR: no value given for flag: -mfr"),
        ("-project p.aep -mfr ON 101", 3, "aerender SYNTAX ERROR: Bad value for -mfr."),
        ("-project p.aep -v LOUD", 3, "aerender SYNTAX ERROR: Bad value for -verbose."),
        ("-project p.aep -close NOW", 3, "aerender SYNTAX ERROR: Bad value for -close."),
        ("-project p.aep -sound yes", 3, "aerender SYNTAX ERROR: Bad value for -sound."),
        ("-comp Main", 7, "aerender ERROR: No project provided and no project open."),
        ("-project gone.aep -comp Main", 7, "aerender ERROR: No project provided and no project open."),
        ("-project p.aep -comp Other", 7, "aerender ERROR: No comp was found with the given name."),
        (
            "-project p.aep -rqindex 4",
            7,
            "aerender ERROR: No render queue item was found with the given index.",
        ),
        ("-project standin.toml -comp Main", 9, "aerender Error: After Effects error: file is damaged."),
    ];
    for (words, code, text) in cases {
        let ran = stage.aerender(words);
        assert_eq!(ran.code, Some(code), "{words}: {}", ran.text());
        assert!(ran.lines(text).len() == 1, "{words}: {}", ran.text());
    }
    let more = [
        ("-RStemplate Best", 7, "aerender ERROR: No render settings template was found with the given name."),
        ("-OMtemplate None", 7, "aerender ERROR: No output module template was found with the given name."),
        ("-output out/f.png -i 0", 3, "Bad value for -increment. Must be between 1 and 100, inclusive."),
        ("-output out/f.png -s 5 -e 4", 9, "aerender Error: After Effects error: Unable to set"),
        ("-output out/f.png -outputSettings Format", 9, "aerender Error: After Effects error: Unable to set"),
    ];
    for (words, code, text) in more {
        let ran = stage.aerender(&format!("{main} {words}"));
        assert_eq!((ran.code, ran.lines(text).len()), (Some(code), 1), "{words}: {}", ran.text());
    }
    assert_eq!(stage.files(), [""; 0]);
}

#[test]
fn an_item_without_output_needs_one() {
    let ran = Stage::new("", PROJECT).aerender("-project p.aep -comp Main");
    assert_eq!(ran.code, Some(7));
    assert!(ran.says("aerender ERROR: Specified render queue item needs output file but none provided."));
}

#[test]
fn flags_come_and_go_with_versions() {
    let old = Stage::new("[installation]\nversion = '17.7x45'\n", PROJECT);
    assert!(old.render("-mfr ON 50").says("aerender SYNTAX ERROR: Illegal argument flag: -mfr"));
    assert!(old.render("-renderSettings a:b").says("Illegal argument flag: -renderSettings"));
    // With -reuse nobody knows how it ended.
    let reused = old.aerender("-project p.aep -comp Other -reuse");
    assert!(reused.says("No comp was found") && reused.code == Some(0));
}

#[test]
fn it_tells_its_version_and_how_to_use_it() {
    let stage = Stage::new("[installation]\nversion = '26.0x67'\n[[run]]\nhang = {}\n", PROJECT);
    let version = stage.aerender("-version");
    assert_eq!((version.code, version.text().as_str()), (Some(0), "aerender version 26.0x67\r\n"));
    for words in ["-help", "-project p.aep -help", ""] {
        let help = stage.aerender(words);
        assert_eq!(help.code, Some(2));
        assert!(help.says("aerender USAGE: ") && help.says("-mem_usage"));
    }
    // None of these is a start of After Effects.
    assert!(!stage.path("standin.counts").exists());
}

#[test]
fn a_log_file_takes_all_words_and_moves_the_codes() {
    let stage = Stage::new("", PROJECT);
    let good = stage.render("-log l.txt");
    assert_eq!(good.text().lines().count(), 2, "version and Launching only: {}", good.text());
    assert!(stage.read("l.txt").contains("Finished composition"));
    let not_found = stage.aerender("-project p.aep -comp Other -log l.txt");
    assert_eq!((not_found.code, not_found.lines("No comp").len()), (Some(8), 0));
    assert!(stage.read("l.txt").contains("aerender ERROR: No comp was found with the given name."));
    assert_eq!(stage.aerender("-project p.aep -v LOUD -log l.txt").code, Some(4));
    assert_eq!(
        stage.aerender("-project s -x -log l.txt").code,
        Some(3),
        "flags are read before the log is opened"
    );
    let nowhere = stage.render("-log gone/l.txt");
    assert!(nowhere.says("aerender ERROR: Directory specified for log file does not exist: gone/l.txt"));
    assert_eq!(nowhere.code, Some(9));
}

#[test]
fn without_a_composition_the_whole_queue_renders_and_the_rest_is_ignored() {
    let stage = Stage::new("", &format!("{PROJECT}{QUEUE}"));
    let ran = stage.aerender("-project p.aep -s 3 -e 4 -output out/mine_[#].png -OMtemplate Gone -i 2");
    assert_eq!(ran.code, Some(0));
    let warned = ran.lines("ignored since no -comp or -rqindex provided.");
    assert_eq!(warned.len(), 4, "{warned:?}");
    assert_eq!(ran.lines("Finished composition").len(), 2);
    assert_eq!(ran.lines("Total Time Elapsed").len(), 1);
    let files = stage.files();
    assert_eq!(files.len(), 11, "{files:?}");
    assert!(files.contains(&"a_009.png".to_owned()) && files.contains(&"c.mov".to_owned()));
}

#[test]
fn an_index_means_that_item_alone() {
    let stage = Stage::new("", &format!("{PROJECT}{QUEUE}"));
    let ran = stage.aerender("-project p.aep -rqindex 1 -s 2 -e 3");
    assert_eq!(ran.code, Some(0));
    assert!(ran.says("rqindex 1num 3"));
    assert_eq!(stage.files(), ["a_002.png", "a_003.png"]);
}
