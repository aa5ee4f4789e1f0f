//! The shapes of lines: frame lines, header lines, lines with a clock before them, and what other programs put
//! before a line when they pass it on.
//!
//! It refuses to know any language.

use super::numbers::Field;
use super::stamp::{Stamp, number};
use super::text::skeleton;

/// A line that says that a frame, or one field of it, is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameLine {
    pub(super) stamp: Stamp,
    pub(super) ordinal: u32,
    pub(super) field: Option<Field>,
}

/// `0:00:03:18 (199): 0 Seconds`, `0;00;00;05 (12U): 1 Seconds`, `120 (121): 0 Seconds`.
pub(super) fn frame_line(text: &str) -> Option<FrameLine> {
    let (stamp, rest) = Stamp::read(text.trim_start())?;
    let rest = rest.strip_prefix(' ')?.trim_start().strip_prefix('(')?;
    let (ordinal, rest) = number(rest, 9)?;
    let (field, rest) = match rest.strip_prefix(['U', 'u']) {
        Some(rest) => (Some(Field::Upper), rest),
        None => match rest.strip_prefix(['L', 'l']) {
            Some(rest) => (Some(Field::Lower), rest),
            None => (None, rest),
        },
    };
    // French has a hard space before its colon, which not every encoding brings through.
    let rest = rest.strip_prefix(')')?.trim_start_matches(|c: char| c.is_whitespace() || !c.is_ascii());
    // A log may end right here; a name of a composition that is a number goes on otherwise.
    let is_time = matches!(stamp, Stamp::Time { .. });
    (rest.starts_with(':') || (is_time && rest.is_empty())).then_some(FrameLine { stamp, ordinal, field })
}

/// A label and its value: `Frame Rate: 25,00 (comp)`.
pub(super) fn labelled(text: &str) -> Option<(&str, &str)> {
    let (label, value) = text.split_once(':')?;
    let is_label =
        !label.trim().is_empty() && label.chars().count() <= 40 && !label.contains(['"', '“', '\\', '/']);
    is_label.then(|| (label.trim(), value.trim()))
}

/// The text after a date and a time, if a line begins with both.
pub(super) fn after_clock(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let rest = date(text)?;
    let time = time(rest)?;
    // `PM`, `GMT+2`, `EDT`, in any script: then the colon.
    let at = time.find(": ").or_else(|| time.ends_with(':').then(|| time.len() - 1))?;
    let zone = time.get(..at)?;
    let is_zone = zone.chars().count() <= 16 && !zone.contains(['"', '“', '\\', '/']);
    is_zone.then(|| time.get(at + 1..).unwrap_or_default().trim_start())
}

/// Three numbers with marks between them; in Korea with spaces, too.
fn date(text: &str) -> Option<&str> {
    let (_, mut rest) = number(text, 4)?;
    for _ in 0..2 {
        rest = rest.strip_prefix(['/', '.', '-', '年', '月'])?.trim_start();
        (_, rest) = number(rest, 4)?;
    }
    Some(rest.trim_start_matches(['.', ',', '日']))
}

/// Two or three numbers with marks between them, after a word at most.
fn time(text: &str) -> Option<&str> {
    let at = text.find(|c: char| c.is_ascii_digit()).filter(|at| *at > 0)?;
    if text.get(..at)?.chars().count() > 12 {
        return None;
    }
    let (_, rest) = number(text.get(at..)?, 2)?;
    let (_, rest) = number(rest.strip_prefix([':', '.'])?, 2)?;
    match rest.strip_prefix([':', '.']).and_then(|rest| number(rest, 2)) {
        Some((_, rest)) => Some(rest),
        None => Some(rest),
    }
}

/// Parts of a line that stand two spaces or more from one another: some programs join lines so.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split("  ").map(str::trim).filter(|part| !part.is_empty())
}

/// What lines of After Effects begin with, in the middle of lines that another program wrote.
const BEGINNINGS: [&str; 8] = [
    "PROGRESS:",
    "aerender version ",
    "aerender ERROR",
    "aerender Error",
    "aerender SYNTAX ERROR",
    "WARNING:After Effects",
    "INFO:This project",
    "INFO:After Effects",
];

/// The line without the time and the words that a farm or a script put before it.
pub(super) fn unwrapped(text: &str) -> &str {
    // A farm may run a script that puts times before its lines, too.
    unwrapped_once(unwrapped_once(text))
}

