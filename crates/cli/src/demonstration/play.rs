//! The play itself: submit, watch, kill, wait for the end, look at the result.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use callsheet_model::JobId;
use callsheet_protocol::{spec_to_wire, v1};
use console::style;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::incident::Incident;
use super::proof::{self, Found};
use super::stage::Stage;
use crate::client::Client;
use crate::commands::submit;
use crate::exit::{Exit, Failure};
use crate::family::{Family, Happening, Member, What};
use crate::output::{self, words};
use crate::watch::feed::{self, News};
use crate::watch::screen::Screen;
use crate::watch::story::{self, Story};

/// Nodes on this machine that are not there after this long have failed.
const GATHER: Duration = Duration::from_secs(30);

/// What the processes say, a file each.
pub(crate) struct Diary(BTreeMap<String, File>);

impl Diary {
    pub(crate) fn open(logs: &Path, members: &[Member]) -> Result<Self> {
        let open = |member: &Member| {
            let path = logs.join(format!("{}.log", member.name));
            let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
            Ok((member.name.clone(), file))
        };
        Ok(Self(members.iter().map(open).collect::<Result<_>>()?))
    }

    fn write(&mut self, happening: &Happening) {
        if let Some(file) = self.0.get_mut(&happening.name) {
            // A full disk will be told by those who need it for more than this.
            let _ = writeln!(file, "{}", happening.what);
        }
    }
}

/// The demo while it runs.
pub(crate) struct Play<'a> {
    stage: &'a Stage,
    family: &'a Family,
    happenings: mpsc::UnboundedReceiver<Happening>,
    diary: Diary,
    client: Client,
    began: Instant,
    story: Story,
    incident: Incident,
    screen: Screen,
    pids: BTreeMap<String, u32>,
}

impl<'a> Play<'a> {
    pub(crate) fn new(
        stage: &'a Stage,
        family: &'a Family,
        happenings: mpsc::UnboundedReceiver<Happening>,
        diary: Diary,
        client: Client,
        began: Instant,
    ) -> Self {
        Self {
            stage,
            family,
            happenings,
            diary,
            client,
            began,
            story: Story::new(JobId(Uuid::now_v7())),
            incident: Incident::default(),
            screen: Screen::on_stdout(),
            pids: BTreeMap::new(),
        }
    }

    pub(crate) async fn run(mut self) -> Result<Exit> {
        let (tell, mut news) = mpsc::channel(256);
        feed::events(self.client.clone(), None, 0, tell.clone());
        tokio::time::timeout(GATHER, self.gather(&mut news))
            .await
            .map_err(|_| Failure::new(Exit::Broken, "not all nodes have come"))??;
        let id = self.submit().await?;
        feed::views(self.client.clone(), id, tell);
        self.watch(&mut news).await?;
        let found = self.prove().await?;
        self.tell_end(&found)
    }

    fn say(&mut self, line: &str) {
        let at = style(format!("{:>5.1} s", self.began.elapsed().as_secs_f64())).dim();
        self.screen.say(&format!("{at}  {line}"));
    }

