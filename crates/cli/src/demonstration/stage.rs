//! The demo's own place: a directory that is its own alone, a config that keeps everything in there, a job.

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use callsheet_config::{ClusterConfig, Format, JobDefaults, JobFile};
use callsheet_model::{JobSpec, OutputPattern};
use toml::{Table, Value};

use crate::client::Reach;
use crate::commands::demo::Args;
use crate::commands::submit::{Templates, look_at};
use crate::exit::Failure;
use crate::files;

/// Whoever finds this file knows whose directory it is.
const MARKER: &str = ".callsheet-demo";
/// All that a demo leaves in its directory, and all that the next one removes.
const OURS: [&str; 7] = ["leader", "work", "cache", "output", "logs", "cluster.toml", "callsheet.json"];

/// The bundled files, so that the demo needs nothing but this binary.
const CLUSTER: &str = include_str!("../../../../cluster/demo.toml");
const JOB: &str = include_str!("../../../../cluster/jobs/demo.toml");
const ANIMATION: &str = include_str!("../../../../cluster/demo/callsheet.json");

/// Everything the demo is played with.
pub(crate) struct Stage {
    pub(crate) config_file: PathBuf,
    pub(crate) config: ClusterConfig,
    pub(crate) spec: JobSpec,
    pub(crate) templates: Templates,
    /// Where what the processes say is kept.
    pub(crate) logs: PathBuf,
    /// What people should know before it begins.
    pub(crate) notes: Vec<String>,
    /// As long as it is held, no other demo takes the directory.
    _lock: File,
}

impl Stage {
    pub(crate) fn prepare(args: &Args) -> Result<Self> {
        let dir = std::path::absolute(&args.dir).context("finding the demo's directory")?;
        let lock = claim(&dir)?;
        let mut notes = Vec::new();
        let here = std::env::current_dir().context("finding the current directory")?;
        let script = Script::find(&here, args.config.as_deref(), &dir)?;
        let config_file = dir.join("cluster.toml");
        let text = script.config_within(&dir, &mut notes)?;
        fs::write(&config_file, text).with_context(|| format!("writing {}", config_file.display()))?;
        let config = files::cluster_config(&config_file)?;
        let (spec, templates) = script.job_within(&dir, &config)?;
        let logs = dir.join("logs");
        fs::create_dir_all(&logs).with_context(|| format!("making {}", logs.display()))?;
        notes.push(format!("Everything goes to {}.", dir.display()));
        Ok(Self { config_file, config, spec, templates, logs, notes, _lock: lock })
    }
}

impl Stage {
    /// How the demo's own leader is found.
    pub(crate) fn reach(&self) -> Reach {
        Reach { config: Some(self.config_file.clone()), ..Reach::default() }
    }
}

/// Takes the directory, and removes what an earlier demo left in it.
fn claim(dir: &Path) -> Result<File> {
    let unusable = |error: io::Error| Failure::usage(format!("{} cannot be used: {error}", dir.display()));
    let foreign = |dir: &Path| {
        let message =
            format!("{} holds something that no demo has made: nothing is touched there", dir.display());
        Failure::usage(message).hint("name another directory with --dir")
    };
    let marker = dir.join(MARKER);
    if let Ok(mut entries) = fs::read_dir(dir)
        && entries.next().is_some()
        && !marker.is_file()
    {
        return Err(foreign(dir).into());
    }
    fs::create_dir_all(dir).map_err(unusable)?;
    let lock = File::options().create(true).append(true).open(&marker).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let message = format!("another demo is using {}", dir.display());
            return Err(Failure::usage(message)
                .hint("wait for its end, or name another directory with --dir")
                .into());
        }
        Err(TryLockError::Error(error)) => return Err(unusable(error).into()),
    }
    for name in OURS {
        let path = dir.join(name);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(error).into()),
            _ => {}
        }
    }
    Ok(lock)
}

/// What is played: the files of a source tree, or the bundled ones.
struct Script {
    config: String,
    config_name: String,
    config_base: PathBuf,
    job: String,
    job_base: PathBuf,
}

