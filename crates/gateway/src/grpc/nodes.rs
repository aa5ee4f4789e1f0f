//! The nodes' door: sessions, and templates for their caches.

use std::net::IpAddr;
use std::pin::Pin;

use callsheet_leader::{FromNode, Hello, Holding, Leader, LeaderError, NodeDoor, ToNode};
use callsheet_model::signal::Signal;
use callsheet_model::{NodeName, Token};
use callsheet_protocol::{
    FieldError, arrival_from_wire, cache_from_wire, goodbye_from_wire, heartbeat_from_wire, log_from_wire,
    node_from_wire, progress_from_wire, ranges_to_wire, report_from_wire, tokens_from_wire, troupe_from_wire,
    v1,
};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::offers::{Briefed, offers_to_wire};
use super::{refused, unreadable};

/// Messages to a node that wait for its connection to take them.
const READY: usize = 16;
/// Bytes of a template per message.
const PIECE: usize = 256 << 10;

/// The service.
pub(crate) struct Nodes {
    leader: Leader,
    leave: CancellationToken,
}

impl Nodes {
    pub(crate) fn new(leader: Leader, leave: CancellationToken) -> Self {
        Self { leader, leave }
    }
}

type Outgoing = Pin<Box<dyn Stream<Item = Result<v1::LeaderMessage, Status>> + Send>>;
type Pieces = Pin<Box<dyn Stream<Item = Result<v1::TemplatePiece, Status>> + Send>>;

#[tonic::async_trait]
impl v1::nodes_server::Nodes for Nodes {
    type SessionStream = Outgoing;
    type FetchTemplateStream = Pieces;

    async fn session(
        &self,
        request: Request<Streaming<v1::NodeMessage>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let address = request.remote_addr().map(|peer| peer.ip().to_canonical());
        let mut incoming = request.into_inner();
        let hello = match incoming.message().await?.and_then(|message| message.body) {
            Some(v1::node_message::Body::Hello(hello)) => {
                hello_from_wire(&hello, address).map_err(unreadable)?
            }
            _ => return Err(Status::invalid_argument("hello: must be a session's first message")),
        };
        let node = hello.node.clone();
        let (door, told) = self.leader.open_session(hello).await.map_err(refused)?;
        let (to, out) = mpsc::channel(READY);
        let welcome = self.welcome().await?;
        // There is room for one message in a new channel.
        let _ = to.try_send(Ok(body(v1::leader_message::Body::Welcome(welcome))));
        let leave = self.leave.clone();
        let heard = to.clone();
        tokio::spawn(async move {
            tokio::select! {
                // The end of a session that the leader leaves says nothing about its node.
                biased;
                () = leave.cancelled() => door.abandon(),
                () = listen(incoming, &door, node, heard) => {}
            }
        });
        tokio::spawn(speak(told, to, self.leave.clone()));
        Ok(Response::new(Box::pin(ReceiverStream::new(out))))
    }

    async fn fetch_template(
        &self,
        request: Request<v1::FetchTemplateRequest>,
    ) -> Result<Response<Self::FetchTemplateStream>, Status> {
        let text = request.into_inner().md5;
        let md5 = text.parse().map_err(|error| unreadable(FieldError::new("md5", error)))?;
        let path = self.leader.templates().path(md5).ok_or_else(|| refused(LeaderError::NoTemplate(md5)))?;
        let mut file = tokio::fs::File::open(path).await?;
        let (to, out) = mpsc::channel(READY);
        tokio::spawn(async move {
            loop {
                let mut data = Vec::with_capacity(PIECE);
                let piece = match (&mut file).take(PIECE as u64).read_to_end(&mut data).await {
                    Ok(0) => return,
                    Ok(_) => Ok(v1::TemplatePiece { data }),
                    Err(error) => Err(Status::from(error)),
                };
                if to.send(piece).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(out))))
    }
}

impl Nodes {
    async fn welcome(&self) -> Result<v1::Welcome, Status> {
        let config = &self.leader.config().leader;
        let millis = callsheet_model::time::millis;
        Ok(v1::Welcome {
            epoch: self.leader.read(|scheduler| scheduler.epoch()).await.map_err(refused)?,
            silence_ms: millis(config.silence),
            pulse_ms: millis(config.pulse),
            heartbeat_ms: millis(config.heartbeat),
            log_bytes: config.keep.log,
        })
    }
}

