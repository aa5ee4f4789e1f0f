//! Real brokers, each with its own directory and ports, that end with the test, whatever becomes of it.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// A program in a process group of its own.
pub struct Program(Child);

impl Program {
    pub fn start(mut command: Command, log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).process_group(0);
        Self(command.spawn().unwrap())
    }

    /// SIGKILL to everything in the group.
    pub fn kill(&mut self) {
        let group = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        let _ = killpg(group, Signal::SIGKILL);
        self.0.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where a program is; says that the test is skipped when it is not there.
pub fn found(name: &str, places: &[&str]) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let directories = path.split(':').map(|directory| Path::new(directory).join(name));
    let program = places.iter().map(PathBuf::from).chain(directories).find(|path| path.is_file());
    if program.is_none() {
        eprintln!("SKIPPED: {name} is not installed");
    }
    program
}

/// A port that nobody listens on right now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A NATS server.
pub struct NatsServer {
    program: PathBuf,
    pub port: u16,
    directory: tempfile::TempDir,
    running: Option<Program>,
}

impl NatsServer {
    /// One with these lines in its config, or nothing when it is not installed.
    pub async fn start(config: &str) -> Option<Self> {
        let program = found("nats-server", &["/usr/sbin/nats-server"])?;
        let (port, directory) = (free_port(), tempfile::tempdir().unwrap());
        let text = format!(
            "host: 127.0.0.1\nport: {port}\njetstream {{ store_dir: {:?} }}\n{config}\n",
            directory.path().join("store")
        );
        std::fs::write(directory.path().join("config"), text).unwrap();
        let mut server = Self { program, port, directory, running: None };
        server.begin().await;
        Some(server)
    }

    pub async fn begin(&mut self) {
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(self.directory.path().join("config"));
        self.running = Some(Program::start(command, &self.directory.path().join("log")));
        listening(self.port, &self.directory.path().join("log")).await;
    }

    pub fn kill(&mut self) {
        self.running = None;
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

/// A RabbitMQ server, with a port mapper of its own: the usual one would stay behind.
pub struct Rabbit {
    program: PathBuf,
    pub port: u16,
    distribution: u16,
    mapper: u16,
    directory: tempfile::TempDir,
    running: Option<Program>,
    _mapper: Program,
}

impl Rabbit {
    /// Nothing when it is not installed.
    pub async fn start() -> Option<Self> {
        // Debian's wrapper in the path changes the user; the script itself does not.
        let program = found("rabbitmq-server", &["/usr/lib/rabbitmq/bin/rabbitmq-server"])?;
        let epmd = found("epmd", &[])?;
        let (directory, mapper) = (tempfile::tempdir().unwrap(), free_port());
        let mut command = Command::new(epmd);
        command.args(["-port", &mapper.to_string(), "-address", "127.0.0.1"]);
        let running = Program::start(command, &directory.path().join("epmd.log"));
        listening(mapper, &directory.path().join("epmd.log")).await;
        let (port, distribution) = (free_port(), free_port());
        let mut rabbit =
            Self { program, port, distribution, mapper, directory, running: None, _mapper: running };
        rabbit.begin().await;
        Some(rabbit)
    }

    pub async fn begin(&mut self) {
        let at = |name: &str| self.directory.path().join(name);
        std::fs::write(at("plugins"), "[].").unwrap();
        // It looks for free disk and memory of the whole machine, and stops taking messages over it.
        std::fs::write(
            at("rabbit.conf"),
            "disk_free_limit.absolute = 1MB\nvm_memory_high_watermark.absolute = 1GB\n",
        )
        .unwrap();
        let mut command = Command::new(&self.program);
        command
            .env("HOME", self.directory.path())
            .env("ERL_EPMD_PORT", self.mapper.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", format!("callsheet-{}@localhost", self.port))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.port.to_string())
            .env("RABBITMQ_DIST_PORT", self.distribution.to_string())
            .env("RABBITMQ_MNESIA_BASE", at("mnesia"))
            .env("RABBITMQ_LOG_BASE", at("logs"))
            .env("RABBITMQ_CONFIG_FILE", at("rabbit.conf"))
            .env("RABBITMQ_CONF_ENV_FILE", at("none"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins"))
            .env("RABBITMQ_PID_FILE", at("pid"));
        self.running = Some(Program::start(command, &at("log")));
        listening(self.port, &at("log")).await;
    }

    pub fn kill(&mut self) {
        self.running = None;
    }
}

/// Waits until somebody listens.
async fn listening(port: u16, log: &Path) {
    let connects = async {
        while tokio::net::TcpStream::connect(local(port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(super::PATIENCE, connects).await.is_err() {
        panic!("nobody listens on {port}: {}", std::fs::read_to_string(log).unwrap_or_default());
    }
}
