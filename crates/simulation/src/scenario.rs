//! What a cluster is like before anything goes wrong: its nodes, its policy, the people and what they ask for. All of
//! it comes from the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callsheet_model::job::Timeouts;
use callsheet_model::{
    Capabilities, Chunk, FrameSet, JobId, JobSpec, Md5, NodeName, OutputPattern, Requirements, StepIndex,
    StepSpec, Template,
};
use callsheet_scheduler::{Command, Policy};
use uuid::Uuid;

use crate::Micros;
use crate::dice::Dice;

const SECOND: Micros = 1_000_000;
const MINUTE: Micros = 60 * SECOND;
/// Of so many attempts one dies by chance.
const CRASHES: u64 = 2000;

/// How large and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Nodes.
    pub nodes: usize,
    /// Jobs.
    pub jobs: usize,
    /// Faults happen for so long.
    pub storm: Micros,
    /// A node unheard of for this long is lost; chance decides when there is none.
    pub silence: Option<Duration>,
}

impl Default for Size {
    fn default() -> Self {
        Self { nodes: 6, jobs: 8, storm: 60 * MINUTE, silence: None }
    }
}

/// A node's machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name.
    pub name: NodeName,
    /// What it can do.
    pub capabilities: Capabilities,
    /// How much faster its clock goes, in millionths.
    pub drift: i64,
    /// How many templates its cache holds.
    pub cache: usize,
    /// It is there from then on.
    pub from: Micros,
}

/// What a renderer needs for a job.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Typical time to load the project.
    pub load: Micros,
    /// Typical time of a frame.
    pub frame: Micros,
    /// How far single frames stray from that.
    pub stray: f64,
}

/// What is peculiar about a step.
#[derive(Clone, Debug)]
pub struct Quirks {
    /// What it costs.
    pub cost: Cost,
    /// Frames that no renderer survives.
    pub poison: BTreeSet<i32>,
    /// Its renderer needs a licence.
    pub licensed: bool,
    /// Of so many attempts one dies somewhere, by chance; none when 0.
    pub crashes: u64,
}

/// Something a person does.
#[derive(Clone, Debug)]
pub struct Deed {
    /// When.
    pub at: Micros,
    /// What.
    pub command: Command,
}

/// A cluster and its people.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Where it all comes from.
    pub seed: u64,
    /// The machines.
    pub machines: Vec<Machine>,
    /// How the scheduler decides.
    pub policy: Policy,
    /// How often nodes send a sign of life.
    pub pulse: Duration,
    /// How often they say what they hold.
    pub heartbeat: Duration,
    /// A snapshot after so many events.
    pub snapshot_every: u64,
    /// The log keeps so many events for readers.
    pub keep_events: u64,
    /// Typical time that something is on its way.
    pub latency: Micros,
    /// Typical time of a sync.
    pub sync: Micros,
    /// What people do, in order of time.
    pub deeds: Vec<Deed>,
    /// By job and step.
    pub quirks: BTreeMap<(JobId, StepIndex), Quirks>,
    /// Licences in all.
    pub licences: u16,
    /// Faults happen until then.
    pub storm: Micros,
}

