//! What aerender prints: versions, languages and their bytes, both formats, times, order.

use encoding_rs::{EUC_KR, SHIFT_JIS};

use crate::stage::{PROJECT, Stage};

const CLOCK: &str = "clock = '2024-05-07T18:22:38'\n";

#[test]
fn a_good_run_says_what_the_real_one_says() {
    let stage = Stage::new(&format!("[installation]\n{CLOCK}"), PROJECT);
    let ran = stage.render("-s 3 -e 5 -mfr OFF 50");
    assert_eq!(ran.code, Some(0));
    let expected = [
        "aerender version 24.6x2",
        "PROGRESS: Launching After Effects...",
        "PROGRESS: Adding specified comp to Render Queue",
        "PROGRESS:  5/7/2024 6:22:38 PM: Starting composition \"Main\".",
        "PROGRESS:  Render Settings: Best Settings",
        "PROGRESS:  Size: 80 x 40",
        "PROGRESS:  ",
        "PROGRESS:  Start: 0:00:00:03",
        "PROGRESS:  End: 0:00:00:05",
        "PROGRESS:  Duration: 0:00:00:03",
        "PROGRESS:  Frame Rate: 25.00 (comp)",
        "PROGRESS:  ",
        "PROGRESS:  Output To: out/f_[#####].png",
        "PROGRESS:  0:00:00:03 (1): 0 Seconds",
        "PROGRESS:  0:00:00:04 (2): 0 Seconds",
        "PROGRESS:  0:00:00:05 (3): 0 Seconds",
        "PROGRESS:  5/7/2024 6:22:38 PM: Finished composition \"Main\".",
        "PROGRESS:  Total Time Elapsed: 0 Seconds",
        "",
    ];
    assert_eq!(ran.text(), expected.join("\r\n"));
}

#[test]
fn languages_have_their_words_and_bytes() {
    let said = |locale: &str, more: &str| {
        let stage = Stage::new(&format!("[installation]\nlocale = '{locale}'\n{more}"), PROJECT);
        let ran = stage.render("");
        assert_eq!(ran.code, Some(0), "{locale}");
        assert_eq!(stage.files().len(), 10, "{locale}");
        ran
    };
    let german = said("de_DE", "");
    assert!(german.says("Dauer: 0:00:00:10") && german.says("Anfang: 0:00:00:00"));
    assert!(german.says("25,00 (Komp.)") && german.says("Komposition \"Main\". beendet"));
    assert!(said("fr_FR", "").says("fin de la composition"));
    // Code page 850: c with cedilla and a with tilde are one byte each.
    let portuguese = said("pt_BR", "").bytes;
    assert!(portuguese.windows(12).any(|bytes| bytes == b"composi\x87\xc6o \""));
    let mac = said("pt_BR", "platform = 'macos'\n");
    assert!(mac.says("iniciando composição “Main”.") && !mac.says("\r"));
    assert!(SHIFT_JIS.decode(&said("ja_JP", "").bytes).0.contains("(10): 0 秒"));
    assert!(EUC_KR.decode(&said("ko_KR", "").bytes).0.contains("(10): 0 초"));
    assert!(said("fr_FR", "encoding = 'mojibake'\n").says("DurÃ©e"));
}

#[test]
fn on_a_mac_aerenders_own_lines_come_last() {
    let stage = Stage::new("[installation]\nplatform = 'macos'\nversion = '16.1.3x5'\n", PROJECT);
    let text = stage.render("").text();
    let tail = "PROGRESS:  Total Time Elapsed: 0 Seconds\naerender version 16.1.3x5\nPROGRESS: Launching After \
                Effects...\nPROGRESS: ...After Effects successfully launched\n";
    assert!(text.ends_with(tail), "{text}");
    let never = Stage::new("[installation]\nversion_line = 'never'\n", PROJECT);
    assert!(!never.render("").says("aerender version"));
}

#[test]
fn old_versions_do_not_say_that_they_launch_and_list_fonts_one_by_one() {
    let project = format!("{PROJECT}font = 'Bebas-Regular'\n");
    let story = "[installation]\nversion = '13.5x347'\nfonts = []\n";
    let ran = Stage::new(story, &project).render("");
    assert!(ran.says("aerender version 13.5x347\r\n") && !ran.says("Launching"));
    assert!(ran.says("dependencies are missing:}Text Layer: Font family: Bebas, Font style: Regular"));
    assert!(ran.says("Finished composition \"Main\"\r\n"));
    let new = Stage::new("[installation]\nfonts = ['Other']\n", &project).render("");
    assert!(new.says("WARNING:After Effects warning: Project has missing fonts."));
    assert_eq!(new.code, Some(0));
}

