//! Is it the attempt's fault that its output could not be written, or is the storage itself full or away?
//!
//! Asked after an attempt that failed to write: whoever cannot even write a small file where the output
//! belongs, for a reason that is the storage's, has found it out of order. It refuses to wait for an answer
//! for long, and to leave anything behind.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use callsheet_model::{Failure, FailureClass, Token};
use callsheet_renderers::publish;
use callsheet_supervision::aside;
use tokio::time::timeout;

use crate::platform::is_out;

/// A storage that works answers within this.
const ANSWER: Duration = Duration::from_secs(10);
/// Written to see whether it can be. Less than any picture, and more than a file system hides in its own notes.
static SAMPLE: [u8; 64 * 1024] = [0x43; 64 * 1024];

/// The failure as the storage's, if it turns out to be.
pub(super) async fn judged(failure: Failure, directory: PathBuf, token: Token) -> Failure {
    let asked = directory.clone();
    let reason = match timeout(ANSWER, aside(move || try_to_write(&asked, token))).await {
        Err(_) => Some(format!("it does not answer within {ANSWER:?}")),
        Ok(Ok(Err(error))) if is_out(&error) || is_away(&directory, &error) => Some(error.to_string()),
        // It can be written, or cannot for a reason that is not the storage's.
        Ok(_) => None,
    };
    let Some(reason) = reason else { return failure };
    // Without a slash at its end.
    let directory: PathBuf = directory.components().collect();
    let message = format!("the storage of {} is out: {reason}; {}", directory.display(), failure.message);
    Failure { class: FailureClass::StorageOut, message, ..failure }
}

fn try_to_write(directory: &Path, token: Token) -> io::Result<()> {
    let folder = directory.join(publish::FOLDER);
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("probe-{token}"));
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&SAMPLE)?;
        file.sync_all()
    });
    let removed = fs::remove_file(&path);
    // Others may have their places in it.
    let _ = fs::remove_dir(&folder);
    written.and(removed)
}

/// Where not even the share's own folder is there, it is not mounted: making that folder is for an
/// administrator, so it is refused and not missed. A share that is reached by a link is away when the link leads
/// nowhere: there is something already where its folder would have to be made.
fn is_away(directory: &Path, error: &io::Error) -> bool {
    let share: PathBuf = directory.components().take(3).collect();
    match error.kind() {
        io::ErrorKind::PermissionDenied => !share.exists(),
        io::ErrorKind::AlreadyExists => publish::leads_nowhere(directory),
        _ => false,
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(directory: &Path) -> Failure {
        let failure = Failure::new(FailureClass::OutputIo, "a_0001.png: the file cannot be read");
        judged(failure, directory.to_owned(), Token(7)).await
    }

    #[tokio::test]
    async fn a_storage_that_works_leaves_the_fault_where_it_is_and_no_trace() {
        let home = tempfile::tempdir().unwrap();
        let failure = asked(&home.path().join("shot")).await;
        assert_eq!(failure, Failure::new(FailureClass::OutputIo, "a_0001.png: the file cannot be read"));
        assert_eq!(fs::read_dir(home.path().join("shot")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_path_that_cannot_be_is_not_the_storages_fault() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("file"), "").unwrap();
        assert_eq!(asked(&home.path().join("file/shot")).await.class, FailureClass::OutputIo);
    }

    #[tokio::test]
    async fn what_cannot_be_written_to_is_named() {
        // A file system that refuses every file with an error of its own, for everybody.
        if !Path::new("/proc/sys").is_dir() {
            println!("skipped: no file system here that refuses to be written to");
            return;
        }
        let failure = asked(Path::new("/proc/shot")).await;
        assert_eq!(failure.class, FailureClass::StorageOut, "{failure}");
        assert!(failure.message.starts_with("the storage of /proc/shot is out: "), "{failure}");
        assert!(failure.message.ends_with("; a_0001.png: the file cannot be read"), "{failure}");
    }

    #[tokio::test]
    async fn a_share_whose_link_leads_nowhere_is_away() {
        let home = tempfile::tempdir().unwrap();
        let link = home.path().join("share");
        std::os::unix::fs::symlink(home.path().join("not-mounted"), &link).unwrap();
        let failure = asked(&link.join("show/shot")).await;
        assert_eq!(failure.class, FailureClass::StorageOut, "{failure}");
        fs::create_dir(home.path().join("not-mounted")).unwrap();
        assert_eq!(asked(&link.join("show/shot")).await.class, FailureClass::OutputIo, "it is back");
    }

    #[test]
    fn a_share_that_is_not_mounted_is_away() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(is_away(Path::new("/mnt/no-such-share/show/shot"), &denied));
        assert!(!is_away(Path::new("/usr/bin/show"), &denied));
        assert!(!is_away(
            Path::new("/mnt/no-such-share/show"),
            &io::Error::from(io::ErrorKind::NotADirectory)
        ));
    }
}
