//! A renderer that is played: its processes take paused time, and leave real pictures. Each counts while it lives.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use callsheet_node::{Process, Processes};
use callsheet_renderers::{Exit, Invocation};
use callsheet_tests::player::{Order, Stdout, play};
use tokio::time::sleep;

const FRAME: Duration = Duration::from_millis(300);

/// Starts played processes.
#[derive(Clone, Debug, Default)]
pub(super) struct Players {
    living: Arc<AtomicUsize>,
    started: Arc<AtomicUsize>,
    talks: Arc<AtomicBool>,
    said: Arc<AtomicUsize>,
}

impl Players {
    /// From now on those that are started say the same again and again, as fast as they can, and never draw.
    pub(super) fn talk(&self, talks: bool) {
        self.talks.store(talks, Ordering::SeqCst);
    }

    /// Lines that were said like this.
    pub(super) fn said(&self) -> usize {
        self.said.load(Ordering::SeqCst)
    }

    /// Processes that live.
    pub(super) fn living(&self) -> usize {
        self.living.load(Ordering::SeqCst)
    }

    /// Processes that were ever started.
    pub(super) fn started(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }
}

impl Processes for Players {
    fn start(&self, invocation: &Invocation) -> io::Result<Box<dyn Process>> {
        let order = Order::of(invocation);
        self.started.fetch_add(1, Ordering::SeqCst);
        self.living.fetch_add(1, Ordering::SeqCst);
        let life = Life(self.living.clone());
        let (talks, said) = (self.talks.load(Ordering::SeqCst), self.said.clone());
        Ok(play(async move |stdout| {
            let _life = life;
            if talks {
                talk(stdout, said).await
            } else {
                draw(&order, stdout).await
            }
            Exit::Code(0)
        }))
    }
}

/// Of each hundred lines one begins a frame, and one says that a frame is drawn that nobody has ordered.
async fn talk(mut stdout: Stdout, said: Arc<AtomicUsize>) {
    for number in (0..).step_by(2) {
        let idle = "nothing\n".repeat(98);
        let lines = format!("{idle}began 1\ndrew {}\n", 1000 + number);
        if stdout.say(&lines).await.is_err() {
            return;
        }
        said.fetch_add(100, Ordering::SeqCst);
    }
}

async fn draw(order: &Order, mut stdout: Stdout) {
    for frame in &order.frames {
        stdout.began(*frame).await;
        sleep(FRAME).await;
        // Its place may be taken away while it works, and then the attempt is nobody's any more.
        let _ = image::RgbaImage::new(4, 4).save(order.file(*frame));
        stdout.drew(*frame).await;
    }
}

/// Counts as long as it lives.
struct Life(Arc<AtomicUsize>);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
