//! An errand that falls is started again as the table says, and one that keeps falling waits on the bench.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::errand::Running;
use super::*;

/// An errand that does what it is told.
struct Told {
    starts: mpsc::UnboundedSender<Instant>,
    falls: AtomicUsize,
    does: fn(Leaving) -> Running,
}

impl Errand for Told {
    fn name(&self) -> &str {
        "told"
    }

    fn actor(&self) -> &'static str {
        "told"
    }

    fn run(self: Arc<Self>, leaving: Leaving) -> Running {
        self.starts.send(Instant::now()).unwrap();
        (self.does)(leaving)
    }

    fn fell(&self, _: &str) {
        self.falls.fetch_add(1, Ordering::Relaxed);
    }
}

struct Stage {
    errand: Arc<Told>,
    starts: mpsc::UnboundedReceiver<Instant>,
    leave: watch::Sender<bool>,
    supervisor: ActorRef<Message>,
    end: tokio::task::JoinHandle<()>,
}

async fn stage(does: fn(Leaving) -> Running) -> Stage {
    let ((told, starts), (leave, leaving)) = (mpsc::unbounded_channel(), watch::channel(false));
    let errand = Arc::new(Told { starts: told, falls: AtomicUsize::new(0), does });
    let parts = Parts {
        errands: vec![errand.clone()],
        leaving: Leaving::new(leaving),
        tripwire: Tripwire::default(),
    };
    let (supervisor, end) = Actor::spawn(None, Supervisor, parts).await.unwrap();
    Stage { errand, starts, leave, supervisor, end }
}

#[tokio::test(start_paused = true)]
async fn an_errand_that_keeps_falling_waits_on_the_bench_and_begins_anew() {
    let mut stage = stage(|_| Box::pin(async { Err("as told".into()) })).await;
    let mut starts = Vec::new();
    for _ in 0..13 {
        starts.push(stage.starts.recv().await.unwrap());
    }
    let waits: Vec<u64> = starts.windows(2).map(|two| (two[1] - two[0]).as_millis() as u64).collect();
    let round = [500, 1000, 2000, 4000, 8000, 300_000];
    let off = waits.iter().zip(round.iter().cycle()).find(|(found, rule)| found.abs_diff(**rule) > 20);
    assert_eq!(off, None, "{waits:?}");
    assert!(stage.errand.falls.load(Ordering::Relaxed) >= 12);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_fall_like_any_other() {
    let mut stage = stage(|_| Box::pin(async { panic!("as told") })).await;
    for _ in 0..3 {
        stage.starts.recv().await.unwrap();
    }
    assert!(stage.errand.falls.load(Ordering::Relaxed) >= 2);
    assert!(!stage.end.is_finished());
}

#[tokio::test(start_paused = true)]
async fn when_the_leader_leaves_errands_end_by_themselves_and_then_their_supervisor() {
    let mut stage = stage(|mut leaving| {
        Box::pin(async move {
            leaving.told().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(())
        })
    })
    .await;
    stage.starts.recv().await.unwrap();
    stage.leave.send_replace(true);
    stage.supervisor.cast(Message::Leave).unwrap();
    stage.end.await.unwrap();
    assert_eq!(stage.errand.falls.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn leaving_does_not_wait_for_one_that_has_fallen() {
    let mut stage = stage(|_| Box::pin(async { Err("as told".into()) })).await;
    for _ in 0..6 {
        stage.starts.recv().await.unwrap();
    }
    stage.leave.send_replace(true);
    stage.supervisor.cast(Message::Leave).unwrap();
    let told = Instant::now();
    stage.end.await.unwrap();
    assert!(told.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn whoever_waits_for_somebody_who_has_gone_is_told() {
    let (leave, receiver) = watch::channel(false);
    let mut leaving = Leaving::new(receiver);
    assert!(!leaving.is_told());
    drop(leave);
    leaving.told().await;
    assert!(leaving.is_told());
}

/// One that its keeper has just started, and does not know of any more.
#[tokio::test(start_paused = true)]
async fn a_supervisor_that_nobody_can_tell_to_leave_ends_with_its_errands() {
    let mut stage = stage(|mut leaving| {
        Box::pin(async move {
            leaving.told().await;
            Ok(())
        })
    })
    .await;
    stage.starts.recv().await.unwrap();
    drop(stage.leave);
    let ended = tokio::time::timeout(Duration::from_secs(60), stage.end).await;
    assert!(ended.is_ok(), "it starts its errands again and again: {} times", stage.starts.len());
    assert!(stage.starts.is_empty());
    assert_eq!(stage.errand.falls.load(Ordering::Relaxed), 0);
}
