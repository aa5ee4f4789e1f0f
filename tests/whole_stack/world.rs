//! One run: hosts on a simulated network, what the plan does to them, and how it ends.

use std::path::Path;
use std::time::{Duration, SystemTime};

use callsheet_journal::{MemoryStore, Mishap};
use callsheet_supervision::InTurn;
use turmoil::{Builder, Sim};

use crate::checks::{self, Run};
use crate::client::{CLIENT, ClientHost, Wish, wishes};
use crate::dice::Dice;
use crate::leader::{LeaderHost, config};
use crate::network::{LEADER, Ways};
use crate::node::NodeHost;
use crate::plan::{Fault, NODES, Plan, USUAL, Weather};
use crate::trace::{Trace, What};

/// The network moves this often.
const TICK: Duration = Duration::from_millis(4);
/// When all is well again, every job is done within this.
const BOUND: Duration = Duration::from_secs(60);
/// The world is watched for a while longer: nothing may happen that undoes it.
const AFTERWARDS: Duration = Duration::from_secs(4);
/// A leader that is to crash amid an append waits for one no longer than this.
const AMID: Duration = Duration::from_secs(1);
/// By so much a leader forgives a broken stream in a run where renderers must not overlap: its silence, nearly. By
/// default it is less, and then a node whose stream breaks visibly is not waited for to stop.
const FORGIVING: Duration = Duration::from_millis(2950);
const DEFAULT_GRACE: Duration = Duration::from_millis(100);

/// A world with everything in it.
struct World<'a> {
    sim: Sim<'a>,
    home: &'a Path,
    store: MemoryStore,
    ways: Ways,
    trace: Trace,
    leader_is_up: bool,
    /// The leader is to crash as soon as something waits for its disk, or then.
    amid: Option<(Duration, u64)>,
    down: Vec<&'static str>,
    /// Ways that are held or cut, each of which is put right before it is done to again.
    disturbed: Vec<&'static str>,
}

/// Runs a world to its end, and checks everything that must hold.
///
/// # Errors
/// What did not hold.
pub(crate) fn run(seed: u64, weather: Weather) -> (Trace, Result<(), String>) {
    let home = tempfile::tempdir().unwrap();
    let _in_turn = InTurn::on_this_thread();
    let trace = Trace::default();
    let ended = run_at(home.path(), seed, weather, &trace);
    (trace, ended)
}

fn run_at(home: &Path, seed: u64, weather: Weather, trace: &Trace) -> Result<(), String> {
    let dice = Dice::new(seed, "plan");
    let strict = dice.between(0, 1) == 0;
    let wishes = wishes(&dice, if weather == Weather::Calm { 3 } else { 5 });
    let plan = Plan::draw(weather, &dice);
    let store = MemoryStore::new(100_000);
    let ways = Ways::default();
    let config = config(home, &NODES, if strict { FORGIVING } else { DEFAULT_GRACE });
    let mut builder = Builder::new();
    builder
        .epoch(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))
        .simulation_duration(Duration::from_secs(3600))
        .tick_duration(TICK)
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(USUAL))
        .repair_rate(0.2)
        .tcp_capacity(1 << 14)
        .enable_random_order()
        .rng_seed(seed);
    let mut sim = builder.build();
    let leader = LeaderHost {
        config: config.clone(),
        store: store.clone(),
        ways: ways.clone(),
        trace: trace.clone(),
        dice: Dice::new(seed, LEADER),
    };
    sim.host(LEADER, move || leader.clone().live());
    for name in NODES {
        let node = NodeHost {
            name,
            config: config.clone(),
            ways: ways.clone(),
            trace: trace.clone(),
            dice: Dice::new(seed, name),
            pace: (100, 900),
        };
        sim.host(name, move || node.clone().live());
    }
    let client = ClientHost { ways: ways.clone(), trace: trace.clone(), wishes: wishes.clone() };
    sim.host(CLIENT, move || client.clone().live());
    let mut world = World {
        sim,
        home,
        store: store.clone(),
        ways,
        trace: trace.clone(),
        leader_is_up: true,
        amid: None,
        down: Vec::new(),
        disturbed: Vec::new(),
    };
    world.live(plan, &wishes)?;
    drop(world);
    checks::all(&Run { home, wishes: &wishes, store: &store, happened: &trace.all(), strict })
}

