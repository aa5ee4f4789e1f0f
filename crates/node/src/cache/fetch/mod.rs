//! Bringing one template into the cache, or looking again at one that is there. Runs in a task of its own.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use callsheet_model::{Failure, FailureClass, Md5, Template, limits};
use callsheet_protocol::v1;
use callsheet_protocol::v1::nodes_client::NodesClient;
use callsheet_renderers::publish;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tonic::Streaming;
use uuid::Uuid;

use crate::cache::orders::Withdrawn;
use crate::cache::store::{PARTIAL, Stamp};
use crate::cache::turns::{Ended, Moves, Turns, in_turn};
use crate::door::Door;

/// Pieces between the network and the disk.
const PIECES: usize = 16;
/// Bytes read from a file at once.
const PIECE: usize = 1 << 20;
/// Where nothing comes for this long, nothing is waited for any more: shares hang, and so do networks.
pub(super) const STANDSTILL: Duration = Duration::from_secs(60);

/// What has come of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(super) result: Result<Stamp, Failure>,
    /// It was brought here, not only looked at.
    pub(super) fetched: bool,
    pub(super) took_ms: u64,
}

/// All that one fetch needs to know.
pub(super) struct Errand {
    pub(super) door: Door,
    pub(super) template: Template,
    /// Where the template can be read on this machine, if the job says.
    pub(super) source: Option<PathBuf>,
    pub(super) target: PathBuf,
    /// How it was when it was last verified.
    pub(super) verified: Option<Stamp>,
    /// How long it may stand still.
    pub(super) standstill: Duration,
}

impl Errand {
    /// Nothing comes of one that is withdrawn before it has begun to bring anything, unless it was all but over.
    pub(super) async fn run(self, turns: &Turns, withdrawn: &Withdrawn) -> Option<Outcome> {
        let began = Instant::now();
        let took_ms = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (target, verified, md5) = (self.target.clone(), self.verified, self.template.md5);
        let look = async |moves: Moves| spawn_blocking(move || look(&target, verified, md5, &moves)).await;
        match in_turn(&turns.looks, self.standstill, withdrawn, look).await {
            Ended::Done(Ok(Some(stamp))) => {
                return Some(Outcome { result: Ok(stamp), fetched: false, took_ms: took_ms() });
            }
            Ended::Done(_) | Ended::StoodStill => {}
            Ended::Withdrawn => return None,
        }
        let bring = async |moves: Moves| match self.source.clone() {
            Some(source) => self.copy(source, moves).await,
            None => self.download(moves).await,
        };
        let result = match in_turn(&turns.fetches, self.standstill, withdrawn, bring).await {
            Ended::Done(result) => result,
            Ended::StoodStill => Err(format!("nothing came of it for {:?}", self.standstill)),
            Ended::Withdrawn => return None,
        };
        let name = &self.template.name;
        let result = result.map_err(|why| {
            Failure::new(FailureClass::InputMissing, format!("the template {name:?} cannot be had: {why}"))
        });
        Some(Outcome { result, fetched: true, took_ms: took_ms() })
    }

    async fn copy(&self, source: PathBuf, moves: Moves) -> Result<Stamp, String> {
        let (target, template) = (self.target.clone(), self.template.clone());
        let copied = spawn_blocking(move || {
            let failed = |error: io::Error| format!("{}: {error}", source.display());
            let mut from = File::open(&source).map_err(failed)?;
            let mut writing = Writing::begin(&target, template, moves)?;
            let mut bytes = vec![0; PIECE];
            loop {
                match from.read(&mut bytes) {
                    Ok(0) => return writing.finish(),
                    Ok(count) => writing.take(bytes.get(..count).unwrap_or_default())?,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(failed(error)),
                }
            }
        });
        copied.await.unwrap_or_else(|error| Err(error.to_string()))
    }

