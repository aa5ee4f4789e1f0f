//! Output of a job's attempts as Server-Sent Events: what is kept of it from the beginning, then each piece as it
//! comes, and a last word. Nothing of it has an `id:`, since nothing of it is in the log: a client that comes back is
//! told everything again, and knows by token and offset what it has.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use callsheet_leader::LeaderError;
use callsheet_model::{JobId, Token};
use callsheet_protocol::v1;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::grpc;
use crate::http::events::text::SseText;
use crate::http::{Problem, Shared};
use crate::output::{Output, Which};
use crate::readers::Place;

/// Proxies that would collect a stream before they pass it on are told not to.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// One message of the stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is only described")]
pub(super) struct OutputMessage {
    /// `log`; the last one is `over`, `leaving` or `cut_off`.
    #[schema(required = false, pattern = "^(log|over|leaving|cut_off)$")]
    event: String,
    /// JSON on one line. Of `log` a piece of output: `token`, `frame_job_id`, `job`, `step`, `node`, `offset`,
    /// `text`. Of the last one `type`, `code` and `reason`.
    #[schema(required = false)]
    data: String,
    /// After so many milliseconds a client that lost the stream may come back.
    #[schema(required = false, nullable = false)]
    retry: Option<u32>,
}

/// A piece of output, under the protocol's names.
#[derive(Serialize)]
struct Piece<'a> {
    token: u64,
    frame_job_id: String,
    job: JobId,
    step: u32,
    node: &'a str,
    /// Where it begins in the attempt's whole output, in bytes.
    offset: u64,
    text: &'a str,
}

/// Why nothing more comes.
#[derive(Serialize)]
struct LastWord<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    code: &'a str,
    reason: &'a str,
}

/// Follows the output of attempts.
pub(super) async fn follow(shared: &Shared, job: JobId, which: Which) -> Result<Response, Problem> {
    let place = shared.readers.place()?;
    let output = Output::open(&shared.leader, job, which, true).await?;
    let keep_alive = shared.leader.config().leader.http.keep_alive;
    let follower =
        Follower { output, job, keep_alive, leave: shared.leave.clone(), told: Told::Nothing, _place: place };
    let pieces = futures::stream::unfold(follower, |mut follower| async move {
        let text = follower.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text.0)), follower))
    });
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache"), (ACCEL_BUFFERING, "no")];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Something,
    TheEnd,
}

/// One who follows.
struct Follower {
    output: Output,
    job: JobId,
    keep_alive: Duration,
    leave: CancellationToken,
    told: Told,
    _place: Place,
}

impl Follower {
    /// What is written next; `None` after the last word.
    async fn next(&mut self) -> Option<SseText> {
        match self.told {
            Told::TheEnd => return None,
            Told::Nothing => {
                self.told = Told::Something;
                return Some(SseText::begin(None));
            }
            Told::Something => {}
        }
        let piece = tokio::select! {
            biased;
            () = self.leave.cancelled() => {
                return Some(self.end("leaving", "leaving", grpc::leaving().message()));
            }
            piece = tokio::time::timeout(self.keep_alive, self.output.next()) => piece,
        };
        Some(match piece {
            Err(_) => SseText::keep_alive(None),
            Ok(Ok(Some(piece))) => self.tell(&piece),
            Ok(Ok(None)) => self.over(),
            Ok(Err(error)) => self.cut_off(error),
        })
    }

    fn tell(&self, piece: &v1::LogChunk) -> SseText {
        let told = Piece {
            token: piece.token,
            frame_job_id: Token(piece.token).frame_job_uuid(self.job).to_string(),
            job: self.job,
            step: piece.step,
            node: &piece.node,
            offset: piece.offset,
            text: &piece.text,
        };
        let mut text = SseText::default();
        text.message(None, "log", &json(&told));
        text
    }

    fn over(&mut self) -> SseText {
        let mut text = SseText::default();
        // A browser comes back to whatever ends: for this there is no hurry.
        text.no_hurry();
        text.0 += &self.end("over", "job_over", "the job is over: nothing more comes").0;
        text
    }

    fn cut_off(&mut self, error: LeaderError) -> SseText {
        let problem = Problem::from(error);
        self.end("cut_off", problem.code(), problem.detail())
    }

    fn end(&mut self, kind: &str, code: &str, reason: &str) -> SseText {
        self.told = Told::TheEnd;
        let mut text = SseText::default();
        text.message(None, kind, &json(&LastWord { kind, code, reason }));
        text
    }
}

fn json(told: &impl Serialize) -> String {
    // Plain fields: there is nothing in them that JSON could not hold.
    serde_json::to_string(told).unwrap_or_default()
}
