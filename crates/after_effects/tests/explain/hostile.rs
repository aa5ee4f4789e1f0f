//! Whatever bytes come, in whatever pieces: no panic, the same facts, and no line of noise changes anything.

use callsheet_after_effects::explain::{Explainer, Explanation, explain};
use callsheet_after_effects::log::LogReader;
use callsheet_after_effects::verdict::{How, Order};
use callsheet_model::{FrameSet, RunPhase};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{Index, select};

/// Pieces of what After Effects writes, and of what breaks those who read it.
const PIECES: [&str; 52] = [
    "PROGRESS:",
    "PROGRESS:  ",
    "aerender ",
    "aerender version 24.6x1",
    "aerender ERROR",
    "aerender ERROR: ",
    "aerender Error: After Effects error: ",
    "WARNING:After Effects warning: ",
    "INFO:",
    "After Effects エラー: ",
    "logged one error  error: ",
    "Unable to Render: File Not Found ",
    "0:00:00:05",
    "0;01;00;02",
    "-0:00:00:01",
    "99999999:99:99:99",
    "0012+15",
    "999999999999",
    " (6): 0 Seconds",
    " (12U): 0 Seconds",
    " (12L): 0 Seconds",
    " (999999999):",
    "Start: ",
    "End: ",
    "Duration: ",
    "Frame Rate: ",
    "23.976 (comp)",
    "0.0001",
    "Dauer: ",
    "デュレーション: ",
    "5/7/2018 6:22:38 PM: ",
    "  15/03/2022 19:28:47 GMT+2: ",
    "Starting composition ",
    "Finished composition ",
    "“Größe”.",
    "\"a\"",
    "Total Time Elapsed: 99999999 Hr",
    "**",
    "Log closed on",
    "Adobe After Effects v22.0 Windows 64 render log for project “x.aep”",
    "[STDOUT] ",
    "STDOUT: ",
    "\u{1b}[31m",
    "\u{1b}[",
    "\u{feff}",
    "\u{0}",
    "\r",
    "\n",
    "\r\n",
    "  ",
    ":",
    "Font family: X, Font style: Y",
];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
        1 => any::<u32>().prop_map(|number| number.to_string().into_bytes()),
    ];
    prop_oneof![
        4 => prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..400),
    ]
}

/// A log that has everything: a version, a header, frames, warnings, errors and an end.
const WHOLE: [&str; 14] = [
    "aerender version 24.6.1x50",
    "PROGRESS: Launching After Effects...",
    "WARNING:After Effects warning: Project has missing fonts.",
    "PROGRESS: Adding specified comp to Render Queue",
    "PROGRESS:  7/5/2024 6:22:38 PM: Starting composition \"Main\".",
    "PROGRESS:  Start: 0:00:01:00",
    "PROGRESS:  End: 0:00:01:03",
    "PROGRESS:  Duration: 0:00:00:04",
    "PROGRESS:  Frame Rate: 24.00 (comp)",
    "PROGRESS:  0:00:01:00 (1): 0 Seconds",
    "PROGRESS:  0:00:01:02 (3): 1 Seconds",
    "PROGRESS:  0:00:01:01 (2): 0 Seconds",
    "PROGRESS:  0:00:01:03 (4): 0 Seconds",
    "PROGRESS:  7/5/2024 6:22:40 PM: Finished composition \"Main\".",
];

/// Lines that say error and mean nothing.
const NOISE: [&str; 16] = [
    "LoadLibrary \"n\" failed!",
    "[ERROR] NVAPI error (D:\\build\\driver.cpp:12):",
    "2021-06-01 09:10:11:123 : ERROR *** IVCAutoReleasePool: Object of class vcfoundation::Data autoreleased",
    "2021-06-01 09:10:11 : ERROR something of a library",
    "2022-03-15 19:28:47.123 aerendercore[812:9123] Error Domain=NSCocoaErrorDomain Code=260",
    "*** GPU Warning: GPU1 failed (previous) sanity test ***",
    "Unable to read VR Path Registry from C:\\Users\\x\\openvrpaths.vrpath",
    "GL_VERS: 32Prog Error: 1280",
    "asio async_connect error: No connection could be made",
    "[0715/123456.789:ERROR:gpu_process_host.cc(967)] GPU process exited unexpectedly",
    "objc[812]: Class X is implemented in both /a and /b. One of the two will be used.",
    "Using DXGI: Device: \"Some Card\" has dedicated video RAM (MB): 6052",
    "WARNING: XMP metadata could not be written to the output file",
    "    VendorId                                : 4318",
    "",
    "        \t ",
];

