//! What a story lets go wrong without a process dying: refusals, lies, spoiled files, unasked words, and which
//! start each of them is about.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::stage::{PROJECT, Stage, frame_of, picture};

#[test]
fn a_run_is_chosen_by_its_number_name_frames_and_threads() {
    let story = "
        [[run]]
        nth = [2, 4]
        refuse = { with = 'memory', at = 0 }
        [[run]]
        frames = '7-8'
        times = 1
        refuse = { with = 'exporter', at = 7 }
        [[run]]
        composition = 'Other'
        refuse = { with = 'codec' }
        [[run]]
        multi_frame = true
        refuse = { with = 'disk_full', at = 2, path = 'D:' }
    ";
    let stage = Stage::new(story, &format!("{PROJECT}{}", PROJECT.replace("Main", "Other")));
    let off = "-mfr OFF 50";
    let good = stage.render(&format!("-s 0 -e 3 {off}"));
    assert!(good.says("Finished") && good.code == Some(0));
    assert!(stage.render(&format!("-s 0 -e 3 {off}")).says("Unable to allocate enough memory"));
    let seventh = stage.render(&format!("-s 6 -e 9 {off}"));
    assert!(seventh.says("Error code: 9988") && seventh.says("(1)") && !seventh.says("(2)"));
    assert!(stage.render(&format!("-s 0 -e 0 {off}")).says("Unable to allocate"));
    assert!(stage.render(&format!("-s 6 -e 9 {off}")).says("Finished"), "once was all");
    let other = stage.aerender("-project p.aep -comp Other -output out/o_[#].png");
    assert!(other.says("The source compression type is not supported."));
    let many = stage.render("");
    assert_eq!(many.code, Some(9));
    assert!(many.says("Rendering error while writing to file \"D:\". The disk is full. (-34)"));
    let starts: Vec<serde_json::Value> =
        stage.read("standin.starts").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(starts.len(), 7);
    assert_eq!((starts[6]["nth"].as_u64(), starts[5]["arguments"][3].as_str()), (Some(7), Some("Other")));
}

#[test]
fn starts_are_counted_once_each_also_when_they_come_together() {
    let stage = Stage::new("[[run]]\ntimes = 3\nrefuse = { with = 'startup' }\n", PROJECT);
    let live: Vec<_> =
        (0..8).map(|_| stage.start("aerender", "-project p.aep -comp Main -output out/f.png")).collect();
    let refused = live.into_iter().map(|live| live.finish()).filter(|ran| ran.code == Some(1)).count();
    assert_eq!(refused, 3);
    assert!(stage.read("standin.counts").contains("aerender = 8"));
}

#[test]
fn the_environment_that_is_asked_for_is_noted() {
    let stage = Stage::new("[installation]\nrecord_env = ['PATH', 'NO_SUCH']\n", PROJECT);
    stage.render("-e 0");
    let start: serde_json::Value = serde_json::from_str(stage.read("standin.starts").trim()).unwrap();
    assert!(start["env"]["PATH"].is_string() && start["env"]["NO_SUCH"].is_null());
}

#[test]
fn a_wrong_story_is_told_with_a_code_of_its_own() {
    assert_eq!(Stage::new("[[run]]\nhnag = {}\n", PROJECT).render("").code, Some(70));
}

#[test]
fn every_refusal_has_its_words_and_code() {
    let cases = [
        ("apple_event", 1, "aerender ERROR -1701: AEGetParamPt failed at line 918"),
        ("apple_send", 1, "AEsend failed to send apple event"),
        ("socket", 11, "aerender ERROR: Can not open socket."),
        ("startup", 1, "unexpected failure during application startup"),
        (
            "busy",
            1,
            "aerender ERROR: After Effects can not render for aerender. Another instance of aerender",
        ),
        ("serial", 1, "Invalid Serial Number"),
        ("licence", 9, "Unable to obtain a license."),
        ("same_serial", 9, "is using the same serial number"),
        ("damaged", 9, "aerender Error: After Effects error: file is damaged."),
        ("script_error", 9, "aerender ERROR: Runtime error in After Effects."),
        ("composition", 7, "aerender ERROR: No comp was found with the given name."),
        ("queue_item", 7, "No render queue item was found with the given index."),
        ("render_settings", 7, "No render settings template was found with the given name."),
        ("output_module", 7, "No output module template was found with the given name."),
        ("path", 0, "Path is not valid"),
        ("source", 0, "Could not read from source. Please check the settings and try again."),
        ("codec", 9, "The source compression type is not supported."),
        ("permission", 9, "Can not create a file in directory out. Try checking write permissions."),
        ("in_use", 9, "The name of an output module for this render item is already in use."),
        ("output_failed", 9, "f_00000.png\". An output module failed."),
        ("locked", 9, "Unable to delete existing file"),
        ("disk_full", 9, "The disk is full. (-34)"),
        ("exporter", 9, "An unexpected error occurred while exporting a composition. Error code: 9988"),
        ("memory", 9, "Unable to allocate enough memory to render the current frame."),
        ("verification", 9, "error: internal verification failure, sorry!"),
    ];
    for (reason, code, words) in cases {
        let stage = Stage::new(&format!("[[run]]\nrefuse = {{ with = '{reason}' }}\n"), PROJECT);
        let ran = stage.render("-mfr OFF 50");
        assert_eq!(ran.code, Some(code), "{reason}: {}", ran.text());
        assert!(ran.says(words), "{reason}: {}", ran.text());
        assert!(!ran.says("Finished") && stage.files().is_empty(), "{reason}");
    }
    let exit = Stage::new("[[run]]\nrefuse = { with = 'memory', at = 4, exit = 3 }\n", PROJECT);
    let ran = exit.render("-mfr OFF 50");
    assert_eq!((ran.code, exit.files().len()), (Some(3), 4));
    assert!(ran.text().ends_with("INFO: Render aborted.\r\n"));
}

