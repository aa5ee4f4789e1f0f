//! A leader in a process of its own, with its journal on this disk.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use callsheet_protocol::v1::{self, cluster_client::ClusterClient, jobs_client::JobsClient};
use tonic::transport::{Channel, Endpoint};

use crate::Failure;

/// The config's file name.
const CONFIG: &str = "cluster.toml";
/// Longest wait for a leader to answer.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Leader {
    pub(crate) url: String,
    channel: Channel,
    child: Child,
    /// Removed when the leader has ended.
    directory: tempfile::TempDir,
}

impl Leader {
    /// Starts one with an empty journal, below the build directory: `/tmp` is memory on some machines.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let directory = tempfile::tempdir_in(build_directory())?;
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = directory.path().join(CONFIG);
        std::fs::write(&config, cluster(&address.to_string()))?;
        let child = spawn(&config)?;
        let url = format!("http://{address}");
        let channel = Endpoint::from_shared(url.clone())?.tcp_nodelay(true).connect_lazy();
        let leader = Self { url, channel, child, directory };
        tokio::time::timeout(PATIENCE, leader.answers()).await?;
        Ok(leader)
    }

    /// Kills it, starts another one on the same journal, and says how long that took to answer.
    pub(crate) async fn recovers(&mut self) -> Result<Duration, Failure> {
        self.child.kill()?;
        self.child.wait()?;
        let begun = Instant::now();
        self.child = spawn(&self.directory.path().join(CONFIG))?;
        tokio::time::timeout(PATIENCE, self.answers()).await?;
        Ok(begun.elapsed())
    }

    /// Bytes of the journal's directory.
    pub(crate) fn journal_bytes(&self) -> Result<u64, Failure> {
        bytes_below(&self.directory.path().join("leader/journal"))
    }

    async fn answers(&self) {
        while ClusterClient::new(self.channel.clone()).status(v1::StatusRequest {}).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn submit(&self, frames: u64, chunk: u32) -> Result<String, Failure> {
        let request = v1::SubmitRequest { spec: Some(crate::job(frames, chunk)), ..Default::default() };
        Ok(JobsClient::new(self.channel.clone()).submit(request).await?.into_inner().id)
    }

    /// Waits for the event that says so; a watched job would cost the leader a view every so often.
    pub(crate) async fn succeeded(&self, job: &str) -> Result<(), Failure> {
        let request = v1::EventsRequest {
            after: Some(0),
            follow: true,
            types: vec!["job.succeeded".into(), "job.failed".into()],
            job: job.into(),
            ..Default::default()
        };
        let mut events = ClusterClient::new(self.channel.clone()).events(request).await?.into_inner();
        match events.message().await?.and_then(|message| message.body) {
            Some(v1::event_message::Body::Event(event)) if event.r#type == "job.succeeded" => Ok(()),
            other => Err(format!("the job did not succeed: {other:?}").into()),
        }
    }

    /// Processor time it has used so far, of all its threads, ended ones too.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name before the last bracket may hold anything; user and system time are the 12th and 13th after.
        let fields = stat.rsplit_once(')').ok_or("no process status")?.1.split_whitespace().skip(11).take(2);
        let ticks: u64 = fields.map(str::parse::<u64>).sum::<Result<_, _>>()?;
        // What user space sees has a hundred ticks a second on every Linux.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// The most memory it has had so far, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1024)
    }
}

fn spawn(config: &Path) -> Result<Child, Failure> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
    command.args(["leader", "--config"]).arg(config).env("CALLSHEET_LOG", "error").stdin(Stdio::null());
    Ok(command.spawn()?)
}

impl Drop for Leader {
    fn drop(&mut self) {
        // Nothing of it is needed any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn bytes_below(directory: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        bytes +=
            if entry.file_type()?.is_dir() { bytes_below(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

fn build_directory() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

fn cluster(address: &str) -> String {
    format!(
        r#"
[cluster]
name = "bench"

[leader]
listen = "{address}"
data = "leader"

[[renderer]]
name = "nothing"
program = "nothing"
args = []
frames = "list"
template = "optional"
output = "optional"

[[node]]
name = "anna"
renderers = ["nothing"]
work = "work"
cache = "cache"
"#
    )
}
