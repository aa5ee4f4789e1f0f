//! Watching a job until it is over: `submit --watch` and the demo.
//!
//! ```text
//!   Jobs.Watch      ──► the job's counts and leases ─┐
//!   Cluster.Events  ──► who took, gave, failed what ─┼─► Story ──► Screen: bars on a terminal, lines elsewhere
//!   ... its signals ──► the frame in each renderer  ─┘
//! ```
//!
//! Both streams go on where they were when the leader comes back.

pub(crate) mod feed;
pub(crate) mod screen;
pub(crate) mod story;
mod trust;

use std::time::Duration;

use anyhow::Result;
use callsheet_model::JobId;
use callsheet_protocol::v1;
use tokio::sync::mpsc;

use crate::client::Client;
use crate::exit::Exit;
use crate::output::json::Json;
use crate::output::{self, show, words};
use feed::News;
use screen::Screen;
use story::Story;

/// A leader that does not come back within this is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Watches a job that was submitted after event number `after`, until it is over.
pub(crate) async fn run(client: Client, id: JobId, after: u64, json: bool) -> Result<Exit> {
    let (tell, mut news) = mpsc::channel(256);
    feed::views(client.clone(), id, tell.clone());
    if json {
        return print_views(&mut news).await;
    }
    feed::events(client, Some(id), after, tell);
    let mut story = Story::new(id);
    let mut screen = Screen::on_stderr();
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let next = tokio::select! {
            next = news.recv() => next,
            _ = &mut interrupted => {
                screen.close();
                output::note("the job goes on; `callsheet job` shows how it stands");
                return Ok(Exit::Interrupted);
            }
        };
        let Some(next) = next else { break };
        match next? {
            News::View(view) => story.view(*view),
            News::Event(event) => story.event(&event).into_iter().for_each(|line| screen.say(&line)),
            News::Signal(signal) => story.signal(&signal),
            News::Broken(why) => screen.say(&format!("the leader is away ({why}), dialling again")),
        }
        screen.draw(&story);
        if story.is_over() {
            break;
        }
    }
    screen.close();
    for line in summary(&story) {
        output::line(line)?;
    }
    Ok(verdict(story.state()))
}

/// The job again and again as lines of JSON, the last one over.
async fn print_views(news: &mut mpsc::Receiver<Result<News>>) -> Result<Exit> {
    let json = Json::new()?;
    while let Some(next) = news.recv().await {
        if let News::View(view) = next? {
            output::line(json.value("JobView", view.as_ref())?.to_string())?;
            if words::is_over(view.state()) {
                return Ok(verdict(view.state()));
            }
        }
    }
    Ok(Exit::Broken)
}

/// What the shell is told about a job that is over.
pub(crate) fn verdict(state: v1::JobState) -> Exit {
    match state {
        v1::JobState::Succeeded => Exit::Ok,
        _ => Exit::Failed,
    }
}

/// How it went: the state, each node's share, what had to be done again, what failed.
fn summary(story: &Story) -> Vec<String> {
    let Some(view) = &story.latest else { return Vec::new() };
    let frames = view.frames.unwrap_or_default();
    let took = view.ended_at_ms.map(|ended| ended.saturating_sub(view.submitted_at_ms));
    let took = took.map(|ms| format!(" after {}", words::duration(ms))).unwrap_or_default();
    let mut lines = vec![format!(
        "{}{took}: {} of {} published",
        words::job_state(view.state()),
        frames.published,
        words::count(frames.total, "frame"),
    )];
    lines.extend(Some(&view.reason).filter(|reason| !reason.is_empty()).map(|reason| format!("  {reason}")));
    lines.extend(story.shares());
    if let Some(again) = story.again() {
        lines.push(again);
    }
    for step in &view.steps {
        if let Some(failure) = step.last_failure.as_ref().filter(|_| view.state() != v1::JobState::Succeeded)
        {
            lines.push(format!("  last failure of {}", step.name));
            lines.extend(show::failure(failure).map(|line| format!("    {line}")));
        }
    }
    lines
}
