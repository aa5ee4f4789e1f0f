//! A leader in a process of its own, with its journal on this disk, and commands to its scheduler.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use callsheet_protocol::v1::{self, cluster_client::ClusterClient, jobs_client::JobsClient};
use tonic::transport::{Channel, Endpoint};

use crate::Failure;

/// Longest wait for a leader to answer.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Leader {
    pub(crate) address: SocketAddr,
    commands: Commands,
    child: Child,
    /// Removed when the leader has ended.
    _directory: tempfile::TempDir,
}

/// The way to the scheduler.
#[derive(Clone)]
pub(crate) struct Commands(Channel);

impl Leader {
    /// Starts one with an empty journal, below the build directory: `/tmp` is memory on some machines.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let directory = tempfile::tempdir_in(PathBuf::from(env!("CARGO_TARGET_TMPDIR")))?;
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = directory.path().join("cluster.toml");
        std::fs::write(&config, cluster(address))?;
        let channel = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true).connect_lazy();
        let leader =
            Self { address, commands: Commands(channel), child: spawn(&config)?, _directory: directory };
        let answers = async {
            while leader.head().await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, answers).await?;
        Ok(leader)
    }

    pub(crate) fn commands(&self) -> Commands {
        self.commands.clone()
    }

    /// The number of the last event.
    pub(crate) async fn head(&self) -> Result<u64, Failure> {
        Ok(ClusterClient::new(self.commands.0.clone())
            .status(v1::StatusRequest {})
            .await?
            .into_inner()
            .sequence)
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

impl Commands {
    /// Submits a job of one frame, and says how long that took to be durable and answered.
    pub(crate) async fn command(&self) -> Result<Duration, Failure> {
        let step = v1::StepSpec {
            name: "frames".into(),
            renderer: "nothing".into(),
            frames: "1".into(),
            chunk: 1,
            ..Default::default()
        };
        let spec = v1::JobSpec {
            name: "bench".into(),
            project: "bench".into(),
            steps: vec![step],
            ..Default::default()
        };
        let request = v1::SubmitRequest { spec: Some(spec), ..Default::default() };
        let begun = Instant::now();
        JobsClient::new(self.0.clone()).submit(request).await?;
        Ok(begun.elapsed())
    }

    /// Looks something up in the scheduler, and says how long that took.
    pub(crate) async fn look(&self) -> Result<Duration, Failure> {
        let begun = Instant::now();
        ClusterClient::new(self.0.clone()).list_nodes(v1::ListNodesRequest {}).await?;
        Ok(begun.elapsed())
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        // Nothing of it is needed any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(config: &Path) -> Result<Child, Failure> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
    command.args(["leader", "--config"]).arg(config).env("CALLSHEET_LOG", "error").stdin(Stdio::null());
    Ok(command.spawn()?)
}

fn cluster(address: SocketAddr) -> String {
    format!(
        r#"
[cluster]
name = "bench"

[leader]
listen = "{address}"
data = "leader"

[leader.http]
reader_backlog = 10_000_000

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
