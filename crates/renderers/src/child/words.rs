//! How facts are spoken by a child and understood by its agent: one line each, readable in a log.

use callsheet_model::{FailureClass, RunPhase};

use crate::Fact;

/// A fact as a line.
pub(crate) fn spoken(fact: &Fact) -> String {
    match fact {
        Fact::Phase(phase) => format!("phase {phase}"),
        Fact::Rendering => "rendering".to_owned(),
        Fact::FrameStarted(frame) => format!("frame {frame} started"),
        Fact::FrameFinished(frame) => format!("frame {frame} finished"),
        Fact::Progress(fraction) => format!("progress {fraction:.4}"),
        Fact::Warning(message) => format!("warning: {}", one_line(message)),
        Fact::Error(class, message) => format!("error {class}: {}", one_line(message)),
    }
}

fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

/// The fact in a line, if there is one.
pub(crate) fn heard(line: &str) -> Option<Fact> {
    if let Some(message) = line.strip_prefix("warning: ") {
        return Some(Fact::Warning(message.to_owned()));
    }
    if let Some((word, message)) = line.strip_prefix("error ").and_then(|rest| rest.split_once(": ")) {
        let class = FailureClass::ALL.into_iter().find(|class| class.word() == word)?;
        return Some(Fact::Error(class, message.to_owned()));
    }
    match *line.split(' ').collect::<Vec<_>>() {
        ["phase", word] => RunPhase::ALL.into_iter().find(|phase| phase.word() == word).map(Fact::Phase),
        ["rendering"] => Some(Fact::Rendering),
        ["frame", number, "started"] => Some(Fact::FrameStarted(number.parse().ok()?)),
        ["frame", number, "finished"] => Some(Fact::FrameFinished(number.parse().ok()?)),
        ["progress", fraction] => {
            let fraction = fraction.parse().ok().filter(|fraction| (0.0..=1.0).contains(fraction));
            fraction.map(Fact::Progress)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_spoken_is_heard() {
        let facts = [
            Fact::Phase(RunPhase::Finalise),
            Fact::Rendering,
            Fact::FrameStarted(-3),
            Fact::FrameFinished(i32::MAX),
            Fact::Progress(0.25),
            Fact::Warning("watch out: here".into()),
            Fact::Error(FailureClass::OutOfMemory, "a: b".into()),
        ];
        for fact in facts {
            assert_eq!(heard(&spoken(&fact)), Some(fact));
        }
    }

    #[test]
    fn a_message_stays_on_its_line() {
        let said = spoken(&Fact::Error(FailureClass::Crash, "one\nframe 1 finished\r".into()));
        assert_eq!(said, "error crash: one frame 1 finished ");
    }

    proptest! {
        #[test]
        fn garbage_is_never_a_panic(line in ".*", words in "(frame|progress|error|warning:) .{0,20}") {
            heard(&line);
            heard(&words);
        }
    }
}
