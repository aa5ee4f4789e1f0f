//! What stands before a message, in any language, and what a message without a row in the catalogue is.
//!
//! | before it | unless the catalogue knows better |
//! |---|---|
//! | `aerender SYNTAX ERROR:`, `aerender USAGE:` | the call was wrong: `job_fatal` |
//! | `aerender ERROR -1701:` | the Mac would not connect them: `node_config` |
//! | `aerender ReferenceError:` | a script failed: `job_fatal` |
//! | `aerender ERROR` and no colon | the socket's own words, in the system's language: After Effects died |
//! | `aerender Error:`, `After Effects error:`, `FATAL:`, `PROBLEM:` | something failed: `crash`, vaguely |
//! | `WARNING:` with a word for error in it | errors were logged: `crash`, vaguely |
//! | `WARNING:` | a warning |
//!
//! It refuses to look at lines that report progress.

use callsheet_model::FailureClass;

use super::catalogue::{Means, find};
use super::fact::{LogFact, WarningKind};
use super::noise::{is_auto_save, is_logger};
use super::text::{Line, cut, skeleton, strip_prefix};

/// What stands before a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anchor {
    Usage,
    Syntax,
    AppleEvent,
    Script,
    Died,
    Error,
    Warning,
    Info,
}

/// Longest message in a fact, in bytes.
const MAX_TEXT_BYTES: usize = 400;
/// Words for "error", in lower case, as far as their letters are ASCII; then those of other scripts.
const ERROR_WORDS: [&str; 5] = ["error", "fehler", "erreur", "erro ", "errore"];
const WIDE_ERROR_WORDS: [&str; 5] = ["エラー", "错误", "錯誤", "오류", "шибк"];
/// What the program's name and "warning" are together, where `WARNING:` does not stand before them.
const WARNINGS: [&str; 5] = [
    "after effects warning:",
    "after effects warnung",
    "aviso do after effects",
    "advertencia de after effects",
    "avviso di after effects",
];
/// The same with "error", and what JavaScript may put before it.
const ERRORS: [&str; 6] = [
    "after effects error:",
    "after effects fehler",
    "after effects-fehler",
    "erro do after effects",
    "error de after effects",
    "errore di after effects",
];
const WIDE_ERRORS: [&str; 5] = [
    "After Effects エラー",
    "After Effects 错误",
    "After Effects 錯誤",
    "After Effects 오류",
    "шибка After Effects",
];

/// The fact of a line that is a message; `continued` when the line before announced it.
pub(super) fn message(line: &Line<'_>, continued: bool) -> Option<LogFact> {
    let anchored = anchor(line);
    let Some((anchor, text)) = anchored else {
        return if continued { continuation(line) } else { plain(line) };
    };
    let row = find(line, true);
    let text = cut(text.trim(), MAX_TEXT_BYTES).to_owned();
    let soft = matches!(anchor, Anchor::Warning | Anchor::Info);
    let harmful = !soft || speaks_of_error(&text);
    match row.map(|row| (row, row.means)) {
        Some((_, Means::Noise)) => return Some(LogFact::Noise),
        Some((_, Means::Warning(kind))) => return Some(LogFact::Warning { kind, text }),
        // In a message that is known for one it is more than a hint.
        Some((row, Means::Hint(class))) if harmful => {
            return Some(LogFact::Error { class, vague: false, text, meaning: row.meaning });
        }
        Some((row, Means::Hint(class))) => return Some(hint(class, row.meaning, text)),
        // General words in a warning are no failure: After Effects went on.
        Some((row, Means::Error { class, vague })) if harmful || find(line, false).is_some() => {
            return Some(LogFact::Error { class, vague, text, meaning: row.meaning });
        }
        _ => {}
    }
    if is_auto_save(line) {
        return Some(LogFact::Noise);
    }
    let error = |class, vague, meaning| Some(LogFact::Error { class, vague, text: text.clone(), meaning });
    match anchor {
        Anchor::Usage | Anchor::Syntax => {
            error(FailureClass::JobFatal, false, "aerender was called in a way that it does not understand")
        }
        Anchor::AppleEvent => error(
            FailureClass::NodeConfig,
            false,
            "After Effects could not be reached on this Mac: permissions are missing, or it does not start",
        ),
        Anchor::Script => error(FailureClass::JobFatal, false, "a script failed"),
        Anchor::Died => error(FailureClass::Crash, false, "After Effects died while aerender talked to it"),
        Anchor::Error => error(FailureClass::Crash, true, "After Effects failed"),
        Anchor::Warning if harmful => error(
            FailureClass::Crash,
            true,
            "After Effects logged errors and went on: frames may be missing or wrong",
        ),
        Anchor::Warning => Some(LogFact::Warning { kind: WarningKind::Other, text }),
        Anchor::Info => None,
    }
}

