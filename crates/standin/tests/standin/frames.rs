//! Pictures: which frames, under which names, what is in them, and what becomes of missing things.

use std::fs;

use crate::stage::{PROJECT, Stage, frame_of, picture};

#[test]
fn pictures_are_whole_have_the_size_and_say_their_frame() {
    let stage = Stage::new("", PROJECT);
    assert_eq!(stage.render("-s 8 -e 9").code, Some(0));
    assert_eq!(stage.files(), ["f_00008.png", "f_00009.png"]);
    let shown = picture(&stage.path("out/f_00009.png")).unwrap();
    assert_eq!((shown.width, shown.height), (80, 40));
    assert_eq!((shown.says("Frame"), shown.says("Composition")), (Some("9"), Some("Main")));
    assert_ne!(shown.pixels, picture(&stage.path("out/f_00008.png")).unwrap().pixels);
}

#[test]
fn s_and_e_are_display_numbers() {
    let project = format!("first_frame = 1\n{}", PROJECT.replace("frames = 10", "frames = 10\nstart = 100"));
    let stage = Stage::new("", &project);
    assert_eq!(stage.render("-s 102 -e 103").code, Some(0));
    assert_eq!(stage.files(), ["f_00102.png", "f_00103.png"]);
}

#[test]
fn without_comp_frame_numbers_each_run_counts_from_0() {
    let story = "[installation.output_modules]\nown = { comp_frame_number = false }\n";
    let stage = Stage::new(story, PROJECT);
    assert_eq!(stage.render("-OMtemplate own -s 4 -e 5").code, Some(0));
    assert_eq!(stage.files(), ["f_00000.png", "f_00001.png"]);
    assert_eq!(frame_of(&stage.path("out/f_00001.png")).unwrap(), "5");
    let settings = "-outputSettings Use~Comp~Frame~Number:~true;~Format:~PNG~Sequence";
    assert_eq!(stage.render(&format!("-OMtemplate own {settings} -s 7 -e 7")).code, Some(0));
    assert_eq!(frame_of(&stage.path("out/f_00007.png")).unwrap(), "7");
}

#[test]
fn steps_leave_frames_out() {
    let stage = Stage::new("", PROJECT);
    assert_eq!(stage.render("-s 1 -e 9 -i 4").code, Some(0));
    assert_eq!(stage.files(), ["f_00001.png", "f_00005.png", "f_00009.png"]);
}

#[test]
fn frames_outside_warn_and_are_blank_or_nothing() {
    let stage = Stage::new("", PROJECT);
    let ran = stage.render("-s 9 -e 11");
    assert_eq!(ran.code, Some(0));
    assert!(ran.says("will cause render to have frames outside of range"));
    assert_eq!(stage.files().len(), 3);
    let fingerprint =
        |name: &str| picture(&stage.path(name)).unwrap().says("Fingerprint").unwrap().to_owned();
    assert_eq!(fingerprint("out/f_00010.png"), "0".repeat(16));
    assert_ne!(fingerprint("out/f_00009.png"), "0".repeat(16));
    let strict = Stage::new("[installation]\noutside = 'nothing'\nlocale = 'de_DE'\n", PROJECT);
    let ran = strict.render("-s -5 -e -4");
    assert_eq!((ran.code, strict.files().len()), (Some(0), 0));
    assert!(ran.says("timeSpanStart of <-0,20> seconds") && ran.says("beendet"));
}

#[test]
fn the_first_of_two_compositions_of_one_name_wins() {
    let second = PROJECT.replace("width = 80", "width = 96");
    let stage = Stage::new("", &format!("{PROJECT}{second}"));
    stage.render("-s 0 -e 0");
    assert_eq!(picture(&stage.path("out/f_00000.png")).unwrap().width, 80);
}

#[test]
fn missing_footage_ends_with_exit_0_and_a_logged_error_unless_told_to_go_on() {
    let footage = "[[composition.layer]]\nname = 'logo'\nsource = 'logo'\n\
                   [[footage]]\nname = 'logo'\npath = 'logo.png'\n";
    let stage = Stage::new("", &format!("{PROJECT}{footage}"));
    let ran = stage.render("");
    assert_eq!((ran.code, stage.files().len()), (Some(0), 0));
    assert!(!ran.says("Finished"));
    let end = ran.text().lines().last().unwrap().to_owned();
    assert!(end.contains("logged one error  error: Unable to Render: File Not Found logo.png"), "{end}");
    let ran = stage.render("-continueOnMissingFootage -e 0");
    assert!(ran.says("Finished"));
    let without = fs::read(stage.path("out/f_00000.png")).unwrap();
    stage.write("logo.png", "pixels");
    assert!(stage.render("-e 0").says("Finished"));
    assert_ne!(fs::read(stage.path("out/f_00000.png")).unwrap(), without, "footage is seen in the picture");
}

#[test]
fn missing_fonts_and_effects_only_change_the_picture() {
    let project = format!("{PROJECT}font = 'A-Bold'\neffects = ['Glow']\n");
    let with = |story: &str| {
        let stage = Stage::new(story, &project);
        let ran = stage.render("-e 0");
        assert_eq!(ran.code, Some(0));
        (ran, fs::read(stage.path("out/f_00000.png")).unwrap())
    };
    let (_, right) = with("");
    let (ran, substituted) = with("[installation]\nfonts = []\n");
    assert!(ran.says("Project has missing fonts.") && substituted != right);
    let (ran, plain) = with("[installation]\neffects = []\n");
    assert!(ran.says("INFO:This project contains a reference to a missing effect") && plain != right);
}

#[test]
fn what_the_disk_refuses_is_said_as_after_effects_says_it() {
    let stage = Stage::new("", PROJECT);
    let ran = stage.aerender("-project p.aep -comp Main -output gone/f_[###].png");
    assert_eq!(ran.code, Some(9));
    assert!(ran.says("Can not create a file in directory gone. Try checking write permissions."));
    assert!(ran.says("INFO: Render aborted.") && !ran.says("Finished"));
    // A folder is where the second file should be.
    fs::create_dir(stage.path("out/f_00001.png")).unwrap();
    let ran = stage.render("-mfr OFF 50");
    assert_eq!((ran.code, stage.files().len()), (Some(9), 2));
    assert!(ran.says("An output module failed. The file may be damaged or corrupted. (-1610153464)"));
}

#[test]
fn windows_knows_only_short_paths_of_its_own_letters() {
    let stage = Stage::new("", PROJECT);
    for path in ["out/кадр_[###].png".to_owned(), format!("out/{}_[###].png", "a".repeat(260))] {
        let ran = stage.aerender(&format!("-project p.aep -comp Main -output {path}"));
        assert!(ran.says("Path is not valid"));
        assert_eq!((ran.code, stage.files().len()), (Some(0), 0));
    }
    let mac = Stage::new("[installation]\nplatform = 'macos'\n", PROJECT);
    mac.aerender("-project p.aep -comp Main -e 0 -output out/кадр_[###].png");
    assert_eq!(mac.files(), ["кадр_000.png"]);
}

#[test]
fn an_older_project_is_converted_with_a_word() {
    let ran = Stage::new("", &format!("saved_by = 22\n{PROJECT}")).render("-e 0");
    assert!(ran.says("INFO:After Effects: this project must be converted from version 22."));
    assert_eq!(ran.code, Some(0));
}
