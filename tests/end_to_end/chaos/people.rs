//! People who go on working through all of it: one hands in jobs, one changes their mind all the time. Whatever they
//! were told was done must be in the log; so each answer is put down, with the log's number before it was asked for.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use callsheet_protocol::v1;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{Api, Cluster, Dice, PERSON};

use super::load::{Idea, Wanted};
use super::stage::{NODES, Stage};

/// Jobs that are not over yet, at most: so the time that healing takes is bounded, too.
const OPEN: usize = 6;
/// Somebody who hears nothing for so long asks again.
const PATIENCE: Duration = Duration::from_secs(2);

/// A job that was taken.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) wanted: Vec<Wanted>,
    /// Somebody wanted it to end, and nobody wanted it back.
    pub(super) unwanted: bool,
}

/// Something that the leader said was done.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// The type of its event.
    pub(super) kind: &'static str,
    /// What stands somewhere in the event.
    pub(super) about: String,
    /// The log's number before.
    pub(super) after: u64,
}

/// What people know in the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) jobs: Vec<Asked>,
    pub(super) said: Vec<Said>,
    /// Questions that had to be asked again, since there was no answer.
    pub(super) unanswered: u64,
}

pub(super) struct People {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    one: Person,
}

impl People {
    pub(super) fn start(stage: &Stage, dice: &mut Dice) -> Self {
        let (stop, stopped) = watch::channel(false);
        let books = Arc::new(Mutex::new(Books::default()));
        let mut person = || Person {
            api: stage.cluster.api.clone(),
            root: stage.cluster.root().to_owned(),
            dice: dice.fork(),
            books: books.clone(),
            stopped: stopped.clone(),
        };
        let tasks = vec![tokio::spawn(person().hand_in()), tokio::spawn(person().change_minds())];
        Self { stop, tasks, one: person() }
    }

    /// They finish what they are at, take back all that holds jobs up, see every job through, and go.
    pub(super) async fn leave(mut self, cluster: &Cluster) -> Books {
        self.stop.send_replace(true);
        for task in self.tasks {
            cluster.within("people go", task).await.unwrap();
        }
        cluster.within("everything that waits for a person is released", self.one.release()).await;
        for id in self.one.jobs() {
            cluster.within(&format!("job {id} is over"), self.one.see_through(&id)).await;
        }
        let books = self.one.books.lock().unwrap();
        books.clone()
    }
}

struct Person {
    api: Api,
    root: PathBuf,
    dice: Dice,
    books: Arc<Mutex<Books>>,
    stopped: watch::Receiver<bool>,
}

