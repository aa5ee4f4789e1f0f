//! How sentences are read. A sentence that cannot be read ends the test: stories are ours.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use callsheet_model::{
    Arrival, Capabilities, Chunk, Failure, FailureClass, FrameSet, JobSpec, Md5, NodeName, OfflineReason,
    Outcome, OutputPattern, Report, Reported, Requirements, StepIndex, StepSpec, Timeouts, Token,
};
use callsheet_scheduler::{Command, Holding, Policy};

use crate::stage::Stage;
use crate::telling;

pub(crate) fn span(text: &str) -> Duration {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap());
    let number: f64 = number.parse().unwrap();
    Duration::from_secs_f64(match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        "d" => number * 86_400.0,
        _ => panic!("{text:?} is no span of time"),
    })
}

pub(crate) fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

fn frames(text: &str) -> FrameSet {
    text.parse().unwrap()
}

fn tokens(text: &str) -> BTreeSet<Token> {
    text.split(',').filter(|part| *part != "nothing").map(|part| part.parse().unwrap()).collect()
}

fn list(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::to_owned).collect()
}

fn bytes(text: &str) -> u64 {
    text.strip_suffix("GiB").unwrap().parse::<u64>().unwrap() << 30
}

pub(crate) fn set_policy(policy: &mut Policy, key: &str, value: &str) {
    match key {
        "silence" => policy.silence = span(value),
        "chunk-target" => policy.chunk_target = span(value),
        "keep-finished" => policy.keep_finished = span(value),
        "max-jobs" => policy.max_jobs = value.parse().unwrap(),
        "uncharged-max" => policy.uncharged_max = value.parse().unwrap(),
        "preflight" => policy.preflight = list(value),
        "quarantine-first" => policy.quarantine_first = span(value),
        "quarantine-max" => policy.quarantine_max = span(value),
        "public-url" => policy.public_url = Some(value.to_owned()),
        "crashes-max" => policy.crashes_max = value.parse().unwrap(),
        _ => panic!("there is no policy {key:?}"),
    }
}

/// One command of a sentence.
pub(crate) fn command(stage: &mut Stage, sentence: &str) -> Command {
    if let Some(rest) = sentence.strip_prefix("submit ") {
        return submit(stage, rest);
    }
    if let Some((job, reason)) =
        sentence.strip_prefix("cancel ").and_then(|rest| rest.split_once(" because "))
    {
        return Command::CancelJob { job: stage.job_id(job), reason: reason.to_owned() };
    }
    if let Some(command) = telling::command(stage, sentence) {
        return command;
    }
    let words: Vec<&str> = sentence.split_whitespace().collect();
    match words.as_slice() {
        ["cancel", job] => Command::CancelJob { job: stage.job_id(job), reason: String::new() },
        ["pause", job] => Command::PauseJob { job: stage.job_id(job) },
        ["prioritise", job, priority] => {
            Command::PrioritiseJob { job: stage.job_id(job), priority: priority.parse().unwrap() }
        }
        ["resume", job] => Command::ResumeJob { job: stage.job_id(job) },
        ["retry", job] => Command::RetryJob { job: stage.job_id(job), frames: None },
        ["retry", job, "frames", only] => {
            Command::RetryJob { job: stage.job_id(job), frames: Some(frames(only)) }
        }
        ["drain", name] => Command::DrainNode { node: node(name) },
        ["undrain", name] => Command::UndrainNode { node: node(name) },
        ["clear", name] => Command::ClearNode { node: node(name), renderer: None },
        ["clear", name, "for", renderer] => {
            Command::ClearNode { node: node(name), renderer: Some((*renderer).to_owned()) }
        }
        [name, "connects", rest @ ..] => connect(stage, node(name), rest),
        [name, "loses", "its", "stream"] => {
            let node = node(name);
            let session = stage.sessions.remove(&node).unwrap();
            Command::DisconnectNode { node, session, goodbye: None }
        }
        [name, "says", "goodbye"] => {
            let node = node(name);
            let session = stage.sessions.remove(&node).unwrap();
            Command::DisconnectNode { node, session, goodbye: Some(OfflineReason::Shutdown) }
        }
        [name, "heartbeats", "holding", held, "seen", seen] => {
            let node = node(name);
            let session = stage.sessions[&node];
            let holding = Holding { tokens: tokens(held), last_offered: seen.parse().unwrap() };
            Command::HearNode { node, session, holding: Some(holding) }
        }
        [name, "heartbeats"] => {
            let node = node(name);
            let session = stage.sessions[&node];
            Command::HearNode { node, session, holding: None }
        }
        [name, verb, rest @ ..] => Command::Report { node: node(name), report: report(verb, rest) },
        _ => panic!("nobody understands {sentence:?}"),
    }
}