/// Whether a line is a message by what stands before it.
pub(super) fn is_anchored(line: &Line<'_>) -> bool {
    anchor(line).is_some()
}

/// A line after one that says only that something failed: it says what.
fn continuation(line: &Line<'_>) -> Option<LogFact> {
    let text = cut(line.text.trim(), MAX_TEXT_BYTES).to_owned();
    let script = script_error(line.text.trim()).is_some();
    match find(line, true).map(|row| (row, row.means)) {
        Some((_, Means::Noise)) => Some(LogFact::Noise),
        Some((_, Means::Warning(kind))) => Some(LogFact::Warning { kind, text }),
        Some((row, Means::Error { class, vague })) => {
            Some(LogFact::Error { class, vague, text, meaning: row.meaning })
        }
        Some((row, Means::Hint(class))) => Some(hint(class, row.meaning, text)),
        None if script => Some(LogFact::Error {
            class: FailureClass::JobFatal,
            vague: false,
            text,
            meaning: "a script failed",
        }),
        None => None,
    }
}

/// A line that nothing announces: only what cannot be the name of something counts.
fn plain(line: &Line<'_>) -> Option<LogFact> {
    if is_logger(line) || is_auto_save(line) {
        return Some(LogFact::Noise);
    }
    let text = || cut(line.text.trim(), MAX_TEXT_BYTES).to_owned();
    let row = find(line, false)?;
    Some(match row.means {
        Means::Noise => LogFact::Noise,
        Means::Warning(kind) => LogFact::Warning { kind, text: text() },
        Means::Error { class, vague } => LogFact::Error { class, vague, text: text(), meaning: row.meaning },
        Means::Hint(class) => hint(class, row.meaning, text()),
    })
}

fn hint(class: FailureClass, meaning: &'static str, text: String) -> LogFact {
    LogFact::Warning { kind: WarningKind::Hint { class, meaning }, text }
}

/// What stands before a message, and the message.
fn anchor<'a>(line: &Line<'a>) -> Option<(Anchor, &'a str)> {
    let text = line.text.trim_start();
    if let Some(rest) = strip_prefix(text, "aerender ") {
        return aerender(rest.trim_start());
    }
    let severities = [
        ("WARNING:", Anchor::Warning),
        ("INFO:", Anchor::Info),
        ("PROBLEM:", Anchor::Error),
        ("FATAL:", Anchor::Error),
    ];
    for (word, anchor) in severities {
        if let Some(rest) = text.strip_prefix(word) {
            return Some((anchor, message_of(rest)));
        }
    }
    let bones = line.bones.trim_start();
    let bones = bones.strip_prefix("error: ").unwrap_or(bones);
    let wide = strip_prefix(text, "error:").unwrap_or(text).trim_start();
    if ERRORS.iter().any(|words| bones.starts_with(words)) || starts_wide(wide, &WIDE_ERRORS) {
        return Some((Anchor::Error, message_of(text)));
    }
    if WARNINGS.iter().any(|words| bones.starts_with(words)) || wide.starts_with("After Effects 警告") {
        return Some((Anchor::Warning, message_of(text)));
    }
    None
}

/// A Russian word may begin with a capital: its first letter is left out of the list.
fn starts_wide(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.find(word).is_some_and(|at| at <= 2))
}

