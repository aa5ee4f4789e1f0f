//! Files that people wrote, read with every mistake told at its place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use callsheet_config::{ClusterConfig, Format, JobDraft, JobFile, MAX_TEXT_BYTES, Problems};

use crate::exit::Failure;
use crate::output::words;

/// Reads a cluster config. Relative paths in it start where it lies.
pub(crate) fn cluster_config(path: &Path) -> Result<ClusterConfig> {
    let text = text(path)?;
    let base = directory_of(path)?;
    ClusterConfig::parse(&text, &path.display().to_string(), &base, &|included| read_bounded(included))
        .map_err(|problems| mistakes(path, &problems).into())
}

/// Reads a job file.
pub(crate) fn job(path: &Path) -> Result<JobDraft> {
    let Some(format) = Format::of(path) else {
        let message = format!("{}: a job file ends in .toml, .json, .yaml or .yml", path.display());
        return Err(Failure::usage(message).into());
    };
    let text = text(path)?;
    JobFile::parse(&text, format, &path.display().to_string())
        .map_err(|problems| mistakes(path, &problems).into())
}

/// All the mistakes in one file, as one failure.
pub(crate) fn mistakes(path: &Path, problems: &Problems) -> Failure {
    let count = words::count(problems.0.len() as u64, "mistake");
    Failure::usage(format!("{} has {count}:\n{problems}", path.display()))
}

/// The absolute directory that a file lies in.
pub(crate) fn directory_of(path: &Path) -> Result<PathBuf> {
    let whole = std::path::absolute(path)
        .map_err(|error| Failure::usage(format!("{} cannot be found: {error}", path.display())))?;
    Ok(whole.parent().map(Path::to_path_buf).unwrap_or(whole))
}

/// A text file that a person named.
pub(crate) fn text(path: &Path) -> Result<String> {
    read_bounded(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())).into())
}

/// Somebody's disk image, named by mistake, must not fill the memory.
fn read_bounded(path: &Path) -> io::Result<String> {
    let found = fs::metadata(path)?.len();
    if found > MAX_TEXT_BYTES as u64 {
        let message = format!("it has {found} bytes, at most {MAX_TEXT_BYTES} are allowed");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    fs::read_to_string(path)
}

/// A file that the config names, by its key.
pub(crate) fn bytes(key: &str, path: &Path) -> Result<Vec<u8>> {
    fs::read(path)
        .map_err(|error| Failure::usage(format!("{key}: {} cannot be read: {error}", path.display())).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn failure(error: anyhow::Error) -> Failure {
        error.downcast().unwrap()
    }

    #[test]
    fn every_mistake_of_a_config_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad.toml");
        fs::write(&path, "[leader]\nsilence = 5\nlisen = \"x\"\n").unwrap();
        let failure = failure(cluster_config(&path).unwrap_err());
        assert_eq!(failure.exit, Exit::Usage);
        for word in ["bad.toml:2:", "silence", "lisen", "cluster.name"] {
            assert!(failure.message.contains(word), "{word} is missing: {}", failure.message);
        }
    }

    #[test]
    fn a_job_file_needs_a_known_ending() {
        let told = failure(job(Path::new("job.txt")).unwrap_err());
        assert!(told.message.contains(".yaml"), "{}", told.message);
        let told = failure(job(Path::new("no-such-job.toml")).unwrap_err());
        assert!(told.message.contains("cannot be read"), "{}", told.message);
    }
}