#[test]
fn an_exception_is_told_in_the_language_of_the_installation() {
    let story =
        "[installation]\nlocale = 'pt_BR'\nplatform = 'macos'\n[[run]]\nrefuse = { with = 'codec' }\n";
    assert!(Stage::new(story, PROJECT).render("").says("aerender Error: Erro do After Effects: The source"));
}

#[test]
fn lies_end_with_exit_0() {
    let lie = |lie: &str| {
        let stage = Stage::new(&format!("[[run]]\nlie = {{ {lie} }}\n"), PROJECT);
        let ran = stage.render("-s 2 -e 7 -mfr OFF 50");
        (ran, stage)
    };
    let (silent, stage) = lie("how = 'silent'");
    assert_eq!((silent.code, stage.files().len()), (Some(0), 0));
    assert_eq!(silent.text(), "aerender version 24.6x2\r\nPROGRESS: Launching After Effects...\r\n");
    assert_eq!(lie("how = 'silent', exit = 1").0.code, Some(1));

    let (missing, stage) = lie("how = 'frames_missing', frames = '3,5-6'");
    assert_eq!((missing.code, missing.ordinals().len()), (Some(0), 6));
    assert!(missing.says("Finished"));
    assert_eq!(stage.files(), ["f_00002.png", "f_00004.png", "f_00007.png"]);

    let (wrong, stage) = lie("how = 'wrong_range', by = -1");
    assert!(wrong.says("Finished") && wrong.code == Some(0));
    assert_eq!(stage.files().first().unwrap(), "f_00001.png");
    assert_eq!(stage.files().last().unwrap(), "f_00006.png");

    let (logged, stage) = lie("how = 'logged_error'");
    assert_eq!((logged.code, stage.files().len()), (Some(0), 0));
    assert!(logged.says("WARNING:After Effects warning: logged one error") && !logged.says("Finished"));

    let (unfinished, stage) = lie("how = 'unfinished'");
    assert_eq!((unfinished.code, stage.files().len()), (Some(0), 3));
    assert!(!unfinished.says("Finished") && !unfinished.says("Total"));
}

#[test]
fn spoiled_files_stand_among_good_ones() {
    let spoil = |how: &str| {
        let stage = Stage::new(&format!("[[run]]\nspoil = {{ how = '{how}', frames = '4' }}\n"), PROJECT);
        let ran = stage.render("");
        assert!(ran.says("Finished") && ran.code == Some(0), "{how}");
        assert_eq!(stage.files().len(), 10, "{how}");
        assert_eq!(frame_of(&stage.path("out/f_00003.png")).as_deref(), Some("3"), "{how}");
        stage
    };
    let spoiled = |stage: &Stage| stage.path("out/f_00004.png");
    let empty = spoil("empty");
    assert_eq!(fs::metadata(spoiled(&empty)).unwrap().len(), 0);
    let truncated = spoil("truncated");
    assert!(fs::metadata(spoiled(&truncated)).unwrap().len() > 100);
    assert!(picture(&spoiled(&truncated)).is_none());
    assert!(fs::read(spoiled(&truncated)).unwrap().starts_with(b"\x89PNG"));
    let garbage = spoil("garbage");
    assert!(!fs::read(spoiled(&garbage)).unwrap().starts_with(b"\x89PNG"));
    let small = spoil("wrong_size");
    assert_eq!(picture(&spoiled(&small)).unwrap().width, 41);
    let stale = spoil("stale");
    assert_eq!(frame_of(&spoiled(&stale)).as_deref(), Some("3"));
    let age = SystemTime::now().duration_since(fs::metadata(spoiled(&stale)).unwrap().modified().unwrap());
    assert!(age.unwrap() > Duration::from_secs(80_000));
}

#[test]
fn words_and_bytes_that_nobody_asked_for_come_where_the_story_wants_them() {
    let story = "[[run]]\nsay = [
        { in = 'load', text = 'x', repeat = 1000000 },
        { in = 'load', garbage = 4096 },
        { in = 'frame', at = 3, text = 'Error auto-save failed' },
        { in = 'exit', text = 'after all', noise = true },
    ]\n";
    let ran = Stage::new(story, PROJECT).render("-mfr OFF 50");
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.lines("xxx")[0].len(), 1_000_000);
    assert!(ran.bytes.contains(&0) && std::str::from_utf8(&ran.bytes).is_err());
    let text = ran.text();
    let place = |words: &str| text.find(words).unwrap();
    assert!(place("(3)") < place("auto-save") && place("auto-save") < place("(4)"));
    assert!(ran.says("after all"));
}
