//! The paths that After Effects is given. On Windows it takes them in the machine's code page and up to 260
//! characters, and what it cannot take becomes `????` with exit code 0; so they are short and ASCII everywhere.
//!
//! ```text
//!   template, wherever and however it is called ──copy──► <scratch>/p.aep
//!   the attempt's place ── short and ASCII? ─┬─ yes ─► written into it
//!                                            └─ no ──► written into <scratch>/o, brought over frame by frame
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use callsheet_model::{Failure, FailureClass};

use crate::Assignment;

/// Longest directory that After Effects is sent to, in bytes. What lies in it has up to 40 more, and it may add a
/// name of its own while it writes: all together stays below Windows' 260.
const MAX_DIRECTORY: usize = 180;
/// Where it writes when the attempt's place is nothing for it.
const ASIDE: &str = "o";
/// Written before anything else, so that its time is that of the beginning.
const BEGUN: &str = ".begun";

/// The directories of one attempt.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    assignment: &'a Assignment<'a>,
}

impl<'a> Desk<'a> {
    /// Of this attempt.
    pub(super) fn of(assignment: &'a Assignment<'a>) -> Self {
        Self { assignment }
    }

    /// The scratch directory, as After Effects can be told it.
    ///
    /// # Errors
    /// The node's work directory is no place for it.
    pub(super) fn scratch(&self) -> Result<&'a str, Failure> {
        let scratch = self.assignment.scratch;
        tellable(scratch).ok_or_else(|| {
            let message = format!(
                "After Effects needs a work directory of short ASCII names, but attempts are made in {}: set the \
                 node's key work to something like D:\\callsheet",
                scratch.display()
            );
            Failure::new(FailureClass::NodeConfig, message)
        })
    }

    /// Copies the template to where After Effects finds it. A copy, since the program saves its own files beside
    /// what it has open, and the cache is not for those.
    pub(super) fn stage_template(&self) -> Result<String, Failure> {
        let template = self.assignment.template.ok_or_else(|| {
            Failure::new(FailureClass::JobFatal, "the step has no template: After Effects renders a project")
        })?;
        let name = self.assignment.step.template.as_ref().map(|template| template.name.to_ascii_lowercase());
        let ending = if name.is_some_and(|name| name.ends_with(".aepx")) { "aepx" } else { "aep" };
        let path = format!("{}{}p.{ending}", self.scratch()?, std::path::MAIN_SEPARATOR);
        fs::copy(template, &path).map_err(|error| {
            let class = match error.kind() {
                io::ErrorKind::NotFound => FailureClass::InputMissing,
                _ => FailureClass::OutputIo,
            };
            Failure::new(class, format!("the template cannot be copied to {path}: {error}"))
        })?;
        Ok(path)
    }

    /// Where After Effects writes.
    pub(super) fn out(&self) -> PathBuf {
        match tellable(self.assignment.place) {
            Some(_) => self.assignment.place.to_owned(),
            None => self.assignment.scratch.join(ASIDE),
        }
    }

    /// The same, made, as it can be told.
    pub(super) fn prepare_out(&self) -> Result<String, Failure> {
        self.scratch()?;
        let out = self.out();
        fs::create_dir_all(&out).map_err(|error| {
            Failure::new(FailureClass::OutputIo, format!("{} cannot be made: {error}", out.display()))
        })?;
        // Losing this means that one look less is taken at the files.
        let _ = fs::write(out.join(BEGUN), "");
        tellable(&out).map(str::to_owned).ok_or_else(|| {
            Failure::new(FailureClass::NodeConfig, format!("{} is no path for After Effects", out.display()))
        })
    }

    /// When the attempt began, by the clock of the disk that its results are on; not known for what is brought there
    /// from another one.
    pub(super) fn begun(&self) -> Option<SystemTime> {
        let out = self.out();
        let here = out == self.assignment.place;
        here.then(|| fs::metadata(out.join(BEGUN)).and_then(|data| data.modified()).ok()).flatten()
    }

    /// Brings a file that was written aside into the attempt's place, and says where it is then. What is in the
    /// place may be from an earlier look, when the file was not whole yet.
    pub(super) fn brought(&self, written: PathBuf) -> PathBuf {
        if self.out() == self.assignment.place {
            return written;
        }
        let Some(name) = written.file_name() else { return written };
        let here = self.assignment.place.join(name);
        // Where it cannot be brought there is nothing to be proven, which says enough.
        let copied = fs::remove_file(&here)
            .or_else(missing_is_fine)
            .and_then(|()| fs::hard_link(&written, &here).or_else(|_| fs::copy(&written, &here).map(|_| ())));
        if copied.is_err() {
            let _ = fs::remove_file(&here);
        }
        here
    }
}

