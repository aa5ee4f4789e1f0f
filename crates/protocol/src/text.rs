//! How long a text from outside may be, and what may stand in it: one rule book for all doors. A text that has a type
//! of its own (a UUID, a frame set, a path with its number, a job's own lines) is read by that type; every other one
//! is held against a rule here before anything is done with it.

use callsheet_model::{id, limits};

use crate::field::{FieldError, cut};

/// What a text has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A name, as nodes, steps, labels and renderers have: it ends up in paths and addresses.
    Name,
    /// One line of at most so many bytes, and not an empty one.
    Line(usize),
    /// One line of at most so many bytes, or nothing.
    MaybeLine(usize),
    /// Anything of at most so many bytes, also nothing.
    Text(usize),
}

/// A job's id, or the end of it.
pub const JOB: Rule = Rule::MaybeLine(limits::MAX_ID_BYTES);
/// What a person says of what they do: a reason, a comment.
pub const NOTE: Rule = Rule::Text(limits::MAX_NOTE_BYTES);
/// A part of a title that is looked for.
pub const PART_OF_TITLE: Rule = Rule::MaybeLine(limits::MAX_TITLE_BYTES);
/// A name that is looked for, whatever is in it.
pub const SOUGHT: Rule = Rule::MaybeLine(limits::MAX_NAME_BYTES);
/// The name of a target: a webhook's has a word in front of it.
pub const TARGET: Rule = Rule::MaybeLine(limits::MAX_NAME_BYTES + "webhook-".len());
/// What a worker calls itself or its mode.
pub const WORKER: Rule = Rule::Line(limits::MAX_NAME_BYTES);
/// Why something happened on a node, in its own words.
pub const WHY: Rule = Rule::Text(limits::MAX_EVENT_TEXT_BYTES);
/// What a node says of its machine: a system, a version, a region.
pub const MACHINE: Rule = Rule::Text(limits::MAX_TITLE_BYTES);

impl Rule {
    /// Holds a text against the rule.
    ///
    /// # Errors
    /// The field, what was found in it, cut to a printable length, and what may stand there.
    pub fn check(self, field: &str, found: &str) -> Result<(), FieldError> {
        let fits = |most: usize| found.len() <= most;
        let plain = || !found.contains(char::is_control);
        let allowed = match self {
            Self::Name => return id::check_name(found).map_err(|error| FieldError::new(field, error)),
            Self::Line(_) if found.is_empty() => return Err(FieldError::missing(field)),
            Self::Line(most) | Self::MaybeLine(most) if fits(most) && plain() => return Ok(()),
            Self::Text(most) if fits(most) => return Ok(()),
            Self::Line(most) | Self::MaybeLine(most) => format!("one line of at most {most} bytes"),
            Self::Text(most) => format!("at most {most} bytes"),
        };
        let found = match fits(limits::MAX_NAME_BYTES) {
            true => format!("{:?}", cut(found)),
            false => format!("{:?} of {} bytes", cut(found), found.len()),
        };
        Err(FieldError::new(field, format!("{found}: {allowed}")))
    }

    /// The same, and gives the text.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub(crate) fn take(self, field: &str, found: &str) -> Result<String, FieldError> {
        self.check(field, found)?;
        Ok(found.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_lets_through_what_fits_and_says_what_would() {
        for (rule, good, bad) in [
            (Rule::Name, vec!["anna", "a.b_c-1"], vec!["", "-a", "a b", "../up", "\u{e4}"]),
            (Rule::Line(5), vec!["a", "a b", "h\u{e4}tt"], vec!["", "a\nb", "a\0", "sixsix"]),
            (Rule::MaybeLine(5), vec!["", "a b"], vec!["a\nb", "\u{7f}", "sixsix"]),
            (Rule::Text(5), vec!["", "a\nb\0"], vec!["sixsix"]),
        ] {
            for text in good {
                assert_eq!(rule.check("x", text), Ok(()), "{rule:?} {text:?}");
            }
            for text in bad {
                let error = rule.check("x.y", text).unwrap_err();
                assert_eq!(error.field, "x.y", "{rule:?} {text:?}");
            }
        }
    }

    #[test]
    fn a_refusal_stays_short_however_long_the_text_was() {
        let long = "\u{1f600}\n".repeat(1 << 20);
        for rule in [Rule::Name, JOB, NOTE, PART_OF_TITLE, SOUGHT, TARGET, WORKER, WHY, MACHINE] {
            let error = rule.check("field", &long).unwrap_err();
            assert!(error.message.len() < 1000, "{rule:?}: {} bytes", error.message.len());
        }
    }
}
