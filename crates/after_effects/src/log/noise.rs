//! Noise that no fixed words tell: what other programs log in the middle of After Effects' output.
//!
//! It refuses to know messages: the catalogue does.

use super::text::Line;

/// After Effects could not save a copy of a project that is thrown away. A folder of that name is none.
pub(super) fn is_auto_save(line: &Line<'_>) -> bool {
    let at = line.bones.find("auto-save").or_else(|| line.bones.find("autosave"));
    at.is_some_and(|at| !line.bones.get(..at).unwrap_or_default().contains(['/', '\\']))
}

/// Lines of Adobe's, Apple's and Chromium's own loggers: they say ERROR of things that hurt no render.
pub(super) fn is_logger(line: &Line<'_>) -> bool {
    let bones = line.bones.trim_start();
    let dated = bones.get(..10).is_some_and(|date| {
        date.bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
    });
    let levels = [": info ", ": error ", ": warn", ": debug ", ": fatal ", "error ***"];
    let adobe = dated && levels.iter().any(|level| bones.contains(level));
    // `2022-03-15 19:28:47.123 aerendercore[812:9123] ...`
    let apple = dated && bones.split_once('[').is_some_and(|(_, rest)| is_process(rest));
    let chromium = bones.starts_with('[')
        && bones.split_once(']').is_some_and(|(head, _)| {
            [":error:", ":warning:", ":info:"].iter().any(|level| head.contains(level))
        });
    adobe || apple || chromium || bones.starts_with("objc[")
}

fn is_process(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once(']') else { return false };
    inside.contains(':')
        && inside.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'x')
}