/// What follows the program's own name.
fn aerender(rest: &str) -> Option<(Anchor, &str)> {
    let (head, message) = match rest.split_once(':') {
        // The colon of a message comes soon; later ones are part of a sentence.
        Some((head, message)) if head.len() <= 40 => (head.trim_end(), Some(message)),
        _ => (rest, None),
    };
    let bones = skeleton(head);
    let mut words = bones.split(' ');
    let (first, second) = (words.next().unwrap_or_default(), words.next());
    // A hard space before the colon may be left as a letter that was lost.
    let first = Some(first.trim_end_matches('~')).filter(|word| !word.is_empty()).unwrap_or(first);
    match (message, second) {
        (Some(message), None) if first == "usage" => Some((Anchor::Usage, message_of(message))),
        (Some(message), Some("error")) if first == "syntax" => Some((Anchor::Syntax, message_of(message))),
        (Some(_), Some(number)) if is_error_word(first, head) && is_number(number) => {
            Some((Anchor::AppleEvent, rest))
        }
        (Some(message), None) if is_error_word(first, head) => Some((Anchor::Error, message_of(message))),
        (Some(_), None) if script_error(rest).is_some() => Some((Anchor::Script, rest)),
        // No colon right after the word: what follows is the operating system's sentence.
        (_, Some(_)) if is_error_word(first, head) && !first.contains('.') => {
            let sentence = rest.split_once(' ').map_or(rest, |(_, sentence)| sentence);
            Some((Anchor::Died, sentence))
        }
        _ => None,
    }
}

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a word says "error", in any language that is known, or lost its letters on the way.
fn is_error_word(word: &str, text: &str) -> bool {
    ERROR_WORDS.iter().any(|known| known.trim_end() == word)
        || WIDE_ERROR_WORDS.iter().any(|known| text.contains(known))
        || (!word.is_empty() && word.chars().all(|c| c == '~'))
}

/// `ReferenceError: ...`, and what else JavaScript throws.
fn script_error(text: &str) -> Option<&str> {
    const KINDS: [&str; 6] = ["Reference", "Type", "Syntax", "Range", "Eval", "URI"];
    KINDS.iter().find_map(|kind| text.strip_prefix(kind)?.strip_prefix("Error:"))
}

/// The message, without the words that stand before each one: `Error: After Effects error: `.
fn message_of(text: &str) -> &str {
    let mut rest = text.trim_start();
    for _ in 0..3 {
        let Some((head, after)) = rest.split_once(':') else { break };
        let bones = skeleton(head);
        let intro = bones.contains("after effects") || is_error_word(bones.trim(), head);
        // A name of a file has a colon too, but not after these words alone.
        if !intro || head.chars().count() > 32 {
            break;
        }
        rest = after.trim_start();
    }
    if rest.is_empty() { text.trim() } else { rest }
}

