//! The catalogue of messages, read from `catalogue.txt`: one table, and the only one.
//!
//! That file says how it is written. Whoever adds a message adds a line there, and nothing here. It refuses to
//! know where a line stands in a log.

use std::sync::LazyLock;

use callsheet_model::FailureClass;

use super::fact::WarningKind;
use super::text::{Line, cut, is_wide, skeleton};

const TABLE: &str = include_str!("catalogue.txt");

/// How much of a line is searched, in bytes: messages begin with what they say.
const MAX_SEARCHED_BYTES: usize = 2048;

/// What a message means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// Harmless, whatever it sounds like.
    Noise,
    /// Worth a look, and no failure.
    Warning(WarningKind),
    /// A failure.
    Error {
        /// Its kind.
        class: FailureClass,
        /// It only says that something failed.
        vague: bool,
    },
    /// It explains a failure, and is none by itself.
    Hint(FailureClass),
}

/// One message.
#[derive(Debug)]
pub(super) struct Row {
    says: Vec<Fragment>,
    /// Only on lines that are messages.
    told: bool,
    pub(super) means: Means,
    /// In words of this program.
    pub(super) meaning: &'static str,
}

/// Some of a message's words.
#[derive(Debug)]
struct Fragment {
    text: String,
    /// Its script has no ASCII: it is looked for in the text and not in the skeleton.
    wide: bool,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| read(TABLE).0);

/// The first message that a line is; `told` when the line is known for a message.
pub(super) fn find(line: &Line<'_>, told: bool) -> Option<&'static Row> {
    let (bones, text) = (cut(&line.bones, MAX_SEARCHED_BYTES), cut(line.text, MAX_SEARCHED_BYTES));
    ROWS.iter().find(|row| (told || !row.told) && is_met(&row.says, bones, text))
}

fn is_met<'a>(says: &[Fragment], mut bones: &'a str, mut text: &'a str) -> bool {
    says.iter().all(|fragment| {
        let rest = if fragment.wide { &mut text } else { &mut bones };
        let after = rest.split_once(fragment.text.as_str()).map(|(_, after)| after);
        after.map(|after| *rest = after).is_some()
    })
}

/// The rows of a table, and its lines that are none.
fn read(table: &'static str) -> (Vec<Row>, Vec<&'static str>) {
    let (mut rows, mut bad, mut heading) = (Vec::new(), Vec::new(), None);
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        if line.starts_with('[') {
            heading = read_heading(line);
            if heading.is_none() {
                bad.push(line);
            }
        } else if let Some((means, told, meaning)) = heading {
            let says = line.split('…').map(str::trim).filter(|fragment| !fragment.is_empty());
            let says = says.map(|fragment| {
                let wide = is_wide(fragment);
                Fragment { text: if wide { fragment.to_owned() } else { skeleton(fragment) }, wide }
            });
            rows.push(Row { says: says.collect(), told, means, meaning });
        } else {
            bad.push(line);
        }
    }
    (rows, bad)
}

fn read_heading(line: &'static str) -> Option<(Means, bool, &'static str)> {
    let (inside, meaning) = line.strip_prefix('[')?.split_once(']')?;
    let mut words = inside.split(',').map(str::trim);
    let (means, lines, source) = (words.next()?, words.next()?, words.next()?);
    let told = match lines {
        "told" => true,
        "all" => false,
        _ => return None,
    };
    let known = ["logs", "script", "adobe", "farms", "tongue"].contains(&source) && words.next().is_none();
    known.then_some((read_means(means)?, told, meaning.trim()))
}

fn read_means(word: &str) -> Option<Means> {
    if word == "noise" {
        return Some(Means::Noise);
    }
    if let Some(kind) = word.strip_prefix("warning:") {
        return WarningKind::ALL.into_iter().find(|known| known.word() == kind).map(Means::Warning);
    }
    let class_of = |word: &str| FailureClass::ALL.into_iter().find(|class| class.word() == word);
    if let Some(word) = word.strip_suffix('~') {
        return class_of(word).map(Means::Hint);
    }
    let (word, vague) = word.strip_suffix('?').map_or((word, false), |word| (word, true));
    Some(Means::Error { class: class_of(word)?, vague })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let (rows, bad) = read(TABLE);
        assert_eq!(bad, Vec::<&str>::new());
        assert!(rows.len() > 150 && rows.iter().all(|row| !row.says.is_empty()));
        assert!(rows.iter().all(|row| !row.meaning.is_empty() && !row.meaning.ends_with('.')));
    }

    #[test]
    fn a_heading_that_is_none_is_found_out() {
        for line in [
            "[noise]",
            "[noise, all]",
            "[noise, some, logs] x",
            "[odd, all, logs] x",
            "[oom, all, hearsay] x",
        ] {
            assert!(read_heading(line).is_none(), "{line}");
        }
        assert_eq!(read("no heading\n").1, ["no heading"]);
    }

    /// A message that an earlier one always takes first would never count.
    #[test]
    fn every_message_can_be_met() {
        for row in ROWS.iter() {
            let text: Vec<&str> = row.says.iter().map(|fragment| fragment.text.as_str()).collect();
            let text = text.join(" x ");
            let first = find(&Line::new(&text), row.told).expect("a message meets its own row");
            let same = (first.means, first.meaning) == (row.means, row.meaning);
            assert!(same, "{text:?} is taken for {:?} ({})", first.means, first.meaning);
        }
    }

    #[test]
    fn no_skeleton_is_empty_of_letters() {
        for fragment in ROWS.iter().flat_map(|row| &row.says) {
            let telling = fragment.text.chars().filter(|c| *c != '~' && *c != ' ').count();
            assert!(telling >= 2, "{fragment:?} says too little");
        }
    }

    #[test]
    fn most_classes_have_messages() {
        let classes: BTreeSet<_> = ROWS
            .iter()
            .filter_map(|row| match row.means {
                Means::Error { class, .. } => Some(class.word()),
                _ => None,
            })
            .collect();
        let told = ["crash", "input_missing", "job_fatal", "licence", "node_config", "oom", "output_io"];
        assert_eq!(classes, told.into());
    }
}
