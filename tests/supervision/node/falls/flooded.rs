//! The node that is flooded: the real tree, a leader that is played and may say anything, renderers that are played,
//! and gauges at what waits inside.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use callsheet_config::NodeConfig;
use callsheet_node::{Door, NodeError, NodeSettings, Shutdown};
use callsheet_protocol::v1;
use callsheet_protocol::v1::leader_message::Body as Down;
use callsheet_protocol::v1::node_message::Body as Up;
use callsheet_renderers::Registry;
use callsheet_supervision::{CHILD_ENDED, Fault, Faults, InTurn, Moment, Point, Tripwire};
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::day::{config, home, in_time};
use super::player::Players;
use super::wire::Wire;
use crate::leader::{Leader, Session, TEMPLATE};

/// A node with two slots, and the leader that floods it.
pub(super) struct Flooded {
    pub(super) home: TempDir,
    pub(super) session: Session,
    pub(super) players: Players,
    pub(super) gauges: Gauges,
    wish: watch::Sender<Shutdown>,
    over: JoinHandle<Result<(), NodeError>>,
    pub(super) leader: Leader,
}

/// What waits inside.
#[derive(Clone, Default)]
pub(super) struct Gauges {
    faults: Faults,
    levels: Arc<Mutex<Levels>>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Levels {
    /// Of what the leader says: taken so far, and most that waited together.
    pub(super) heard: usize,
    pub(super) most_heard: usize,
    /// Most that attempts said and that waited together.
    pub(super) most_of_attempts: usize,
    /// How often the heartbeat was told how often to beat since the last welcome was heard.
    pub(super) told_since_welcome: usize,
    /// How much was heard when the supervisor heard last that a child has ended.
    pub(super) heard_at_end: usize,
    /// Most tasks that lived together when the agent heard something.
    pub(super) most_tasks: usize,
    at_wake: usize,
    of_attempts: usize,
}

impl Levels {
    fn pass(&mut self, point: Point) {
        match (point.actor, point.moment) {
            // All that waits is taken together.
            ("agent", Moment::Before("wake")) => (self.at_wake, self.of_attempts) = (0, 0),
            ("agent", Moment::Before("heard" | "welcome" | "sweep")) => {
                (self.heard, self.at_wake) = (self.heard + 1, self.at_wake + 1);
                self.most_tasks = self.most_tasks.max(Handle::current().metrics().num_alive_tasks());
                if point.moment == Moment::Before("welcome") {
                    self.told_since_welcome = 0;
                }
            }
            ("agent", Moment::Before("attempt" | "signal")) => self.of_attempts += 1,
            ("heartbeat", Moment::Before("every")) => self.told_since_welcome += 1,
            ("supervisor", Moment::Before(CHILD_ENDED)) => self.heard_at_end = self.heard,
            _ => {}
        }
        self.most_heard = self.most_heard.max(self.at_wake);
        self.most_of_attempts = self.most_of_attempts.max(self.of_attempts);
    }
}

impl Gauges {
    fn tripwire(&self) -> Tripwire {
        let gauges = self.clone();
        Tripwire::new(move |point| {
            gauges.levels.lock().unwrap().pass(point);
            gauges.faults.at(point)
        })
    }

    pub(super) fn read(&self) -> Levels {
        *self.levels.lock().unwrap()
    }

    /// Begins to gauge.
    pub(super) fn reset(&self) {
        *self.levels.lock().unwrap() = Levels::default();
    }

    /// How often an actor was started.
    pub(super) fn starts(&self, actor: &'static str) -> usize {
        self.faults.passed(Point { actor, moment: Moment::Start })
    }

    /// Messages of a kind that an actor has taken out of its mailbox.
    pub(super) fn passed(&self, actor: &'static str, kind: &'static str) -> usize {
        self.faults.passed(Point { actor, moment: Moment::Before(kind) })
    }