    async fn download(&self, moves: Moves) -> Result<Stamp, String> {
        let moves_too = moves.clone();
        let mut stream = moves_too.unless_given_up(self.ask()).await??;
        let (pieces, mut arriving) = mpsc::channel::<Vec<u8>>(PIECES);
        let (target, template) = (self.target.clone(), self.template.clone());
        let writer = spawn_blocking(move || {
            let mut writing = Writing::begin(&target, template, moves)?;
            while let Some(piece) = arriving.blocking_recv() {
                writing.take(&piece)?;
            }
            // Whether it is all of it, its MD5 tells.
            writing.finish()
        });
        let receive = async {
            loop {
                match stream.message().await {
                    Ok(Some(piece)) => {
                        if pieces.send(piece.data).await.is_err() {
                            return Ok(());
                        }
                    }
                    Ok(None) => return Ok(()),
                    Err(status) => return Err(format!("the leader: {}", status.message())),
                }
            }
        };
        let received = moves_too.unless_given_up(receive).await.flatten();
        drop((moves_too, pieces));
        let written = writer.await.unwrap_or_else(|error| Err(error.to_string()));
        match received {
            Err(why) => written.map_err(|_| why),
            Ok(()) => written,
        }
    }

    /// Asks the leader for it.
    async fn ask(&self) -> Result<Streaming<v1::TemplatePiece>, String> {
        let channel = self.door.connect().await.map_err(|error| format!("the leader: {error}"))?;
        let request = v1::FetchTemplateRequest { md5: self.template.md5.to_string() };
        let request = self.door.show(request).map_err(|status| status.message().to_owned())?;
        let mut client = NodesClient::new(channel).max_decoding_message_size(limits::MAX_MESSAGE_BYTES);
        let answer = client.fetch_template(request).await;
        Ok(answer.map_err(|status| format!("the leader: {}", status.message()))?.into_inner())
    }
}

/// Whether a file that is there is what it should be. One that is not is removed. Blocking.
fn look(path: &Path, verified: Option<Stamp>, md5: Md5, moves: &Moves) -> Option<Stamp> {
    let stamp = Stamp::of(path).ok()?;
    if verified == Some(stamp) || hash(path, moves).ok()? == md5 {
        return Some(stamp);
    }
    // What is there by now may be what a later errand has brought.
    moves.tell().ok()?;
    tracing::warn!(path = %path.display(), "is not what its MD5 says, and is removed");
    let _ = std::fs::remove_file(path);
    None
}

fn hash(path: &Path, moves: &Moves) -> io::Result<Md5> {
    let mut file = File::open(path)?;
    let mut context = md5::Context::new();
    let mut bytes = vec![0; PIECE];
    loop {
        match file.read(&mut bytes) {
            Ok(0) => return Ok(Md5(context.finalize().0)),
            Ok(count) => {
                context.consume(bytes.get(..count).unwrap_or_default());
                moves.tell().map_err(io::Error::other)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A file on its way: hashed while it is written, and under its own name only when it is whole.
struct Writing {
    target: PathBuf,
    partial: PathBuf,
    file: File,
    template: Template,
    context: md5::Context,
    bytes: u64,
    moves: Moves,
}

impl Writing {
    fn begin(target: &Path, template: Template, moves: Moves) -> Result<Self, String> {
        let mut partial = target.as_os_str().to_owned();
        // Another errand's, which was given up and may come back, has another name.
        partial.push(format!(".{}{PARTIAL}", Uuid::new_v4().simple()));
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).map_err(|error| format!("{}: {error}", partial.display()))?;
        Ok(Self {
            target: target.to_owned(),
            partial,
            file,
            template,
            context: md5::Context::new(),
            bytes: 0,
            moves,
        })
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), String> {
        self.moves.tell()?;
        self.bytes += piece.len() as u64;
        if self.bytes > limits::MAX_TEMPLATE_BYTES {
            return Err(format!("it is larger than {} bytes", limits::MAX_TEMPLATE_BYTES));
        }
        self.context.consume(piece);
        self.file.write_all(piece).map_err(|error| format!("{}: {error}", self.partial.display()))
    }

    fn finish(mut self) -> Result<Stamp, String> {
        let found = Md5(std::mem::replace(&mut self.context, md5::Context::new()).finalize().0);
        if found != self.template.md5 {
            let (bytes, wanted) = (self.bytes, self.template.md5);
            return Err(format!("its {bytes} bytes have the MD5 {found}, not {wanted}"));
        }
        let place = || -> io::Result<Stamp> {
            self.file.sync_all()?;
            // Whoever gave it up does not count on a file there.
            self.moves.tell().map_err(io::Error::other)?;
            std::fs::rename(&self.partial, &self.target)?;
            if let Some(directory) = self.target.parent() {
                publish::sync_directory(directory)?;
            }
            Stamp::of(&self.target)
        };
        place().map_err(|error| format!("{}: {error}", self.target.display()))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // After the rename there is nothing of that name.
        let _ = std::fs::remove_file(&self.partial);
    }
}
