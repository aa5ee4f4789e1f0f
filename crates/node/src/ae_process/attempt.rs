//! One attempt, from its place to its end. It runs in a task of its own; dropping it kills what runs.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use callsheet_agent::{News, Offer};
use callsheet_model::{Failure, FailureClass, FrameSet, NodeName, Work};
use callsheet_renderers::Invocation;
use callsheet_supervision::aside;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::ae_process::intake::Intake;
use crate::ae_process::log::LogKeeper;
use crate::ae_process::proving::{Proof, Proving};
use crate::ae_process::storage;
use crate::ae_process::telling::Teller;
use crate::ae_process::workshop::{Bench, Workshop};
use crate::ae_process::{Order, Stop};
use crate::agent::AgentHandle;

/// After a kill, or after the end of a process whose pipes stay open, patience for this long.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Attempt {
    workshop: Arc<Workshop>,
    pub(super) offer: Arc<Offer>,
    template: Option<PathBuf>,
    pub(super) teller: Teller,
    pub(super) began: Instant,
    log: Option<LogKeeper>,
    /// Rendering time up to here is accounted for.
    accounted: Instant,
    /// Rendering time of frames that are finished but not reported.
    took: Duration,
    broken: Vec<Failure>,
    /// Looking at files did not come to its end, and was given up.
    stuck: bool,
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
            stuck: false,
        }
    }

    /// Runs it, and says how it ended when nothing of it is left.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<Stop>) {
        let verdict = self.prepared(&mut stop).await;
        // What cannot be read or synced is the disk's fault, not the renderer's.
        let disk = self.broken.iter().find(|failure| failure.class == FailureClass::OutputIo).cloned();
        let verdict = verdict.and(disk.map_or(Ok(()), Err)).map_err(|failure| self.with_last_lines(failure));
        for (offset, text) in self.log.as_mut().map(LogKeeper::finish).unwrap_or_default() {
            self.teller.log(offset, text);
        }
        let verdict = self.judged(verdict).await;
        let broken = self.broken.iter().map(|failure| failure.message.clone()).collect();
        self.teller.over();
        self.teller.news(News::Ended { verdict, broken });
    }

    /// Whoever looks for the cause of a crash finds the end of the output with it.
    fn with_last_lines(&self, failure: Failure) -> Failure {
        match &self.log {
            Some(log) if failure.class.is_a_crash() => log.told_with(failure),
            _ => failure,
        }
    }

    /// Output that could not be written or read: by this attempt, or by anybody?
    async fn judged(&self, verdict: Verdict) -> Verdict {
        let failure = match verdict {
            Err(failure) if failure.class == FailureClass::OutputIo || self.stuck => failure,
            Ok(()) if self.stuck => Failure::new(FailureClass::OutputIo, "no file could be read to its end"),
            other => return other,
        };
        let Ok(Some(output)) = self.workshop.output_of(&self.offer.brief.spec) else { return Err(failure) };
        Err(storage::judged(failure, PathBuf::from(output.directory()), self.offer.token).await)
    }

    async fn prepared(&mut self, stop: &mut watch::Receiver<Stop>) -> Verdict {
        let (workshop, offer, template) = (self.workshop.clone(), self.offer.clone(), self.template.take());
        let mut prepared = aside(move || workshop.prepare(&offer, template));
        let done = tokio::select! {
            biased;
            () = stopped(stop, Stop::Processes) => None,
            done = &mut prepared => Some(done),
        };
        let done = match done {
            Some(done) => done,
            // Whoever tidies up must come after it, or the place would be made again behind their back.
            None => timeout(PATIENCE, prepared).await.map_err(|_| {
                self.stuck = true;
                killed()
            })?,
        };
        let (bench, invocations) = done.map_err(|error| agent_failed(&error))??;
        let bench = Arc::new(bench);
        let verdict = self.processes(&bench, &invocations, stop).await;
        let workshop = self.workshop.clone();
        // Nobody waits for it; what stays is removed at the next start.
        aside(move || workshop.clear(&bench));
        verdict
    }

    async fn processes(
        &mut self,
        bench: &Arc<Bench>,
        invocations: &[Invocation],
        stop: &mut watch::Receiver<Stop>,
    ) -> Verdict {
        let mut proving = Proving::new(bench.clone());
        for invocation in invocations {
            if *stop.borrow() >= Stop::Processes {
                return Err(killed());
            }
            self.process(bench, invocation, &mut proving, stop).await?;
        }
        Ok(())
    }

    /// Runs one process to its end, and proves all that it left.
    async fn process(
        &mut self,
        bench: &Arc<Bench>,
        invocation: &Invocation,
        proving: &mut Proving,
        stop: &mut watch::Receiver<Stop>,
    ) -> Verdict {
        let reader = bench.renderer.reader(&bench.assignment(), invocation);
        let log = self.log.take().unwrap_or_else(|| LogKeeper::new(0));
        let intake = Intake::new(reader, log, self.began);
        self.accounted = Instant::now();
        self.workshop.note_markers(&invocation.markers);
        let watched = match self.workshop.processes.start(invocation) {
            Ok(process) => {
                self.teller.news(News::Launched { frames: invocation.frames.clone() });
                Ok(self.watch(bench, &intake, process, proving, stop).await)
            }
            Err(error) => {
                let program = invocation.program.display();
                let message = format!("{program} cannot be started: {error}");
                Err(Failure::new(FailureClass::NodeConfig, message))
            }
        };
        let verdict = watched.and_then(|exit| intake.verdict(exit));
        self.log = Some(intake.log(|log| std::mem::replace(log, LogKeeper::new(0))));
        if self.offer.work == Work::Preflight {
            // It was to render nothing, and whatever it left is nobody's result.
        } else if bench.has_output() {
            self.prove_rest(&invocation.frames, proving, stop).await;
        } else if verdict.is_ok() {
            // There is no file to prove: the end in good order is all there is.
            self.account();
            let proof = Proof { proven: invocation.frames.clone(), ..Proof::default() };
            self.proven(proof);
        }
        verdict
    }

    /// Rendering time since the last look belongs to what was finished meanwhile.
    pub(super) fn account(&mut self) {
        let now = Instant::now();
        self.took += now - self.accounted;
        self.accounted = now;
    }

    /// At a process' end every frame of it is looked at: it may have told nothing of them.
    async fn prove_rest(
        &mut self,
        frames: &FrameSet,
        proving: &mut Proving,
        stop: &mut watch::Receiver<Stop>,
    ) {
        self.account();
        self.teller.news(News::Proving);
        if self.prove_all(proving, stop).await.is_break() {
            return;
        }
        // What was looked at too early gets its second look now.
        self.broken.clear();
        proving.add(&frames.difference(proving.done()));
        // One that hangs is left alone; the attempt is being killed.
        let _ = self.prove_all(proving, stop).await;
    }

    /// Breaks off when it hangs, or has become pointless, and the attempt is stopped for it. Of processes that
    /// were killed, what is whole is still worth having.
    async fn prove_all(
        &mut self,
        proving: &mut Proving,
        stop: &mut watch::Receiver<Stop>,
    ) -> ControlFlow<()> {
        while !proving.is_idle() {
            let proof = tokio::select! {
                biased;
                proof = proving.next() => proof,
                () = patience_after(stop) => {
                    self.stuck = true;
                    return ControlFlow::Break(());
                }
            };
            self.teller.news(News::Proving);
            self.proven(proof);
        }
        ControlFlow::Continue(())
    }

    pub(super) fn proven(&mut self, proof: Proof) {
        self.broken.extend(proof.broken.into_values());
        if proof.proven.is_empty() {
            return;
        }
        self.teller.proven(&proof.proven);
        let took = std::mem::take(&mut self.took);
        self.teller.news(News::Proven { frames: proof.proven, bytes: proof.bytes, took });
    }
}

/// Waits until it is to be stopped, as urgently as this. Can be dropped while it waits.
pub(super) async fn stopped(stop: &mut watch::Receiver<Stop>, how: Stop) {
    // An error says that nobody can stop it any more, since its actor is gone; then this task goes, too.
    let _ = stop.wait_for(|stop| *stop >= how).await;
}

/// The moment when patience with an attempt that nobody wants any more is over.
async fn patience_after(stop: &mut watch::Receiver<Stop>) {
    stopped(stop, Stop::All).await;
    sleep(PATIENCE).await;
}

fn killed() -> Failure {
    Failure::new(FailureClass::Agent, "it was killed before it ran")
}

fn agent_failed(error: &tokio::task::JoinError) -> Failure {
    Failure::new(FailureClass::Agent, format!("the attempt could not be prepared: {error}"))
}