impl Scenario {
    /// The cluster of this seed.
    #[must_use]
    pub fn draw(seed: u64, size: Size) -> Self {
        let mut dice = Dice::of(seed, "scenario", 0);
        let machines = (0..size.nodes).map(|nth| machine(nth, &mut dice)).collect();
        let silence = size.silence.unwrap_or_else(|| {
            let choices = [2, 5, 20, 60].map(Duration::from_secs);
            dice.one_of(&choices).copied().unwrap_or(Duration::from_secs(5))
        });
        let mut policy = Policy { silence, ..Policy::default() };
        if dice.one_in(3) {
            policy.preflight.insert("after_effects".to_owned());
        }
        let mut scenario = Self {
            seed,
            machines,
            policy,
            pulse: silence / 5,
            heartbeat: silence / 2,
            snapshot_every: dice.between(50, 3000),
            keep_events: match dice.between(0, 3) {
                0 => 0,
                1 => dice.between(1, 500),
                2 => dice.between(500, 20_000),
                _ => u64::MAX,
            },
            latency: dice.magnitude(200.0, 20_000.0) as Micros,
            sync: dice.magnitude(300.0, 20_000.0) as Micros,
            deeds: Vec::new(),
            quirks: BTreeMap::new(),
            // Scarce, but not so that a large farm does little else than ask for them.
            licences: u16::try_from(dice.between(1, size.nodes as u64 + 2)).unwrap_or(u16::MAX),
            storm: size.storm,
        };
        for nth in 0..size.jobs {
            scenario.add_job(nth as u64, &mut dice);
        }
        scenario.add_operators(&mut dice);
        scenario.deeds.sort_by_key(|deed| deed.at);
        scenario
    }

    /// What is peculiar about a step.
    #[must_use]
    pub fn quirks_of(&self, job: JobId, step: StepIndex) -> Quirks {
        self.quirks.get(&(job, step)).cloned().unwrap_or(Quirks {
            cost: Cost { load: SECOND, frame: SECOND, stray: 0.3 },
            poison: BTreeSet::new(),
            licensed: false,
            crashes: CRASHES,
        })
    }

    /// All jobs that people submit.
    pub fn jobs(&self) -> impl Iterator<Item = (JobId, &JobSpec)> {
        self.deeds.iter().filter_map(|deed| match &deed.command {
            Command::SubmitJob { id, spec } => Some((*id, spec)),
            _ => None,
        })
    }

    fn add_job(&mut self, nth: u64, dice: &mut Dice) {
        let id = JobId(Uuid::from_u128(u128::from(self.seed) << 64 | u128::from(nth) << 8 | 1));
        let at = dice.between(0, self.storm * 3 / 4);
        let mut steps = vec![render_step(id, dice)];
        if dice.one_in(3) {
            steps.push(encode_step());
        }
        for (place, step) in steps.iter().enumerate() {
            let place = StepIndex(u16::try_from(place).unwrap_or(0));
            self.quirks.insert((id, place), quirks(step, dice));
        }
        let priority = u32::try_from(dice.between(0, 100)).unwrap_or(50);
        let project = format!("project-{}", dice.between(1, 3));
        let spec = JobSpec { name: format!("job-{nth}"), project, priority, approval: None, steps };
        self.deeds.push(Deed { at, command: Command::SubmitJob { id, spec } });
    }

    /// People who cancel, pause, resume, prioritise, retry, drain and clear.
    fn add_operators(&mut self, dice: &mut Dice) {
        let jobs: Vec<(Micros, JobId)> = self
            .deeds
            .iter()
            .filter_map(|deed| match &deed.command {
                Command::SubmitJob { id, .. } => Some((deed.at, *id)),
                _ => None,
            })
            .collect();
        for (at, job) in &jobs {
            let later = at + dice.between(SECOND, 20 * MINUTE);
            let mut add = |at, command| self.deeds.push(Deed { at, command });
            match dice.between(0, 9) {
                0 => add(later, Command::CancelJob { job: *job, reason: "not wanted any more".to_owned() }),
                1 => {
                    add(later, Command::PauseJob { job: *job });
                    add(later + dice.between(SECOND, 5 * MINUTE), Command::ResumeJob { job: *job });
                }
                2 => add(later, Command::RetryJob { job: *job, frames: None }),
                3 => {
                    add(later, Command::CancelJob { job: *job, reason: "by mistake".to_owned() });
                    let again = Command::RetryJob { job: *job, frames: None };
                    add(later + dice.between(SECOND, 5 * MINUTE), again);
                }
                4 => {
                    let priority = u32::try_from(dice.between(0, 100)).unwrap_or(50);
                    add(later, Command::PrioritiseJob { job: *job, priority });
                }
                _ => {}
            }
        }
        for machine in &self.machines {
            if dice.one_in(4) {
                let at = dice.between(0, self.storm);
                let node = machine.name.clone();
                self.deeds.push(Deed { at, command: Command::DrainNode { node: node.clone() } });
                let back = at + dice.between(SECOND, 10 * MINUTE);
                self.deeds.push(Deed { at: back, command: Command::UndrainNode { node } });
            }
        }
    }
}

