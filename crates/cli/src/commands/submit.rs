//! `submit`: reads a job file, uploads its templates, hands it in, and watches it if asked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use callsheet_config::{JobDefaults, JobDraft};
use callsheet_model::time::millis;
use callsheet_model::{JobId, JobSpec, Md5, Template};
use callsheet_protocol::{spec_to_wire, v1};
use indicatif::{ProgressBar, ProgressStyle};
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use super::Asking;
use crate::client::{Client, Reach, told};
use crate::exit::{Exit, Failure};
use crate::output::{self, json, words};
use crate::patience::Patience;
use crate::{files, watch};

/// A leader that does not come back within this is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// A template travels in pieces of this size.
const PIECE: usize = 256 << 10;

#[derive(clap::Args)]
#[command(
    after_long_help = "Relative template paths start at the job file's directory. Relative output paths start at the \
                             current directory, which every node must see under the same path."
)]
pub(crate) struct Args {
    /// The job file: .toml, .json or .yaml
    job: PathBuf,
    /// Watch it until it is over; the exit code tells how it went
    #[arg(long, short)]
    watch: bool,
    /// Submit under this UUID: twice the same id is one job
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
    /// Instead of the file's priority: 0 to 100, higher goes first
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(0..=100))]
    priority: Option<u32>,
    /// Set a renderer setting: STEP.KEY=VALUE; can be given more than once
    #[arg(long, value_name = "STEP.KEY=VALUE")]
    set: Vec<Setting>,
    /// Check everything, on the leader too, and submit nothing; templates are uploaded for it
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,
    #[command(flatten)]
    asking: Asking,
}

pub(crate) async fn run(args: Args) -> Result<Exit> {
    let mut draft = files::job(&args.job)?;
    if let Some(priority) = args.priority {
        draft.priority = priority;
    }
    for setting in args.set {
        setting.put(&mut draft)?;
    }
    let said: Vec<_> = draft.steps.iter().map(|step| (step.retries.is_some(), step.timeouts)).collect();
    let (spec, templates) = whole(&args.job, draft)?;
    let mut wire = spec_to_wire(&spec);
    for (step, (retries, timeouts)) in wire.steps.iter_mut().zip(said) {
        // What the file leaves open is the cluster's to say.
        step.retries = step.retries.filter(|_| retries);
        step.timeouts = Some(v1::Timeouts {
            start_ms: timeouts.start.map(millis),
            frame_ms: timeouts.frame.map(millis),
            exit_ms: timeouts.exit.map(millis),
        });
    }
    let id = JobId(args.id.unwrap_or_else(Uuid::now_v7));
    let request = v1::SubmitRequest { id: id.to_string(), spec: Some(wire), dry_run: args.dry_run };
    let handed_in = hand_in(&args.asking.reach, &request, &templates).await?;
    let HandedIn { client, answer, after } = handed_in;
    match (args.asking.json, args.watch) {
        // Watching prints the job itself, as lines.
        (true, true) => {}
        (true, false) => json::print("SubmitResponse", &answer)?,
        (false, _) if args.dry_run => {
            output::note(format!("{:?} has no mistakes; nothing was submitted", spec.name))
        }
        (false, _) => {
            output::line(&answer.id)?;
            if answer.already {
                output::note("it had been submitted before, under the same id");
            }
        }
    }
    if !args.watch {
        return Ok(Exit::Ok);
    }
    watch::run(client, id, after, args.asking.json).await
}

/// A job in the leader's hands.
pub(crate) struct HandedIn {
    pub(crate) client: Client,
    pub(crate) answer: v1::SubmitResponse,
    /// The last event before it: all of its own come after.
    pub(crate) after: u64,
}

