//! Watching one process from its start to its end: what it says, what it leaves, whether it lives.

use std::time::Duration;

use callsheet_agent::News;
use callsheet_model::RunPhase;
use callsheet_renderers::Exit;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::ae_process::Stop;
use crate::ae_process::attempt::{Attempt, PATIENCE, stopped};
use crate::ae_process::intake::{Intake, Told};
use crate::ae_process::proving::Proving;
use crate::ae_process::vitals::{Seen, Vitals};
use crate::ae_process::workshop::Bench;
use crate::process::Process;
use callsheet_supervision::Held;

impl Attempt {
    /// Watches a process until nothing of it is left, and its output is read.
    pub(super) async fn watch(
        &mut self,
        bench: &Bench,
        intake: &Intake,
        mut process: Box<dyn Process>,
        proving: &mut Proving,
        stop: &mut watch::Receiver<Stop>,
    ) -> Exit {
        let (open, mut closed) = watch::channel(());
        let pipes = process.output().into_iter();
        let pipes: Vec<Held> =
            pipes.map(|pipe| Held::spawn(read(intake.clone(), pipe, open.clone()))).collect();
        drop(open);
        let mut vitals = Vitals::new(vec![bench.place.clone(), bench.scratch.clone()], process.used());
        let (mut exit, mut killing, mut patience) = (None, false, None::<Instant>);
        loop {
            let due = self.due(intake);
            tokio::select! {
                // In this order, so that the same life goes the same way again; the renderer's own words come
                // last, since one that never falls silent must not keep the rest from being heard.
                biased;
                () = stopped(stop, Stop::Processes), if !killing => {
                    killing = true;
                    patience = Some(Instant::now() + PATIENCE);
                    process.kill();
                }
                () = sleep_until(patience.unwrap_or(due)), if patience.is_some() => {
                    if exit.is_some() {
                        // Something that escaped holds the pipes open. It is not waited for.
                        break;
                    }
                    process.force();
                    patience = Some(Instant::now() + PATIENCE);
                }
                () = sleep_until(due) => self.tell(intake),
                code = process.wait(), if exit.is_none() => {
                    exit = Some(code);
                    self.teller.news(News::Proving);
                    patience = Some(Instant::now() + PATIENCE);
                }
                // Only closing can end this wait: nothing is ever sent.
                _ = closed.changed(), if exit.is_some() => break,
                proof = proving.next() => self.proven(proof),
                seen = vitals.next(), if exit.is_none() && !killing => self.alive(seen),
                () = intake.news() => self.take(bench, intake.take(), proving),
            }
        }
        drop(pipes);
        self.take(bench, intake.take(), proving);
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

    fn alive(&self, seen: Seen) {
        if seen.grew {
            self.teller.news(News::Grew);
        }
        if seen.worked {
            self.teller.news(News::Working);
        }
    }

    /// Hands on what the output told. Of what it told together, frames come between the phases before the first
    /// frame and those after the last.
    fn take(&mut self, bench: &Bench, told: Told, proving: &mut Proving) {
        let (before, after): (Vec<_>, Vec<_>) =
            told.phases.into_iter().partition(|phase| *phase <= RunPhase::FirstFrame);
        before.into_iter().for_each(|phase| self.teller.news(News::Phase(phase)));
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
        if told.at.is_some() || told.moved {
            self.teller.at(told.at, told.fraction);
        }
        after.into_iter().for_each(|phase| self.teller.news(News::Phase(phase)));
    }
}

/// Reads a pipe; dropping `_open` says that it is closed.
async fn read(intake: Intake, pipe: impl tokio::io::AsyncRead + Unpin, _open: watch::Sender<()>) {
    intake.read(pipe).await;
}