#[test]
fn the_render_log_has_no_prefixes() {
    let story = format!("[installation]\nformat = 'ae_log'\nplatform = 'macos'\n{CLOCK}");
    let ran = Stage::new(&story, PROJECT).render("-e 1");
    assert!(ran.says("  render log for project p.aep\n\n  5/7/2024"));
    assert!(ran.says("  0:00:00:01 (2): 0 Seconds\n"));
    assert!(ran.says(
        "  5/7/2024 6:22:38 PM: Finished composition “Main”.\n\n  **Total Time Elapsed: 0 Seconds\n\n"
    ));
    assert!(ran.says("Log closed on 5/7/2024 6:22:38 PM\n"));
    assert_eq!(ran.lines("PROGRESS:  "), [""; 0]);
}

#[test]
fn times_are_shown_as_the_composition_counts() {
    let project = |keys: &str| format!("[[composition]]\nname = 'Main'\nframes = 5000\n{keys}\n");
    let said = |installation: &str, keys: &str, frames: &str| {
        let stage = Stage::new(&format!("[installation]\nmfr = 1\n{installation}"), &project(keys));
        let ran = stage.render(frames);
        (ran.lines("Seconds").into_iter().next().unwrap(), ran)
    };
    let (line, ran) = said("", "rate = 29.97\ndrop = true", "-s 1800 -e 1800");
    assert_eq!(line, "PROGRESS:  0;01;00;02 (1): 0 Seconds");
    assert!(ran.says("Start: 0;01;00;02") && ran.says("Frame Rate: 29.97 (comp)"));
    // The display starts with 1000: -s is a display number, and so is the file's.
    let (line, _) = said("ordinal = 'composition'\n", "start = 1000", "-s 1003 -e 1003");
    assert_eq!(line, "PROGRESS:  0:00:40:03 (4): 0 Seconds");
    assert_eq!(said("time_display = 'frames'\n", "", "-s 7 -e 7").0, "PROGRESS:  00007 (1): 0 Seconds");
    assert_eq!(said("time_display = 'feet'\n", "", "-s 33 -e 33").0, "PROGRESS:  0002+01 (1): 0 Seconds");
    let (_, ran) = said("duration_count = true\nrepeat_lines = true\n", "fields = true", "-s 2 -e 3");
    assert_eq!(ran.ordinals(), ["1U", "1U", "1L", "1L", "2U", "2U", "2L", "2L"]);
    assert!(ran.says("Duration: 0:00:00:02 (2)"));
}

#[test]
fn with_several_frames_at_once_lines_come_out_of_order() {
    let stage = Stage::new("", PROJECT);
    assert_eq!(stage.render("-mfr ON 80").ordinals(), ["2", "1", "4", "3", "6", "5", "8", "7", "10", "9"]);
    let one_by_one: Vec<String> = (1..=10).map(|ordinal| ordinal.to_string()).collect();
    assert_eq!(stage.render("-mfr OFF 80").ordinals(), one_by_one);
}

#[test]
fn noise_and_pieces_change_nothing_that_counts() {
    let noisy = Stage::new("[installation]\nnoise = true\npieces = 7\n", PROJECT).render("");
    assert_eq!(noisy.code, Some(0));
    assert_eq!(noisy.lines("LoadLibrary \"n\" failed!").len(), 2);
    assert!(noisy.says("asio async_connect error"));
    assert_eq!(noisy.ordinals().len(), 10);
}

#[test]
fn a_marker_file_makes_it_english_and_another_gives_a_seat() {
    let stage = Stage::new("[installation]\nlocale = 'de_DE'\nneeds_seat = true\ndocuments = '.'\n", PROJECT);
    let refused = stage.render("");
    assert!(refused.says("Invalid Serial Number"));
    assert_eq!((refused.code, stage.files().len()), (Some(1), 0));
    stage.write("ae_render_only_node.txt", "");
    assert!(stage.render("").says("Dauer:"));
    stage.write("ae_force_english.txt", "");
    assert!(stage.render("").says("Duration:"));
    assert!(stage.read("standin.starts").lines().last().unwrap().contains("ae_force_english.txt"));
}

#[test]
fn errors_only_leaves_out_progress_and_warnings() {
    let ran =
        Stage::new("[installation]\nfonts = []\n", &format!("{PROJECT}font = 'A'\n")).render("-v ERRORS");
    assert_eq!(ran.code, Some(0));
    assert!(!ran.says("PROGRESS:  ") && !ran.says("WARNING"));
}
