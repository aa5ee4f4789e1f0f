//! Templates that clients uploaded, by MD5, on the leader's disk. A file under its MD5's name is whole: it was
//! written elsewhere, checked, synced and renamed. It refuses to know what templates mean.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callsheet_model::Md5;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::LeaderError;

/// The store.
#[derive(Clone, Debug)]
pub struct Templates {
    directory: PathBuf,
    limit: u64,
    looking: Arc<Semaphore>,
}

impl Templates {
    /// Below `directory`, for templates of at most `limit` bytes. What an earlier life left half done is removed.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(directory: PathBuf, limit: u64) -> io::Result<Self> {
        std::fs::create_dir_all(&directory)?;
        for entry in std::fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "part") {
                std::fs::remove_file(path)?;
            }
        }
        Ok(Self { directory, limit, looking: Arc::new(Semaphore::new(1)) })
    }

    /// Where a template is, if it is here.
    #[must_use]
    pub fn path(&self, md5: Md5) -> Option<PathBuf> {
        let path = self.directory.join(md5.to_string());
        path.is_file().then_some(path)
    }

    /// Waits for leave to look into a template: one at a time, since what is looked into is in memory whole.
    pub(crate) async fn look(&self) -> Result<OwnedSemaphorePermit, LeaderError> {
        self.looking.clone().acquire_owned().await.map_err(|_| LeaderError::Restarting)
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// Too large, or the disk's.
    pub async fn upload(&self, md5: Md5, bytes: u64) -> Result<Upload, LeaderError> {
        if bytes > self.limit {
            return Err(LeaderError::TemplateTooLarge { found: bytes, max: self.limit });
        }
        let part = self.directory.join(format!("{md5}-{}.part", uuid::Uuid::new_v4().simple()));
        let file = File::create_new(&part).await.map_err(LeaderError::io("making a file for a template"))?;
        let target = self.directory.join(md5.to_string());
        Ok(Upload { md5, bytes, got: 0, sum: md5::Context::new(), file: Some(file), part, target })
    }
}

/// A template being uploaded. Dropping it before it is finished leaves nothing.
pub struct Upload {
    md5: Md5,
    bytes: u64,
    got: u64,
    sum: md5::Context,
    file: Option<File>,
    part: PathBuf,
    target: PathBuf,
}

impl Upload {
    /// Takes the next piece.
    ///
    /// # Errors
    /// More than was announced, or the disk's.
    pub async fn piece(&mut self, data: &[u8]) -> Result<(), LeaderError> {
        self.got += data.len() as u64;
        if self.got > self.bytes {
            return Err(LeaderError::BrokenTemplate(format!("more than {} bytes", self.bytes)));
        }
        self.sum.consume(data);
        match &mut self.file {
            Some(file) => file.write_all(data).await.map_err(LeaderError::io("writing a template")),
            None => Ok(()),
        }
    }

    /// Checks and keeps what came.
    ///
    /// # Errors
    /// Fewer bytes than announced, another MD5, or the disk's.
    pub async fn finish(mut self) -> Result<(), LeaderError> {
        let sum = Md5(std::mem::replace(&mut self.sum, md5::Context::new()).finalize().0);
        if self.got != self.bytes {
            return Err(LeaderError::BrokenTemplate(format!("{} bytes instead of {}", self.got, self.bytes)));
        }
        if sum != self.md5 {
            return Err(LeaderError::BrokenTemplate(format!("its MD5 is {sum}, not {}", self.md5)));
        }
        let written = LeaderError::io("keeping a template");
        let result = async {
            if let Some(mut file) = self.file.take() {
                file.flush().await?;
                file.sync_all().await?;
            }
            fs::rename(&self.part, &self.target).await?;
            sync_directory(&self.target).await
        };
        result.await.map_err(written)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // After `finish` it has another name, and there is nothing to remove.
        let _ = std::fs::remove_file(&self.part);
    }
}

/// A rename is durable when its directory is; directories can be opened for that on Unix only.
async fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(directory) if cfg!(unix) => File::open(directory).await?.sync_all().await,
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn md5_of(bytes: &[u8]) -> Md5 {
        Md5(md5::compute(bytes).0)
    }

    #[tokio::test]
    async fn what_is_kept_is_what_was_announced() {
        let directory = tempfile::tempdir().unwrap();
        let store = Templates::open(directory.path().into(), 100).unwrap();
        let md5 = md5_of(b"hello world");
        let mut upload = store.upload(md5, 11).await.unwrap();
        upload.piece(b"hello ").await.unwrap();
        assert!(store.path(md5).is_none());
        upload.piece(b"world").await.unwrap();
        upload.finish().await.unwrap();
        assert_eq!(std::fs::read(store.path(md5).unwrap()).unwrap(), b"hello world");
    }

    #[tokio::test]
    async fn what_is_not_is_refused_and_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let store = Templates::open(directory.path().into(), 100).unwrap();
        let md5 = md5_of(b"hello world");
        assert!(matches!(store.upload(md5, 101).await, Err(LeaderError::TemplateTooLarge { .. })));
        let mut long = store.upload(md5, 5).await.unwrap();
        assert!(matches!(long.piece(b"hello world").await, Err(LeaderError::BrokenTemplate(_))));
        drop(long);
        let mut short = store.upload(md5, 11).await.unwrap();
        short.piece(b"hello").await.unwrap();
        assert!(matches!(short.finish().await, Err(LeaderError::BrokenTemplate(_))));
        let mut other = store.upload(md5, 11).await.unwrap();
        other.piece(b"hello w0rld").await.unwrap();
        assert!(matches!(other.finish().await, Err(LeaderError::BrokenTemplate(_))));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