impl Script {
    fn find(here: &Path, config: Option<&Path>, dir: &Path) -> Result<Self> {
        let tree = here.join("cluster");
        let in_tree = ["demo.toml", "jobs/demo.toml", "demo/callsheet.json"]
            .iter()
            .all(|file| tree.join(file).is_file());
        let read = |path: &Path| {
            fs::read_to_string(path)
                .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))
        };
        let (job, job_base) = if in_tree {
            (read(&tree.join("jobs/demo.toml"))?, tree.join("jobs"))
        } else {
            let animation = dir.join("callsheet.json");
            fs::write(&animation, ANIMATION).with_context(|| format!("writing {}", animation.display()))?;
            // The job looks for it in `../demo`.
            (JOB.replace("../demo/callsheet.json", "callsheet.json"), dir.to_owned())
        };
        let file = config.map(Path::to_owned).or_else(|| in_tree.then(|| tree.join("demo.toml")));
        let (config, config_name, config_base) = match file {
            Some(file) => (read(&file)?, file.display().to_string(), files::directory_of(&file)?),
            None => (CLUSTER.to_owned(), "demo.toml".to_owned(), dir.to_owned()),
        };
        Ok(Self { config, config_name, config_base, job, job_base })
    }

    /// The config with all its directories in the demo's own one, and a port that is free.
    fn config_within(&self, dir: &Path, notes: &mut Vec<String>) -> Result<String> {
        let load = |path: &Path| fs::read_to_string(path);
        let checked = ClusterConfig::parse(&self.config, &self.config_name, &self.config_base, &load)
            .map_err(|problems| files::mistakes(Path::new(&self.config_name), &problems))?;
        let mut table: Table = self.config.parse().context("reading the config once more")?;
        let path = |name: &str| Value::String(dir.join(name).to_string_lossy().into_owned());

        let listen = checked.leader.listen;
        let leader = sub_table(&mut table, "leader")?;
        if TcpListener::bind(listen).is_err() {
            let free = TcpListener::bind((listen.ip(), 0)).and_then(|free| free.local_addr());
            let free = free.map_err(|error| Failure::usage(format!("no port is free: {error}")))?;
            notes.push(format!("Port {} is taken; the leader listens on {free} instead.", listen.port()));
            leader.insert("listen".into(), Value::String(free.to_string()));
            leader.remove("advertise");
        }
        leader.insert("data".into(), path("leader"));
        for name in ["tls", "tokens"] {
            if let Some(Value::Table(files)) = leader.get_mut(name) {
                files.iter_mut().for_each(|(_, file)| root(file, &self.config_base));
            }
        }
        let defaults = sub_table(&mut table, "node_defaults")?;
        defaults.insert("work".into(), path("work"));
        defaults.insert("cache".into(), path("cache"));
        if let Some(Value::Array(nodes)) = table.get_mut("node") {
            for node in nodes.iter_mut().filter_map(Value::as_table_mut) {
                node.remove("work");
                node.remove("cache");
            }
        }
        if let Some(Value::Array(included)) = table.get_mut("include") {
            included.iter_mut().for_each(|file| root(file, &self.config_base));
        }
        Ok(format!("# Made by `callsheet demo` from {}.\n\n{table}", self.config_name))
    }

    /// The job with all its results in the demo's own directory.
    fn job_within(&self, dir: &Path, config: &ClusterConfig) -> Result<(JobSpec, Templates)> {
        let name = Path::new("demo job");
        let mut draft = JobFile::parse(&self.job, Format::Toml, "demo job")
            .map_err(|problems| files::mistakes(name, &problems))?;
        for output in draft.steps.iter_mut().filter_map(|step| step.output.as_mut()) {
            let whole = dir.join("output").join(output.file_pattern());
            *output = OutputPattern::parse(&whole.to_string_lossy()).map_err(|error| {
                Failure::usage(format!("{} cannot hold results: {error}", dir.display()))
                    .hint("name another directory with --dir")
            })?;
        }
        let mut templates = Templates::new();
        let mut look = |written: &str| {
            let path = self.job_base.join(written);
            let template = look_at(&path)?;
            templates.insert(template.md5, (path, template.clone()));
            Ok(template)
        };
        let spec = draft.into_spec(&JobDefaults::from(config), &dir.to_string_lossy(), &mut look);
        let spec = spec.map_err(|problems| files::mistakes(name, &problems))?;
        Ok((spec, templates))
    }
}

fn sub_table<'a>(table: &'a mut Table, name: &str) -> Result<&'a mut Table> {
    let entry = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
    entry.as_table_mut().with_context(|| format!("[{name}] is no table"))
}

/// A path that starts where the config lay.
fn root(value: &mut Value, base: &Path) {
    if let Value::String(path) = value {
        *path = base.join(&*path).to_string_lossy().into_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(dir: &Path) -> Args {
        Args { stay: false, dir: dir.to_owned(), config: None }
    }

    fn bundled(dir: &Path) -> Script {
        Script::find(Path::new("/nowhere"), None, dir).unwrap()
    }

    #[test]
    fn the_bundled_demo_keeps_everything_in_its_directory() {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path();
        let script = bundled(dir);
        let text = script.config_within(dir, &mut Vec::new()).unwrap();
        fs::write(dir.join("cluster.toml"), text).unwrap();
        let config = files::cluster_config(&dir.join("cluster.toml")).unwrap();
        assert!(config.nodes.len() >= 3);
        assert!(config.leader.data.starts_with(dir));
        assert!(config.nodes.iter().all(|node| node.work.starts_with(dir) && node.cache.starts_with(dir)));
        let (spec, templates) = script.job_within(dir, &config).unwrap();
        assert_eq!(templates.len(), 1);
        let outputs = spec.steps.iter().filter_map(|step| step.output.as_ref());
        assert!(outputs.clone().count() > 0);
        let under = dir.join("output");
        outputs.for_each(|output| assert!(Path::new(&output.to_string()).starts_with(&under), "{output}"));
    }

    #[test]
    fn a_taken_port_is_left_to_whoever_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let mut script = bundled(directory.path());
        let (config, mut notes) = (script.config.replace("127.0.0.1:7420", &address.to_string()), Vec::new());
        assert_ne!(config, script.config, "the bundled config has another port now");
        script.config = config;
        let text = script.config_within(directory.path(), &mut notes).unwrap();
        assert!(notes[0].contains(&address.port().to_string()), "{notes:?}");
        assert!(!text.contains(&address.to_string()));
    }

    #[test]
    fn a_directory_with_other_things_in_it_is_not_touched() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("output"), "precious").unwrap();
        let refused = Stage::prepare(&args(directory.path())).err().unwrap();
        assert!(refused.to_string().contains("no demo has made"), "{refused}");
        assert_eq!(fs::read_to_string(directory.path().join("output")).unwrap(), "precious");
    }

    #[test]
    fn an_earlier_demo_is_removed_and_a_running_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path().join("demo");
        let held = claim(&dir).unwrap();
        fs::create_dir(dir.join("output")).unwrap();
        fs::write(dir.join("mine.txt"), "a person's").unwrap();
        let refused = claim(&dir).unwrap_err();
        assert!(refused.to_string().contains("another demo"), "{refused}");
        drop(held);
        claim(&dir).unwrap();
        assert!(!dir.join("output").exists() && dir.join("mine.txt").exists());
    }
}
