//! Two processes: hangs in every phase, crashes in every way, orphans, and what each leaves behind.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::stage::{PROJECT, Ran, Stage, frame_of};

const RENDER: &str = "-project p.aep -comp Main -output out/f_[#####].png -mfr OFF 50";

/// No process of these runs lives longer, in milliseconds: enough to come to where it hangs.
const LIFE: u64 = 3000;

#[test]
fn it_hangs_in_each_phase_until_it_is_ended() {
    // Phase, what was said before, what was not, files.
    let cases = [
        ("in = 'launch', how = 'dialog'", "Launching", "Adding", 0),
        ("in = 'load'", "Launching", "Adding", 0),
        ("in = 'first_frame', how = 'dialog'", "Frame Rate", "(1)", 0),
        ("at = 4", "(4)", "(5)", 4),
        ("at = 4, how = 'burn'", "(4)", "(5)", 4),
        ("in = 'finalise'", "(10)", "Finished", 10),
        ("in = 'exit', how = 'dialog'", "Total Time Elapsed", "nothing more", 10),
    ];
    let begun = Instant::now();
    let start = |hang: &str| {
        let stage =
            Stage::new(&format!("[installation]\nlife_ms = {LIFE}\n[[run]]\nhang = {{ {hang} }}\n"), PROJECT);
        let live = stage.start("aerender", RENDER);
        (stage, live)
    };
    let live: Vec<_> = cases.iter().map(|(hang, ..)| start(hang)).collect();
    for ((hang, said, unsaid, files), (stage, live)) in cases.into_iter().zip(live) {
        let ran = live.finish();
        assert!(begun.elapsed() >= Duration::from_millis(LIFE), "{hang}");
        assert!(ran.says(said) && !ran.says(unsaid), "{hang}: {}", ran.text());
        assert_eq!(stage.files().len(), files, "{hang}");
        assert_ne!(ran.code, Some(0), "{hang}");
    }
}

#[test]
fn aerender_itself_may_hang_when_after_effects_is_gone() {
    let story =
        format!("[installation]\nlife_ms = {LIFE}\n[[run]]\nhang = {{ in = 'exit', who = 'aerender' }}\n");
    let ran = Stage::new(&story, PROJECT).aerender(RENDER);
    assert!(ran.says("Total Time Elapsed") && ran.code == Some(86));
}

#[test]
fn a_dialog_does_not_hear_a_polite_request_and_a_hang_does() {
    let ended_by = |how: &str, signal: Signal| {
        let stage = Stage::new(&format!("[[run]]\nhang = {{ at = 2, how = '{how}' }}\n"), PROJECT);
        let mut live = stage.start("aerender", RENDER);
        live.until("(2)");
        live.signal_all(signal);
        live
    };
    ended_by("sleep", Signal::SIGTERM).finish();
    let mut dialog = ended_by("dialog", Signal::SIGTERM);
    dialog.wait();
    assert!(dialog.is_someone_there(), "aerender is gone, the dialog is not");
    dialog.signal_all(Signal::SIGKILL);
    dialog.finish();
}

/// aerender says what the system says, without a colon.
fn has_socket_sentence(ran: &Ran) -> bool {
    ran.lines("aerender ERROR An existing connection was forcibly closed by the remote host.").len() == 1
}

#[test]
fn a_crash_at_a_frame_leaves_the_frames_before_it_and_a_sentence_without_a_colon() {
    for by in ["exit", "segv", "abort", "kill"] {
        let stage = Stage::new(&format!("[[run]]\ncrash = {{ at = 4, by = '{by}' }}\n"), PROJECT);
        let ran = stage.aerender(RENDER);
        assert!(has_socket_sentence(&ran), "{by}: {}", ran.text());
        assert_eq!((ran.code, stage.files().len()), (Some(1), 4), "{by}");
    }
    for (phase, files) in [("launch", 0), ("load", 0), ("first_frame", 0), ("finalise", 10), ("exit", 10)] {
        let stage =
            Stage::new(&format!("[[run]]\ncrash = {{ in = '{phase}', by = 'segv', exit = 9 }}\n"), PROJECT);
        let ran = stage.aerender(RENDER);
        assert!(has_socket_sentence(&ran), "{phase}: {}", ran.text());
        assert_eq!((ran.code, stage.files().len()), (Some(9), files), "{phase}");
    }
    let french = "[installation]\nlocale = 'fr_FR'\nplatform = 'macos'\n[[run]]\ncrash = { at = 1 }\n";
    assert!(Stage::new(french, PROJECT).aerender(RENDER).says("aerender ERROR Une connexion existante a dû"));
}

#[test]
fn a_crash_leaves_the_file_it_was_writing_as_the_story_wants() {
    let left = |leaves: &str| {
        let stage = Stage::new(&format!("[[run]]\ncrash = {{ at = 4, leaves = '{leaves}' }}\n"), PROJECT);
        stage.aerender(RENDER);
        assert_eq!(stage.files().len(), 5);
        fs::metadata(stage.path("out/f_00004.png")).unwrap().len()
    };
    assert_eq!(left("empty"), 0);
    assert!(left("truncated") > 100);
}