/// A directory as After Effects can be told it: short, ASCII, nothing in it that it would read as its own.
pub(super) fn tellable(directory: &Path) -> Option<&str> {
    let plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '[' | ']' | '"' | '%');
    directory.to_str().filter(|text| text.len() <= MAX_DIRECTORY && text.chars().all(plain))
}

fn missing_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Desk as Sample;

    #[test]
    fn only_short_ascii_directories_can_be_told() {
        for told in ["/w/scratch/12", "D:\\callsheet\\work", "/show/a b"] {
            assert_eq!(tellable(Path::new(told)), Some(told));
        }
        let long = format!("/{}", "x".repeat(MAX_DIRECTORY));
        for other in [long.as_str(), "/größe", "/show/[a]", "/показ", "/a%20b"] {
            assert_eq!(tellable(Path::new(other)), None, "{other}");
        }
    }

    #[test]
    fn a_work_directory_that_cannot_be_told_is_the_nodes_fault() {
        let sample = Sample::new("after_effects", "0-9", "a_[####].png").template("Größe.aepx", b"RIFX");
        let scratch = sample.root.path().join("größe");
        fs::create_dir(&scratch).unwrap();
        sample.assign("0", |assignment| {
            let assignment = Assignment { scratch: &scratch, ..assignment.clone() };
            let failure = Desk::of(&assignment).stage_template().unwrap_err();
            assert_eq!(failure.class, FailureClass::NodeConfig);
            assert!(failure.message.contains("work directory of short ASCII names"), "{failure}");
        });
        sample.assign("0", |assignment| {
            let path = Desk::of(assignment).stage_template().unwrap();
            assert!(path.ends_with("p.aepx"), "{path}");
            assert_eq!(fs::read(path).unwrap(), b"RIFX");
        });
    }

    #[test]
    fn what_is_written_aside_is_brought_into_the_place_each_time_it_is_asked_for() {
        let sample = Sample::new("after_effects", "0-9", "a_[####].png");
        let place = sample.root.path().join("größe");
        fs::create_dir(&place).unwrap();
        sample.assign("0", |assignment| {
            let assignment = Assignment { place: &place, ..assignment.clone() };
            let desk = Desk::of(&assignment);
            let out = PathBuf::from(desk.prepare_out().unwrap());
            assert_eq!(out, assignment.scratch.join("o"));
            let written = out.join("cs0_00000.png");
            for content in ["half", "whole"] {
                let _ = fs::remove_file(&written);
                fs::write(&written, content).unwrap();
                let here = desk.brought(written.clone());
                assert_eq!(here, place.join("cs0_00000.png"));
                assert_eq!(fs::read_to_string(here).unwrap(), content);
            }
            fs::remove_file(&written).unwrap();
            assert!(!desk.brought(written).exists(), "an old copy is no new file");
        });
        sample.assign("0", |assignment| {
            let desk = Desk::of(assignment);
            assert_eq!(desk.out(), assignment.place);
            assert_eq!(desk.brought(assignment.place.join("x")), assignment.place.join("x"));
        });
    }
}
