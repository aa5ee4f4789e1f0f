//! A stream of events for one reader: history from its cursor on, then what comes, and signals between them.
//!
//! A reader that is cut off is told its cursor in the details of the status: whatever the reason, asking for
//! what comes after it misses nothing and repeats nothing.

use std::sync::Arc;

use callsheet_events::{Filter, Passing, Sealed, completed_frames, passing};
use callsheet_leader::{Wanted, next_signal};
use callsheet_model::Event;
use callsheet_model::signal::{FrameCompleted, Signal};
use callsheet_protocol::{FieldError, detailed, v1};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};
use v1::event_message::Body;

use super::cluster::Cluster;
use super::{refused, unreadable};
use crate::readers::Seated;

/// Messages of a stream that wait for a slow client.
const READY: usize = 64;

type To = mpsc::Sender<Result<v1::EventMessage, Status>>;

impl Cluster {
    /// Starts a stream; what cannot be meant is refused before it begins.
    pub(super) async fn stream(
        &self,
        request: v1::EventsRequest,
    ) -> Result<Seated<Result<v1::EventMessage, Status>>, Status> {
        let filter = filter(&request)?;
        let place = self.readers.place()?;
        let (snapshot, after) = match (request.snapshot, request.after) {
            (true, Some(after)) => {
                let message = format!("{after}: a stream that begins with the state begins after that state");
                return Err(unreadable(FieldError::new("after", message)));
            }
            (true, None) => {
                let pieces = self.snapshot(&filter).await?;
                let sequence = pieces.first().map_or(0, |piece| piece.sequence);
                (pieces, sequence)
            }
            (false, Some(after)) => (Vec::new(), after),
            // By its number, so that also a stream that has told nothing yet has a cursor.
            (false, None) => (Vec::new(), self.leader.range().1),
        };
        let (to, answers) = mpsc::channel(READY);
        let (signals, listens) = (request.signals, request.signals || filter.wants_passing());
        let wanted = Wanted { after: Some(after), follow: request.follow, filter };
        let reader = Reader { cluster: self.clone(), signals, listens, cursor: after, to };
        tokio::spawn(reader.run(snapshot, wanted));
        Ok(Seated::new(ReceiverStream::new(answers), place))
    }
}

/// What a stream that has to end because the leader leaves ends with.
fn leaving(cursor: u64) -> Status {
    let end = v1::StreamEnd { code: "leaving".into(), cursor: Some(cursor), ..Default::default() };
    detailed(Code::Unavailable, super::job_streams::leaving().message(), &end)
}

/// One reader, and how far it has come.
struct Reader {
    cluster: Cluster,
    /// All signals that fit the filter were asked for.
    signals: bool,
    /// There are signals that it wants.
    listens: bool,
    cursor: u64,
    to: To,
}

/// The reader has gone.
struct Gone;

impl Reader {
    async fn run(mut self, snapshot: Vec<v1::Snapshot>, wanted: Wanted) {
        // A reader that has gone needs no word.
        let _ = self.tell(snapshot, wanted).await;
    }

    async fn tell(&mut self, snapshot: Vec<v1::Snapshot>, wanted: Wanted) -> Result<(), Gone> {
        for piece in snapshot {
            self.send(Ok(Body::Snapshot(piece))).await?;
        }
        let filter = wanted.filter.clone();
        let mut signals = self.cluster.leader.signals();
        let mut events = self.cluster.leader.follow(wanted);
        let leave = self.cluster.leave.clone();
        loop {
            tokio::select! {
                // In this order, so that the same run goes the same way again; a full log is no reason to stay.
                biased;
                () = self.to.closed() => return Err(Gone),
                () = leave.cancelled() => return self.send(Err(leaving(self.cursor))).await,
                page = events.recv() => match page {
                    None => return Ok(()),
                    Some(Ok(page)) => self.page(&page, &filter).await?,
                    Some(Err(error)) => return self.send(Err(refused(error))).await,
                },
                signal = next_signal(&mut signals), if self.listens => match signal {
                    Some(signal) => self.signal(&signal, &filter).await?,
                    None => return self.send(Err(leaving(self.cursor))).await,
                },
            }
        }
    }

