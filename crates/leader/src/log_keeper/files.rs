//! The files of attempts' output: a head, and two tails that take turns.
//!
//! The head is the output itself, from its first byte on. A tail begins with the offset of its first byte, and so do
//! the heads that earlier versions wrote.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use callsheet_model::signal::LogChunk;
use callsheet_model::{JobId, NodeName, StepIndex, Token};

/// Where attempts' output is kept, and how much of each.
#[derive(Debug)]
pub(crate) struct LogFiles {
    directory: PathBuf,
    /// Bytes of the head; each tail has half of it.
    head: u64,
}

/// One attempt's output as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptLog {
    /// Under which token.
    pub token: Token,
    /// The step.
    pub step: StepIndex,
    /// Where it ran.
    pub node: String,
    /// The output; where a part is missing, a line in brackets says so.
    pub text: String,
    /// How much of the whole output this covers, in bytes: live pieces go on from here.
    pub end: u64,
}

impl LogFiles {
    pub(crate) fn new(directory: PathBuf, bytes: u64) -> Self {
        Self { directory, head: (bytes / 2).max(1024) }
    }

    /// Adds a piece; one that is there already is left out, by its offset.
    pub(crate) fn keep(&self, chunk: &LogChunk) -> io::Result<()> {
        let path = self.job(chunk.job);
        fs::create_dir_all(&path)?;
        let stem = Stem { token: chunk.token, step: chunk.step, node: chunk.node.clone() };
        let parts = Parts::at(&path, &stem);
        let end = parts.end()?;
        let text = chunk.text.as_bytes();
        let skip = usize::try_from(end.saturating_sub(chunk.offset)).unwrap_or(usize::MAX);
        if skip >= text.len() {
            return Ok(());
        }
        let offset = chunk.offset.max(end);
        if offset < self.head && parts.earlier.exists() {
            append(&parts.earlier, offset, &text[skip..])
        } else if offset < self.head && offset == length(&parts.head)?.unwrap_or(0) {
            OpenOptions::new().create(true).append(true).open(&parts.head)?.write_all(&text[skip..])
        } else {
            parts.append_to_tail(self.head / 2, offset, &text[skip..])
        }
    }

