//! A node whose renderer does nothing, spoken by hand, and jobs for it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use callsheet_leader::{FromNode, Hello, Leader, NodeDoor, SchedulerCommand, ToNode};
use callsheet_model::{
    Capabilities, Chunk, Failure, FrameSet, JobId, JobSpec, Lease, NodeName, Outcome, OutputPattern, Report,
    Reported, Requirements, StepSpec, Timeouts, Token, Versions,
};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::within;

/// A job of one step with output, in chunks of one frame.
pub async fn submit(leader: &Leader, frames: &str) -> JobId {
    let step = StepSpec {
        name: "frames".into(),
        renderer: "null".into(),
        template: None,
        frames: frames.parse().unwrap(),
        chunk: Chunk::Frames(NonZeroU32::MIN),
        output: Some(OutputPattern::parse("/nowhere/a_[#####].png").unwrap()),
        retries: 3,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after: [].into(),
        settings: BTreeMap::new(),
        approximate: false,
    };
    let spec = JobSpec {
        name: "beauty".into(),
        project: "show".into(),
        priority: 50,
        steps: vec![step],
        approval: None,
    };
    let id = JobId(Uuid::new_v4());
    leader.command(SchedulerCommand::SubmitJob { id, spec }).await.unwrap();
    id
}

pub struct Hand {
    door: NodeDoor,
    told: mpsc::Receiver<ToNode>,
    reported: u64,
    offers: Vec<Lease>,
}

impl Hand {
    pub async fn connect(leader: &Leader, name: &str) -> Self {
        let capabilities = Capabilities {
            renderers: [("null".to_owned(), Versions::default())].into(),
            slots: 1,
            ..Capabilities::default()
        };
        let node = NodeName::new(name).unwrap();
        let hello = Hello { node, capabilities, arrival: Default::default(), held: [].into() };
        let (door, told) = within("a session", leader.open_session(hello)).await.unwrap();
        Self { door, told, reported: 0, offers: Vec::new() }
    }

    /// The next lease that is offered.
    pub async fn lease(&mut self) -> Lease {
        while self.offers.is_empty() {
            self.listen().await;
        }
        self.offers.remove(0)
    }

    async fn listen(&mut self) -> Option<u64> {
        match within("word from the leader", self.told.recv()).await.expect("the session is over") {
            ToNode::Offers(offers) => self.offers.extend(offers.into_iter().map(|(lease, _)| lease)),
            ToNode::Settled { up_to, .. } => return Some(up_to),
            _ => {}
        }
        None
    }

    /// Renders a lease: it began, all is proven, the attempt is over, all is published.
    pub async fn render(&mut self, lease: &Lease) {
        let frames = || lease.frames.clone();
        let (fetched, loaded) = (Duration::from_millis(30), Duration::from_millis(20));
        let began = Reported::Began { fetched, loaded };
        let proven = Reported::Proven { frames: frames(), bytes: 7, took: Duration::from_millis(5) };
        self.report(lease.token, vec![began, proven, ended(Outcome::Succeeded)]).await;
        self.report(lease.token, vec![Reported::Published { frames: frames() }]).await;
    }

    /// The attempt at a lease fails.
    pub async fn fail(&mut self, lease: &Lease, failure: Failure) {
        self.report(lease.token, vec![ended(Outcome::Failed(failure))]).await;
    }

    async fn report(&mut self, token: Token, what: Vec<Reported>) {
        self.reported += what.len() as u64;
        let reports = what.into_iter().map(|what| Report { token, what }).collect();
        self.door.say(FromNode::Reports { reports, up_to: self.reported }).await.unwrap();
        while self.listen().await.is_none_or(|up_to| up_to < self.reported) {}
    }
}

fn ended(outcome: Outcome) -> Reported {
    Reported::Ended { outcome, blamed: FrameSet::new(), last_frame: None }
}