/// Hands a job in, with its templates. Its id makes it safe to ask again when an answer was lost, so a leader
/// that is just being started again is waited for.
pub(crate) async fn hand_in(
    reach: &Reach,
    request: &v1::SubmitRequest,
    templates: &Templates,
) -> Result<HandedIn> {
    let mut patience = Patience::of(PATIENCE);
    let mut before = None;
    loop {
        let error = match try_once(reach, request, templates, &mut before).await {
            Ok((client, answer)) => {
                return Ok(HandedIn { client, answer, after: before.unwrap_or_default() });
            }
            Err(error) => error,
        };
        let away = error.downcast_ref::<Failure>().is_some_and(|failure| failure.exit == Exit::Unreachable);
        if away && patience.is_fresh() {
            output::note(format!("{error}; asking again for a while, under the same id"));
        }
        if !away || !patience.wait().await {
            return Err(error);
        }
    }
}

async fn try_once(
    reach: &Reach,
    request: &v1::SubmitRequest,
    templates: &Templates,
    before: &mut Option<u64>,
) -> Result<(Client, v1::SubmitResponse)> {
    let mut client = Client::connect(reach).await?;
    for uploaded in upload_missing(&mut client, templates).await? {
        output::note(format!("uploaded {uploaded}"));
    }
    let status = client.cluster.status(v1::StatusRequest {}).await.map_err(told)?.into_inner();
    before.get_or_insert(status.sequence);
    let answer = client.jobs.submit(request.clone()).await.map_err(told)?.into_inner();
    Ok((client, answer))
}

/// A template on this machine, by what is in it.
pub(crate) type Templates = BTreeMap<Md5, (PathBuf, Template)>;

/// The whole job, and the templates it needs.
fn whole(file: &Path, draft: JobDraft) -> Result<(JobSpec, Templates)> {
    let beside = files::directory_of(file)?;
    let here = std::env::current_dir().context("finding the current directory")?;
    let mut templates = Templates::new();
    let mut look = |written: &str| {
        let path = beside.join(written);
        let template = look_at(&path)?;
        templates.insert(template.md5, (path, template.clone()));
        Ok(template)
    };
    let spec = draft.into_spec(&JobDefaults::default(), &here.to_string_lossy(), &mut look);
    let spec = spec.map_err(|problems| files::mistakes(file, &problems))?;
    Ok((spec, templates))
}

/// What a template is known by. Reads it once, in pieces.
pub(crate) fn look_at(path: &Path) -> Result<Template, String> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let mut file = File::open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(format!("{} is no file", path.display()));
    }
    let (mut context, mut bytes, mut piece) = (md5::Context::new(), 0, vec![0; PIECE]);
    loop {
        let count = file.read(&mut piece).map_err(unreadable)?;
        let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { break };
        context.consume(read);
        bytes += count as u64;
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Template { md5: Md5(context.finalize().0), bytes, name, path: None })
}

/// Uploads what the leader does not have, and says what that was.
pub(crate) async fn upload_missing(client: &mut Client, templates: &Templates) -> Result<Vec<String>> {
    let mut uploaded = Vec::new();
    let md5s = templates.keys().map(ToString::to_string).collect();
    let request = v1::MissingTemplatesRequest { md5s };
    let missing = client.jobs.missing_templates(request).await.map_err(told)?.into_inner();
    for md5 in missing.md5s {
        let md5: Md5 = md5.parse().context("the leader asks for something that is no MD5")?;
        if let Some((path, template)) = templates.get(&md5) {
            upload(client, path, template).await?;
            uploaded.push(format!("{} ({})", template.name, words::bytes(template.bytes)));
        }
    }
    Ok(uploaded)
}