/// Whether a warning is about errors that were logged, and not about one that something met and got over.
fn speaks_of_error(text: &str) -> bool {
    let bones = format!("{} ", skeleton(text));
    let english = ["logged", "error:", "errors"].iter().any(|word| bones.contains(word));
    english
        || ERROR_WORDS.iter().skip(1).any(|word| bones.contains(word))
        || WIDE_ERROR_WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use callsheet_model::FailureClass::{Crash, InputMissing, JobFatal, Licence, NodeConfig, OutputIo};

    use super::*;

    fn told(text: &str) -> Option<LogFact> {
        message(&Line::new(text), false)
    }

    fn class(text: &str) -> Option<(FailureClass, bool)> {
        match told(text)? {
            LogFact::Error { class, vague, .. } => Some((class, vague)),
            _ => None,
        }
    }

    #[test]
    fn every_anchor_has_its_default() {
        assert_eq!(class("aerender USAGE: "), Some((JobFatal, false)));
        assert_eq!(class("aerender SYNTAX ERROR: Odd."), Some((JobFatal, false)));
        assert_eq!(class("aerender ERROR -1712: odd at line 9"), Some((NodeConfig, false)));
        assert_eq!(class("aerender ReferenceError: x is undefined"), Some((JobFatal, false)));
        assert_eq!(class("aerender Error: After Effects error: Odd."), Some((Crash, true)));
        assert_eq!(class("aerender Fehler: Seltsam."), Some((Crash, true)));
        assert_eq!(class("aerender Erreur\u{fffd}: bizarre"), Some((Crash, true)));
        assert_eq!(class("Error: After Effects error: Odd."), Some((Crash, true)));
        assert_eq!(class("FATAL:Odd."), Some((Crash, true)));
        assert_eq!(class("WARNING:After Effects warning: 3 errors of a new kind"), Some((Crash, true)));
        assert!(matches!(told("WARNING:Odd."), Some(LogFact::Warning { kind: WarningKind::Other, .. })));
        assert_eq!(told("INFO:Odd."), None);
    }

    #[test]
    fn a_socket_s_sentence_has_no_colon_and_any_language() {
        for text in [
            "aerender ERROR An existing connection was forcibly closed by the remote host.",
            "aerender ERROR Une connexion existante a dû être fermée par l'hôte distant.",
            "aerender ERROR Eine vorhandene Verbindung wurde vom Remotehost geschlossen.",
            "aerender ERROR 既存の接続はリモート ホストに強制的に切断されました。",
            "aerender Fehler Eine Verbindung: geschlossen",
        ] {
            assert_eq!(class(text), Some((Crash, false)), "{text}");
        }
        assert_eq!(class("aerender is a program"), None);
    }

    #[test]
    fn messages_keep_their_class_in_other_languages() {
        assert_eq!(
            class("aerender Error: After Effects エラー: ファイル「a」が見つかりません"),
            Some((InputMissing, false))
        );
        assert_eq!(class("WARNING:Aviso do After Effects: registrado um erro"), Some((Crash, true)));
        assert_eq!(
            class(
                "WARNING:Aviso do After Effects: registrado um erro  Erro do After Effects: arquivo a.mov não localizado"
            ),
            Some((InputMissing, false))
        );
        assert_eq!(class("Ошибка After Effects: файл не найден"), Some((InputMissing, false)));
        assert_eq!(class("Error de After Effects: El disco está lleno"), Some((OutputIo, false)));
        assert_eq!(class("aerender Error: After Effects\u{fffd}: \u{fffd}2\u{fffd}"), Some((Crash, true)));
    }

    #[test]
    fn what_only_sounds_like_trouble_is_noise() {
        for text in [
            "LoadLibrary \"n\" failed!",
            "[ERROR] NVAPI error (C:\\code\\DriverInfo.cpp:309):",
            "2020-01-01 10:00:00:000 : ERROR *** IVCAutoReleasePool: leaking",
            "2020-01-01 10:00:00:000 : ERROR new words of a library",
            "2022-03-15 19:28:47.123 aerendercore[812:9123] Error Domain=NSCocoaErrorDomain",
            "[0715/123456.789:ERROR:gpu_process_host.cc(967)] GPU process exited",
            "*** GPU Warning: GPU3 failed (previous) sanity test ***",
            "aerender Error: After Effects error: auto-save failed.",
            "WARNING: XMP metadata could not be written",
        ] {
            assert_eq!(told(text), Some(LogFact::Noise), "{text}");
        }
        assert_eq!(
            class(
                "aerender Error: After Effects error: Unable to Render: File Not Found C:\\Auto-Save\\a.mov"
            ),
            Some((InputMissing, false))
        );
    }

    #[test]
    fn words_in_names_and_in_warnings_are_no_failures() {
        assert_eq!(told("C:\\jobs\\disk full\\Unable to create file.mov"), None);
        assert!(matches!(
            told("WARNING:After Effects warning: AEGP Plugin Example: error 512 was met"),
            Some(LogFact::Warning { .. })
        ));
        assert!(matches!(
            told("WARNING:After Effects warning: an unsupported thing"),
            Some(LogFact::Warning { .. })
        ));
        assert_eq!(class("Unable to obtain a license"), Some((Licence, false)));
    }

    #[test]
    fn a_line_after_an_announcement_says_what_failed() {
        let next = |text: &str| message(&Line::new(text), true);
        let error = next("First error was \"error: Unable to Render: File Not Found");
        assert!(matches!(error, Some(LogFact::Error { class: InputMissing, .. })));
        let error = next("TypeError: null is not an object");
        assert!(matches!(error, Some(LogFact::Error { class: JobFatal, .. })));
        assert_eq!(next("/Users/a/b.png"), None);
    }

    #[test]
    fn a_message_is_told_without_what_stands_before_each() {
        let text = |text: &str| match told(text) {
            Some(LogFact::Error { text, .. } | LogFact::Warning { text, .. }) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(text("aerender Error: After Effects error: Odd: yes."), "Odd: yes.");
        assert_eq!(
            text("WARNING:After Effects warning: Project has missing fonts."),
            "Project has missing fonts."
        );
        assert_eq!(text("aerender ERROR: C:\\x is not there"), "C:\\x is not there");
    }
}
