//! What is told of a job as it goes on: its changes, and its attempts' output.

use std::time::Duration;

use callsheet_events::Filter;
use callsheet_leader::{AttemptLog, Wanted, next_signal};
use callsheet_model::signal::Signal;
use callsheet_model::{Event, JobId, JobState, Token};
use callsheet_protocol::v1;
use tokio::sync::mpsc;
use tonic::Status;

use super::jobs::Jobs;
use super::{refused, views};

/// A watched job is told at most this often; its end is told at once.
const WATCH_PACE: Duration = Duration::from_millis(100);
/// Bytes of one attempt's output per message.
const LOG_PIECE: usize = 256 << 10;

impl Jobs {
    /// Tells the job as it is, and again after changes, until it is over.
    pub(super) async fn tell_changes(
        &self,
        id: JobId,
        first: v1::JobView,
        to: mpsc::Sender<Result<v1::JobView, Status>>,
    ) {
        let wanted = Wanted { after: Some(first.sequence), follow: true, filter: of_job(id, &[]) };
        let mut changes = self.leader.follow(wanted);
        let leave = self.leave.clone();
        let mut view = first;
        loop {
            let over = views::job_state_from_wire(view.state()).is_none_or(JobState::is_final);
            if to.send(Ok(view)).await.is_err() || over {
                return;
            }
            // The pace is for the client's sake; changes in between are in the next view.
            tokio::select! {
                () = tokio::time::sleep(WATCH_PACE) => {}
                () = leave.cancelled() => return end_with_a_word(&to).await,
            }
            tokio::select! {
                change = changes.recv() => if !matches!(change, Some(Ok(_))) { return end_with_a_word(&to).await },
                () = to.closed() => return,
                () = leave.cancelled() => return end_with_a_word(&to).await,
            }
            while let Ok(Ok(_)) = changes.try_recv() {}
            view = match self.view(id).await {
                Ok(view) => view,
                Err(status) => {
                    let _ = to.send(Err(status)).await;
                    return;
                }
            };
        }
    }

    /// Tokens of all attempts that held a frame, from the log of events.
    pub(super) async fn attempts_at(&self, id: JobId, frame: i32) -> Result<Vec<Token>, Status> {
        let mut events = self.leader.follow(self.kept(id, &["frame_job.leased"]));
        let mut tokens = Vec::new();
        while let Some(page) = events.recv().await {
            for event in page.map_err(refused)? {
                if let Event::FramesLeased { lease } = &event.envelope.event
                    && lease.frames.contains(frame)
                {
                    tokens.push(lease.token);
                }
            }
        }
        Ok(tokens)
    }

    /// Events of a job, of these types, as far back as they are kept.
    pub(super) fn kept(&self, id: JobId, types: &[&str]) -> Wanted {
        let (oldest, _) = self.leader.range();
        Wanted { after: Some(oldest.saturating_sub(1)), follow: false, filter: of_job(id, types) }
    }

    pub(super) async fn tell_logs(
        &self,
        id: JobId,
        tokens: Option<Vec<Token>>,
        follow: bool,
        to: &mpsc::Sender<Result<v1::LogChunk, Status>>,
    ) -> Result<(), Status> {
        let wanted = |token: &Token| tokens.as_ref().is_none_or(|tokens| tokens.contains(token));
        // Live first: a piece that comes while the files are read is told twice, and left out by its offset.
        let mut signals = self.leader.signals();
        let mut told = std::collections::BTreeMap::new();
        for log in self.leader.logs(id).await.map_err(refused)? {
            if wanted(&log.token) {
                told.insert(log.token, log.end);
                for chunk in chunks(id, &log) {
                    if to.send(Ok(chunk)).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
        if !follow {
            return Ok(());
        }
        // A job that was retried has ended before: only an end after this look counts.
        let now = self.view(id).await?;
        if views::job_state_from_wire(now.state()).is_none_or(JobState::is_final) {
            return Ok(());
        }
        let filter = of_job(id, &["job.succeeded", "job.failed", "job.cancelled"]);
        let mut end = self.leader.follow(Wanted { after: Some(now.sequence), follow: true, filter });
        let leave = self.leave.clone();
        loop {
            let signal = tokio::select! {
                signal = next_signal(&mut signals) => signal,
                _ = end.recv() => return Ok(()),
                () = to.closed() => return Ok(()),
                () = leave.cancelled() => return Err(leaving()),
            };
            let Some(signal) = signal else { return Ok(()) };
            let Signal::Log(chunk) = &*signal else { continue };
            let seen = told.entry(chunk.token).or_insert(0);
            if chunk.job != id || !wanted(&chunk.token) || chunk.offset < *seen {
                continue;
            }
            *seen = chunk.offset + chunk.text.len() as u64;
            if to.send(Ok(chunk.into())).await.is_err() {
                return Ok(());
            }
        }
    }
}

fn of_job(id: JobId, types: &[&str]) -> Filter {
    let types = types.iter().map(|&kind| kind.to_owned()).collect();
    Filter { job: Some(id.0), types, ..Filter::default() }
}

/// What a stream ends with when the leader leaves.
pub(crate) fn leaving() -> Status {
    Status::unavailable("the leader is leaving: ask again in a moment")
}

async fn end_with_a_word<T>(to: &mpsc::Sender<Result<T, Status>>) {
    let _ = to.send(Err(leaving())).await;
}

/// A kept output in messages, cut at line ends where there are any.
fn chunks(job: JobId, log: &AttemptLog) -> Vec<v1::LogChunk> {
    let mut chunks = Vec::new();
    let (mut rest, mut offset) = (log.text.as_str(), 0);
    while !rest.is_empty() {
        let mut cut = rest.len().min(LOG_PIECE);
        while !rest.is_char_boundary(cut) {
            cut -= 1;
        }
        let cut = if cut == rest.len() { cut } else { rest[..cut].rfind('\n').map_or(cut, |at| at + 1) };
        let (text, behind) = rest.split_at(cut);
        chunks.push(v1::LogChunk {
            token: log.token.0,
            job: job.to_string(),
            step: log.step.0.into(),
            offset,
            text: text.to_owned(),
            node: log.node.clone(),
        });
        offset += text.len() as u64;
        rest = behind;
    }
    chunks
}
