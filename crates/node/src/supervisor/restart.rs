//! The restart table: who is started again, how often within how long, after what wait, and what goes with it.

use std::fmt;

use callsheet_supervision::Restart;
use callsheet_supervision::tables::node as tables;

/// A child of the supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Child {
    /// The mind and its outbox.
    Agent,
    /// The templates.
    Cache,
    /// The figures.
    Heartbeat,
    /// The stream to the leader.
    LeaderLink,
    /// The renderer process actor of a slot.
    AeProcess(usize),
}

impl Child {
    /// The actor's name, without its slot.
    #[must_use]
    pub fn actor(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Cache => "cache",
            Self::Heartbeat => "heartbeat",
            Self::LeaderLink => "leader_link",
            Self::AeProcess(_) => "ae_process",
        }
    }

    /// The actor's name on its node: `ae_process/2`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::AeProcess(slot) => format!("{}/{slot}", self.actor()),
            other => other.actor().to_owned(),
        }
    }

    /// What is done when it fails.
    #[must_use]
    pub fn rule(self) -> Rule {
        match self {
            Self::Agent => AGENT,
            Self::Cache => CACHE,
            Self::Heartbeat => HEARTBEAT,
            Self::LeaderLink => LEADER_LINK,
            Self::AeProcess(_) => AE_PROCESS,
        }
    }
}

impl fmt::Display for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AeProcess(slot) => write!(f, "ae_process of slot {slot}"),
            other => f.write_str(other.actor()),
        }
    }
}

/// What is started again with a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// It alone. Its brothers learn its new handle.
    Alone,
    /// Everything: the others work for what it knew.
    Everything,
}

/// What is done when a child fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What is started again.
    pub scope: Scope,
    /// How often, and after what wait. When that is not enough, the process ends with a message.
    pub restart: Restart,
}

const fn rule(scope: Scope, restart: Restart) -> Rule {
    Rule { scope, restart }
}

// How often and after what wait is where the simulator sees it, too.
const AGENT: Rule = rule(Scope::Everything, tables::AGENT);
const CACHE: Rule = rule(Scope::Alone, tables::CACHE);
const HEARTBEAT: Rule = rule(Scope::Alone, tables::HEARTBEAT);
const LEADER_LINK: Rule = rule(Scope::Alone, tables::LEADER_LINK);
const AE_PROCESS: Rule = rule(Scope::Alone, tables::AE_PROCESS);