/// What must not change, whatever lies between the lines.
fn sense(explanation: &Explanation) -> String {
    let mut plain = explanation.clone();
    plain.lines = 0;
    plain.evidence.clear();
    plain.warnings.iter_mut().for_each(|warning| warning.line = 0);
    plain.errors.iter_mut().for_each(|error| error.line = 0);
    serde_json::to_string(&plain).unwrap()
}

proptest! {
    #[test]
    fn no_bytes_are_too_much(bytes in bytes(), code in any::<i32>(), frames in prop::option::of((-50..50_i32, 0..200_i32))) {
        let frames = frames.map(|(first, more)| FrameSet::range(first, first + more));
        for how in [How::Untold, How::Unknown, How::Code(code), How::Signal(code), How::Killed(RunPhase::Frames)] {
            let mut explainer = Explainer::new(Order { frames: frames.clone(), ..Order::default() });
            explainer.feed(&bytes);
            let explanation = explainer.explain(how);
            prop_assert!(!explanation.to_string().is_empty());
            prop_assert!(serde_json::to_string(&explanation).is_ok());
            prop_assert_eq!(explanation.outcome == "failed", explanation.failure.is_some());
        }
    }

    #[test]
    fn pieces_make_no_difference(bytes in bytes(), cuts in prop::collection::vec(any::<Index>(), 0..8)) {
        let mut whole = LogReader::new();
        let mut facts = whole.feed(&bytes);
        facts.extend(whole.finish());
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut split = LogReader::new();
        let mut same: Vec<_> = cuts.windows(2).flat_map(|pair| split.feed(&bytes[pair[0]..pair[1]])).collect();
        same.extend(split.finish());
        prop_assert_eq!(facts, same);
    }

    #[test]
    fn phases_never_go_back(bytes in bytes()) {
        let mut reader = LogReader::new();
        let facts = reader.feed(&bytes);
        let phases: Vec<RunPhase> = facts.iter().filter_map(|fact| match fact {
            callsheet_after_effects::log::LogFact::Phase(phase) => Some(*phase),
            _ => None,
        }).collect();
        prop_assert!(phases.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", phases);
    }

    #[test]
    fn noise_anywhere_changes_nothing(places in prop::collection::vec((any::<Index>(), select(NOISE.to_vec())), 0..20), cut in 1..=WHOLE.len()) {
        let log = &WHOLE[..cut];
        let clean = explain(log.join("\n").as_bytes(), None);
        let mut noisy: Vec<&str> = log.to_vec();
        for (place, line) in &places {
            noisy.insert(place.index(noisy.len() + 1), line);
        }
        prop_assert_eq!(sense(&clean), sense(&explain(noisy.join("\n").as_bytes(), None)), "{:?}", noisy);
    }
}

#[test]
fn what_never_ends_does_not_fill_the_memory() {
    let mut reader = LogReader::new();
    let piece = vec![b'x'; 1 << 20];
    assert!((0..64).all(|_| reader.feed(&piece).is_empty()));
    let facts = reader.feed(b"\naerender ERROR: No comp was found with the given name.\n");
    assert_eq!(facts.len(), 1, "{facts:?}");
}

#[test]
fn a_headerless_flood_of_frames_is_kept_in_little() {
    let mut reader = LogReader::new();
    for nth in 0..300_000_u32 {
        let (s, f) = (nth / 25, nth % 25);
        let line = format!(
            "PROGRESS:  {}:{:02}:{:02}:{f:02} ({}): 0 Seconds",
            s / 3600,
            s / 60 % 60,
            s % 60,
            nth + 1
        );
        reader.line(&line);
    }
    reader.finish();
    let (frames, _) = reader.compositions().next().unwrap().frames(None);
    assert_eq!(frames, FrameSet::range(0, 299_999));
}
