//! What the agent's actor holds, and what it says to the leader.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use callsheet_agent::Agent;
use callsheet_model::limits::MAX_TEMPLATES_NAMED;
use callsheet_model::node::NodeStatus;
use callsheet_model::signal::{Current, Heartbeat};
use callsheet_model::{Md5, Timestamp, Token};
use callsheet_protocol::v1;
use callsheet_protocol::v1::node_message::Body;
use tokio::time::Instant;

use crate::ae_process::SlotHandle;
use crate::agent::disk::Disk;
use crate::agent::greeting::Silent;
use crate::agent::handle::AgentHandle;
use crate::agent::messages::{Figures, Outlet};
use crate::agent::news::News;
use crate::cache::CacheHandle;
use crate::heartbeat::HeartbeatHandle;
use crate::leader_link::LinkHandle;
use crate::supervisor::{Parts, SupervisorHandle};
use callsheet_supervision::Held;

/// Output of attempts that waits for a leader, in bytes. The oldest goes first.
const MAX_BACKLOG: usize = 1 << 20;
/// Reports in one message: well below the largest message, whatever they say.
const MAX_REPORTS: usize = 64;
/// Until the leader says otherwise.
const HEARTBEAT: Duration = Duration::from_secs(5);
const LOG_BYTES: u64 = 1 << 20;
/// A change between ready and busy, or of whether a renderer runs, is said at once, but this long after the last heartbeat at the soonest,
const STATUS_PAUSE: Duration = Duration::from_secs(1);
/// and one to or from crashed this long.
const CRASH_PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct State {
    pub(super) parts: Parts,
    pub(super) supervisor: SupervisorHandle,
    pub(super) me: AgentHandle,
    pub(super) mind: Agent,
    /// The mind's time is counted from here.
    pub(super) began: Instant,
    incarnation: u64,
    pub(super) slots: Vec<Option<SlotHandle>>,
    pub(super) cache: Option<CacheHandle>,
    pub(super) link: Option<LinkHandle>,
    pub(super) heartbeat: Option<HeartbeatHandle>,
    pub(super) heartbeat_every: Duration,
    pub(super) log_bytes: u64,
    /// The open stream, by the number its messages carry.
    pub(super) session: Option<(u64, Outlet)>,
    /// A stream that is open, and that nothing was said on yet.
    pub(super) silent: Option<Silent>,
    /// Where leases' templates are on this machine.
    pub(super) templates: BTreeMap<Token, PathBuf>,
    /// The cache's size, and what is in it; nothing until its directory was read.
    pub(super) cached: Option<(u64, BTreeSet<Md5>)>,
    pub(super) disk: Disk,
    pub(super) timer: Option<(Instant, Held)>,
    /// All is said; only the end of the stream is waited for.
    pub(super) left: Option<Held>,
    /// Reports of this wake-up, to be sent together.
    pub(super) reports: Vec<v1::Report>,
    backlog: VecDeque<v1::LogChunk>,
    backlog_bytes: usize,
    pub(super) news: News,
    /// What the heartbeat last measured.
    figures: Figures,
    /// What was last said of how the node is and whether a renderer runs, and when.
    told: Option<((NodeStatus, bool), Instant)>,
}

impl State {
    pub(super) fn new(parts: Parts, supervisor: SupervisorHandle, me: AgentHandle) -> Self {
        let slots = usize::try_from(parts.capabilities.slots).unwrap_or(usize::MAX);
        let disk = Disk::new(parts.workshop.clone(), me.clone());
        Self {
            supervisor,
            mind: Agent::new(slots),
            began: Instant::now(),
            // Another one at each start, and never 0.
            incarnation: parts.settings.chance.number() | 1,
            slots: vec![None; slots],
            cache: None,
            link: None,
            heartbeat: None,
            heartbeat_every: HEARTBEAT,
            log_bytes: LOG_BYTES,
            session: None,
            silent: None,
            templates: BTreeMap::new(),
            cached: None,
            disk,
            timer: None,
            left: None,
            reports: Vec::new(),
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            news: News::default(),
            figures: Figures::default(),
            told: None,
            parts,
            me,
        }
    }

    /// Sends what must arrive, in order. When the stream does not take it, it is given up: what is reported
    /// goes out again over the next one.
    pub(super) fn say(&mut self, body: Body) {
        self.flush();
        self.put(body);
    }

