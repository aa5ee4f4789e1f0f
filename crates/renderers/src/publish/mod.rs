//! Bringing accepted frames from an attempt's own place to their final path, each by one atomic rename.
//!
//! ```text
//!   /show/shot/beauty_[#####].png         the step's output
//!   /show/shot/.callsheet/<job>/<token>/  the attempt's place: same tree, so the same file system
//!                          beauty_00007.png ──rename──► /show/shot/beauty_00007.png
//!                          .receipt-<uuid>   says what was about to be renamed, and how to know it again
//! ```
//!
//! Two nodes may publish one accepted attempt: a crashed node's successor, and the old node when it wakes up.
//! Whoever comes second finds the file gone. A receipt, written before the renames, then tells "already
//! there" from "lost": the final file must be the very file that the receipt describes, not an older one of
//! the same name. Where a crash makes that unclear the answer is "lost", and the frame is rendered again.
//!
//! It refuses to decide what may be published: the agent asks only for frames that were accepted.

mod durable;
mod receipt;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callsheet_model::{JobId, OutputPattern, Token};

pub use durable::sync_directory;
use durable::{rename, sync_new_directories};
use receipt::{Identity, Receipts};

/// The folder beside the results that holds what is not published yet.
pub const FOLDER: &str = ".callsheet";

/// First wait for a folder that still fills while it is removed, and the one that is too long.
const SWEEP_WAIT: Duration = Duration::from_millis(20);
const SWEEP_LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Why a file could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It is neither in the attempt's place nor, as this attempt's, at its final path.
    #[error("{file_name} is not in the attempt's place any more, nor was it published")]
    Missing {
        /// The file's name.
        file_name: String,
    },
    /// The file system refused.
    #[error("{file_name} cannot be published into {}", directory.display())]
    Io {
        /// The file's name.
        file_name: String,
        /// Where to.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Where the attempt with this token writes, as a path of this machine.
#[must_use]
pub fn place_of(output: &OutputPattern, job: JobId, token: Token) -> PathBuf {
    folder_of(output, job).join(token.to_string())
}

fn folder_of(output: &OutputPattern, job: JobId) -> PathBuf {
    Path::new(output.directory()).join(FOLDER).join(job.to_string())
}

/// Makes an attempt's place, durably. What is there already stays: it is of the same attempt. Blocking.
///
/// # Errors
/// What the file system says.
pub fn prepare(place: &Path) -> io::Result<()> {
    sync_new_directories(place)
}

/// Gives a proven file, under the name its program chose, the name that belongs to it in the place.
///
/// # Errors
/// What the file system says.
pub fn settle(produced: &Path, result: &Path) -> io::Result<()> {
    if produced == result { Ok(()) } else { rename(produced, result) }
}

/// Publishes one file. See [`publish_all`].
///
/// # Errors
/// See [`publish_all`].
pub fn publish(place: &Path, file_name: &str, directory: &Path) -> Result<(), PublishError> {
    publish_all(place, &[file_name], directory).pop().unwrap_or(Ok(()))
}

/// Publishes files of one attempt into its final directory, replacing older ones, and makes that durable.
/// Doing it again, here or on another machine, gives the same answers. One answer for each name, in their
/// order. Blocking.
pub fn publish_all<N: AsRef<str>>(
    place: &Path,
    file_names: &[N],
    directory: &Path,
) -> Vec<Result<(), PublishError>> {
    let here: Vec<Option<Identity>> =
        file_names.iter().map(|name| Identity::of(&place.join(name.as_ref())).ok()).collect();
    let entries = file_names.iter().zip(&here).filter_map(|(name, here)| Some((name.as_ref(), (*here)?)));
    let written = receipt::write(place, entries);
    let mut receipts = Receipts::new(place);
    let mut answers: Vec<_> = file_names
        .iter()
        .map(AsRef::as_ref)
        .map(|name| match &written {
            Err(error) => Err(refused(name, directory, io::Error::new(error.kind(), error.to_string()))),
            Ok(()) => move_one(place, name, directory, &mut receipts),
        })
        .collect();
    // A rename counts once it is on the platter: if it cannot be brought there, nothing was published.
    if let Err(error) = sync_directory(directory) {
        for (answer, name) in answers.iter_mut().zip(file_names).filter(|(answer, _)| answer.is_ok()) {
            let error = io::Error::new(error.kind(), error.to_string());
            *answer = Err(refused(name.as_ref(), directory, error));
        }
    }
    answers
}

fn move_one(
    place: &Path,
    name: &str,
    directory: &Path,
    receipts: &mut Receipts<'_>,
) -> Result<(), PublishError> {
    let target = directory.join(name);
    match rename(&place.join(name), &target) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let published = Identity::of(&target).is_ok_and(|identity| receipts.speak_of(name, identity));
            match published {
                true => Ok(()),
                // It is all there again when the share is.
                false if leads_nowhere(directory) => Err(refused(name, directory, error)),
                false => Err(PublishError::Missing { file_name: name.to_owned() }),
            }
        }
        Err(error) => Err(refused(name, directory, error)),
    }
}

fn refused(name: &str, directory: &Path, source: io::Error) -> PublishError {
    PublishError::Io { file_name: name.to_owned(), directory: directory.to_owned(), source }
}

/// Whether a directory is reached by a link that leads nowhere: then the share behind it is away, and nothing can
/// be said about what is on it. Blocking.
#[must_use]
pub fn leads_nowhere(directory: &Path) -> bool {
    // A link with a slash at its end is already what it leads to.
    let directory: PathBuf = directory.components().collect();
    directory.ancestors().any(|part| part.is_symlink() && !part.exists())
}

/// Removes an attempt's place with whatever is in it. Nothing there is fine. Blocking.
///
/// # Errors
/// What the file system says.
pub fn discard(place: &Path) -> io::Result<()> {
    unless_missing(fs::remove_dir_all(place))
}

/// Removes the folders that held an attempt's place, if nothing else is in them: whoever is called back after
/// the job was swept still leaves no trace. Blocking.
pub fn turn_off_the_light(place: &Path) {
    for folder in place.ancestors().skip(1).take(2) {
        // Somebody else's work is in it, or it is gone.
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

/// Removes what attempts of a job with tokens up to this one left beside this output, once the job is over:
/// nothing of them will be published any more. Later ones belong to a retry of the job, which may have begun
/// by now. The folder of all jobs goes with the last of them. Blocking.
///
/// # Errors
/// What the file system says.
pub fn sweep(output: &OutputPattern, job: JobId, up_to: Token) -> io::Result<()> {
    let folder = folder_of(output, job);
    let places = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        places => places?,
    };
    for place in places {
        let place = place?;
        let token = place.file_name().to_str().and_then(|name| name.parse::<Token>().ok());
        if token.is_some_and(|token| token <= up_to) {
            remove_folder(&place.path())?;
        }
    }
    for folder in [folder.as_path(), &Path::new(output.directory()).join(FOLDER)] {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => return Ok(()),
            done => unless_missing(done)?,
        }
    }
    Ok(())
}

/// A renderer that is being called back may still write into it: that passes.
fn remove_folder(folder: &Path) -> io::Result<()> {
    let mut wait = SWEEP_WAIT;
    loop {
        match unless_missing(fs::remove_dir_all(folder)) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && wait < SWEEP_LONGEST_WAIT => {
                std::thread::sleep(wait);
                wait *= 2;
            }
            done => return done,
        }
    }
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