impl Person {
    /// Asks until there is an answer, whatever becomes of the leader meanwhile.
    async fn insist<T, F>(&self, ask: impl Fn(Api) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<T, Status>>,
    {
        const PASSING: [Code; 4] =
            [Code::Unavailable, Code::Cancelled, Code::Unknown, Code::DeadlineExceeded];
        loop {
            match timeout(PATIENCE, ask(self.api.clone())).await {
                Ok(Err(status)) if PASSING.contains(&status.code()) => {}
                Ok(answer) => return answer,
                Err(_) => {}
            }
            self.books.lock().unwrap().unanswered += 1;
            // Nobody can say when there is a leader again.
            sleep(Duration::from_millis(30)).await;
        }
    }

    /// Has something done, and puts down that it was.
    async fn have<T, F>(&self, kind: &'static str, about: &str, ask: impl Fn(Api) -> F) -> bool
    where
        F: Future<Output = Result<T, Status>>,
    {
        let status = self.insist(|mut api| async move { api.status().await }).await.unwrap();
        let done = self.insist(ask).await;
        if done.is_ok() {
            let said = Said { kind, about: about.to_owned(), after: status.sequence };
            self.books.lock().unwrap().said.push(said);
        }
        done.is_ok()
    }

    fn is_over(&self) -> bool {
        *self.stopped.borrow()
    }

    /// Waits for a while, or for the end.
    async fn pause(&mut self, least: u64, most: u64) {
        let pause = self.dice.millis(least, most);
        let _ = timeout(pause, self.stopped.wait_for(|stopped| *stopped)).await;
    }

    /// Hands in one job after the other, never too many at once.
    async fn hand_in(mut self) {
        let mut open = VecDeque::<String>::new();
        for nth in 0.. {
            while open.len() >= OPEN && !self.is_over() {
                let Some(id) = open.pop_front() else { break };
                if !self.ended(&id).await {
                    open.push_back(id);
                }
                self.pause(20, 80).await;
            }
            if self.is_over() {
                return;
            }
            open.push_back(self.submit(nth).await);
            self.pause(50, 400).await;
        }
    }

    /// Whether a job is over. One that failed they try again.
    async fn ended(&self, id: &str) -> bool {
        let view = self.insist(|mut api| {
            let id = id.to_owned();
            async move { Ok(api.jobs.get(v1::GetJobRequest { id }).await?.into_inner()) }
        });
        match view.await.unwrap().state() {
            v1::JobState::Succeeded | v1::JobState::Cancelled => true,
            v1::JobState::Failed => {
                self.retry(id).await;
                false
            }
            _ => false,
        }
    }

    async fn retry(&self, id: &str) -> bool {
        self.have("job.retried", id, |mut api| {
            let request = v1::RetryRequest { id: id.to_owned(), frames: String::new() };
            async move { api.jobs.retry(request).await }
        })
        .await
    }

    async fn submit(&mut self, nth: usize) -> String {
        let idea = Idea::nth(&self.root, nth, &mut self.dice);
        let template = match &idea.template {
            None => None,
            Some((name, bytes)) => {
                let put = self.insist(|mut api| async move { api.try_put_template(name, bytes).await });
                Some(put.await.unwrap_or_else(|status| panic!("{name} is refused: {status}")))
            }
        };
        let (id, spec) = (Uuid::new_v4().to_string(), &idea.with(template));
        let taken = self.have("job.submitted", &id, |mut api| {
            let (id, spec) = (id.clone(), spec.clone());
            async move { api.submit(&id, spec).await }
        });
        assert!(taken.await, "{spec:?} is refused");
        let asked = Asked { id: id.clone(), wanted: idea.wanted, unwanted: false };
        self.books.lock().unwrap().jobs.push(asked);
        id
    }

    /// One of the jobs that were handed in last.
    fn some_job(&mut self) -> Option<String> {
        let books = self.books.lock().unwrap();
        let latest = books.jobs.len().min(OPEN);
        let nth = latest.checked_sub(1).map(|_| self.dice.below(latest))?;
        Some(books.jobs[books.jobs.len() - 1 - nth].id.clone())
    }

    async fn change_minds(mut self) {
        while !self.is_over() {
            self.pause(150, 900).await;
            match self.dice.below(10) {
                0..2 => self.pause_job().await,
                2 => self.cancel().await,
                3..5 => self.drain().await,
                5..7 => self.pause_queue().await,
                _ => self.approve().await,
            }
        }
    }

    async fn pause_job(&mut self) {
        let Some(id) = self.some_job() else { return };
        let paused = self.have("job.paused", &id, |mut api| {
            let request = v1::PauseRequest { id: id.clone() };
            async move { api.jobs.pause(request).await }
        });
        // Nobody can pause what is over.
        if paused.await {
            self.pause(100, 1500).await;
            self.resume(&id).await;
        }
    }

    async fn resume(&self, id: &str) {
        self.have("job.resumed", id, |mut api| {
            let request = v1::ResumeRequest { id: id.to_owned() };
            async move { api.jobs.resume(request).await }
        })
        .await;
    }

    fn want(&self, id: &str, wanted: bool) {
        let mut books = self.books.lock().unwrap();
        books.jobs.iter_mut().filter(|job| job.id == id).for_each(|job| job.unwanted = !wanted);
    }

    /// Ends a job; and every second time wants it back.
    async fn cancel(&mut self) {
        let Some(id) = self.some_job() else { return };
        self.want(&id, false);
        let cancelled = self.have("job.cancelled", &id, |mut api| {
            let request = v1::CancelRequest { id: id.clone(), reason: "another idea".into() };
            async move { api.jobs.cancel(request).await }
        });
        if cancelled.await && self.dice.percent(50) {
            self.pause(0, 1000).await;
            if self.retry(&id).await {
                self.want(&id, true);
            }
        }
    }

    async fn drain(&mut self) {
        let node = NODES[self.dice.below(NODES.len())];
        let drained = self.have("node.drained", node, |mut api| async move {
            api.cluster.drain(v1::DrainRequest { node: node.to_owned() }).await
        });
        assert!(drained.await, "{node} can be drained");
        self.pause(100, 2000).await;
        let undrained = self.have("node.undrained", node, |mut api| async move {
            api.cluster.undrain(v1::UndrainRequest { node: node.to_owned() }).await
        });
        assert!(undrained.await, "{node} can be given work again");
    }

    async fn pause_queue(&mut self) {
        let scope = v1::PauseScope::Queue.into();
        let name = ["lottie", "flipbook", "actor", "after_effects"][self.dice.below(4)];
        let reason = Uuid::new_v4().to_string();
        let running = if self.dice.percent(50) { v1::Running::Finish } else { v1::Running::HandBack };
        let set = self.have("queue.paused", &reason, |mut api| {
            let request = v1::SetPauseRequest {
                scope,
                name: name.into(),
                reason: reason.clone(),
                for_ms: None,
                running: running.into(),
            };
            async move { api.cluster.set_pause(request).await }
        });
        assert!(set.await, "{name} can be paused");
        self.pause(100, 1500).await;
        self.have("queue.resumed", name, |mut api| {
            let request = v1::LiftPauseRequest { scope, name: name.into(), ..Default::default() };
            async move { api.cluster.lift_pause(request).await }
        })
        .await;
    }

    /// Releases whatever waits for it.
    async fn approve(&self) {
        let open = self.insist(|mut api| async move {
            Ok(api.cluster.list_approvals(v1::ListApprovalsRequest {}).await?.into_inner())
        });
        for approval in open.await.unwrap().approvals {
            self.have("approval.granted", &approval.job, |mut api| {
                let request = v1::ApproveRequest { id: approval.job.clone(), comments: "go on".into() };
                let mut request = tonic::Request::new(request);
                request.metadata_mut().insert("x-actor-id", PERSON.parse().unwrap());
                async move { api.jobs.approve(request).await }
            })
            .await;
        }
    }

    /// Takes back what holds a job up.
    async fn release(&self) {
        self.approve().await;
        for id in self.jobs() {
            // What is over needs it no more.
            let _ = self
                .insist(|mut api| {
                    let request = v1::ResumeRequest { id: id.clone() };
                    async move { api.jobs.resume(request).await }
                })
                .await;
        }
    }

    fn jobs(&self) -> Vec<String> {
        self.books.lock().unwrap().jobs.iter().map(|job| job.id.clone()).collect()
    }

    /// Waits until a job is over.
    async fn see_through(&mut self, id: &str) {
        while !self.ended(id).await {
            sleep(Duration::from_millis(20)).await;
        }
    }
}