fn machine(nth: usize, dice: &mut Dice) -> Machine {
    let slots = u32::try_from(dice.between(1, 3)).unwrap_or(1);
    let versions = || callsheet_model::Versions::default();
    let mut renderers = BTreeMap::from([("lottie".to_owned(), versions())]);
    // The first two can do everything, so that every job has a home.
    if nth < 2 || dice.one_in(2) {
        renderers.insert("after_effects".to_owned(), versions());
    }
    let capabilities = Capabilities {
        renderers,
        slots,
        memory: 64 << 30,
        cpus: 8,
        os: "linux".to_owned(),
        agent_version: "1".to_owned(),
        ..Capabilities::default()
    };
    let drift = i64::try_from(dice.between(0, 400)).unwrap_or(0) - 200;
    let cache = usize::try_from(dice.between(1, 6)).unwrap_or(1);
    Machine { name: name(nth), capabilities, drift, cache, from: 0 }
}

fn name(nth: usize) -> NodeName {
    // Digits and a hyphen are always a name.
    NodeName::new(&format!("node-{nth:03}")).unwrap_or_else(|_| unreachable!("a number is a name"))
}

fn render_step(job: JobId, dice: &mut Dice) -> StepSpec {
    let frames = i32::try_from(dice.magnitude(1.0, 400.0) as i64).unwrap_or(1);
    let first = i32::try_from(dice.between(0, 3)).unwrap_or(0);
    let renderer = if dice.one_in(2) { "after_effects" } else { "lottie" };
    let mut md5 = [0; 16];
    md5[0] = u8::try_from(dice.between(1, 6)).unwrap_or(1);
    let chunk = match dice.between(1, 12) {
        count @ 1..=8 => {
            u32::try_from(count).ok().and_then(std::num::NonZeroU32::new).map_or(Chunk::Auto, Chunk::Frames)
        }
        _ => Chunk::Auto,
    };
    StepSpec {
        name: "render".to_owned(),
        renderer: renderer.to_owned(),
        template: Some(Template {
            md5: Md5(md5),
            bytes: 50 << 20,
            name: "project.aep".to_owned(),
            path: None,
        }),
        frames: FrameSet::range(first, first + frames - 1),
        chunk,
        output: OutputPattern::parse(&format!("out/{}/f_####.png", job.short())).ok(),
        retries: u32::try_from(dice.between(0, 4)).unwrap_or(3),
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after: BTreeSet::new(),
        settings: BTreeMap::new(),
        approximate: false,
    }
}

fn encode_step() -> StepSpec {
    StepSpec {
        name: "encode".to_owned(),
        renderer: "lottie".to_owned(),
        template: None,
        frames: FrameSet::new(),
        chunk: Chunk::Auto,
        output: None,
        retries: 3,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after: BTreeSet::from([StepIndex(0)]),
        settings: BTreeMap::new(),
        approximate: false,
    }
}

fn quirks(step: &StepSpec, dice: &mut Dice) -> Quirks {
    let frame = dice.magnitude(0.2, 60.0) * SECOND as f64;
    let cost =
        Cost { load: dice.magnitude(0.5, 20.0) as Micros * SECOND, frame: frame as Micros, stray: 0.5 };
    let mut poison = BTreeSet::new();
    if dice.one_in(8) && !step.is_task() {
        let all: Vec<i32> = step.frames.iter().collect();
        poison.extend(dice.one_of(&all).copied());
    }
    Quirks { cost, poison, licensed: step.renderer == "after_effects", crashes: CRASHES }
}