    async fn page(&mut self, page: &[Arc<Sealed>], filter: &Filter) -> Result<(), Gone> {
        for event in page {
            self.send(Ok(Body::Event(stored(event)))).await?;
            self.cursor = event.envelope.sequence;
            if self.listens {
                for (done, passing) in frames(event) {
                    if self.wants(filter, &passing) {
                        let body = v1::signal::Body::FrameCompleted((&done).into());
                        self.send(Ok(Body::Signal(as_signal(body, &passing)))).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a signal is wanted: all that fit were asked for, or its type was.
    fn wants(&self, filter: &Filter, passing: &Passing) -> bool {
        filter.takes_passing(passing) || self.signals && filter.takes(passing.kind, &passing.scopes)
    }

    async fn signal(&mut self, signal: &Signal, filter: &Filter) -> Result<(), Gone> {
        let passing = passing(signal);
        if self.wants(filter, &passing) {
            self.send(Ok(Body::Signal(as_signal(body(signal), &passing)))).await?;
        }
        Ok(())
    }

    async fn send(&self, message: Result<Body, Status>) -> Result<(), Gone> {
        let message = message.map(|body| v1::EventMessage { body: Some(body) });
        self.to.send(message).await.map_err(|_| Gone)
    }
}

/// What a reader wants, by the rules that all doors share.
fn filter(request: &v1::EventsRequest) -> Result<Filter, Status> {
    let v1::EventsRequest { types, job, run, workflow, node, project, agent, user, correlation, .. } =
        request;
    let named = [
        ("job", job),
        ("run", run),
        ("workflow", workflow),
        ("node", node),
        ("project", project),
        ("agent", agent),
        ("user", user),
        ("correlation", correlation),
    ];
    let given = named.into_iter().filter(|(_, value)| !value.is_empty());
    let types = types.iter().map(|pattern| ("types", pattern));
    let pairs = types.chain(given).map(|(key, value)| (key, value.as_str()));
    Filter::parse(pairs).map_err(|error| Status::invalid_argument(error.to_string()))
}

fn stored(event: &Sealed) -> v1::StoredEvent {
    let envelope = &event.envelope;
    let text = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    v1::StoredEvent {
        sequence: envelope.sequence,
        at_ms: envelope.at.0,
        r#type: envelope.event.kind().to_owned(),
        payload_json: payload(&event.json),
        id: event.id.to_string(),
        hash: event.hash.to_string(),
        chain: event.chain.to_string(),
        project_id: text(envelope.context.project),
        actor_id: text(envelope.context.author.id),
        actor_type: envelope.context.author.kind.word().to_owned(),
        correlation_id: event.scopes.correlation.clone().unwrap_or_default(),
        json: event.json.to_string(),
    }
}

/// An envelope, for its payload.
#[derive(Deserialize)]
struct Enveloped<'a> {
    #[serde(borrow)]
    payload: &'a RawValue,
}

/// The payload's own text, as it stands in the envelope.
fn payload(envelope: &str) -> String {
    let read: Result<Enveloped<'_>, _> = serde_json::from_str(envelope);
    // An envelope is written by this leader, and always has one.
    read.map(|envelope| envelope.payload.get().to_owned()).unwrap_or_default()
}

/// Each frame that an event accepts, as the signal that contracts know.
fn frames(event: &Sealed) -> impl Iterator<Item = (FrameCompleted, Passing)> {
    let accepted = match &event.envelope.event {
        Event::FramesAccepted { token, job, frames, .. } => Some((*token, *job, frames)),
        _ => None,
    };
    let at = event.envelope.at;
    let done = accepted.into_iter().flat_map(move |(token, job, frames)| {
        let frame_job = token.frame_job_uuid(job);
        frames.iter().map(move |frame| FrameCompleted {
            job,
            frame_job,
            frame,
            bytes: None,
            completed_at: Some(at),
        })
    });
    done.zip(completed_frames(event))
}

fn as_signal(body: v1::signal::Body, passing: &Passing) -> v1::Signal {
    v1::Signal { body: Some(body), r#type: passing.kind.to_owned(), json: passing.json.to_string() }
}

fn body(signal: &Signal) -> v1::signal::Body {
    use v1::signal::Body;
    match signal {
        Signal::Heartbeat(beat) => {
            Body::Heartbeat(v1::NodeHeartbeat { node: beat.node.to_string(), heartbeat: Some(beat.into()) })
        }
        Signal::Progress(progress) => Body::Progress(progress.into()),
        Signal::Log(chunk) => Body::Log(chunk.into()),
        Signal::Worker(beat) => Body::Worker(beat.into()),
        Signal::Foreign(beat) => Body::Foreign(beat.into()),
        Signal::FrameCompleted(done) => Body::FrameCompleted(done.into()),
    }
}
