//! A node's actors: what falls with each, and when it is started again by the shipping table.

use std::time::Duration;

use callsheet_agent::Input;
use callsheet_supervision::{Restart, Verdict, tables};

use super::{Node, STARTED_AGAIN};
use crate::faults::Child;
use crate::sight::{Performer, Sight};
use crate::world::Shared;
use crate::world::happening::{Happening, NodeHappening};
use crate::{Micros, micros};

impl Node {
    /// One of its actors falls.
    pub(crate) fn falls(&mut self, w: &mut Shared<'_>, child: Child) {
        if !self.up || !self.down.insert(child) {
            return;
        }
        w.core.tally.falls += 1;
        w.core.say(|| format!("node {}: {child:?} falls", self.nth));
        match child {
            Child::Agent => {
                self.end_all(w);
                self.drop_stream(w);
                // Nothing that was planned for the old mind reaches the new one.
                self.life += 1;
                self.down.retain(|child| *child == Child::Agent);
            }
            Child::Cache => self.cache.end(),
            Child::Heartbeat => {}
            Child::LeaderLink => {
                self.drop_stream(w);
                self.dialling = false;
                self.mind(w, Input::LinkDown);
            }
            Child::AeProcess(slot) => {
                let slot = usize::from(slot) % self.slots.len().max(1);
                self.empty(w, slot);
                self.mind(w, Input::SlotDown(slot));
            }
        }
        let rule = table(child);
        let now = Duration::from_micros(w.core.now);
        let verdict = self.falls.entry(child).or_default().fell(now, &rule);
        w.core.saw(Sight::Fell { who: Performer::Of(self.nth, child), rule, verdict });
        match verdict {
            Verdict::RestartAfter(wait) => self.after(w, micros(wait), NodeHappening::Restarted(child)),
            Verdict::GoesUp => {
                self.die(w, false);
                w.core.after(STARTED_AGAIN, Happening::NodeUp(self.nth));
            }
        }
    }

    pub(super) fn restarted(&mut self, w: &mut Shared<'_>, child: Child) {
        self.down.remove(&child);
        match child {
            Child::Agent => {
                self.begin(w);
                let heartbeat = micros(w.scenario.heartbeat);
                self.after(w, heartbeat, NodeHappening::Heartbeat);
            }
            Child::Cache => {
                self.begin_cache(w);
                self.mind(w, Input::CacheLost);
            }
            Child::Heartbeat => {}
            Child::LeaderLink => self.dial(w),
            Child::AeProcess(slot) => {
                let slot = usize::from(slot) % self.slots.len().max(1);
                self.mind(w, Input::SlotUp(slot));
            }
        }
    }

    /// It is asked to leave in good order.
    pub(crate) fn leave(&mut self, w: &mut Shared<'_>, grace: Micros) {
        if self.up {
            self.mind(w, Input::Leave { grace: Duration::from_micros(grace) });
        }
    }
}

/// The node's restart table.
fn table(child: Child) -> Restart {
    match child {
        Child::Agent => tables::node::AGENT,
        Child::Cache => tables::node::CACHE,
        Child::Heartbeat => tables::node::HEARTBEAT,
        Child::LeaderLink => tables::node::LEADER_LINK,
        Child::AeProcess(_) => tables::node::AE_PROCESS,
    }
}
