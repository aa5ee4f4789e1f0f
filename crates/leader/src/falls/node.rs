//! A node as it behaves: it dials until it is let in, keeps its leases and its reports while it is not, says again
//! what was not settled, and takes a fifth of a second for a frame.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use callsheet_model::signal::{CacheAction, CacheUpdate, LogChunk, Progress, Signal};
use callsheet_model::{
    Capabilities, FrameSet, JobId, Lease, Md5, NodeName, OfflineReason, Outcome, Player, PlayerChange,
    Report, Reported, StepIndex, Token, Versions,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval, sleep, sleep_until};
use uuid::Uuid;

use super::stage::{LONG, Stage, in_time};
use crate::{FromNode, Hello, Holding, LeaderError, NodeDoor, ToNode};

const FRAME: Duration = Duration::from_millis(200);
/// Between two pulses.
const PULSE: Duration = Duration::from_secs(1);
/// Before it dials again.
const AGAIN: Duration = Duration::from_millis(20);

/// Whether a node stays, and if not, how it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Stay,
    /// It says goodbye, and its stream ends.
    Goodbye,
    /// The leader leaves.
    Abandoned,
}

pub(super) struct Node {
    name: NodeName,
    held: BTreeMap<Token, Lease>,
    /// Leases whose frames are to be rendered, and when the first of them is.
    queue: VecDeque<Token>,
    due: Option<Instant>,
    unsettled: VecDeque<(u64, Report)>,
    last: u64,
    last_offered: Token,
    sessions: usize,
}

