//! Files of frames, movies and sound: named by number, whole, or spoiled as the story wants it. What the disk itself
//! refuses becomes the words that After Effects has for it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use super::jobs::Job;
use super::stage::{End, Stage, garbage};
use crate::complaint::Reason;
use crate::movie::Movie;
use crate::phase::Phase;
use crate::picture::Picture;
use crate::sound;
use crate::story::{Left, ModuleFormat, Pace, Ruin, Untruth};

/// A frame that is to be written.
pub(super) struct Shown {
    /// Display number.
    pub(super) number: i64,
    /// The number in the file's name.
    pub(super) file_number: i64,
    /// Outside the composition.
    pub(super) is_blank: bool,
    /// The first of those worked on together: it takes the time of all.
    pub(super) is_timed: bool,
}

/// What comes of a job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Pictures,
    Movie,
    /// Without pictures.
    Sound,
}

/// The output of one job.
pub(super) struct Output<'a> {
    job: &'a Job<'a>,
    fingerprint: u64,
    form: Form,
    /// Begun with the first frame.
    movie: Option<Movie>,
}

impl<'a> Output<'a> {
    pub(super) fn open(job: &'a Job<'a>, fingerprint: u64) -> Result<Self, End> {
        let extension = Path::new(&job.output).extension().unwrap_or_default().to_ascii_lowercase();
        let by_name = ["mov", "mp4", "m4v"].iter().any(|known| extension == *known);
        let form = match job.module.format {
            ModuleFormat::ByExtension if extension == "wav" => Form::Sound,
            ModuleFormat::ByExtension if by_name => Form::Movie,
            ModuleFormat::ByExtension | ModuleFormat::Png => Form::Pictures,
            ModuleFormat::Movie => Form::Movie,
        };
        Ok(Self { job, fingerprint, form, movie: None })
    }

    /// One frame: the time it takes, what the story has for it, its file.
    pub(super) fn frame(&mut self, stage: &mut Stage<'_>, shown: &Shown) -> Result<(), End> {
        let picture = self.picture(shown.number, shown.is_blank);
        let path = self.path(shown.file_number);
        stage.about = path.display().to_string();
        if shown.is_timed {
            self.take_time(stage, &path, &picture);
        }
        self.leave_ruins(stage, shown.number, &path, &picture);
        stage.at(Phase::Frame, Some(shown.number))?;
        let is_left_out = stage.run.lie.as_ref().is_some_and(|lie| {
            lie.how == Untruth::FramesMissing
                && lie.frames.as_ref().is_none_or(|frames| frames.contains(shown.number))
        });
        if is_left_out {
            return Ok(());
        }
        let spoil = stage.run.spoil.as_ref();
        let spoil = spoil
            .filter(|spoil| spoil.frames.as_ref().is_none_or(|frames| frames.contains(shown.number)))
            .map(|spoil| spoil.how);
        let written = match self.form {
            Form::Movie if spoil.is_none() => self.add(&path, &picture),
            Form::Movie | Form::Sound => Ok(()),
            Form::Pictures => self.write(&path, &picture, shown, spoil),
        };
        written.or_else(|error| fail(stage, &path, &error))
    }

    /// The end of a movie, and all of a sound; sequences have none.
    pub(super) fn finish(self, stage: &mut Stage<'_>) -> Result<(), End> {
        let path = self.path(0);
        let is_emptied = stage.run.spoil.as_ref().is_some_and(|spoil| spoil.how == Ruin::Empty);
        let written = match self.form {
            Form::Movie | Form::Sound if is_emptied => File::create(&path).map(|_| ()),
            Form::Sound => sound::write(&path, self.seconds()),
            Form::Movie | Form::Pictures => self.movie.map_or(Ok(()), Movie::finish),
        };
        written.or_else(|error| fail(stage, &path, &error))
    }

    fn seconds(&self) -> f64 {
        // Frames of a film are few enough to be exact.
        #[allow(clippy::cast_precision_loss)]
        let frames = self.job.span.len() as f64;
        frames / self.job.comp.rate
    }

    fn picture(&self, number: i64, is_blank: bool) -> Vec<u8> {
        let comp = self.job.comp;
        let fingerprint = if is_blank { 0 } else { self.fingerprint };
        let picture = Picture {
            width: comp.width,
            height: comp.height,
            frame: number,
            composition: &comp.name,
            fingerprint,
        };
        // Sides are checked when the project is read, and memory does not fail.
        picture.png().unwrap_or_default()
    }