fn hello_from_wire(hello: &v1::Hello, address: Option<IpAddr>) -> Result<Hello, FieldError> {
    let capabilities =
        hello.capabilities.as_ref().ok_or_else(|| FieldError::missing("hello.capabilities"))?;
    Ok(Hello {
        node: node_from_wire("hello.node", &hello.node)?,
        capabilities: capabilities
            .try_into()
            .map_err(|error: FieldError| error.within("hello.capabilities"))?,
        arrival: Box::new(arrival_from_wire(hello, address).map_err(|error| error.within("hello"))?),
        held: tokens_from_wire("hello.held", &hello.held)?,
    })
}

fn body(body: v1::leader_message::Body) -> v1::LeaderMessage {
    v1::LeaderMessage { body: Some(body) }
}

/// Hands in what the node says, until its stream ends. Dropping the door then ends the session.
async fn listen(
    mut incoming: Streaming<v1::NodeMessage>,
    door: &NodeDoor,
    node: NodeName,
    to: mpsc::Sender<Result<v1::LeaderMessage, Status>>,
) {
    loop {
        let message = tokio::select! {
            biased;
            // The other half has ended: the session is over.
            () = to.closed() => return,
            message = incoming.message() => message,
        };
        let message = match message {
            Ok(Some(v1::NodeMessage { body: Some(message) })) => message,
            // A message of a later version that this leader does not know.
            Ok(Some(v1::NodeMessage { body: None })) => continue,
            Ok(None) | Err(_) => return,
        };
        match from_wire(&node, message) {
            Ok(message) => {
                if door.say(message).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%node, %error, "a node's message cannot be read");
                let _ = to.send(Err(unreadable(error))).await;
                return;
            }
        }
    }
}

fn from_wire(node: &NodeName, message: v1::node_message::Body) -> Result<FromNode, FieldError> {
    use v1::node_message::Body;
    Ok(match message {
        Body::Hello(_) => return Err(FieldError::new("hello", "comes once, as a session's first message")),
        Body::Pulse(pulse) => FromNode::Pulse {
            number: pulse.number,
            holding: pulse.holding.map(|holding| holding_from_wire(&holding)).transpose()?,
        },
        Body::Reports(reports) => {
            let up_to = reports.reports.last().map_or(0, |report| report.number);
            let read = |(nth, report)| {
                report_from_wire(report).map_err(|error: FieldError| error.within(&format!("reports[{nth}]")))
            };
            FromNode::Reports {
                reports: reports.reports.iter().enumerate().map(read).collect::<Result<_, _>>()?,
                up_to,
            }
        }
        Body::Heartbeat(beat) => {
            let beat = heartbeat_from_wire(node, &beat).map_err(|error| error.within("heartbeat"))?;
            FromNode::Signal(Signal::Heartbeat(beat))
        }
        Body::Progress(progress) => {
            let progress = progress_from_wire(node, &progress).map_err(|error| error.within("progress"))?;
            FromNode::Signal(Signal::Progress(progress))
        }
        Body::Log(chunk) => {
            FromNode::Signal(Signal::Log(log_from_wire(node, &chunk).map_err(|error| error.within("log"))?))
        }
        Body::Cache(update) => {
            FromNode::Cache(Box::new(cache_from_wire(node, &update).map_err(|error| error.within("cache"))?))
        }
        Body::Troupe(troupe) => FromNode::Troupe {
            changes: troupe_from_wire(&troupe).map_err(|error| error.within("troupe"))?,
            whole: troupe.whole,
        },
        Body::Goodbye(goodbye) => FromNode::Goodbye(goodbye_from_wire(goodbye.reason())),
    })
}

fn holding_from_wire(holding: &v1::Holding) -> Result<Holding, FieldError> {
    let tokens = tokens_from_wire("pulse.holding.tokens", &holding.tokens)?;
    Ok(Holding { tokens, last_offered: Token(holding.last_offered) })
}

/// Passes on what the node is told, until the session or the leader ends.
async fn speak(
    mut told: mpsc::Receiver<ToNode>,
    to: mpsc::Sender<Result<v1::LeaderMessage, Status>>,
    leave: CancellationToken,
) {
    let mut briefed = Briefed::default();
    loop {
        let message = tokio::select! {
            biased;
            () = leave.cancelled() => return say_farewell(told, to).await,
            message = told.recv() => message,
            () = to.closed() => return,
        };
        let Some(message) = message else {
            let _ = to.send(Err(Status::unavailable("the session is over: dial again"))).await;
            return;
        };
        for message in to_wire(message, &mut briefed) {
            if to.send(Ok(body(message))).await.is_err() {
                return;
            }
        }
    }
}

