//! Everyone else: posters and readers in processes of their own, which stand for other machines. This very program,
//! started again with a role; its parent talks to it in lines.
//!
//! ```text
//!   parent: slowest      child: slowest 4711      the number of the last event that every reader has
//!   parent: end 5000     child: read 3 2 1        events, connections, cut-offs, when all have got there
//! ```

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use crate::reader::{self, Kind, Plan, Read};
use crate::{ASKED_EVERY, Failure, number, post, word};

/// Readers open their streams so many at a time.
const DOORWAY: usize = 16;

/// How often each reader is cut, and over which part of the log that is spread out.
pub(crate) struct Cuts {
    each: u64,
    until: u64,
}

impl Cuts {
    pub(crate) fn none() -> Self {
        Self { each: 0, until: 0 }
    }

    /// So many each, until about this event.
    pub(crate) fn new(each: u64, until: u64) -> Self {
        Self { each, until }
    }
}

/// A child and what it says.
struct Talk {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    to: ChildStdin,
}

impl Talk {
    /// Starts this program again, with what is left over of this machine.
    fn start(role: &str, args: &[(&str, String)]) -> Result<Self, Failure> {
        let program = std::env::current_exe()?;
        // Only when nobody else wants the processor: the closest to not being here.
        let mut command = Command::new("chrt");
        command.args(["--idle", "0"]).arg(program).args(["--role", role]);
        for (name, value) in args {
            command.args([*name, value]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let (to, from) = to.zip(from).ok_or("a child without pipes")?;
        Ok(Self { child, said: BufReader::new(from).lines(), to })
    }

    async fn say(&mut self, line: &str) -> Result<(), Failure> {
        Ok(self.to.write_all(format!("{line}\n").as_bytes()).await?)
    }

    /// What stands behind this word in the next line.
    async fn hear(&mut self, word: &str) -> Result<Vec<u64>, Failure> {
        let Some(line) = self.said.next_line().await? else {
            return Err(format!("it ended with {}", self.child.wait().await?).into());
        };
        let numbers = line.strip_prefix(word).ok_or_else(|| format!("{word} was expected: {line}"))?;
        numbers.split_whitespace().map(|number| Ok(number.parse()?)).collect()
    }
}

/// Those who post.
pub(crate) struct Posters(Talk);

impl Posters {
    pub(crate) fn start(address: SocketAddr, events: u64) -> Result<Self, Failure> {
        let args = [("--address", address.to_string()), ("--events", events.to_string())];
        Talk::start("posters", &args).map(Self)
    }

    /// Waits until all of it is durable.
    pub(crate) async fn done(mut self) -> Result<(), Failure> {
        self.0.hear("posted").await.map(|_| ())
    }
}

/// Those who read.
pub(crate) struct Readers(Talk);

/// Those who know how far they have to read.
pub(crate) struct Ending(Talk);

impl Readers {
    /// So many of each kind, from behind one event on; when they are there.
    pub(crate) async fn start(
        address: SocketAddr,
        readers: u64,
        begin: u64,
        cuts: Cuts,
    ) -> Result<Self, Failure> {
        let numbers =
            [("--readers", readers), ("--begin", begin), ("--cuts", cuts.each), ("--until", cuts.until)];
        let mut args = vec![("--address", address.to_string())];
        args.extend(numbers.map(|(name, number)| (name, number.to_string())));
        let mut talk = Talk::start("readers", &args)?;
        talk.hear("open").await?;
        Ok(Self(talk))
    }

    /// Waits until all of them have an event.
    pub(crate) async fn reach(&mut self, event: u64) -> Result<(), Failure> {
        loop {
            self.0.say("slowest").await?;
            if self.0.hear("slowest").await?.first().is_some_and(|slowest| *slowest >= event) {
                return Ok(());
            }
            tokio::time::sleep(ASKED_EVERY).await;
        }
    }

    /// Tells them which event is the last.
    pub(crate) async fn end(mut self, event: u64) -> Result<Ending, Failure> {
        self.0.say(&format!("end {event}")).await?;
        Ok(Ending(self.0))
    }
}

impl Ending {
    /// Waits until all of them have it.
    pub(crate) async fn done(mut self) -> Result<Read, Failure> {
        let numbers = self.0.hear("read").await?;
        let &[events, connections, cut_off] = numbers.as_slice() else { return Err("three numbers".into()) };
        Ok(Read { events, connections, cut_off })
    }
}

/// The child's side.
pub(crate) fn play(role: &str) -> Result<(), Failure> {
    let address = word("--address").ok_or("no address")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match role {
            "posters" => {
                post::events(address, number("--events", 0)?).await?;
                println!("posted");
                Ok(())
            }
            _ => read(address).await,
        }
    })
}

/// What the parent says, line by line.
fn lines_heard() -> mpsc::UnboundedReceiver<String> {
    let (to, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            // Nobody listens any more: the reading is done.
            let _ = to.send(line);
        }
    });
    lines
}

async fn read(address: SocketAddr) -> Result<(), Failure> {
    let (count, begin) = (2 * number("--readers", 0)?, number("--begin", 0)?);
    let (cuts, until) = (number("--cuts", 0)?, number("--until", 0)?);
    let end = Arc::new(AtomicU64::new(u64::MAX));
    let doorway = Arc::new(tokio::sync::Semaphore::new(DOORWAY));
    let (mut places, mut readers, mut open) = (Vec::new(), tokio::task::JoinSet::new(), Vec::new());
    for seed in 0..count {
        let kind = if seed % 2 == 0 { Kind::Sse } else { Kind::WebSocket };
        let (place, end) = (Arc::new(AtomicU64::new(begin)), end.clone());
        let (opened, is_open) = tokio::sync::oneshot::channel();
        let plan =
            Plan { kind, address, place: place.clone(), cuts, until, seed, end, doorway: doorway.clone() };
        readers.spawn(reader::read(plan, opened));
        places.push(place);
        open.push(is_open);
    }
    for one in open {
        // One that could not says so when it is joined.
        let _ = one.await;
    }
    println!("open");
    let listening = async {
        let mut lines = lines_heard();
        while let Some(line) = lines.recv().await {
            match line.strip_prefix("end ") {
                Some(event) => end.store(event.parse()?, Ordering::Release),
                None => {
                    let slowest = places.iter().map(|place| place.load(Ordering::Acquire)).min();
                    println!("slowest {}", slowest.unwrap_or_default());
                }
            }
        }
        Err("the parent has gone".into())
    };
    let reading = async {
        let mut all = Read::default();
        while let Some(one) = readers.join_next().await {
            let one: Read = one??;
            all.events += one.events;
            all.connections += one.connections;
            all.cut_off += one.cut_off;
        }
        Ok(all)
    };
    let all: Result<Read, Failure> = tokio::select! { all = reading => all, gone = listening => gone };
    let Read { events, connections, cut_off } = all?;
    println!("read {events} {connections} {cut_off}");
    Ok(())
}