impl World<'_> {
    fn live(&mut self, plan: Plan, wishes: &[Wish]) -> Result<(), String> {
        let mut faults = plan.faults.into_iter().peekable();
        let (mut healed, mut done) = (None, None);
        loop {
            let now = self.sim.elapsed();
            self.trace.stands_at(now);
            while let Some((_, fault)) = faults.next_if(|(at, _)| *at <= now) {
                self.suffer(&fault);
            }
            self.crash_amid();
            if healed.is_none() && now >= plan.heals {
                self.heal();
                healed = Some(now);
            }
            if let Some(healed) = healed {
                if done.is_none() && self.all_done(wishes) {
                    done = Some(now);
                }
                if done.is_none() && now > healed + BOUND {
                    return Err(format!("not every job is done {BOUND:?} after all was well again"));
                }
            }
            if done.is_some_and(|done| now > done + AFTERWARDS) {
                return Ok(());
            }
            self.sim.step().map_err(|error| format!("a host ended: {error}"))?;
        }
    }

    fn all_done(&self, wishes: &[Wish]) -> bool {
        let all = self.trace.all();
        let is_done = |wish: &Wish| {
            all.iter().any(|(_, what)| match what {
                What::Told(event) => event.kind == "job.succeeded" && event.text("job_id") == wish.id,
                _ => false,
            })
        };
        wishes.iter().all(is_done)
    }

    fn suffer(&mut self, fault: &Fault) {
        self.trace.fate(format!("{fault:?}"));
        match *fault {
            Fault::Cut { host, there, back } => self.cut(host, there, back),
            Fault::Mend(host) => self.mend(host),
            Fault::Hold(host) => {
                if self.disturb(host) {
                    self.sim.hold(host, LEADER);
                }
            }
            Fault::Release(host) => self.mend(host),
            Fault::CrashLeader { amid, kept } => {
                let at = if amid { self.sim.elapsed() + AMID } else { Duration::ZERO };
                self.amid = self.leader_is_up.then_some((at, kept));
            }
            Fault::BounceLeader => self.bounce_leader(),
            Fault::FailSync => self.store.arrange(Mishap::Sync),
            Fault::CrashNode(host) => {
                if !self.down.contains(&host) {
                    self.down.push(host);
                    self.sim.crash(host);
                }
            }
            Fault::BounceNode { host, keeps_disk } => self.bounce_node(host, keeps_disk),
            Fault::Slow { host, most } => {
                self.sim.set_link_max_message_latency(host, LEADER, Duration::from_millis(most));
            }
            Fault::Lossy { host, one_in } => {
                let rate = if one_in == 0 { 0.0 } else { 1.0 / one_in as f64 };
                self.sim.set_link_fail_rate(host, LEADER, rate);
            }
        }
    }

    fn disturb(&mut self, host: &'static str) -> bool {
        let free = !self.disturbed.contains(&host);
        if free {
            self.disturbed.push(host);
        }
        free
    }

    fn cut(&mut self, host: &'static str, there: bool, back: bool) {
        if !self.disturb(host) {
            return;
        }
        for (from, to, is_cut) in [(host, LEADER, there), (LEADER, host, back)] {
            if is_cut {
                self.ways.cut(from, to);
                self.sim.partition_oneway(from, to);
            }
        }
    }

    /// Opens what is cut, and lets go what is held.
    fn mend(&mut self, host: &'static str) {
        if !self.disturbed.contains(&host) {
            return;
        }
        self.disturbed.retain(|disturbed| *disturbed != host);
        self.ways.mend(host, LEADER);
        self.ways.mend(LEADER, host);
        self.sim.release(host, LEADER);
    }

    fn crash_amid(&mut self) {
        let Some((at_last, kept)) = self.amid else { return };
        let waiting = self.store.waiting();
        if waiting == 0 && self.sim.elapsed() < at_last {
            return;
        }
        self.amid = None;
        let kept = waiting.min(kept as usize);
        self.trace.fate(format!("the leader crashes; of {waiting} batches {kept} are on its disk"));
        self.leader_is_up = false;
        self.ways.leader_listens(false);
        self.store.crash_keeping(kept);
        self.sim.crash(LEADER);
    }

    fn bounce_leader(&mut self) {
        self.amid = None;
        if !self.leader_is_up {
            self.leader_is_up = true;
            self.sim.bounce(LEADER);
        }
    }

    fn bounce_node(&mut self, host: &'static str, keeps_disk: bool) {
        if !self.down.contains(&host) {
            return;
        }
        self.down.retain(|down| *down != host);
        if !keeps_disk {
            for folder in ["work", "cache"] {
                let _ = std::fs::remove_dir_all(self.home.join(host).join(folder));
            }
        }
        self.sim.bounce(host);
    }

    fn heal(&mut self) {
        self.trace.fate("all is well again");
        self.bounce_leader();
        for host in NODES.into_iter().chain([CLIENT]) {
            self.sim.set_link_fail_rate(host, LEADER, 0.0);
            self.sim.set_link_max_message_latency(host, LEADER, Duration::from_millis(USUAL));
            self.disturb(host);
            self.mend(host);
            self.bounce_node(host, true);
        }
    }
}
