//! Movies: a container that can be counted, and what is left when it was never finished.

use std::fs;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::stage::{Live, PROJECT, Stage};

const MOVIE: &str = "-project p.aep -comp Main -output out/m.mov -mfr OFF 50";

/// The sizes of a movie's samples, found by walking its boxes; none without a finished container.
fn samples(bytes: &[u8]) -> Option<Vec<u32>> {
    let number = |bytes: &[u8], at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let find = |within: &'_ [u8], kind: &[u8; 4]| {
        let mut at = 0;
        loop {
            let size = number(within, at)?;
            let (size, head) = match size {
                1 => (u64::from_be_bytes(within.get(at + 8..at + 16)?.try_into().ok()?), 16),
                size => (size.into(), 8),
            };
            let end = at + usize::try_from(size).ok().filter(|size| *size >= head)?;
            if within.get(at + 4..at + 8)? == kind {
                return Some(within.get(at + head..end)?.to_vec());
            }
            at = end;
        }
    };
    let mut within = bytes.to_vec();
    for kind in [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz"] {
        within = find(&within, kind)?;
    }
    let count = number(&within, 8)?;
    (0..count).map(|nth| number(&within, 12 + nth as usize * 4)).collect()
}

fn count(stage: &Stage) -> Option<usize> {
    samples(&fs::read(stage.path("out/m.mov")).unwrap()).map(|sizes| sizes.len())
}

#[test]
fn a_movie_has_a_sample_for_each_frame() {
    let stage = Stage::new("", &PROJECT.replace("frames = 10", "frames = 10\nrate = 29.97"));
    assert_eq!(stage.aerender(MOVIE).code, Some(0));
    assert_eq!(count(&stage), Some(10));
    let mut probe = Command::new("ffprobe");
    probe.args(["-v", "error", "-count_frames", "-of", "csv=p=0", "-show_entries"]);
    probe
        .arg("stream=codec_name,width,height,r_frame_rate,nb_frames,nb_read_frames")
        .arg(stage.path("out/m.mov"));
    match probe.output() {
        Ok(output) => {
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "png,80,40,30000/1001,10,10");
        }
        Err(error) => eprintln!("skipped: ffprobe did not read the movie: {error}"),
    }
}

#[test]
fn a_movie_module_writes_a_movie_under_any_name() {
    let stage = Stage::new("", PROJECT);
    let words = "-project p.aep -comp Main -OMtemplate Lossless -output out/m_[###].mp4 -s 0 -e 3";
    assert_eq!(stage.aerender(words).code, Some(0));
    assert_eq!(stage.files(), ["m_.mp4"]);
    assert_eq!(samples(&fs::read(stage.path("out/m_.mp4")).unwrap()).unwrap().len(), 4);
}

#[test]
fn a_killed_render_leaves_a_movie_that_is_none() {
    let stage = Stage::new("[[run]]\nhang = { at = 6 }\n", PROJECT);
    let mut live: Live = stage.start("aerender", MOVIE);
    live.until("(6)");
    live.signal_all(Signal::SIGKILL);
    assert_eq!(live.finish().code, None);
    assert_eq!(count(&stage), None);
    assert!(fs::metadata(stage.path("out/m.mov")).unwrap().len() > 1000, "frames are in it as they come");
}

#[test]
fn a_crash_may_leave_a_movie_that_plays_and_is_short() {
    let stage = Stage::new("[[run]]\ncrash = { at = 6, movie = 'short' }\n", PROJECT);
    assert_eq!(stage.aerender(MOVIE).code, Some(1));
    assert_eq!(count(&stage), Some(6));
}

#[test]
fn a_movie_may_be_short_or_empty_with_exit_0() {
    let short = Stage::new("[[run]]\nspoil = { how = 'truncated', frames = '3-5' }\n", PROJECT);
    assert!(short.aerender(MOVIE).says("Finished"));
    assert_eq!(count(&short), Some(7));
    let empty = Stage::new("[[run]]\nspoil = { how = 'empty' }\n", PROJECT);
    assert_eq!(empty.aerender(MOVIE).code, Some(0));
    assert_eq!(fs::metadata(empty.path("out/m.mov")).unwrap().len(), 0);
}

#[test]
fn a_module_without_frame_lines_says_none() {
    let story = "[installation.output_modules]\nquiet = { format = 'movie', frame_lines = false }\n";
    let stage = Stage::new(story, PROJECT);
    let ran = stage.aerender(&format!("{MOVIE} -OMtemplate quiet"));
    assert!(ran.says("Finished") && ran.ordinals().is_empty());
    assert_eq!(count(&stage), Some(10));
}

#[test]
fn a_sound_is_as_long_as_what_is_rendered() {
    let stage = Stage::new("", PROJECT);
    assert_eq!(stage.aerender("-project p.aep -comp Main -s 2 -e 6 -output out/s.wav").code, Some(0));
    assert_eq!(stage.files(), ["s.wav"]);
    let bytes = fs::read(stage.path("out/s.wav")).unwrap();
    // Five frames of 25 a second, 8000 samples of two bytes.
    assert_eq!(bytes.len(), 44 + 8000 / 5 * 2);
    assert_eq!((&bytes[..4], &bytes[8..16]), (b"RIFF".as_slice(), b"WAVEfmt ".as_slice()));
}
