//! A person's side: submits jobs until each is taken, and follows the log over all lives of the leader.

use std::time::Duration;

use callsheet_protocol::v1;
use callsheet_protocol::v1::cluster_client::ClusterClient;
use callsheet_protocol::v1::event_message::Body;
use callsheet_protocol::v1::jobs_client::JobsClient;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::dice::Dice;
use crate::leader::SHOW;
use crate::network::Ways;
use crate::plan::Weather;
use crate::trace::{Event, Trace, What};

/// The client's host.
pub(crate) const CLIENT: &str = "client";
/// A call that takes longer is given up, and made again.
const PATIENCE: Duration = Duration::from_secs(3);
/// After a failure.
const PAUSE: Duration = Duration::from_millis(200);

/// A job to be submitted.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) id: String,
    /// When.
    pub(crate) after: Duration,
    /// How many frames its first step has, and its second one, which comes after it.
    pub(crate) frames: (i32, i32),
    /// How many go out together; as the leader likes when 0.
    pub(crate) chunk: u32,
}

/// All that a client's host has.
#[derive(Clone)]
pub(crate) struct ClientHost {
    pub(crate) ways: Ways,
    pub(crate) trace: Trace,
    pub(crate) wishes: Vec<Wish>,
}

/// A frame: its job, its step, its number.
pub(crate) type Frame = (String, u64, i32);

impl Wish {
    /// All its frames, each with the name of its file below where results go.
    pub(crate) fn files(&self) -> Vec<(Frame, String)> {
        let of = |(step, last): (u64, i32)| {
            (1..=last).map(move |frame| {
                let file = format!("{}/{}_{frame:04}.png", self.id, STEPS[step as usize]);
                ((self.id.clone(), step, frame), file)
            })
        };
        [(0, self.frames.0), (1, self.frames.1)].into_iter().flat_map(of).collect()
    }
}

/// Jobs that come one after another. When renderers fail, they fail among frames that did not.
pub(crate) fn wishes(dice: &Dice, weather: Weather) -> Vec<Wish> {
    let wish = |_| Wish {
        id: Uuid::from_u128(dice.id()).to_string(),
        after: Duration::from_millis(dice.between(0, 6000)),
        frames: (dice.between(8, 24) as i32, dice.between(1, 4) as i32),
        chunk: if weather.renderers_fail() { dice.between(1, 6) as u32 } else { 0 },
    };
    (0..weather.jobs()).map(wish).collect()
}

impl ClientHost {
    /// Its life: it ends with the simulation.
    pub(crate) async fn live(self) -> turmoil::Result {
        for wish in self.wishes.clone() {
            tokio::spawn(self.clone().submit(wish));
        }
        loop {
            self.follow().await;
            sleep(PAUSE).await;
        }
    }

    async fn submit(self, wish: Wish) {
        sleep(wish.after).await;
        loop {
            let trying = async {
                let mut jobs = JobsClient::new(self.ways.channel(CLIENT).await.ok()?);
                let request =
                    v1::SubmitRequest { id: wish.id.clone(), spec: Some(spec(&wish)), dry_run: false };
                match jobs.submit(request).await {
                    Ok(_) => Some(()),
                    Err(status) => {
                        assert_ne!(status.code(), tonic::Code::InvalidArgument, "{status}");
                        None
                    }
                }
            };
            if let Ok(Some(())) = timeout(PATIENCE, trying).await {
                return self.trace.add(What::Taken { job: wish.id });
            }
            sleep(PAUSE).await;
        }
    }

    /// One stream, for as long as it lasts.
    async fn follow(&self) {
        let opening = async {
            let mut cluster = ClusterClient::new(self.ways.channel(CLIENT).await.ok()?);
            let request =
                v1::EventsRequest { after: Some(self.trace.cursor()), follow: true, ..Default::default() };
            Some(cluster.events(request).await.ok()?.into_inner())
        };
        let Ok(Some(mut stream)) = timeout(PATIENCE, opening).await else { return };
        while let Ok(Some(message)) = stream.message().await {
            if let Some(Body::Event(event)) = message.body {
                let event = Event::of(event);
                assert_eq!(event.sequence, self.trace.cursor() + 1, "a gap in the log, or something twice");
                self.trace.add(What::Told(event));
            }
        }
    }
}

/// The steps of each job.
pub(crate) const STEPS: [&str; 2] = ["shots", "cut"];
/// Failures of a frame that are forgiven.
pub(crate) const RETRIES: u32 = 3;
/// A renderer that says nothing for so many milliseconds hangs.
const STILL: u64 = 4000;

fn spec(wish: &Wish) -> v1::JobSpec {
    let step = |name: &str, frames: i32| v1::StepSpec {
        name: name.into(),
        renderer: "player".into(),
        frames: format!("1-{frames}"),
        chunk: wish.chunk,
        retries: Some(RETRIES),
        timeouts: Some(v1::Timeouts { start_ms: Some(STILL), frame_ms: Some(STILL), exit_ms: Some(STILL) }),
        output: format!("{SHOW}/{}/{name}_[####].png", wish.id),
        ..Default::default()
    };
    let mut second = step(STEPS[1], wish.frames.1);
    second.after = vec![STEPS[0].into()];
    let steps = vec![step(STEPS[0], wish.frames.0), second];
    v1::JobSpec { name: "a job".into(), project: "a film".into(), steps, ..Default::default() }
}