fn connect(stage: &mut Stage, node: NodeName, words: &[&str]) -> Command {
    let mut capabilities = Capabilities {
        renderers: [("lottie".to_owned(), "1.0".into())].into(),
        slots: 1,
        memory: 64 << 30,
        ..Capabilities::default()
    };
    let (mut held, mut arrival) = (BTreeSet::new(), Box::<Arrival>::default());
    for pair in words.chunks(2) {
        match pair {
            ["slots", count] => capabilities.slots = count.parse().unwrap(),
            ["renderers", names] => {
                capabilities.renderers = list(names).into_iter().map(|name| (name, "1.0".into())).collect();
            }
            ["version", version] => {
                capabilities.renderers.values_mut().for_each(|versions| *versions = (*version).into());
            }
            ["labels", labels] => capabilities.labels = list(labels),
            ["memory", size] => capabilities.memory = bytes(size),
            ["holding", text] => held = tokens(text),
            ["from", address] => arrival.address = Some(address.parse().unwrap()),
            ["cached", text] => {
                let templates: BTreeSet<Md5> = list(text).iter().map(|md5| md5.parse().unwrap()).collect();
                arrival.cache_used_bytes = Some(1000 * templates.len() as u64);
                arrival.cached_templates = Some(templates);
            }
            _ => panic!("nobody connects with {pair:?}"),
        }
    }
    let session = stage.new_session(&node);
    Command::ConnectNode { node, session, capabilities, arrival, held }
}

/// `proves 1-3 of 1.1 in 300ms`, `publishes 1-3 of 1.1`, `misses 1-3 of 1.1`, `ends 1.1 well`,
/// `ends 1.1 with crash blaming 3`, `ends 1.1 with crash at 3`, `stops 1.1`.
fn report(verb: &str, words: &[&str]) -> Report {
    let (token, what) = match (verb, words) {
        ("proves", [list, "of", token, rest @ ..]) => {
            let frames = frames(list);
            let took = match rest {
                ["in", time] => span(time),
                _ => Duration::from_secs(1) * u32::try_from(frames.len()).unwrap(),
            };
            (token, Reported::Proven { bytes: frames.len() * 1000, frames, took })
        }
        ("publishes", [list, "of", token]) => (token, Reported::Published { frames: frames(list) }),
        ("misses", [list, "of", token]) => (token, Reported::Lost { frames: frames(list) }),
        ("ends", [token, "well"]) => (token, ended(Outcome::Succeeded, "", None)),
        ("begins", [token, "after", fetched, "and", loaded]) => {
            (token, Reported::Began { fetched: span(fetched), loaded: span(loaded) })
        }
        ("stops", [token]) => (token, ended(Outcome::Stopped, "", None)),
        ("ends", [token, "with", class, rest @ ..]) => {
            let class = FailureClass::ALL.into_iter().find(|known| known.word() == *class).unwrap();
            let outcome = Outcome::Failed(Failure::new(class, "it went wrong"));
            let (blamed, at) = match rest {
                ["blaming", list] => (*list, None),
                ["at", frame] => ("", Some(frame.parse().unwrap())),
                _ => ("", None),
            };
            (token, ended(outcome, blamed, at))
        }
        _ => panic!("nobody {verb} {words:?}"),
    };
    Report { token: token.parse().unwrap(), what }
}

fn ended(outcome: Outcome, blamed: &str, last_frame: Option<i32>) -> Reported {
    let blamed = if blamed.is_empty() { FrameSet::new() } else { frames(blamed) };
    Reported::Ended { outcome, blamed, last_frame }
}

/// `J priority 5: render frames 1-10 chunk 5 retries 1; encode task after render no-output`.
fn submit(stage: &mut Stage, text: &str) -> Command {
    let (head, steps) = text.split_once(':').unwrap();
    let head: Vec<&str> = head.split_whitespace().collect();
    let (name, priority, rest) = match head.as_slice() {
        [name, "priority", priority, rest @ ..] => (*name, priority.parse().unwrap(), rest),
        [name, rest @ ..] => (*name, 50, rest),
        [] => panic!("a job has a name"),
    };
    let approval = (!rest.is_empty()).then(|| telling::approval(rest));
    let mut names = BTreeMap::new();
    let mut specs = Vec::new();
    for (at, text) in steps.split(';').enumerate() {
        let spec = step(text, &names);
        names.insert(spec.name.clone(), StepIndex(at as u16));
        specs.push(spec);
    }
    let (name, id) = (name.to_owned(), stage.job_id(name));
    let spec = JobSpec { name, project: "stories".to_owned(), priority, approval, steps: specs };
    Command::SubmitJob { id, spec }
}

fn step(text: &str, names: &BTreeMap<String, StepIndex>) -> StepSpec {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap().to_owned();
    let mut step = StepSpec {
        output: Some(OutputPattern::parse_absolute(&format!("/out/{name}_[####].png")).unwrap()),
        name,
        renderer: "lottie".to_owned(),
        template: None,
        frames: FrameSet::new(),
        chunk: Chunk::Frames(NonZeroU32::MIN),
        retries: 2,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after: BTreeSet::new(),
        settings: BTreeMap::new(),
        approximate: false,
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap();
        match word {
            "task" => {}
            "no-output" => step.output = None,
            "frames" => step.frames = frames(value()),
            "chunk" => {
                step.chunk = match value() {
                    "auto" => Chunk::Auto,
                    count => Chunk::Frames(count.parse().unwrap()),
                }
            }
            "retries" => step.retries = value().parse().unwrap(),
            "with" => step.renderer = value().to_owned(),
            "labels" => step.requires.labels = list(value()),
            "memory" => step.requires.memory = Some(bytes(value())),
            "after" => step.after = list(value()).iter().map(|name| names[name]).collect(),
            _ => panic!("no step has {word:?}"),
        }
    }
    step
}