impl Node {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: NodeName::new(name).unwrap(),
            held: BTreeMap::new(),
            queue: VecDeque::new(),
            due: None,
            unsettled: VecDeque::new(),
            last: 0,
            last_offered: Token(0),
            sessions: 0,
        }
    }

    /// Lives until it has left; how many sessions it had.
    pub(super) async fn live(mut self, stage: Stage, mut wish: watch::Receiver<Wish>) -> usize {
        loop {
            let hello = self.hello();
            let opened = in_time("a session is opened or refused", stage.leader().open_session(hello)).await;
            if let Ok((door, told)) = opened {
                self.sessions += 1;
                // Whatever breaks it, it is only a session.
                let _ = self.session(door, told, &mut wish).await;
            }
            if *wish.borrow() != Wish::Stay {
                return self.sessions;
            }
            sleep(AGAIN).await;
        }
    }

    pub(super) fn hello(&self) -> Hello {
        let renderers = [("null".to_owned(), Versions::default())].into();
        Hello {
            node: self.name.clone(),
            capabilities: Capabilities { renderers, slots: 1, ..Capabilities::default() },
            arrival: Box::default(),
            held: self.held.keys().copied().collect(),
        }
    }

    async fn session(
        &mut self,
        door: NodeDoor,
        mut told: mpsc::Receiver<ToNode>,
        wish: &mut watch::Receiver<Wish>,
    ) -> Result<(), LeaderError> {
        door.say(self.troupe()).await?;
        door.say(self.cache()).await?;
        for (number, report) in self.unsettled.clone() {
            door.say(FromNode::Reports { reports: vec![report], up_to: number }).await?;
        }
        let (mut pulse, mut pulses) = (interval(PULSE), 0);
        loop {
            let due = self.due.unwrap_or_else(|| Instant::now() + LONG);
            tokio::select! {
                message = told.recv() => match message {
                    Some(message) => self.hear(message, &door).await?,
                    None => return Err(LeaderError::Restarting),
                },
                _ = pulse.tick() => {
                    pulses += 1;
                    door.say(FromNode::Pulse { number: pulses, holding: Some(self.holding()) }).await?;
                }
                () = sleep_until(due) => self.finish(&door).await?,
                _ = wish.changed() => break,
            }
        }
        if *wish.borrow() == Wish::Abandoned {
            door.abandon();
        } else {
            door.say(FromNode::Goodbye(OfflineReason::Shutdown)).await?;
            drop(door);
        }
        in_time("the session ends", async { while told.recv().await.is_some() {} }).await;
        Ok(())
    }

    async fn hear(&mut self, message: ToNode, door: &NodeDoor) -> Result<(), LeaderError> {
        match message {
            ToNode::Offers(offers) => {
                for (lease, _) in offers {
                    door.say(self.line(&lease)).await?;
                    self.queue.push_back(lease.token);
                    self.last_offered = self.last_offered.max(lease.token);
                    self.held.insert(lease.token, lease);
                    self.due.get_or_insert_with(|| Instant::now() + FRAME);
                }
            }
            ToNode::Settled { up_to, .. } => self.unsettled.retain(|(number, _)| *number > up_to),
            ToNode::Revoke { token, .. } => {
                if self.queue.contains(&token) {
                    self.queue.retain(|other| *other != token);
                    self.report(token, ended(Outcome::Stopped), door).await?;
                }
                self.held.remove(&token);
            }
            ToNode::Close(tokens) => tokens.iter().for_each(|token| {
                self.held.remove(token);
            }),
            ToNode::PulseAck(_) | ToNode::Drained(_) | ToNode::Sweep(..) => {}
        }
        Ok(())
    }

    /// The first lease's frames are rendered.
    async fn finish(&mut self, door: &NodeDoor) -> Result<(), LeaderError> {
        let token = self.queue.pop_front();
        self.due = (!self.queue.is_empty()).then(|| Instant::now() + FRAME);
        let Some(lease) = token.and_then(|token| self.held.get(&token)).cloned() else { return Ok(()) };
        // It is reported also when this is lost.
        let passing = door.say(FromNode::Signal(self.progress(lease.token, lease.job))).await;
        self.report(lease.token, Reported::Proven { frames: lease.frames, bytes: 1, took: FRAME }, door)
            .await
            .and(self.report(lease.token, ended(Outcome::Succeeded), door).await)
            .and(passing)
    }

    async fn report(&mut self, token: Token, what: Reported, door: &NodeDoor) -> Result<(), LeaderError> {
        self.last += 1;
        let report = Report { token, what };
        self.unsettled.push_back((self.last, report.clone()));
        door.say(FromNode::Reports { reports: vec![report], up_to: self.last }).await
    }

    fn holding(&self) -> Holding {
        Holding { tokens: self.held.keys().copied().collect(), last_offered: self.last_offered }
    }

    fn line(&self, lease: &Lease) -> FromNode {
        FromNode::Signal(Signal::Log(LogChunk {
            node: self.name.clone(),
            token: lease.token,
            job: lease.job,
            step: lease.step,
            offset: 0,
            text: "it renders\n".to_owned(),
        }))
    }

    pub(super) fn progress(&self, token: Token, job: JobId) -> Signal {
        Signal::Progress(Progress {
            node: self.name.clone(),
            token,
            job,
            step: StepIndex(0),
            frame: None,
            fraction: None,
            remaining: FrameSet::new(),
        })
    }

    pub(super) fn troupe(&self) -> FromNode {
        let instance = Uuid::new_v5(&Uuid::NAMESPACE_OID, self.name.as_str().as_bytes());
        let player = Player { instance, role: "agent".to_owned(), name: "agent".to_owned() };
        FromNode::Troupe { changes: vec![PlayerChange::Spawned(player)], whole: true }
    }

    pub(super) fn cache(&self) -> FromNode {
        FromNode::Cache(Box::new(CacheUpdate {
            node: self.name.clone(),
            project: Uuid::nil(),
            action: CacheAction::Verified,
            md5: Md5([7; 16]),
            bytes: Some(1),
            cache_used_bytes: 1,
            took_ms: None,
            error: None,
        }))
    }
}

fn ended(outcome: Outcome) -> Reported {
    Reported::Ended { outcome, blamed: FrameSet::new(), last_frame: None }
}
