//! The four-fold rule, and which class it is when the rule is not met.
//!
//! ```text
//!   an error that says what failed ──────────────► its class
//!   a required font is missing ──────────────────► input_missing
//!   the way it ended says it ────────────────────► hang_*, oom, job_fatal, node_config, crash
//!   an error that only says that it failed ──────► its class
//!   nothing but a version and a launch ──────────► silent_death
//!   not finished by its own word ────────────────► crash
//!   finished, but frames are missing ────────────► broken_output
//!   none of these ───────────────────────────────► succeeded
//! ```

use callsheet_model::{Failure, FailureClass, FrameSet, RunPhase};

use super::account::{Account, ToldError};
use super::{End, How, Proof, Verdict};
use crate::log::{LogFormat, WarningKind};

pub(super) fn judge(account: &Account, end: &End<'_>) -> Verdict {
    let Some((class, message)) = failure(account, end) else { return Verdict::Succeeded };
    let evidence = account.evidence.all();
    let failure = Failure { exit: end.how.words(), evidence, ..Failure::new(class, message) };
    Verdict::Failed(failure.bounded())
}

fn failure(account: &Account, end: &End<'_>) -> Option<(FailureClass, String)> {
    let (class, message) = shown(account, end)?;
    let explained = matches!(
        class,
        FailureClass::Crash
            | FailureClass::SilentDeath
            | FailureClass::BrokenOutput
            | FailureClass::OutOfMemory
    );
    let clear = account.errors.iter().any(|error| !error.vague);
    // What is no failure by itself may say why there is one.
    let hint = account.warnings().iter().find_map(|warning| match warning.kind {
        WarningKind::Hint { class, meaning } if explained && !clear => Some((class, meaning, &warning.text)),
        _ => None,
    });
    Some(match hint {
        Some((class, meaning, text)) => (class, format!("{meaning}: {}", text.trim_end_matches('.'))),
        None => (class, message),
    })
}

/// The failure that shows, without a hint at its cause.
fn shown(account: &Account, end: &End<'_>) -> Option<(FailureClass, String)> {
    // A message that only announces what the next line says is worth less than one that says it.
    let clear = account.errors.iter().find(|error| !error.vague);
    let vague = account.errors.iter().find(|error| error.vague);
    if let Some(error) = clear {
        return Some((error.class, told(error)));
    }
    if let Some(font) = fonts(account) {
        return Some((FailureClass::InputMissing, font));
    }
    if is_done(account, end) && matches!(end.how, How::Killed(RunPhase::Exit)) && vague.is_none() {
        return None;
    }
    let by_end = end.how.class(account.order.multi_frame);
    if let Some(class) = by_end.filter(|_| end.how.is_telling()) {
        return Some((class, by_its_end(account, end, class, vague)));
    }
    if let Some(error) = vague {
        return Some((error.class, told(error)));
    }
    if is_silent(account) {
        return Some((FailureClass::SilentDeath, silence(account)));
    }
    if let Some(class) = by_end {
        return Some((class, by_its_end(account, end, class, None)));
    }
    unfinished(account).or_else(|| incomplete(account, end))
}

fn told(error: &ToldError) -> String {
    let text = error.text.trim_end_matches(['.', ' ']);
    if text.is_empty() { error.meaning.to_owned() } else { format!("{}: {text}", error.meaning) }
}

fn fonts(account: &Account) -> Option<String> {
    if let Some(font) = account.missing_font() {
        return Some(format!("the font {font} is required and is not installed"));
    }
    // Which one it is, it does not always say.
    let required = account.unnamed_fonts && !account.order.fonts.is_empty();
    required.then(|| {
        format!("fonts are missing, and the step requires {}: install them", account.order.fonts.join(", "))
    })
}