    /// An actor panics at its next message.
    pub(super) fn fells(&self, actor: &'static str) {
        self.faults.next(actor, Fault::Panic);
    }
}

/// Floods a node in paused time, all of it in turn on one thread.
pub(super) fn flooded<F: Future<Output = ()>>(flood: impl FnOnce(Flooded) -> F) {
    let _in_turn = InTurn::on_this_thread();
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async { flood(Flooded::start().await).await });
}

/// The same, with a disk whose work is done elsewhere, one thing at a time, so that it can be made to stand still.
pub(super) fn flooded_over_a_disk<F: Future<Output = ()>>(flood: impl FnOnce(Flooded) -> F) {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).max_blocking_threads(1).build().unwrap();
    runtime.block_on(async { flood(Flooded::start().await).await });
}

impl Flooded {
    async fn start() -> Self {
        let home = home();
        let config = config(home.path());
        let node = config.node("anna").unwrap().clone();
        let node = NodeConfig { cache_size: 1 << 20, ..node };
        let (wire, port) = Wire::new();
        let mut leader = Leader::over(([127, 0, 0, 1], 1).into(), None, port.incoming());
        let (players, gauges) = (Players::default(), Gauges::default());
        let renderers = Registry::of_node(&config, &node).into_renderers();
        let door = Door::plain("http://leader:1").unwrap().through(wire.dial());
        let settings = NodeSettings {
            processes: Arc::new(players.clone()),
            tripwire: gauges.tripwire(),
            ..NodeSettings::new(node, door, renderers)
        };
        let (wish, wishes) = watch::channel(Shutdown::Stay);
        let over = tokio::spawn(callsheet_node::run(settings, wishes));
        let (session, _) = leader.welcome().await;
        Self { home, session, players, gauges, wish, over, leader }
    }

    /// Says what a step is, and hands out leases of it: each of these frames.
    pub(super) fn offer(
        &self,
        tokens: impl IntoIterator<Item = u64>,
        frames: (i32, i32),
        brief: v1::StepBrief,
    ) {
        let job = brief.job.clone();
        let lease = |token| v1::OfferedLease {
            token,
            job: job.clone(),
            frames: vec![v1::FrameRange { first: frames.0, last: frames.1 }],
            ..Default::default()
        };
        let leases = tokens.into_iter().map(lease).collect();
        self.session.say(Down::Offers(v1::Offers { steps: vec![brief], leases }));
    }

    /// A step that can be rendered.
    pub(super) fn brief(&self) -> v1::StepBrief {
        brief(self.home.path())
    }

    /// It leaves at once.
    pub(super) async fn leaves(&mut self) {
        self.wish.send_replace(Shutdown::Now);
        in_time("the node leaves", &mut self.over).await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(self.players.living(), 0, "renderers outlive their node");
    }
}

fn brief(home: &Path) -> v1::StepBrief {
    let template = v1::Template {
        md5: format!("{:x}", md5::compute(TEMPLATE)),
        bytes: TEMPLATE.len() as u64,
        name: "project.json".into(),
        path: String::new(),
    };
    let spec = v1::StepSpec {
        name: "render".into(),
        renderer: "player".into(),
        template: Some(template),
        frames: "1-100".into(),
        output: home.join("out/a_[####].png").to_str().unwrap().to_owned(),
        ..Default::default()
    };
    v1::StepBrief { job: job(0), job_name: "test".into(), spec: Some(spec), ..Default::default() }
}

/// The id of a job.
pub(super) fn job(number: usize) -> String {
    format!("00000000-0000-7000-8000-{number:012}")
}

/// What the heartbeat says of the leases in hands, after all that was said to the node before.
pub(super) async fn holding(session: &mut Session, last_offered: u64) -> Vec<u64> {
    let holding = |message: &Up| match message {
        Up::Pulse(pulse) => pulse.holding.clone().filter(|held| held.last_offered == last_offered),
        _ => None,
    };
    session.wait_for(holding).await.tokens
}