async fn upload(client: &mut Client, path: &Path, template: &Template) -> Result<()> {
    // Bars show themselves on terminals only.
    let style =
        ProgressStyle::with_template("uploading {msg} {bar:40.cyan/dim} {bytes}/{total_bytes} {eta}")?;
    let bar = ProgressBar::new(template.bytes).with_style(style.progress_chars("━━╌"));
    bar.set_message(template.name.clone());
    let moving = bar.clone();
    let (to, pieces) = tokio::sync::mpsc::channel(4);
    let (from, md5, bytes) = (path.to_owned(), template.md5.to_string(), template.bytes);
    let reading = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        let mut file = File::open(from)?;
        let first = v1::PutTemplateRequest { md5, bytes, data: Vec::new() };
        let mut open = to.blocking_send(first).is_ok();
        while open {
            let mut data = Vec::with_capacity(PIECE);
            (&mut file).take(PIECE as u64).read_to_end(&mut data)?;
            if data.is_empty() {
                break;
            }
            moving.inc(data.len() as u64);
            // A leader that takes no more says why in its answer.
            open = to.blocking_send(v1::PutTemplateRequest { data, ..Default::default() }).is_ok();
        }
        Ok(())
    });
    let answer = client.jobs.put_template(ReceiverStream::new(pieces)).await;
    bar.finish_and_clear();
    let read = reading.await.context("reading the template")?;
    read.map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    answer.map_err(told)?;
    Ok(())
}

/// A renderer setting from the command line.
#[derive(Clone, Debug, PartialEq)]
struct Setting {
    step: String,
    key: String,
    value: serde_json::Value,
}

impl std::str::FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let whole = || {
            let (place, value) = text.split_once('=')?;
            // Names of steps may have points in them, keys have none.
            let (step, key) = place.rsplit_once('.')?;
            let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            (!step.is_empty() && !key.is_empty()).then(|| Self { step: step.into(), key: key.into(), value })
        };
        whole().ok_or_else(|| "a setting looks like frames.width=1920".to_owned())
    }
}

impl Setting {
    fn put(self, draft: &mut JobDraft) -> Result<()> {
        let names: Vec<String> = draft.steps.iter().map(|step| step.name.clone()).collect();
        match draft.steps.iter_mut().find(|step| step.name == self.step) {
            Some(step) => {
                step.settings.insert(self.key, self.value);
                Ok(())
            }
            None => {
                let message = format!("--set {}.{}: there is no step {:?}", self.step, self.key, self.step);
                Err(Failure::usage(message).hint(format!("there are: {}", names.join(", "))).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_json_or_else_text() {
        let read =
            |text: &str| text.parse::<Setting>().map(|setting| (setting.step, setting.key, setting.value));
        assert_eq!(read("frames.width=1920"), Ok(("frames".into(), "width".into(), 1920.into())));
        assert_eq!(read("a.b.c=x=y"), Ok(("a.b".into(), "c".into(), "x=y".into())));
        for bad in ["width=1", "frames.width", ".width=1", "frames.=1", ""] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn templates_are_found_beside_the_job_file_and_known_by_their_md5() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("jobs")).unwrap();
        std::fs::write(directory.path().join("a.json"), b"hello").unwrap();
        let file = directory.path().join("jobs/job.toml");
        let text = "name = \"x\"\n[[steps]]\nname = \"s\"\nrenderer = \"lottie\"\ntemplate = \"../a.json\"\n\
                    frames = \"1-2\"\noutput = \"out/f_[##].png\"\n";
        std::fs::write(&file, text).unwrap();
        let (spec, templates) = whole(&file, files::job(&file).unwrap()).unwrap();
        let template = spec.steps[0].template.clone().unwrap();
        assert_eq!(template.md5.to_string(), "5d41402abc4b2a76b9719d911017c592");
        assert_eq!((template.bytes, template.name.as_str()), (5, "a.json"));
        assert_eq!(templates.len(), 1);
        let here = std::env::current_dir().unwrap();
        let output = spec.steps[0].output.as_ref().unwrap().to_string();
        assert_eq!(output, format!("{}/out/f_[##].png", here.display()));
    }

    #[test]
    fn a_missing_template_is_a_mistake_with_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("job.toml");
        let text = "name = \"x\"\n[[steps]]\nname = \"s\"\nrenderer = \"lottie\"\ntemplate = \"no.json\"\n\
                    frames = \"1\"\noutput = \"/o/f_[##].png\"\n";
        std::fs::write(&file, text).unwrap();
        let error = whole(&file, files::job(&file).unwrap()).unwrap_err();
        let message = error.downcast::<Failure>().unwrap().message;
        assert!(message.contains("job.toml:5:") && message.contains("no.json"), "{message}");
    }
}
