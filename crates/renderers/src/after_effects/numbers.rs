//! Which file is which frame. An output module numbers its files by composition only where "Use Comp Frame Number"
//! is on; elsewhere every process begins anew, at 0 or wherever "Starting #" says, and its files look like other
//! frames.
//!
//! ```text
//!   a run of frames 10-19:   cs10_00010, cs10_00011 …      by composition   its first frame is there and was told,
//!                                                                           and nothing before it
//!                            cs10_00000 … cs10_00009       from 0 on        all ten are there without a gap, and
//!                                                                           just frames 10-19 were told
//!                            anything else                 nobody knows     no file is taken for a frame
//! ```
//!
//! One file alone proves nothing: `00011` is frame 11, or the twelfth from 0 on while another is still being drawn.
//! It is decided once and written down beside the attempt, since proven files are taken away. It refuses to decide by
//! what is likely.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use callsheet_model::OutputPattern;

/// One process' run of frames, and its files.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Where it writes.
    pub(super) out: PathBuf,
    /// Where the decision is written down.
    note: PathBuf,
    /// Where it is written down what the program said of its frames.
    told: PathBuf,
    /// The first and the last frame.
    pub(super) span: (i32, i32),
    /// How many frames may be worked on at once, so that a later file can be there before an earlier one.
    pub(super) at_once: u64,
    prefix: String,
    suffix: String,
}

/// The beginning of our names: never that of the results' own, which lie in the same directory.
fn stem(output: &OutputPattern) -> &'static str {
    if output.prefix().starts_with("cs") { "ae" } else { "cs" }
}

/// The name of a movie before it has its own.
pub(super) fn movie_name(output: &OutputPattern, result: i32) -> String {
    let extension = output.extension().unwrap_or_default();
    format!("{}{result}.{extension}", stem(output))
}

impl Run {
    /// The run of these frames.
    pub(super) fn new(
        output: &OutputPattern,
        out: PathBuf,
        scratch: &Path,
        span: (i32, i32),
        at_once: u64,
    ) -> Self {
        let first = span.0;
        let suffix = output.extension().map(|extension| format!(".{extension}")).unwrap_or_default();
        let beside = |what: &str| scratch.join(format!("{what}{first}"));
        let (note, told) = (beside("numbers"), beside("told"));
        Self { out, note, told, span, at_once, prefix: format!("{}{first}_", stem(output)), suffix }
    }

    /// The name as After Effects is told it.
    pub(super) fn told_name(&self) -> String {
        format!("{}[#####]{}", self.prefix, self.suffix)
    }

    /// The file that is this frame; one that is not there as long as nobody knows. Blocking.
    pub(super) fn file_of(&self, frame: i32) -> PathBuf {
        let Some(start) = self.start() else {
            return self.out.join(format!("{}undecided{}", self.prefix, self.suffix));
        };
        let number = i64::from(frame) - i64::from(self.span.0) + start;
        let usual = self.out.join(self.name(number));
        if usual.is_file() {
            return usual;
        }
        // Padded in another way.
        self.files().remove(&number).map_or(usual, |name| self.out.join(name))
    }

    /// Writes down what the program said of its frames.
    pub(super) fn is_told(&self, told: Told) {
        // Losing this costs time, not truth: without a word it is asked for more.
        let _ = fs::write(&self.told, told.word());
    }

    fn what_was_told(&self) -> Told {
        let word = fs::read_to_string(&self.told).unwrap_or_default();
        [Told::Others, Told::First, Told::All]
            .into_iter()
            .find(|told| told.word() == word)
            .unwrap_or_default()
    }

    /// The number of the first frame's file, as soon as it is certain.
    fn start(&self) -> Option<i64> {
        if let Ok(noted) = fs::read_to_string(&self.note) {
            return noted.parse().ok();
        }
        let there: Vec<i64> = self.files().into_keys().collect();
        let start = decide(self.span, &there, self.what_was_told(), self.at_once)?;
        // Without the note it would have to be decided again when some files are gone.
        fs::write(&self.note, start.to_string()).ok()?;
        Some(start)
    }

    /// The first number that is there, when the files are numbered in another way than by composition and too few
    /// to be told apart: what a person has to mend.
    pub(super) fn strange(&self) -> Option<i64> {
        let first = *self.files().keys().next()?;
        (self.start().is_none() && first != i64::from(self.span.0)).then_some(first)
    }

    fn name(&self, number: i64) -> String {
        let sign = if number < 0 { "-" } else { "" };
        format!("{}{sign}{:05}{}", self.prefix, number.unsigned_abs(), self.suffix)
    }

