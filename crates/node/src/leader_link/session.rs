//! One stream after another, for as long as the link lives.

use std::sync::Arc;
use std::time::Duration;

use callsheet_model::NodeName;
use callsheet_model::limits::MAX_MESSAGE_BYTES;
use callsheet_protocol::v1;
use callsheet_protocol::v1::nodes_client::NodesClient;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};
use uuid::Uuid;

use crate::agent::{AgentHandle, Heard, Item, Outlet};
use crate::door::{Door, is_refused};
use crate::leader_link::backoff::Backoff;
use crate::leader_link::hearing::Hearing;
use crate::supervisor::Parts;

/// Messages to the leader that may wait in the stream. A stream that falls behind by so many is given up.
const OUTLET: usize = 1024;
/// Messages from the leader that the agent has not dealt with.
const UNHEARD: usize = 256;
/// A leader that takes a stream answers it within this.
const OPENING: Duration = Duration::from_secs(10);

pub(super) struct Caller {
    door: Door,
    node: NodeName,
    agent: AgentHandle,
    permits: Arc<Semaphore>,
}

/// How a try to have a stream ended.
enum Ended {
    /// Nobody listens there.
    Refused,
    /// It could not be opened, or broke; true when the leader had welcomed us.
    Lost { welcomed: bool, why: String },
    /// The leader does not take our hello as it is. It would be the same the next time.
    Unwelcome { said: String },
    /// The agent has nothing more to say, and closed it.
    Closed,
}

impl Caller {
    pub(super) fn new(parts: &Parts, agent: AgentHandle) -> Self {
        Self {
            door: parts.settings.door.clone(),
            node: parts.settings.config.name.clone(),
            agent,
            permits: Arc::new(Semaphore::new(UNHEARD)),
        }
    }

    pub(super) async fn dial_for_ever(self) {
        let mut backoff = Backoff::default();
        let mut last = String::new();
        loop {
            tokio::time::sleep(backoff.next(dice())).await;
            let dialled = Instant::now();
            let (refused, why) = match self.have_a_stream().await {
                Ended::Refused => (Some(dialled), "nobody listens there".to_owned()),
                Ended::Lost { welcomed, why } => {
                    if welcomed {
                        backoff.reset();
                    }
                    (None, why)
                }
                Ended::Closed => {
                    self.agent.tell(Item::LinkDown { refused: None });
                    // Whoever wants another stream says so, and then another caller dials.
                    return std::future::pending().await;
                }
                Ended::Unwelcome { said } => {
                    tracing::error!(leader = self.door.url(), said, "the leader refuses this node");
                    self.agent.tell(Item::Unwelcome { said });
                    return std::future::pending().await;
                }
            };
            if why != last {
                tracing::warn!(leader = self.door.url(), why, "no stream to the leader; dialling again");
                last = why;
            }
            self.agent.tell(Item::LinkDown { refused });
        }
    }

    async fn have_a_stream(&self) -> Ended {
        let lost = |why: String| Ended::Lost { welcomed: false, why };
        let channel = match self.door.connect().await {
            Ok(channel) => channel,
            Err(error) if is_refused(&error) => return Ended::Refused,
            Err(error) => return lost(chain(&error)),
        };
        let (outlet, messages) = mpsc::channel(OUTLET);
        let (session, open) = (dice(), outlet.downgrade());
        // The hello comes from the agent, and the leader answers the stream when it has it.
        self.agent.tell(Item::LinkUp { session, outlet: Outlet(outlet) });
        let mut client = NodesClient::new(channel)
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES);
        let request = match self.door.show(ReceiverStream::new(messages)) {
            Ok(request) => request,
            Err(status) => return lost(status.to_string()),
        };
        let ended = match tokio::time::timeout(OPENING, client.session(request)).await {
            Ok(Ok(stream)) => self.hear(session, stream.into_inner()).await,
            Ok(Err(status)) if status.code() == Code::InvalidArgument => {
                return Ended::Unwelcome { said: status.message().to_owned() };
            }
            Ok(Err(status)) => lost(words(&status)),
            Err(_) => lost("the leader does not answer".into()),
        };
        // Without an outlet the agent does not even know of a stream any more.
        if open.upgrade().is_some() { ended } else { Ended::Closed }
    }

    async fn hear(&self, session: u64, mut stream: Streaming<v1::LeaderMessage>) -> Ended {
        let mut hearing = Hearing::new(self.node.clone());
        let mut welcomed = false;
        loop {
            let message = match stream.message().await {
                Ok(Some(message)) => message,
                Ok(None) => return Ended::Lost { welcomed, why: "the leader ended the stream".into() },
                Err(status) => return Ended::Lost { welcomed, why: words(&status) },
            };
            let Some(heard) = hearing.understand(message) else { continue };
            if matches!(heard, Heard::Welcome { .. }) {
                tracing::info!(leader = self.door.url(), "welcomed by the leader");
                welcomed = true;
            }
            // Waits while the agent has more than enough to do; the stream then waits, too.
            let Ok(permit) = self.permits.clone().acquire_owned().await else {
                return Ended::Lost { welcomed, why: "this node ends".into() };
            };
            self.agent.tell(Item::Heard { session, heard, permit });
        }
    }
}

fn dice() -> u64 {
    Uuid::new_v4().as_u64_pair().1.rotate_left(8)
}

fn words(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
