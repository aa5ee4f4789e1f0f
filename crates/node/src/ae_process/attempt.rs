//! One attempt, from its place to its end. It runs in a task of its own; dropping it kills what runs.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use callsheet_agent::{News, Offer};
use callsheet_model::{Failure, FailureClass, FrameSet, NodeName};
use callsheet_renderers::{Exit, Invocation};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::ae_process::Order;
use crate::ae_process::intake::{Intake, Told};
use crate::ae_process::log::LogKeeper;
use crate::ae_process::proving::{Proof, Proving};
use crate::ae_process::telling::Teller;
use crate::ae_process::workshop::{Bench, Workshop};
use crate::agent::AgentHandle;
use crate::platform::Tree;
use crate::task::Held;

/// After a kill, or after the end of a process whose pipes stay open, patience for this long.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Attempt {
    workshop: Arc<Workshop>,
    offer: Arc<Offer>,
    template: Option<PathBuf>,
    teller: Teller,
    began: Instant,
    log: Option<LogKeeper>,
    /// Rendering time up to here is accounted for.
    accounted: Instant,
    /// Rendering time of frames that are finished but not reported.
    took: Duration,
    broken: Vec<Failure>,
}

type Verdict = Result<(), Failure>;

impl Attempt {
    pub(super) fn new(
        workshop: Arc<Workshop>,
        node: NodeName,
        slot: usize,
        agent: AgentHandle,
        order: Order,
    ) -> Self {
        let teller = Teller::new(agent, node, slot, order.offer.clone());
        let now = Instant::now();
        Self {
            workshop,
            offer: order.offer,
            template: order.template,
            teller,
            began: now,
            log: Some(LogKeeper::new(order.log_bytes)),
            accounted: now,
            took: Duration::ZERO,
            broken: Vec::new(),
        }
    }

    /// Runs it, and says how it ended when nothing of it is left.
    pub(super) async fn run(mut self, mut kill: watch::Receiver<bool>) {
        let verdict = self.prepared(&mut kill).await;
        for (offset, text) in self.log.as_mut().map(LogKeeper::finish).unwrap_or_default() {
            self.teller.log(offset, text);
        }
        // What cannot be read or synced is the disk's fault, not the renderer's.
        let disk = self.broken.iter().find(|failure| failure.class == FailureClass::OutputIo).cloned();
        let verdict = verdict.and(disk.map_or(Ok(()), Err));
        let broken = self.broken.iter().map(|failure| failure.message.clone()).collect();
        self.teller.over();
        self.teller.news(News::Ended { verdict, broken });
    }

    async fn prepared(&mut self, kill: &mut watch::Receiver<bool>) -> Verdict {
        let (workshop, offer, template) = (self.workshop.clone(), self.offer.clone(), self.template.take());
        let mut prepared = spawn_blocking(move || workshop.prepare(&offer, template));
        let done = tokio::select! {
            biased;
            _ = kill.wait_for(|kill| *kill) => None,
            done = &mut prepared => Some(done),
        };
        let done = match done {
            Some(done) => done,
            // Whoever tidies up must come after it, or the place would be made again behind their back.
            None => timeout(PATIENCE, prepared).await.map_err(|_| killed())?,
        };
        let (bench, invocations) = done.map_err(|error| agent_failed(&error))??;
        let bench = Arc::new(bench);
        let verdict = self.processes(&bench, &invocations, kill).await;
        let scratch = bench.scratch.clone();
        // Nobody waits for it; what stays is removed at the next start.
        spawn_blocking(move || std::fs::remove_dir_all(scratch));
        verdict
    }

    async fn processes(
        &mut self,
        bench: &Arc<Bench>,
        invocations: &[Invocation],
        kill: &mut watch::Receiver<bool>,
    ) -> Verdict {
        let mut proving = Proving::new(bench.clone());
        for invocation in invocations {
            if *kill.borrow() {
                return Err(killed());
            }
            self.process(bench, invocation, &mut proving, kill).await?;
        }
        Ok(())
    }

    /// Runs one process to its end, and proves all that it left.
    async fn process(
        &mut self,
        bench: &Arc<Bench>,
        invocation: &Invocation,
        proving: &mut Proving,
        kill: &mut watch::Receiver<bool>,
    ) -> Verdict {
        let reader = bench.renderer.reader(&bench.assignment(), invocation);
        let log = self.log.take().unwrap_or_else(|| LogKeeper::new(0));
        let intake = Intake::new(reader, log, self.began);
        self.accounted = Instant::now();
        let watched = match Tree::spawn(invocation, &self.workshop.guard) {
            Ok(tree) => {
                self.teller.news(News::Launched { frames: invocation.frames.clone() });
                Ok(self.watch(bench, &intake, tree, proving, kill).await)
            }
            Err(error) => {
                let program = invocation.program.display();
                let message = format!("{program} cannot be started: {error}");
                Err(Failure::new(FailureClass::NodeConfig, message))
            }
        };
        let verdict = watched.and_then(|exit| intake.verdict(exit));
        self.log = Some(intake.log(|log| std::mem::replace(log, LogKeeper::new(0))));
        if bench.has_output() {
            self.prove_rest(&invocation.frames, proving, kill).await;
        } else if verdict.is_ok() {
            // There is no file to prove: the end in good order is all there is.
            self.account();
            let proof = Proof { proven: invocation.frames.clone(), ..Proof::default() };
            self.proven(proof);
        }
        verdict
    }