fn by_its_end(account: &Account, end: &End<'_>, class: FailureClass, vague: Option<&ToldError>) -> String {
    let words = end.how.words().unwrap_or_default();
    let mut message = match class {
        FailureClass::HangStart => format!("nothing was rendered in time: {words}"),
        FailureClass::HangFrame if end.how == How::Killed(RunPhase::Finalise) => {
            format!("every frame is drawn, but the files were not completed in time: {words}")
        }
        FailureClass::HangFrame => format!("no next frame came in time: {words}"),
        FailureClass::HangExit => format!("it was done, but did not end: {words}"),
        FailureClass::OutOfMemory => {
            format!("most likely the memory was not enough for several frames at once: {words}")
        }
        _ => format!("After Effects did not end well: {words}"),
    };
    if let Some(error) = vague {
        message = format!("{message}; {}", told(error));
    } else if let (true, Some(frame)) = (class == FailureClass::Crash, account.last_frame()) {
        message = format!("{message}, after frame {frame}");
    }
    message
}

/// Nothing was heard of a composition: at most a version, a launch, and notes.
fn is_silent(account: &Account) -> bool {
    account.compositions().next().is_none()
        && account.phase() <= RunPhase::Load
        && account.format() != LogFormat::RenderLog
        && !account.reader.is_queued()
}

fn silence(account: &Account) -> String {
    let warning = account.warnings().iter().find(|warning| warning.kind == WarningKind::Range);
    match (warning, account.lines()) {
        (_, 0) => "it ended without a word".to_owned(),
        (Some(warning), _) => {
            format!(
                "it ended without rendering anything, after a warning: {}",
                warning.text.trim_end_matches('.')
            )
        }
        (None, _) => "it ended without a word of any composition".to_owned(),
    }
}

/// A composition that was begun and not finished, or none at all.
fn unfinished(account: &Account) -> Option<(FailureClass, String)> {
    let mut compositions = account.compositions().peekable();
    if compositions.peek().is_none() {
        // Only its own log can say so little and yet be whole: it was asked for errors only.
        return Some(if account.phase() == RunPhase::Exit {
            (FailureClass::BrokenOutput, "it says that it is done, and rendered no composition".to_owned())
        } else if account.reader.is_closed() {
            let message = "the log is closed without a word of any composition; only the files can tell";
            (FailureClass::BrokenOutput, message.to_owned())
        } else {
            (FailureClass::Crash, "it ended before it began a composition".to_owned())
        });
    }
    let open = compositions.find(|composition| !composition.is_finished())?;
    let name = open.name().map(|name| format!(" {name:?}")).unwrap_or_default();
    let place = match account.last_frame() {
        Some(frame) => format!("after frame {frame}"),
        None if open.count() > 0 => format!("after {} frames", open.count()),
        None => "before its first frame".to_owned(),
    };
    Some((
        FailureClass::Crash,
        format!("it ended {place}, without a word that composition{name} is finished"),
    ))
}

/// Finished by its own word: then the frames are counted.
fn incomplete(account: &Account, end: &End<'_>) -> Option<(FailureClass, String)> {
    let missing = missing(account, end)?;
    let how_many =
        if missing.len() == 1 { "1 frame".to_owned() } else { format!("{} frames", missing.len()) };
    let what = match end.proof {
        Proof::Files(_) => "are not proven",
        Proof::Log | Proof::Elsewhere => "are not named in the log",
    };
    let message = format!("it claims success, but {how_many} {what}: {}", listed(&missing));
    Some((FailureClass::BrokenOutput, message))
}

fn missing(account: &Account, end: &End<'_>) -> Option<FrameSet> {
    let missing = match end.proof {
        Proof::Elsewhere => return None,
        Proof::Files(proven) => account.order.frames.as_ref()?.difference(proven),
        // Some output modules print no frame lines at all.
        Proof::Log if account.compositions().all(|composition| composition.count() == 0) => return None,
        Proof::Log => account.remaining()?,
    };
    (!missing.is_empty()).then_some(missing)
}

/// Whether everything is there but the end of the process.
fn is_done(account: &Account, end: &End<'_>) -> bool {
    unfinished(account).is_none() && missing(account, end).is_none()
}

/// Frames for people, as far as a line has room.
fn listed(frames: &FrameSet) -> String {
    let text = frames.to_string();
    if text.len() <= 80 {
        return text;
    }
    let short = crate::log::text::cut(&text, 76);
    let short = short.rsplit_once(',').map_or(short, |(whole, _)| whole);
    format!("{short}, ...")
}