async fn say_farewell(mut told: mpsc::Receiver<ToNode>, to: mpsc::Sender<Result<v1::LeaderMessage, Status>>) {
    let farewell = v1::Farewell { reason: "the leader is leaving".to_owned() };
    let _ = to.send(Ok(body(v1::leader_message::Body::Farewell(farewell)))).await;
    drop(to);
    // A session that cannot speak fails, and that would count against its node: it is heard to its end.
    while told.recv().await.is_some() {}
}

fn to_wire(message: ToNode, briefed: &mut Briefed) -> Vec<v1::leader_message::Body> {
    use v1::leader_message::Body;
    vec![match message {
        ToNode::Offers(offers) => return offers_to_wire(&offers, briefed),
        ToNode::Settled { up_to, accepted } => {
            let accepted = accepted.into_iter();
            let accepted = accepted
                .map(|(token, frames)| v1::Accepted { token: token.0, frames: ranges_to_wire(&frames) });
            Body::Settled(v1::Settled { up_to, accepted: accepted.collect() })
        }
        ToNode::Revoke { token, why } => Body::Revoke(v1::Revoke { token: token.0, why: why.to_owned() }),
        ToNode::Close(tokens) => {
            Body::Close(v1::Close { tokens: tokens.into_iter().map(|token| token.0).collect() })
        }
        ToNode::PulseAck(number) => Body::PulseAck(v1::PulseAck { number }),
        ToNode::Drained(drained) => Body::Drained(v1::Drained { drained }),
        ToNode::Sweep(job, up_to) => {
            briefed.forget(job.id);
            let outputs =
                job.spec.steps.iter().filter_map(|step| step.output.as_ref()).map(ToString::to_string);
            Body::Sweep(v1::Sweep { job: job.id.to_string(), outputs: outputs.collect(), up_to: up_to.0 })
        }
    }]
}

#[cfg(test)]
mod tests {
    use callsheet_model::limits::MAX_TEMPLATES_NAMED;
    use callsheet_model::{Player, PlayerChange};
    use callsheet_protocol::troupe_to_wire;
    use uuid::Uuid;

    use super::*;

    fn heard(body: v1::node_message::Body) -> Result<FromNode, FieldError> {
        from_wire(&NodeName::new("anna").unwrap(), body)
    }

    #[test]
    fn what_a_node_says_of_its_actors_comes_through_and_a_mistake_is_named() {
        let (instance, role, name) = (Uuid::from_u128(1), "cache".to_owned(), "cache".to_owned());
        let changes = vec![PlayerChange::Spawned(Player { instance, role, name })];
        let wire = troupe_to_wire(&changes, true);
        let body = v1::node_message::Body::Troupe(wire.clone());
        assert_eq!(heard(body), Ok(FromNode::Troupe { changes, whole: true }));
        let change = v1::PlayerChange { change: None };
        let broken = v1::Troupe { changes: [wire.changes, vec![change]].concat(), whole: false };
        let error = heard(v1::node_message::Body::Troupe(broken)).unwrap_err();
        assert_eq!(error.field, "troupe.changes[1].change");
    }

    #[test]
    fn a_hello_comes_with_where_it_came_from_and_one_that_names_too_many_templates_is_refused() {
        let capabilities = v1::Capabilities { slots: 1, ..Default::default() };
        let wire = v1::Hello {
            node: "anna".into(),
            capabilities: Some(capabilities),
            cached_templates: vec!["07".repeat(16)],
            cache_used_bytes: Some(9),
            ..Default::default()
        };
        let address = Some(IpAddr::from([192, 0, 2, 7]));
        let arrival = hello_from_wire(&wire, address).unwrap().arrival;
        assert_eq!((arrival.address, arrival.cache_used_bytes), (address, Some(9)));
        let many = v1::Hello { cached_templates: vec!["07".repeat(16); MAX_TEMPLATES_NAMED + 1], ..wire };
        assert_eq!(hello_from_wire(&many, address).unwrap_err().field, "hello.cached_templates");
    }

    #[test]
    fn a_cache_change_for_what_is_no_project_is_refused() {
        let update = v1::CacheUpdate {
            action: v1::CacheAction::Verified.into(),
            md5: "07".repeat(16),
            project_id: "film".into(),
            ..Default::default()
        };
        let error = heard(v1::node_message::Body::Cache(update)).unwrap_err();
        assert_eq!(error.field, "cache.project_id");
    }
}
