//! Carrying out a plan: what each fault does to the world, and how it is mended.

use callsheet_journal::Mishap;

use super::World;
use super::happening::Happening;
use crate::Micros;
use crate::faults::Fault;
use crate::sight::Sight;

impl World {
    /// A fault of the plan begins.
    pub(super) fn strike(&mut self, nth: usize) {
        let Some(planned) = self.plan.faults.get(nth).copied() else { return };
        self.core.tally.faults += 1;
        self.core.say(|| format!("fault {nth}: {:?} for {} s", planned.fault, planned.lasts / 1_000_000));
        let until = self.core.now + planned.lasts;
        match planned.fault {
            Fault::LeaderCrash { kept, silent } => {
                self.leader.crash(&mut self.core, &mut self.net, kept, silent);
            }
            Fault::LeaderCrashAt { moment } => self.leader.armed.push(moment),
            Fault::LeaderStall => self.stall(until),
            Fault::SchedulerFall => self.leader.fall(&mut self.core, &mut self.net, "as planned"),
            Fault::DiskSlow { by } => self.leader.slower_by += by,
            Fault::DiskFull => self.leader.disk_full = true,
            Fault::SyncFails => self.leader.store.arrange(Mishap::Sync),
            Fault::AppendFails => self.leader.store.arrange(Mishap::Append),
            Fault::SnapshotTorn => self.leader.store.arrange(Mishap::TornSnapshot),
            Fault::WallClock { by } => self.leader.wall = self.leader.wall.saturating_add(by),
            Fault::Partition { node, more, way } => {
                self.core.tally.partitions += 1;
                for node in self.some_nodes(node, more) {
                    self.net.cut(node, way);
                    self.core.saw(Sight::Cut { node, cut: true });
                    self.nodes[node].disturbed(&mut self.core);
                }
            }
            Fault::SlowLink { node, by } => {
                let node = self.node(node);
                self.net.slow(node, i64::try_from(by).unwrap_or(0));
                self.nodes[node].disturbed(&mut self.core);
            }
            Fault::StorageOut => {
                self.storage.outages += 1;
                self.core.saw(Sight::Storage { there: false });
            }
            Fault::StorageSlow { by } => self.storage.slower_by += by,
            Fault::Licences { left } => {
                self.licences_lost += self.scenario.licences.saturating_sub(left);
            }
            Fault::SourceOut => self.source_out += 1,
            fault => self.strike_node(fault, until),
        }
    }

    fn strike_node(&mut self, fault: Fault, until: Micros) {
        match fault {
            Fault::NodeCrash { node, disk } => {
                let node = self.node(node);
                self.core.tally.node_crashes += 1;
                self.with_node(node, |node, world| node.die(world, disk));
            }
            Fault::NodeFreeze { node, clock } => {
                let nth = self.node(node);
                if clock {
                    self.core.saw(Sight::Suspended { node: nth });
                }
                self.core.saw(Sight::Able { node: nth, able: false });
                self.nodes[nth].disturbed(&mut self.core);
                self.nodes[nth].machine_frozen = Some(until);
            }
            Fault::AgentFreeze { node } => {
                let nth = self.node(node);
                self.core.saw(Sight::Able { node: nth, able: false });
                self.nodes[nth].disturbed(&mut self.core);
                self.nodes[nth].agent_frozen = Some(until);
            }
            Fault::ActorFall { node, child } => {
                let nth = self.node(node);
                let frozen =
                    self.nodes[nth].machine_frozen.is_some() || self.nodes[nth].agent_frozen.is_some();
                if !frozen {
                    self.with_node(nth, |node, world| node.falls(world, child));
                }
            }
            Fault::NodeLeaves { node, grace } => {
                let nth = self.node(node);
                let frozen =
                    self.nodes[nth].machine_frozen.is_some() || self.nodes[nth].agent_frozen.is_some();
                if !frozen {
                    self.with_node(nth, |node, world| node.leave(world, grace));
                }
            }
            Fault::Reset { node, half } => {
                let nth = self.node(node);
                self.with_node(nth, |node, world| node.reset(world, half));
            }
            Fault::Renderer { node, how } => {
                let nth = self.node(node);
                self.nodes[nth].moods.push(how);
            }
            Fault::CacheDamaged { node } => {
                let nth = self.node(node);
                self.nodes[nth].damage_cache();
            }
            _ => {}
        }
    }

    /// A fault of the plan is over.
    pub(super) fn mend(&mut self, nth: usize) {
        let Some(planned) = self.plan.faults.get(nth).copied() else { return };
        let now = self.core.now;
        match planned.fault {
            Fault::LeaderCrash { .. } => self.core.queue.push(now, Happening::LeaderUp),
            Fault::DiskSlow { by } => self.leader.slower_by = self.leader.slower_by.saturating_sub(by),
            Fault::DiskFull => self.leader.disk_full = false,
            Fault::Partition { node, more, way } => {
                for node in self.some_nodes(node, more) {
                    self.net.mend(node, way, now, &mut self.core.queue);
                    let cut = !(self.net.passes(node, true) && self.net.passes(node, false));
                    self.core.saw(Sight::Cut { node, cut });
                }
            }
            Fault::SlowLink { node, by } => {
                let node = self.node(node);
                self.net.slow(node, -i64::try_from(by).unwrap_or(0));
            }
            Fault::StorageOut => {
                self.storage.outages = self.storage.outages.saturating_sub(1);
                self.core.saw(Sight::Storage { there: self.storage.is_there() });
            }
            Fault::StorageSlow { by } => self.storage.slower_by = self.storage.slower_by.saturating_sub(by),
            Fault::Licences { left } => {
                let lost = self.scenario.licences.saturating_sub(left);
                self.licences_lost = self.licences_lost.saturating_sub(lost);
            }
            Fault::SourceOut => self.source_out = self.source_out.saturating_sub(1),
            Fault::NodeCrash { node, .. } => {
                let node = self.node(node);
                self.core.queue.push(now, Happening::NodeUp(node));
            }
            Fault::NodeFreeze { node, clock } => {
                let nth = self.node(node);
                if self.nodes[nth].machine_frozen.take().is_some() {
                    if clock {
                        self.nodes[nth].slept(planned.lasts);
                    }
                    self.core.saw(Sight::Able { node: nth, able: true });
                }
            }
            Fault::AgentFreeze { node } => {
                let nth = self.node(node);
                if self.nodes[nth].agent_frozen.take().is_some() {
                    self.core.saw(Sight::Able { node: nth, able: true });
                }
            }
            Fault::Renderer { node, how } => {
                let nth = self.node(node);
                let moods = &mut self.nodes[nth].moods;
                if let Some(at) = moods.iter().position(|mood| *mood == how) {
                    moods.remove(at);
                }
            }
            Fault::LeaderStall => {
                self.leader.stalled_until = self.leader.stalled_until.filter(|until| *until > now);
            }
            _ => {}
        }
    }

    fn stall(&mut self, until: Micros) {
        let until = self.leader.stalled_until.map_or(until, |other| other.max(until));
        self.core.saw(Sight::LeaderStalls { until });
        self.leader.stalled_until = Some(until);
    }

    fn node(&self, nth: u16) -> usize {
        usize::from(nth) % self.nodes.len().max(1)
    }

    fn some_nodes(&self, first: u16, more: u16) -> Vec<usize> {
        let all = self.nodes.len();
        let mut nodes: Vec<usize> =
            (0..=more).take(all).map(|next| self.node(first.wrapping_add(next))).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
}
