//! What is done to files for the agent: publishing, tidying up, sweeping. In order for each lease, beside
//! each other for different ones, never on the runtime's own threads.

use std::collections::BTreeMap;
use std::sync::Arc;

use callsheet_agent::{Input, Offer};
use callsheet_model::limits::MAX_HELD;
use callsheet_model::{FrameSet, JobId, OutputPattern, Token};
use callsheet_renderers::publish;
use callsheet_supervision::{Held, aside};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use crate::ae_process::Workshop;
use crate::agent::handle::AgentHandle;
use crate::agent::publisher::{self, Moved};

/// Leases whose files are moved at the same time.
const AT_ONCE: usize = 4;

/// Sweeps that wait for the disk. What is beyond them stays where it is: it only takes room.
// Upholds bounded.
const SWEEPS: usize = 1000;

/// Orders of each kind that wait for the disk: as many as there can be leases at once. A lease may be closed, and
/// another one come, before the disk has got round to its orders. What cannot be published now is told as failed, like
/// what the disk refuses, and ordered again as often; what is not tidied up is swept when its job is over.
// Upholds bounded.
const ORDERS: usize = MAX_HELD;

/// What attempts of a job up to a lease left beside these outputs is to go.
type Sweep = (JobId, Token, Vec<OutputPattern>);

/// The agent's hand on the disk.
#[derive(Debug)]
pub(crate) struct Disk {
    workshop: Arc<Workshop>,
    agent: AgentHandle,
    turns: Arc<Semaphore>,
    /// Places for orders to publish, and for those to tidy up.
    to_publish: Arc<Semaphore>,
    to_clean: Arc<Semaphore>,
    /// Orders of one attempt go through one queue.
    queues: BTreeMap<Token, mpsc::UnboundedSender<Work>>,
    /// From so many queues on those that are over are looked for.
    many: usize,
    sweeps: mpsc::Sender<Sweep>,
    _sweeper: Held,
}

/// An order's place, until it is carried out.
type Place = OwnedSemaphorePermit;

/// One thing to do to an attempt's files.
#[derive(Debug)]
enum Work {
    Publish { offer: Arc<Offer>, frames: FrameSet, until: Option<Instant>, _place: Place },
    Clean { offer: Arc<Offer>, keep: FrameSet, last: bool, _place: Place },
}

impl Disk {
    pub(super) fn new(workshop: Arc<Workshop>, agent: AgentHandle) -> Self {
        let (sweeps, orders) = mpsc::channel(SWEEPS);
        let _sweeper = Held::spawn(sweeper(workshop.clone(), orders));
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let [to_publish, to_clean] = [(); 2].map(|()| Arc::new(Semaphore::new(ORDERS)));
        Self {
            workshop,
            agent,
            turns,
            to_publish,
            to_clean,
            queues: BTreeMap::new(),
            many: AT_ONCE,
            sweeps,
            _sweeper,
        }
    }

    pub(super) fn publish(&mut self, offer: Arc<Offer>, frames: FrameSet, until: Option<Instant>) {
        let Ok(_place) = self.to_publish.clone().try_acquire_owned() else {
            return self.agent.mind(published(offer.token, Moved { failed: frames, ..Moved::default() }));
        };
        self.order(offer.attempt(), Work::Publish { offer, frames, until, _place });
    }

    /// `last`: this node holds nothing else of the job.
    pub(super) fn clean(&mut self, offer: Arc<Offer>, keep: FrameSet, last: bool) {
        let Ok(_place) = self.to_clean.clone().try_acquire_owned() else {
            tracing::warn!(token = %offer.token, "is not tidied up: too much waits for the disk");
            return;
        };
        self.order(offer.attempt(), Work::Clean { offer, keep, last, _place });
    }

    pub(super) fn sweep(&self, job: JobId, up_to: Token, outputs: Vec<OutputPattern>) {
        if self.sweeps.try_send((job, up_to, outputs)).is_err() {
            tracing::warn!(%job, "is not swept: too much waits for the disk");
        }
    }

    fn order(&mut self, attempt: Token, work: Work) {
        // Those whose worker has ended are forgotten now and then: not at each order, which may be one of thousands.
        if self.queues.len() >= self.many {
            self.queues.retain(|_, queue| !queue.is_closed());
            self.many = 2 * self.queues.len().max(AT_ONCE);
        }
        let work = match self.queues.get(&attempt) {
            None => work,
            Some(queue) => match queue.send(work) {
                Ok(()) => return,
                // Its worker has just ended.
                Err(returned) => returned.0,
            },
        };
        let (queue, orders) = mpsc::unbounded_channel();
        // The receiver is right here.
        let _ = queue.send(work);
        self.queues.insert(attempt, queue);
        tokio::spawn(worker(self.workshop.clone(), self.agent.clone(), self.turns.clone(), orders));
    }
}

/// Sweeps one job after another.
async fn sweeper(workshop: Arc<Workshop>, mut orders: mpsc::Receiver<Sweep>) {
    while let Some((job, up_to, outputs)) = orders.recv().await {
        let workshop = workshop.clone();
        let swept = aside(move || sweep(&workshop, job, up_to, &outputs));
        // A panic while sweeping costs files that stay.
        let _ = swept.await;
    }
}

/// Blocking.
fn sweep(workshop: &Workshop, job: JobId, up_to: Token, outputs: &[OutputPattern]) {
    for output in outputs {
        let swept = match workshop.output_here(output) {
            Ok(output) => publish::sweep(&output, job, up_to).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = swept {
            tracing::warn!(%job, %output, error, "cannot be swept");
        }
    }
}

/// The next order, or none: then no further one can be given, and a new worker takes it.
async fn next(orders: &mut mpsc::UnboundedReceiver<Work>) -> Option<Work> {
    match orders.try_recv() {
        Ok(work) => Some(work),
        Err(_) => {
            orders.close();
            orders.recv().await
        }
    }
}

/// Carries out one attempt's orders, one after another, as long as there are any.
async fn worker(
    workshop: Arc<Workshop>,
    agent: AgentHandle,
    turns: Arc<Semaphore>,
    mut orders: mpsc::UnboundedReceiver<Work>,
) {
    while let Some(work) = next(&mut orders).await {
        let Ok(_turn) = turns.acquire().await else { return };
        let workshop = workshop.clone();
        match work {
            Work::Clean { offer, keep, last, _place } => {
                let clean = move || publisher::clean(&workshop, &offer, &keep, last);
                let cleaned = aside(clean);
                // A panic while tidying up costs a file that stays.
                let _ = cleaned.await;
            }
            Work::Publish { offer, frames, until, _place } => {
                let (token, wanted) = (offer.token, frames.clone());
                let moved = aside(move || publisher::publish(&workshop, &offer, &frames, until));
                let failed = || Moved { failed: wanted, ..Moved::default() };
                agent.mind(published(token, moved.await.unwrap_or_else(|_| failed())));
            }
        }
    }
}

fn published(token: Token, moved: Moved) -> Input {
    let Moved { done, lost, failed, unbegun } = moved;
    Input::Published { token, done, lost, failed, unbegun }
}