    /// Removes all output of a job.
    pub(crate) fn forget(&self, job: JobId) -> io::Result<()> {
        match fs::remove_dir_all(self.job(job)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// All attempts of a job, oldest first; nothing when there is no output.
    pub(crate) fn attempts(&self, job: JobId) -> io::Result<Vec<(Token, StepIndex, String)>> {
        let entries = match fs::read_dir(self.job(job)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut attempts = BTreeSet::new();
        for entry in entries {
            let name = entry?.file_name();
            let stem = name.to_str().and_then(|name| name.rsplit_once('.')).map(|(stem, _)| stem);
            attempts.extend(stem.and_then(Stem::read));
        }
        Ok(attempts.into_iter().collect())
    }

    /// The output of the attempt under this token, if there is any.
    pub(crate) fn attempt(&self, job: JobId, token: Token) -> io::Result<Option<AttemptLog>> {
        let attempt = self.attempts(job)?.into_iter().find(|(found, ..)| *found == token);
        attempt.map(|attempt| self.read(job, attempt)).transpose()
    }

    /// One attempt's output.
    pub(crate) fn read(
        &self,
        job: JobId,
        (token, step, node): (Token, StepIndex, String),
    ) -> io::Result<AttemptLog> {
        let path = self.job(job);
        let name =
            NodeName::new(&node).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let parts = Parts::at(&path, &Stem { token, step, node: name });
        let (mut text, mut end) = (String::new(), 0);
        for part in parts.in_order()? {
            let (offset, bytes) = if part == parts.head { (0, fs::read(&part)?) } else { read_part(&part)? };
            if offset > end {
                text.push_str(&format!("[{} bytes are not kept]\n", offset - end));
            }
            text.push_str(&String::from_utf8_lossy(&bytes));
            end = offset + bytes.len() as u64;
        }
        Ok(AttemptLog { token, step, node, text, end })
    }

    fn job(&self, job: JobId) -> PathBuf {
        self.directory.join(job.to_string())
    }
}

/// What a log's file name says: `3.17_0_anna`.
struct Stem {
    token: Token,
    step: StepIndex,
    node: NodeName,
}

impl Stem {
    fn read(stem: &str) -> Option<(Token, StepIndex, String)> {
        let (token, rest) = stem.split_once('_')?;
        let (step, node) = rest.split_once('_')?;
        Some((token.parse().ok()?, StepIndex(step.parse().ok()?), node.to_owned()))
    }
}

/// The files of one attempt. All but the head begin with the offset of their first byte, in eight bytes.
struct Parts {
    head: PathBuf,
    /// A head as earlier versions wrote it.
    earlier: PathBuf,
    tails: [PathBuf; 2],
}

impl Parts {
    fn at(directory: &Path, stem: &Stem) -> Self {
        let stem = format!("{}_{}_{}", stem.token, stem.step.0, stem.node);
        let part = |suffix: &str| directory.join(format!("{stem}.{suffix}"));
        Self { head: part("log"), earlier: part("head"), tails: [part("tail0"), part("tail1")] }
    }

    /// Each part that exists, with where it begins in the output and where it ends.
    fn extents(&self) -> io::Result<Vec<(u64, u64, &PathBuf)>> {
        let mut found: Vec<_> = length(&self.head)?.map(|end| (0, end, &self.head)).into_iter().collect();
        for path in [&self.earlier, &self.tails[0], &self.tails[1]] {
            found.extend(extent(path)?.map(|(begin, end)| (begin, end, path)));
        }
        Ok(found)
    }

    /// The parts that exist, by offset.
    fn in_order(&self) -> io::Result<Vec<PathBuf>> {
        let mut parts = self.extents()?;
        parts.sort();
        Ok(parts.into_iter().map(|(_, _, path)| path.clone()).collect())
    }

    /// The offset behind the last byte kept.
    fn end(&self) -> io::Result<u64> {
        Ok(self.extents()?.into_iter().map(|(_, end, _)| end).max().unwrap_or(0))
    }

    fn append_to_tail(&self, size: u64, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let behind = |path: &PathBuf| extent(path).map(|extent| extent.map_or(0, |(_, behind)| behind));
        let [first, second] = &self.tails;
        let (current, other) =
            if behind(second)? > behind(first)? { (second, first) } else { (first, second) };
        match extent(current)? {
            Some((begin, behind)) if behind - begin >= size => {
                // The older tail makes room.
                if other.exists() {
                    fs::remove_file(other)?;
                }
                append(other, offset, bytes)
            }
            _ => append(current, offset, bytes),
        }
    }
}

/// How long a file is; `None` when there is no such file.
fn length(path: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(|found| Some(found.len())),
    }
}

/// Where a part begins in the output and where it ends; `None` when there is no such part.
fn extent(path: &Path) -> io::Result<Option<(u64, u64)>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut offset = [0; 8];
    if file.read_exact(&mut offset).is_err() {
        // Killed between making the file and writing its offset: as good as not there.
        fs::remove_file(path)?;
        return Ok(None);
    }
    let offset = u64::from_be_bytes(offset);
    Ok(Some((offset, offset + file.metadata()?.len() - 8)))
}

fn append(path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
    let known = extent(path)?;
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if known.is_none() {
        file.write_all(&offset.to_be_bytes())?;
    }
    file.write_all(bytes)
}

fn read_part(path: &Path) -> io::Result<(u64, Vec<u8>)> {
    let mut bytes = fs::read(path)?;
    let rest = bytes.split_off(bytes.len().min(8));
    let offset = bytes.try_into().map(u64::from_be_bytes).unwrap_or(0);
    Ok((offset, rest))
}
