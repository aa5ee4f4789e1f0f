//! A small node: runs what a renderer says, reads what comes, proves and publishes what is left.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use callsheet_config::ClusterConfig;
use callsheet_model::job::{Requirements, Template};
use callsheet_model::{
    Chunk, Failure, FrameSet, JobId, Md5, OutputPattern, StepIndex, StepSpec, Timeouts, Token,
};
use callsheet_renderers::proof::Prover;
use callsheet_renderers::{Assignment, Exit, Fact, Input, Invocation, Registry, Renderer, Stdin, publish};
use tempfile::TempDir;

/// A step in a directory of its own.
pub(crate) struct Stage {
    pub(crate) root: TempDir,
    pub(crate) step: StepSpec,
    pub(crate) template: Option<PathBuf>,
    pub(crate) inputs: BTreeMap<String, Input>,
    next_token: u64,
}

/// What came of one attempt.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) facts: Vec<Fact>,
    pub(crate) log: Vec<String>,
    pub(crate) outcome: Result<(), Failure>,
    pub(crate) published: FrameSet,
}

const JOB: JobId = JobId(uuid::Uuid::from_u128(1));

impl Stage {
    pub(crate) fn new(renderer: &str, frames: &str, output: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("out")).unwrap();
        fs::create_dir(root.path().join("scratch")).unwrap();
        let step = StepSpec {
            name: "step".into(),
            renderer: renderer.into(),
            template: None,
            frames: if frames.is_empty() { FrameSet::new() } else { frames.parse().unwrap() },
            chunk: Chunk::Auto,
            output: Some(pattern(&root, output)),
            retries: 0,
            timeouts: Timeouts::default(),
            requires: Requirements::default(),
            after: BTreeSet::new(),
            settings: BTreeMap::new(),
            approximate: false,
        };
        Self { root, step, template: None, inputs: BTreeMap::new(), next_token: 1 }
    }

    pub(crate) fn set(mut self, settings: serde_json::Value) -> Self {
        self.step.settings = serde_json::from_value(settings).unwrap();
        self
    }

    pub(crate) fn template(mut self, name: &str, content: &[u8]) -> Self {
        let path = self.root.path().join(name);
        fs::write(&path, content).unwrap();
        let template =
            Template { md5: Md5([0; 16]), bytes: content.len() as u64, name: name.into(), path: None };
        self.step.template = Some(template);
        self.template = Some(path);
        self
    }

    /// Another step after this one, which takes what it left.
    pub(crate) fn then(self, renderer: &str, output: &str) -> Self {
        let mut next = Self { root: self.root, ..Self::new(renderer, "", output) };
        next.step.output = Some(pattern(&next.root, output));
        next.step.after = [StepIndex(0)].into();
        let left = Input { output: self.step.output.unwrap(), frames: self.step.frames };
        next.inputs = [(self.step.name, left)].into();
        next
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.root.path().join("out")
    }

    /// Asks for an assignment of these frames, in a place of its own.
    pub(crate) fn assign<T>(&mut self, frames: &FrameSet, with: impl FnOnce(&Assignment<'_>) -> T) -> T {
        self.next_token += 1;
        let place = publish::place_of(self.step.output.as_ref().unwrap(), JOB, Token(self.next_token));
        publish::prepare(&place).unwrap();
        with(&Assignment {
            step: &self.step,
            frames,
            template: self.template.as_deref(),
            inputs: &self.inputs,
            place: &place,
            scratch: &self.root.path().join("scratch"),
            threads: 1,
            gentle: false,
        })
    }

    /// One attempt at these frames, from start to publishing.
    pub(crate) fn attempt(&mut self, registry: &Registry, frames: &str) -> Attempt {
        let out = self.out();
        self.attempt_into(registry, frames, &out)
    }

    /// The same, where results go elsewhere.
    pub(crate) fn attempt_into(&mut self, registry: &Registry, frames: &str, out: &Path) -> Attempt {
        let frames = frames.parse().unwrap();
        let renderer = registry.get(&self.step.renderer).unwrap();
        self.assign(&frames, |assignment| run(renderer.as_ref(), assignment, out))
    }
}

fn pattern(root: &TempDir, output: &str) -> OutputPattern {
    OutputPattern::parse_absolute(&format!("{}/out/{output}", root.path().display())).unwrap()
}