    /// Sends the reports gathered so far.
    pub(super) fn flush(&mut self) {
        let mut reports = std::mem::take(&mut self.reports).into_iter().peekable();
        while reports.peek().is_some() {
            let reports = reports.by_ref().take(MAX_REPORTS).collect();
            self.put(Body::Reports(v1::Reports { reports }));
        }
    }

    fn put(&mut self, body: Body) {
        let Some((_, outlet)) = &self.session else { return };
        if !outlet.send(body) {
            self.session = None;
            if let Some(link) = &self.link {
                link.redial();
            }
        }
    }

    /// Passes on what need not arrive. Output waits for a while when nobody listens.
    pub(super) fn signal(&mut self, body: Body) {
        match (&self.session, body) {
            (Some((_, outlet)), body) if outlet.has_room() && self.backlog.is_empty() => {
                // Full or closed in this moment: it is only a signal.
                let _ = outlet.send(body);
            }
            (_, Body::Log(chunk)) => {
                self.backlog_bytes += chunk.text.len();
                self.backlog.push_back(chunk);
                while self.backlog_bytes > MAX_BACKLOG {
                    let Some(oldest) = self.backlog.pop_front() else { break };
                    self.backlog_bytes -= oldest.text.len();
                }
                self.send_backlog();
            }
            _ => {}
        }
    }

    /// Sends output that waited, as far as there is room.
    pub(super) fn send_backlog(&mut self) {
        let Some((_, outlet)) = &self.session else { return };
        while outlet.has_room()
            && let Some(chunk) = self.backlog.pop_front()
        {
            self.backlog_bytes -= chunk.text.len();
            // Room was just seen; if the stream broke meanwhile, this much output is lost with it.
            let _ = outlet.send(Body::Log(chunk));
        }
    }

    pub(super) fn hello(&self, held: &BTreeSet<Token>) -> v1::Hello {
        v1::Hello {
            node: self.parts.settings.config.name.to_string(),
            incarnation: self.incarnation,
            capabilities: Some(self.parts.capabilities.as_ref().into()),
            held: held.iter().map(|token| token.0).collect(),
            cached_templates: self.templates_named().map(ToString::to_string).collect(),
            cache_used_bytes: self.cached.as_ref().map(|(bytes, _)| *bytes),
        }
    }

    /// Templates in the cache, in order; of a fuller one the first.
    fn templates_named(&self) -> impl Iterator<Item = &Md5> {
        self.cached.iter().flat_map(|(_, templates)| templates).take(MAX_TEMPLATES_NAMED)
    }

    /// Whoever watches learns at once how the node is, not only with the next heartbeat. Not too often: a node
    /// whose frames take a moment each changes all the time. To be called whenever something has happened;
    /// returns when to call again if nothing does.
    pub(super) fn say_status(&mut self) -> Option<Instant> {
        let (told, when) = self.told.filter(|_| self.session.is_some())?;
        let now = (self.mind.status(), self.mind.is_rendering());
        if now == told {
            return None;
        }
        let crash = now.0 != told.0 && [now.0, told.0].contains(&NodeStatus::Crashed);
        let due = when + if crash { CRASH_PAUSE } else { STATUS_PAUSE };
        if Instant::now() < due {
            return Some(due);
        }
        self.say_heartbeat(self.figures);
        None
    }

    pub(super) fn say_heartbeat(&mut self, figures: Figures) {
        let current = self.mind.running().next();
        let (status, is_rendering) = (self.mind.status(), self.mind.is_rendering());
        self.figures = figures;
        self.told = Some(((status, is_rendering), Instant::now()));
        let heartbeat = Heartbeat {
            node: self.parts.settings.config.name.clone(),
            status,
            recorded_at: wall_clock(),
            cpu_pct: figures.cpu_pct,
            ram_available_mb: figures.ram_available_mb,
            cache_used_bytes: self.cached.as_ref().map(|(bytes, _)| *bytes),
            renderer_running: is_rendering,
            current: current.map(|running| Current {
                token: running.offer.token,
                job: running.offer.brief.job,
                frame: running.frame,
            }),
            cached_templates: self.templates_named().copied().collect(),
        };
        self.signal(Body::Heartbeat((&heartbeat).into()));
        self.send_backlog();
    }
}

/// For people only: nothing is decided by it.
fn wall_clock() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(callsheet_model::time::millis(since))
}