    /// The file of a number: `[#####]` is its padding; without, the number stands before the extension.
    fn path(&self, number: i64) -> PathBuf {
        let pattern = self.job.output.as_str();
        let marks = pattern.rfind("[#").and_then(|open| {
            let (before, rest) = pattern.split_at(open);
            let (marks, after) = rest.strip_prefix('[')?.split_once(']')?;
            marks.bytes().all(|mark| mark == b'#').then_some((before, marks.len(), after))
        });
        match marks {
            Some((before, _, after)) if self.form != Form::Pictures => {
                PathBuf::from(format!("{before}{after}"))
            }
            Some((before, width, after)) => PathBuf::from(format!("{before}{number:0width$}{after}")),
            None if self.form != Form::Pictures => PathBuf::from(pattern),
            None => {
                let path = Path::new(pattern);
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                let extension =
                    path.extension().map_or(String::new(), |ext| format!(".{}", ext.to_string_lossy()));
                path.with_file_name(format!("{stem}{number:05}{extension}"))
            }
        }
    }

    /// The time of a frame; a growing file shows that something moves.
    fn take_time(&self, stage: &Stage<'_>, path: &Path, picture: &[u8]) {
        if stage.pace() != Pace::Grow || self.form != Form::Pictures {
            return stage.pass(Phase::Frame);
        }
        let step = stage.time_of(Phase::Frame) / 8;
        let Ok(mut file) = File::create(path) else { return thread::sleep(step * 8) };
        for part in picture.chunks(picture.len() / 16 + 1).take(8) {
            // The whole picture is written afterwards, and any failure told then.
            let _ = file.write_all(part);
            thread::sleep(step);
        }
    }

    /// What a crash that is about to happen leaves on disk.
    fn leave_ruins(&mut self, stage: &Stage<'_>, number: i64, path: &Path, picture: &[u8]) {
        let Some(crash) = stage.crash_due(Phase::Frame, Some(number)) else { return };
        match crash.leaves {
            Some(Ruin::Truncated) => drop(fs::write(path, half(picture))),
            Some(_) => drop(File::create(path)),
            None => {}
        }
        if crash.movie == Some(Left::Short) {
            let _ = self.movie.take().map(Movie::finish);
        }
    }

    fn add(&mut self, path: &Path, picture: &[u8]) -> io::Result<()> {
        let comp = self.job.comp;
        if self.movie.is_none() {
            self.movie = Some(Movie::create(path, (comp.width, comp.height), comp.rate)?);
        }
        self.movie.as_mut().map_or(Ok(()), |movie| movie.add(picture))
    }

    fn write(&self, path: &Path, picture: &[u8], shown: &Shown, spoil: Option<Ruin>) -> io::Result<()> {
        match spoil {
            None => fs::write(path, picture),
            Some(Ruin::Empty) => File::create(path).map(|_| ()),
            Some(Ruin::Truncated) => fs::write(path, half(picture)),
            Some(Ruin::Garbage) => fs::write(path, garbage(picture.len())),
            Some(Ruin::WrongSize) => {
                let comp = self.job.comp;
                let (width, height) = (comp.width / 2 + 1, comp.height / 2 + 1);
                let (frame, fingerprint) = (shown.number, self.fingerprint);
                let small = Picture { width, height, frame, composition: &comp.name, fingerprint };
                fs::write(path, small.png().map_err(io::Error::other)?)
            }
            Some(Ruin::Stale) => {
                fs::write(path, self.picture(shown.number - 1, false))?;
                let yesterday = SystemTime::now() - Duration::from_secs(86_400);
                File::options().write(true).open(path)?.set_modified(yesterday)
            }
        }
    }
}

fn half(picture: &[u8]) -> &[u8] {
    picture.get(..picture.len() / 2).unwrap_or_default()
}

/// After Effects' words for what the disk says, and the end of the render.
fn fail(stage: &mut Stage<'_>, path: &Path, error: &io::Error) -> Result<(), End> {
    let (reason, about) = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            (Reason::DiskFull, path)
        }
        ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::NotADirectory
        | ErrorKind::ReadOnlyFilesystem => (Reason::Permission, path.parent().unwrap_or(path)),
        _ => (Reason::OutputFailed, path),
    };
    match stage.refuse(reason, &about.display().to_string(), None) {
        Err(End::Said(code)) => {
            stage.line("INFO: Render aborted.")?;
            Err(End::Said(code))
        }
        other => other,
    }
}