    async fn watch(
        &mut self,
        bench: &Arc<Bench>,
        intake: &Intake,
        mut tree: Tree,
        proving: &mut Proving,
        kill: &mut watch::Receiver<bool>,
    ) -> Exit {
        let (stdout, stderr) = tree.output();
        let (open, mut closed) = watch::channel(());
        let pipes = [
            stdout.map(|pipe| Held::spawn(read(intake.clone(), pipe, open.clone()))),
            stderr.map(|pipe| Held::spawn(read(intake.clone(), pipe, open))),
        ];
        let (mut exit, mut killing, mut patience) = (None, false, None::<Instant>);
        loop {
            let due = self.due(intake);
            tokio::select! {
                _ = kill.wait_for(|kill| *kill), if !killing => {
                    killing = true;
                    patience = Some(Instant::now() + PATIENCE);
                    tree.kill();
                }
                () = intake.news() => self.take(bench, &intake.take(), proving),
                proof = proving.next() => self.proven(proof),
                code = tree.wait(), if exit.is_none() => {
                    exit = Some(code);
                    self.teller.news(News::Proving);
                    patience = Some(Instant::now() + PATIENCE);
                }
                // Only closing can end this wait: nothing is ever sent.
                _ = closed.changed(), if exit.is_some() => break,
                () = sleep_until(patience.unwrap_or(due)), if patience.is_some() => {
                    if exit.is_some() {
                        // Something that escaped holds the pipes open. It is not waited for.
                        break;
                    }
                    tree.force();
                    patience = Some(Instant::now() + PATIENCE);
                }
                () = sleep_until(due) => self.tell(intake),
            }
        }
        drop(pipes);
        self.take(bench, &intake.take(), proving);
        exit.unwrap_or(Exit::Unknown)
    }

    /// When those who watch are to be told something.
    fn due(&self, intake: &Intake) -> Instant {
        let log = intake.log(|log| log.due()).map(|due| self.began + due);
        let idle = Instant::now() + Duration::from_secs(3600);
        log.into_iter().chain(self.teller.due()).min().unwrap_or(idle)
    }

    fn tell(&mut self, intake: &Intake) {
        let now = self.began.elapsed();
        while let Some((offset, text)) = intake.log(|log| log.take(now)) {
            self.teller.log(offset, text);
        }
        self.teller.progress();
    }

    /// Hands on what the output told.
    fn take(&mut self, bench: &Bench, told: &Told, proving: &mut Proving) {
        if !told.finished.is_empty() {
            self.account();
            self.teller.news(News::FramesFinished(told.finished.clone()));
            if bench.has_output() {
                proving.add(&told.finished.intersection(&self.offer.frames));
            }
        }
        match told.started {
            Some(frame) => self.teller.news(News::FrameStarted(frame)),
            None if told.rendering => self.teller.news(News::Rendering),
            None => {}
        }
        if told.moved {
            self.teller.news(News::Progress);
        }
        if told.started.is_some() || told.moved {
            self.teller.at(told.started, told.fraction);
        }
    }

    /// Rendering time since the last look belongs to what was finished meanwhile.
    fn account(&mut self) {
        let now = Instant::now();
        self.took += now - self.accounted;
        self.accounted = now;
    }

    /// At a process' end every frame of it is looked at: it may have told nothing of them.
    async fn prove_rest(
        &mut self,
        frames: &FrameSet,
        proving: &mut Proving,
        kill: &mut watch::Receiver<bool>,
    ) {
        self.account();
        self.teller.news(News::Proving);
        if self.prove_all(proving, kill).await.is_break() {
            return;
        }
        // What was looked at too early gets its second look now.
        self.broken.clear();
        proving.add(&frames.difference(proving.done()));
        // One that hangs is left alone; the attempt is being killed.
        let _ = self.prove_all(proving, kill).await;
    }

    /// Breaks off when it hangs and is killed for it. Of a killed attempt, what is whole is still worth having.
    async fn prove_all(
        &mut self,
        proving: &mut Proving,
        kill: &mut watch::Receiver<bool>,
    ) -> ControlFlow<()> {
        while !proving.is_idle() {
            let proof = tokio::select! {
                biased;
                proof = proving.next() => proof,
                () = patience_after(kill) => return ControlFlow::Break(()),
            };
            self.teller.news(News::Proving);
            self.proven(proof);
        }
        ControlFlow::Continue(())
    }

    fn proven(&mut self, proof: Proof) {
        self.broken.extend(proof.broken.into_values());
        if proof.proven.is_empty() {
            return;
        }
        self.teller.proven(&proof.proven);
        let took = std::mem::take(&mut self.took);
        self.teller.news(News::Proven { frames: proof.proven, bytes: proof.bytes, took });
    }
}

/// The moment when patience with a killed attempt is over.
async fn patience_after(kill: &mut watch::Receiver<bool>) {
    // An error says that nobody can kill it any more, since its actor is gone; then this task goes, too.
    let _ = kill.wait_for(|kill| *kill).await;
    sleep(PATIENCE).await;
}

/// Reads a pipe; dropping `_open` says that it is closed.
async fn read(intake: Intake, pipe: impl tokio::io::AsyncRead + Unpin, _open: watch::Sender<()>) {
    intake.read(pipe).await;
}

fn killed() -> Failure {
    Failure::new(FailureClass::Agent, "it was killed before it ran")
}

fn agent_failed(error: &tokio::task::JoinError) -> Failure {
    Failure::new(FailureClass::Agent, format!("the attempt could not be prepared: {error}"))
}