#[test]
fn a_crash_may_take_aerender_or_both() {
    let both =
        Stage::new("[[run]]\ncrash = { at = 4, by = 'kill', victim = 'both' }\n", PROJECT).aerender(RENDER);
    assert_eq!(both.code, None, "ended by a signal");
    assert!(!has_socket_sentence(&both));
    let long = PROJECT.replace("frames = 10", "frames = 5000");
    let alone = Stage::new("[[run]]\ncrash = { at = 4, by = 'kill', victim = 'aerender' }\n", &long);
    // finish() returns when AfterFX is gone too: it noticed.
    assert_eq!(alone.aerender(RENDER).code, None);
    assert!(alone.files().len() < 5000, "{:?}", alone.files());
}

#[test]
fn when_only_aerender_is_killed_after_effects_notices_at_its_next_word() {
    let stage =
        Stage::new("[installation.times]\nframe_ms = 20\n", &PROJECT.replace("frames = 10", "frames = 2000"));
    let mut live = stage.start("aerender", RENDER);
    live.until("(3)");
    live.signal(Signal::SIGKILL);
    let ran = live.finish();
    assert_eq!(ran.code, None);
    assert!(stage.files().len() < 1000, "it went on: {}", stage.files().len());
}

#[test]
fn a_hung_orphan_lives_on_with_aerenders_output_in_its_hands() {
    let stage = Stage::new("[[run]]\nhang = { at = 3 }\n", PROJECT);
    let mut live = stage.start("aerender", RENDER);
    live.until("(3)");
    live.signal(Signal::SIGKILL);
    assert_eq!(live.wait(), None);
    assert!(live.is_someone_there());
    live.signal_all(Signal::SIGKILL);
    live.finish();
    assert_eq!(stage.files().len(), 3);
}

#[test]
fn with_a_log_or_deaf_it_does_not_notice_and_renders_to_the_end() {
    for (story, more) in [("", "-log l.txt"), ("[[run]]\ndeaf = true\n", "")] {
        let stage = Stage::new(&format!("[installation.times]\nframe_ms = 100\n{story}"), PROJECT);
        let mut live = stage.start("aerender", &format!("{RENDER} {more}"));
        live.until(if more.is_empty() { "(3)" } else { "Launching" });
        if !more.is_empty() {
            wait_for_file(&stage, "f_00001.png");
        }
        live.signal(Signal::SIGKILL);
        assert_eq!(live.finish().code, None);
        assert_eq!(stage.files().len(), 10, "{more}");
    }
}

/// Until a file is there, whole; the run that makes it is going on.
fn wait_for_file(stage: &Stage, name: &str) {
    let path = stage.path("out").join(name);
    let begun = Instant::now();
    while frame_of(&path).is_none() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{name} never came");
        std::thread::yield_now();
    }
}

#[test]
fn an_orphan_of_the_story_is_left_by_an_aerender_that_thinks_that_all_is_well() {
    let stage = Stage::new("[[run]]\norphan = { at = 5 }\n", PROJECT);
    let mut live = stage.start("aerender", RENDER);
    assert_eq!(live.wait(), Some(0));
    assert!(live.is_someone_there());
    live.signal_all(Signal::SIGKILL);
    let ran = live.finish();
    assert!(ran.says("(5)") && !ran.says("(6)") && !ran.says("Finished"));
}

#[test]
fn an_orphan_without_the_output_lets_the_pipe_end() {
    let stage = Stage::new(
        "[installation]\nholds_output = false\n[[run]]\norphan = { in = 'exit', exit = 0 }\n",
        PROJECT,
    );
    let mut live = stage.start("aerender", RENDER);
    live.until("Total Time Elapsed");
    assert_eq!(live.wait(), Some(0));
    assert!(live.is_someone_there());
    live.signal_all(Signal::SIGKILL);
}

#[test]
fn slow_is_not_dead() {
    let story = "[[run]]\nslow = { launch_ms = 30, load_ms = 30, first_frame_ms = 30, frame_ms = 20, finalise_ms = 30, \
                 exit_ms = 30, how = 'HOW' }\n";
    for how in ["sleep", "burn", "grow"] {
        let stage = Stage::new(&story.replace("HOW", how), PROJECT);
        let begun = Instant::now();
        let ran = stage.aerender(RENDER);
        assert!(begun.elapsed() >= Duration::from_millis(340), "{how}");
        assert!(ran.says("Finished") && ran.code == Some(0), "{how}");
        assert!(
            (0..10).all(|frame| frame_of(&stage.path(&format!("out/f_{frame:05}.png"))).is_some()),
            "{how}"
        );
    }
}

#[test]
fn a_growing_frame_can_be_seen_growing() {
    let stage = Stage::new("[[run]]\nslow = { frame_ms = 1600, how = 'grow' }\n", PROJECT);
    let live = stage.start("aerender", &format!("{RENDER} -e 0"));
    let mut sizes = Vec::new();
    let path = stage.path("out/f_00000.png");
    while frame_of(&path).is_none() {
        let size = fs::metadata(&path).map_or(0, |found| found.len());
        if sizes.last() != Some(&size) {
            sizes.push(size);
        }
        std::thread::yield_now();
    }
    assert!(sizes.len() > 3, "{sizes:?}");
    assert_eq!(live.finish().code, Some(0));
}
