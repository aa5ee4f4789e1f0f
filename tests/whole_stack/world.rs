//! One run: hosts on a simulated network, what the plan does to them, and how it ends.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use callsheet_journal::{MemoryStore, Mishap};
use tempfile::TempDir;
use turmoil::{Builder, Sim};

use crate::alone::Alone;
use crate::checks;
use crate::client::{CLIENT, ClientHost, Wish, wishes};
use crate::dice::Dice;
use crate::leader::{LeaderHost, config};
use crate::moods::Moods;
use crate::network::{LEADER, Ways};
use crate::node::NodeHost;
use crate::plan::{Crash, Fault, NODES, Plan, USUAL, Weather};
use crate::trace::Trace;

/// The network moves this often.
const TICK: Duration = Duration::from_millis(4);
/// When the simulation begins, since 1970.
pub(crate) const EPOCH: Duration = Duration::from_secs(1_800_000_000);
/// When all is well again, every job is over within this.
const BOUND: Duration = Duration::from_secs(30);
/// Frames that fail are tried again and again meanwhile, ever later, and each hang takes its time.
const BOUND_OF_FAILURES: Duration = Duration::from_secs(90);
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
    /// Hosts that are to be cut off as soon as more than so many frames were begun there.
    cut_amid: BTreeMap<&'static str, usize>,
    /// The leader is to crash as soon as something waits for its disk, or then.
    amid: Option<(Duration, Crash)>,
    /// Renderers misbehave.
    renderers_fail: bool,
    down: Vec<&'static str>,
    /// Hosts whose ways are cut since a machine lost its power, by that machine.
    dark: BTreeMap<&'static str, Vec<&'static str>>,
    /// Ways that are held or cut, each of which is put right before it is done to again.
    disturbed: Vec<&'static str>,
}

/// Runs a world to its end, and checks everything that must hold.
///
/// # Errors
/// What did not hold.
pub(crate) fn run(seed: u64, weather: Weather) -> (Trace, Result<(), String>) {
    let trace = Trace::default();
    let ended = left_by(seed, weather, &trace).and_then(|left| checks::all(&left, &trace.all()));
    (trace, ended)
}

/// What a world leaves when it has come to its end.
pub(crate) struct Left {
    /// All disks.
    pub(crate) home: TempDir,
    /// The leader's.
    pub(crate) store: MemoryStore,
    pub(crate) wishes: Vec<Wish>,
    /// What renderers were to do on the way.
    pub(crate) moods: Moods,
    /// Nothing else went wrong.
    pub(crate) calm: bool,
    /// Frames never go out again before their renderer has stopped. (Otherwise they may, when a stream broke for all
    /// to see.)
    pub(crate) strict: bool,
}

/// Runs a world to its end.
///
/// # Errors
/// It did not come to one.
pub(crate) fn left_by(seed: u64, weather: Weather, trace: &Trace) -> Result<Left, String> {
    let _alone = Alone::in_the_process();
    let home = disks();
    let (store, dice) = (MemoryStore::new(100_000), Dice::new(seed, "plan"));
    let strict = dice.between(0, 1) == 0;
    let wishes = wishes(&dice, weather);
    let plan = Plan::draw(weather, &dice);
    let moods = Moods::draw(weather, &dice, &wishes);
    let calm = plan.faults.is_empty();
    let mut world = World {
        sim: network(seed),
        home: home.path(),
        store: store.clone(),
        ways: Ways::default(),
        trace: trace.clone(),
        leader_is_up: true,
        cut_amid: BTreeMap::new(),
        amid: None,
        renderers_fail: weather.renderers_fail(),
        down: Vec::new(),
        dark: BTreeMap::new(),
        disturbed: Vec::new(),
    };
    let grace = if strict { FORGIVING } else { DEFAULT_GRACE };
    world.people(seed, &wishes, grace, (weather.pace(), moods.clone()));
    world.live(plan, &wishes)?;
    drop(world);
    Ok(Left { home, store, wishes, moods, calm, strict })
}

/// Where the disks of a world are. Where there is memory for it: nothing of them is to outlive the machine.
fn disks() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

fn network<'a>(seed: u64) -> Sim<'a> {
    let mut builder = Builder::new();
    builder
        .epoch(SystemTime::UNIX_EPOCH + EPOCH)
        .simulation_duration(Duration::from_secs(3600))
        .tick_duration(TICK)
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(USUAL))
        .repair_rate(0.2)
        .tcp_capacity(1 << 14)
        .enable_random_order()
        .rng_seed(seed);
    builder.build()
}