    /// Files of this run by their numbers.
    fn files(&self) -> BTreeMap<i64, String> {
        let Ok(entries) = fs::read_dir(&self.out) else { return BTreeMap::new() };
        let numbered = entries.flatten().filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let digits = name.strip_prefix(&self.prefix)?.strip_suffix(&self.suffix)?;
            let plain = digits.strip_prefix('-').unwrap_or(digits).bytes().all(|byte| byte.is_ascii_digit());
            let number = plain.then(|| digits.parse::<i64>().ok()).flatten()?;
            Some((number, name))
        });
        numbered.collect()
    }
}

/// What the program said of a run's frames. A range that it took for another one looks alike in the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing: some output modules print no frames.
    #[default]
    Nothing,
    /// Frames that are not in the run, or some without its first one.
    Others,
    /// The first one, and no others than those of the run.
    First,
    /// Exactly those of the run.
    All,
}

impl Told {
    fn word(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Others => "others",
            Self::First => "first",
            Self::All => "all",
        }
    }
}

/// The number of the first frame's file, as soon as it is certain. The numbers come in order.
fn decide((first, last): (i32, i32), there: &[i64], told: Told, at_once: u64) -> Option<i64> {
    let (first, last) = (i64::from(first), i64::from(last));
    let (&least, &most) = there.first().zip(there.last())?;
    let found = i64::try_from(there.len()).ok()?;
    let whole = found == last - first + 1 && most - least + 1 == found;
    if whole && told == Told::All {
        return Some(least);
    }
    if least != first || most > last {
        return None;
    }
    let certain = match told {
        Told::Others => false,
        // With another start its file would have a lower number, and it is there.
        Told::First | Told::All => true,
        // With a lower start the first file would be missing, so its frame is not finished; frames are begun in order,
        // and only as many as are drawn at once can overtake it.
        Told::Nothing => most == last || u64::try_from(there.len()).is_ok_and(|found| found >= at_once),
    };
    certain.then_some(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Told::{All, First, Nothing, Others};
    use super::*;

    fn decided(span: (i32, i32), there: impl IntoIterator<Item = i64>, told: Told) -> Option<i64> {
        decide(span, &there.into_iter().collect::<Vec<_>>(), told, 8)
    }

    #[test]
    fn a_whole_run_is_known_whatever_its_numbers_are_if_it_is_told_to_be_it() {
        assert_eq!(decided((10, 19), 0..10, All), Some(0));
        assert_eq!(decided((10, 19), 1..11, All), Some(1));
        assert_eq!(decided((10, 19), 1001..1011, All), Some(1001));
        assert_eq!(decided((10, 19), 10..20, All), Some(10));
        assert_eq!(decided((7, 7), [0], All), Some(0));
        assert_eq!(decided((10, 19), (0..11).filter(|n| *n != 4), All), None, "a gap");
        assert_eq!(decided((10, 19), 0..10, First), None);
        assert_eq!(decided((10, 19), 0..10, Nothing), None);
        assert_eq!(decided((10, 19), 13..23, Others), None, "it rendered other frames than it was asked for");
    }

    #[test]
    fn a_part_of_a_run_is_known_by_its_first_frame() {
        assert_eq!(decided((1, 100), [1, 2, 3], Others), None, "or 2 to 4 from 0 on, while 1 is being drawn");
        assert_eq!(decided((1, 100), [1, 2, 3], First), Some(1));
        assert_eq!(decided((1, 100), [2, 3], First), None);
        assert_eq!(decided((0, 19), [0], First), Some(0));
        assert_eq!(decided((0, 19), 0..20, Others), None, "other frames, numbered from 0 on");
        assert_eq!(decided((-5, 4), -5..5, First), Some(-5));
    }

    #[test]
    fn where_no_frames_are_told_there_must_be_more_than_can_overtake() {
        assert_eq!(decided((1, 100), [1, 2, 3], Nothing), None);
        assert_eq!(decided((1, 100), [1, 100], Nothing), Some(1));
        assert_eq!(decided((1, 100), 1..9, Nothing), Some(1));
        assert_eq!(decide((1, 100), &[1], Nothing, 1), Some(1), "one at a time");
        assert_eq!(decided((10, 19), 10..20, Nothing), Some(10));
    }

    #[test]
    fn a_part_of_a_run_with_other_numbers_is_nobodys_frames() {
        assert_eq!(decided((10, 19), 0..9, First), None);
        assert_eq!(decided((1, 100), 0..50, First), None);
        assert_eq!(decided((5, 14), 7..16, First), None);
        assert_eq!(decided((10, 19), [], First), None);
        assert_eq!(decided((10, 19), [10, 11, 20], First), None);
    }

    #[test]
    fn a_decision_outlives_the_files_it_was_made_by() {
        let home = tempfile::tempdir().unwrap();
        let output = OutputPattern::parse("/show/beauty_[####].png").unwrap();
        let run = Run::new(&output, home.path().to_owned(), home.path(), (10, 12), 8);
        assert_eq!(run.told_name(), "cs10_[#####].png");
        (0..3).for_each(|nth| fs::write(home.path().join(format!("cs10_0000{nth}.png")), "x").unwrap());
        assert!(!run.file_of(10).exists(), "nobody said that these are the frames");
        run.is_told(All);
        assert!(run.file_of(10).ends_with("cs10_00000.png"));
        fs::remove_file(run.file_of(10)).unwrap();
        assert!(run.file_of(12).ends_with("cs10_00002.png"));
        assert_eq!(run.strange(), None);
        let again = Run::new(&output, home.path().to_owned(), home.path(), (10, 12), 8);
        assert_eq!(again.start(), Some(0));
    }

    #[test]
    fn what_nobody_knows_is_no_file_and_is_told() {
        let home = tempfile::tempdir().unwrap();
        let output = OutputPattern::parse("/show/cs_[####].png").unwrap();
        let run = Run::new(&output, home.path().to_owned(), home.path(), (10, 12), 8);
        assert_eq!(run.told_name(), "ae10_[#####].png", "results are called otherwise");
        assert_eq!(run.strange(), None);
        (1..3).for_each(|nth| fs::write(home.path().join(format!("ae10_{nth}.png")), "x").unwrap());
        assert!(!run.file_of(10).exists());
        assert_eq!(run.strange(), Some(1));
    }

    #[test]
    fn frames_count_one_by_one_once_the_first_is_told() {
        let home = tempfile::tempdir().unwrap();
        let output = OutputPattern::parse("/show/a_[####].png").unwrap();
        let run = Run::new(&output, home.path().to_owned(), home.path(), (1, 50), 8);
        fs::write(home.path().join("cs1_00001.png"), "x").unwrap();
        assert!(!run.file_of(1).exists());
        run.is_told(First);
        assert!(run.file_of(1).exists());
        assert_eq!(run.strange(), None);
    }

    #[test]
    fn any_padding_is_read() {
        let home = tempfile::tempdir().unwrap();
        let output = OutputPattern::parse("/show/a_[####].exr").unwrap();
        let run = Run::new(&output, home.path().to_owned(), home.path(), (-2, 1), 1);
        for name in
            ["cs-2_-00002.exr", "cs-2_-1.exr", "cs-2_0.exr", "cs-2_000000001.exr", "cs-2_x.exr", "cs-2_.exr"]
        {
            fs::write(home.path().join(name), "x").unwrap();
        }
        let names: Vec<String> = (-2..2)
            .map(|frame| run.file_of(frame).file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["cs-2_-00002.exr", "cs-2_-1.exr", "cs-2_0.exr", "cs-2_000000001.exr"]);
    }

    proptest! {
        /// Wherever numbers start and however far the run came: a decision is the truth, or none is made.
        #[test]
        fn no_frame_is_ever_taken_for_another(
            first in -20..60_i64, count in 1..80_usize, begun in 0..80_usize, start in -30..90_i64,
            by_composition in any::<bool>(), silent in any::<bool>(), at_once in 1..8_usize, drawn in any::<[bool; 8]>()
        ) {
            let start = if by_composition { first } else { start };
            // Frames are begun in order, up to `at_once` at a time: each of those may be finished or not.
            let begun = begun.min(count);
            let done = |nth: &usize| drawn[nth % 8];
            // The oldest unfinished frame holds up all that are not begun with it.
            let oldest = (0..begun).find(|nth| !done(nth)).unwrap_or(begun);
            let finished: Vec<usize> = (0..begun).filter(|nth| done(nth) && *nth < oldest + at_once).collect();
            let there: Vec<i64> = finished.iter().map(|nth| start + *nth as i64).collect();
            let told = match (finished.contains(&0), finished.is_empty() || silent) {
                (_, true) => Nothing,
                (true, _) if finished.len() == count => All,
                (true, _) => First,
                (false, _) => Others,
            };
            let span = (first as i32, (first + count as i64 - 1) as i32);
            if let Some(decided) = decide(span, &there, told, at_once as u64) {
                prop_assert_eq!(decided, start, "{:?}", there);
            }
        }
    }
}