    /// Waits until every node is there.
    async fn gather(&mut self, news: &mut mpsc::Receiver<Result<News>>) -> Result<()> {
        let mut missing: Vec<String> =
            self.stage.config.nodes.iter().map(|node| node.name.to_string()).collect();
        while !missing.is_empty() {
            tokio::select! {
                happening = self.happenings.recv() => self.happened(happening)?,
                piece = news.recv() => {
                    let Some(News::Event(event)) = piece.transpose()? else { continue };
                    if event.r#type == "node.online.v1" {
                        let payload: serde_json::Value = serde_json::from_str(&event.payload_json)?;
                        missing.retain(|name| payload["node"] != name.as_str());
                    }
                }
            }
        }
        let pid = |name: &str| self.pids.get(name).map(|pid| format!("{name} ({pid})")).unwrap_or_default();
        let nodes: Vec<String> = self.stage.config.nodes.iter().map(|node| pid(node.name.as_str())).collect();
        let leader = pid("leader");
        let url = self.client.url.clone();
        self.say(&format!("{leader} answers at {url}"));
        self.say(&format!("{} are there", nodes.join(", ")));
        Ok(())
    }

    async fn submit(&mut self) -> Result<JobId> {
        let id = JobId(Uuid::now_v7());
        let spec = Some(spec_to_wire(&self.stage.spec));
        let request = v1::SubmitRequest { id: id.to_string(), spec, dry_run: false };
        submit::hand_in(&self.stage.reach(), &request, &self.stage.templates).await?;
        let steps = self.stage.spec.steps.iter().map(|step| match step.frames.len() {
            0 => format!("the task {:?}", step.name),
            frames => words::count(frames, "frame"),
        });
        let steps = steps.collect::<Vec<_>>().join(", then ");
        let line = format!("{:?} is submitted as {}: {steps}", self.stage.spec.name, id.short());
        self.say(&line);
        self.story = Story::new(id);
        Ok(id)
    }

    /// Until the job is over and what the kill led to has been seen.
    async fn watch(&mut self, news: &mut mpsc::Receiver<Result<News>>) -> Result<()> {
        let id = self.story.job().to_owned();
        let mut return_by = None;
        while !(self.story.is_over() && (self.incident.killed.is_none() || self.incident.is_over())) {
            if self.story.is_over() {
                return_by.get_or_insert_with(|| tokio::time::Instant::now() + GATHER);
            }
            let late = return_by.unwrap_or_else(|| tokio::time::Instant::now() + Duration::from_secs(86_400));
            let piece = tokio::select! {
                // The job is whole all the same; the end says that the node was not seen again.
                () = tokio::time::sleep_until(late) => break,
                happening = self.happenings.recv() => {
                    self.happened(happening)?;
                    continue;
                }
                piece = news.recv() => piece,
            };
            match piece.transpose()? {
                Some(News::View(view)) => self.story.view(*view),
                Some(News::Event(event)) => {
                    let lost = event.r#type == "frame_job.released";
                    // The incident tells that one itself, with its times.
                    let told = self.story.event(&event).filter(|_| !lost);
                    let came_of_it = self.incident.event(&event);
                    came_of_it.into_iter().chain(told).for_each(|line| self.say(&line));
                }
                Some(News::Signal(signal)) => {
                    self.story.signal(&signal);
                    if let Some((node, frame)) = story::rendering(&signal, &id) {
                        self.kill_in_time(&node, frame).await?;
                    }
                }
                Some(News::Broken(why)) => self.say(&format!("the leader is away ({why})")),
                None => bail!("the streams from the leader have ended"),
            }
            self.screen.draw(&self.story);
        }
        self.screen.close();
        Ok(())
    }

    /// The one who speaks first after a third of the frames is in the middle of one: it has to go.
    async fn kill_in_time(&mut self, node: &str, frame: i32) -> Result<()> {
        let counts = self.story.counts();
        if self.incident.killed.is_some() || counts.total == 0 || counts.published * 3 < counts.total {
            return Ok(());
        }
        let pid = self.pids.get(node).map(|pid| format!(", process {pid},")).unwrap_or_default();
        let line = format!("kill -9: {node}{pid} in the middle of frame {frame}");
        self.say(&style(line).red().bold().to_string());
        self.incident.kill(node, frame, words::now_ms());
        self.family.kill(node).await
    }

    fn happened(&mut self, happening: Option<Happening>) -> Result<()> {
        let Some(happening) = happening else { bail!("all processes are gone") };
        self.diary.write(&happening);
        let Happening { name, what } = happening;
        match what {
            What::Started(pid) => {
                let before = self.pids.insert(name.clone(), pid);
                if before.is_some() {
                    self.say(&format!("          {name} runs again, as process {pid}"));
                }
            }
            What::Ended(how, pause) => {
                let pause = words::duration(callsheet_model::time::millis(pause));
                self.say(&format!("          {name}'s process {how}; started again in {pause}"));
            }
            What::GaveUp(how) => {
                return Err(Failure::new(Exit::Broken, format!("{name} cannot start: it {how}")).into());
            }
            What::Line(_) | What::Left => {}
        }
        Ok(())
    }

    /// Looks at every file itself.
    async fn prove(&mut self) -> Result<Vec<Found>> {
        let spec = self.stage.spec.clone();
        let style = ProgressStyle::with_template("{bar:40.green/dim} {pos}/{len} looked at")?;
        let bar = ProgressBar::new(proof::count(&spec)).with_style(style.progress_chars("━━╌"));
        let looking = tokio::task::spawn_blocking(move || {
            let found = proof::look(&spec, &mut || bar.inc(1));
            bar.finish_and_clear();
            found
        });
        looking.await.context("looking at the results")
    }

    fn tell_end(&mut self, found: &[Found]) -> Result<Exit> {
        let state = self.story.state();
        let whole = state == v1::JobState::Succeeded && found.iter().all(Found::is_whole);
        let head = match whole {
            true => style("Every frame is on disk, whole and proven.").green().bold(),
            false => style("Something is missing.").red().bold(),
        };
        output::line("")?;
        output::line(head.to_string())?;
        for step in found {
            tell_step(step)?;
        }
        output::line("")?;
        output::line(style("What happened").bold().to_string())?;
        match &self.incident.killed {
            Some(killed) => killed
                .told(self.stage.config.leader.reconnect_grace)
                .iter()
                .try_for_each(|line| output::line(format!("  {line}")))?,
            None => output::line("  the job was over before anyone could be killed")?,
        }
        self.story.shares().iter().try_for_each(output::line)?;
        let view = self.story.latest.as_ref();
        let job = view.and_then(|view| Some(view.ended_at_ms?.saturating_sub(view.submitted_at_ms)));
        let demo = words::duration(callsheet_model::time::millis(self.began.elapsed()));
        output::line(format!(
            "  the job took {}, all of this {demo}",
            words::duration(job.unwrap_or_default())
        ))?;
        Ok(if whole { Exit::Ok } else { Exit::Failed })
    }
}

/// What a step has left, and where.
fn tell_step(step: &Found) -> Result<()> {
    let size = step.size.map(|(width, height)| format!(", {width}x{height}")).unwrap_or_default();
    let output = step.output.to_string();
    let bytes = words::bytes(step.bytes);
    if step.output.is_sequence() {
        let Found { proven, wanted, .. } = step;
        output::line(format!("  {}: {proven} of {wanted} frames decoded{size}, {bytes}", step.step))?;
        output::line(format!("    {output}"))?;
    } else if step.is_whole() {
        output::line(format!("  {}: decoded whole{size}, {bytes}; any browser plays it", step.step))?;
        // Terminals make links of these.
        output::line(format!("    file://{}{output}", if output.starts_with('/') { "" } else { "/" }))?;
    }
    step.broken.iter().take(10).try_for_each(|broken| output::line(format!("    {broken}")))?;
    Ok(())
}