impl World<'_> {
    /// Puts everybody onto their hosts.
    fn people(&mut self, seed: u64, wishes: &[Wish], grace: Duration, (pace, moods): ((u64, u64), Moods)) {
        let config = config(self.home, &NODES, grace);
        let (ways, trace) = (self.ways.clone(), self.trace.clone());
        let leader = LeaderHost {
            config: config.clone(),
            store: self.store.clone(),
            ways: ways.clone(),
            trace: trace.clone(),
            dice: Dice::new(seed, LEADER),
        };
        self.sim.host(LEADER, move || leader.clone().live());
        for name in NODES {
            let node = NodeHost {
                name,
                config: config.clone(),
                ways: ways.clone(),
                trace: trace.clone(),
                dice: Dice::new(seed, name),
                pace,
                moods: moods.clone(),
            };
            self.sim.host(name, move || node.clone().live());
        }
        let client = ClientHost { ways, trace, wishes: wishes.to_vec() };
        self.sim.host(CLIENT, move || client.clone().live());
    }

    fn live(&mut self, plan: Plan, wishes: &[Wish]) -> Result<(), String> {
        let mut faults = plan.faults.into_iter().peekable();
        let bound = if self.renderers_fail { BOUND_OF_FAILURES } else { BOUND };
        let (mut healed, mut done) = (None, None);
        loop {
            let now = self.sim.elapsed();
            self.trace.stands_at(now);
            while let Some((_, fault)) = faults.next_if(|(at, _)| *at <= now) {
                self.suffer(&fault);
            }
            self.crash_amid();
            self.cut_amid();
            if healed.is_none() && now >= plan.heals {
                self.heal();
                healed = Some(now);
            }
            if let Some(healed) = healed {
                if done.is_none() && wishes.iter().all(|wish| self.trace.is_over(&wish.id)) {
                    done = Some(now);
                }
                if done.is_none() && now > healed + bound {
                    return Err(format!("not every job is over {bound:?} after all was well again"));
                }
            }
            if done.is_some_and(|done| now > done + AFTERWARDS) {
                return Ok(());
            }
            self.sim.step().map_err(|error| format!("a host ended: {error}"))?;
        }
    }

    fn suffer(&mut self, fault: &Fault) {
        self.trace.fate(format!("{fault:?}"));
        match *fault {
            Fault::Cut { host, there, back } => self.cut(host, there, back),
            Fault::CutAsItBegins(host) => {
                self.cut_amid.insert(host, self.trace.begun(host));
            }
            Fault::Mend(host) => self.mend(host),
            Fault::Hold(host) => {
                if self.disturb(host) {
                    self.sim.hold(host, LEADER);
                }
            }
            Fault::Release(host) => self.mend(host),
            Fault::CrashLeader { amid, crash } => {
                let at = if amid { self.sim.elapsed() + AMID } else { Duration::ZERO };
                self.amid = self.leader_is_up.then_some((at, crash));
            }
            Fault::BounceLeader => self.bounce_leader(),
            Fault::FailSync => self.store.arrange(Mishap::Sync),
            Fault::CrashNode { host, silent } => {
                if !self.down.contains(&host) {
                    self.down.push(host);
                    if silent {
                        self.darken(host, &[host]);
                    }
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

    /// A machine loses its power: it says no last word to these hosts, and answers nothing.
    fn darken(&mut self, machine: &'static str, hosts: &[&'static str]) {
        for host in hosts {
            if !self.disturbed.contains(host) {
                self.cut(host, true, true);
                self.dark.entry(machine).or_default().push(host);
            }
        }
    }

    fn brighten(&mut self, machine: &'static str) {
        self.dark.remove(machine).into_iter().flatten().for_each(|host| self.mend(host));
    }

    fn cut_amid(&mut self) {
        let has_begun = |(host, before): &(&&'static str, &usize)| self.trace.begun(host) > **before;
        let due: Vec<&'static str> = self.cut_amid.iter().filter(has_begun).map(|(host, _)| *host).collect();
        for host in due {
            self.cut_amid.remove(host);
            self.trace.fate(format!("{host} is cut off, as a frame is begun"));
            self.cut(host, true, true);
        }
    }

    /// Opens what is cut, and lets go what is held.
    fn mend(&mut self, host: &'static str) {
        self.cut_amid.remove(host);
        if !self.disturbed.contains(&host) {
            return;
        }
        self.disturbed.retain(|disturbed| *disturbed != host);
        self.ways.mend(host, LEADER);
        self.ways.mend(LEADER, host);
        self.sim.release(host, LEADER);
    }

    fn crash_amid(&mut self) {
        let Some((at_last, crash)) = self.amid else { return };
        let waiting = self.store.waiting();
        if waiting == 0 && self.sim.elapsed() < at_last {
            return;
        }
        self.amid = None;
        let kept = waiting.min(crash.kept as usize);
        self.trace.fate(format!("the leader crashes; of {waiting} batches {kept} are on its disk"));
        self.leader_is_up = false;
        self.ways.leader_listens(false);
        self.store.crash_keeping(kept);
        if crash.silent {
            self.darken(LEADER, &[NODES[0], NODES[1], NODES[2], CLIENT]);
        }
        self.sim.crash(LEADER);
    }

    fn bounce_leader(&mut self) {
        self.amid = None;
        if !self.leader_is_up {
            self.leader_is_up = true;
            self.brighten(LEADER);
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
        self.brighten(host);
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