fn run(renderer: &dyn Renderer, assignment: &Assignment<'_>, out: &Path) -> Attempt {
    let mut attempt = Attempt { facts: vec![], log: vec![], outcome: Ok(()), published: FrameSet::new() };
    match renderer.invocations(assignment) {
        Err(failure) => attempt.outcome = Err(failure),
        Ok(invocations) => {
            for invocation in invocations {
                let mut reader = renderer.reader(assignment, &invocation);
                let exit = follow(start(&invocation), |line| {
                    attempt.facts.extend(reader.line(&line));
                    attempt.log.push(line);
                });
                attempt.outcome = reader.verdict(exit);
                if attempt.outcome.is_err() {
                    break;
                }
            }
        }
    }
    let mut prover = Prover::new(renderer.expectation(assignment));
    for frame in assignment.frames.iter() {
        let (produced, result) = (renderer.produced(assignment, frame), assignment.result(frame));
        let (produced, result) = (produced.unwrap(), result.unwrap());
        match prover.prove(&produced, Some(frame)) {
            Ok(_) => {
                publish::settle(&produced, &result).unwrap();
                let name = result.file_name().unwrap().to_str().unwrap();
                publish::publish(assignment.place, name, out).unwrap();
                attempt.published.insert(frame);
            }
            Err(unproven) if attempt.outcome.is_ok() => {
                attempt.outcome = Err(unproven.failure(&produced.display().to_string()));
            }
            Err(_) => {}
        }
    }
    attempt
}

/// Starts a process as a node does. A built-in renderer's is this test program, at [`crate::child_entry`].
pub(crate) fn start(invocation: &Invocation) -> Child {
    let mut command = Command::new(&invocation.program);
    if invocation.args.first().is_some_and(|arg| arg == "render") {
        command = Command::new(std::env::current_exe().unwrap());
        command.args(["child_entry", "--exact", "--nocapture"]);
        command
            .env("CALLSHEET_TEST_KIND", &invocation.args[1])
            .env("CALLSHEET_TEST_ORDER", &invocation.args[3]);
    } else {
        command.args(&invocation.args);
    }
    let stdin = match invocation.stdin {
        Stdin::Null => Stdio::null(),
        Stdin::Lifeline => Stdio::piped(),
    };
    command.envs(&invocation.env).current_dir(&invocation.directory).stdin(stdin);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What [`crate::child_entry`] does in a process that [`start`] made.
pub(crate) fn serve_as_child() {
    if let (Ok(kind), Some(order)) =
        (std::env::var("CALLSHEET_TEST_KIND"), std::env::var_os("CALLSHEET_TEST_ORDER"))
    {
        let ended = callsheet_renderers::child_main(&kind, Path::new(&order));
        std::process::exit(i32::from(ended != std::process::ExitCode::SUCCESS));
    }
}

/// Takes every line of both streams until the process' end.
pub(crate) fn follow(mut child: Child, mut line: impl FnMut(String)) -> Exit {
    let (tell, told) = mpsc::channel();
    let streams: [Box<dyn Read + Send>; 2] =
        [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
    for stream in streams {
        let tell = tell.clone();
        thread::spawn(move || {
            for bytes in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                let _ = tell.send(String::from_utf8_lossy(&bytes).into_owned());
            }
        });
    }
    drop(tell);
    told.iter().for_each(&mut line);
    // Waiting would close the lifeline first.
    let lifeline = child.stdin.take();
    let status = child.wait().unwrap();
    drop(lifeline);
    exit_of(status)
}

pub(crate) fn exit_of(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Exit::Signal(signal);
    }
    status.code().map_or(Exit::Unknown, Exit::Code)
}

/// The registry with the descriptions that ship with the program.
pub(crate) fn shipped(files: &[&str]) -> Registry {
    let cluster = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cluster");
    let include: Vec<String> = files.iter().map(|file| format!("\"renderers/{file}.toml\"")).collect();
    let text = format!("include = [{}]\n[cluster]\nname = \"test\"\n", include.join(", "));
    let config = ClusterConfig::parse(&text, "test.toml", &cluster, &|path| fs::read_to_string(path));
    let config = config.unwrap_or_else(|problems| panic!("{problems}"));
    Registry::new(&config.renderers.into_values().collect::<Vec<_>>())
}