fn unwrapped_once(text: &str) -> &str {
    const MARKS: [&str; 3] = ["STDOUT:", "[STDOUT]", "STDOUT]:"];
    if BEGINNINGS.iter().any(|word| text.trim_start().starts_with(word)) {
        return text;
    }
    let marks = MARKS.iter().filter_map(|mark| text.find(mark).map(|at| (at, at + mark.len())));
    let begins = BEGINNINGS.iter().filter_map(|word| text.find(word).map(|at| (at, at)));
    let Some((at, from)) = marks.chain(begins).min() else { return text };
    if at > 0 && !text.get(..at).is_some_and(is_wrapping) {
        return text;
    }
    let rest = text.get(from..).unwrap_or(text);
    // One space belongs to the mark; the others are After Effects' own.
    if from > at { rest.strip_prefix(' ').unwrap_or(rest) } else { rest }
}

/// Times, names of tasks, `Error:`; nothing that After Effects says itself.
fn is_wrapping(text: &str) -> bool {
    let bones = skeleton(text);
    let allowed = |c: char| c.is_ascii_alphanumeric() || " []():.,;/|>-+_#@=".contains(c);
    let first = bones.chars().next().unwrap_or(' ');
    bones.len() <= 100
        && bones.chars().all(allowed)
        && !bones.contains("composition")
        && (first.is_ascii_alphanumeric() || first == '[' || first == '>')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Option<(String, u32, Option<Field>)> {
        frame_line(text).map(|line| (line.stamp.to_string(), line.ordinal, line.field))
    }

    #[test]
    fn frame_lines_have_a_position_before_their_number() {
        assert_eq!(line("  0:00:03:18 (199): 0 Seconds"), Some(("0:00:03:18".into(), 199, None)));
        assert_eq!(line("0;00;00;05 (12U): 1 Seconds"), Some(("0;00;00;05".into(), 12, Some(Field::Upper))));
        assert_eq!(line("0:00:00:05 (12L)"), Some(("0:00:00:05".into(), 12, Some(Field::Lower))));
        assert_eq!(line("120 (121) : 0 secondes"), Some(("120".into(), 121, None)));
        assert_eq!(line("0007+08 (121): 0 Seconds"), Some(("0007+08".into(), 121, None)));
        for text in [
            "00003 (30p)",
            "12 (30).",
            "Duration: 0:00:02:01 (49)",
            "(49): 0",
            "24.00 (comp)",
            "0:00:00:05 (6",
            "0:00:00:05",
        ] {
            assert_eq!(line(text), None, "{text}");
        }
    }

    #[test]
    fn clocks_of_many_countries_are_taken_off() {
        for clock in [
            "5/7/2018 6:22:38 PM",
            "15/03/2022 19:28:47 GMT+2",
            "19.05.2022 15:23:11",
            "4/7/19 3:01:44 AM EDT",
            "2024/1/25 13:58:30",
            "2022-03-15, 19:28:47",
            "2022. 3. 15. 오후 7:28:47",
            "2022/03/15 上午 7:28:47",
            "15.03.22 19.28.47",
        ] {
            assert_eq!(
                after_clock(&format!("  {clock}: Finished \"a: b\".")),
                Some("Finished \"a: b\"."),
                "{clock}"
            );
        }
        for text in ["Start: 0:00:00:00", "0:00:00:05 (6): 0 Seconds", "1/2/3", "C:\\1/2/3 4:5"] {
            assert_eq!(after_clock(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_farm_puts_before_a_line_is_taken_off() {
        for before in [
            "2024-08-01 13:17:02:  0: STDOUT: ",
            "[12:54:09.691]: ",
            "2026/02/03 15:57:28-08:00 [STDOUT] ",
            "Error: ",
            "render-node-3  | ",
            "Jun 12 16:05:01 node-3 aerender[812]: ",
        ] {
            for text in
                ["PROGRESS:  0:00:00:05 (6): 0 Seconds", "aerender version 17.6x46", "aerender ERROR: No."]
            {
                assert_eq!(unwrapped(&format!("{before}{text}")), text, "{before}");
            }
        }
        assert_eq!(unwrapped("[STDOUT]   0:00:00:05 (6): 0 Seconds"), "  0:00:00:05 (6): 0 Seconds");
        for text in [
            "  5/7/2018 6:22:38 PM: Finished composition PROGRESS: aerender ERROR: x.",
            "PROGRESS:  Output To: C:\\aerender ERROR\\x.mov",
            "WARNING:After Effects warning: PROGRESS: x",
        ] {
            assert_eq!(unwrapped(text), text);
        }
    }
}
