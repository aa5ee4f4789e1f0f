//! What comes to the leader: streams of nodes, as their sessions handle them, and people's requests.

use callsheet_agent::{Action, Welcome};
use callsheet_model::{Author, OfflineReason, SessionId};
use callsheet_scheduler::{Command, Holding};

use super::{Leader, Mail, THINKING};
use crate::scenario::Scenario;
use crate::world::Core;
use crate::world::happening::{Happening, Said, Stream, Told};
use crate::world::network::Network;

impl Leader {
    /// A node says something.
    pub(crate) fn hears(
        &mut self,
        core: &mut Core,
        net: &mut Network,
        scenario: &Scenario,
        stream: Stream,
        said: Said,
    ) {
        let open = net.wire(stream).filter(|wire| wire.is_open_at_leader() && self.serving.is_some());
        let Some((node, session)) = open.map(|wire| (wire.node, wire.session)) else {
            net.close_at_leader(stream, true, core.now, &mut core.queue);
            net.refuse(stream, core.now, &mut core.queue);
            return;
        };
        let Some(name) = scenario.machines.get(node).map(|machine| machine.name.clone()) else { return };
        let action = match (said, session) {
            (Said::Pulse(pulse), Some(session)) => {
                net.tell(stream, Told::PulseAck(pulse.number), core.now, &mut core.queue);
                let holding = pulse.holding.map(|(tokens, last_offered)| Holding { tokens, last_offered });
                return self.of_node(core, node, Command::HearNode { node: name, session, holding });
            }
            (Said::Pulse(_), None) => return,
            (Said::Action(action), _) => *action,
        };
        match (action, session) {
            (Action::Hello(hello), None) => {
                self.sessions_made += 1;
                let session = SessionId(self.sessions_made);
                net.name(stream, session);
                if let Some(serving) = &mut self.serving {
                    serving.sessions.insert(session, stream);
                }
                let terms = Welcome { silence: scenario.policy.silence, pulse: scenario.pulse };
                net.tell(stream, Told::Welcome(terms), core.now, &mut core.queue);
                let capabilities = scenario.machines[node].capabilities.clone();
                let (held, arrival) = (hello.held, Box::default());
                let hello = Command::ConnectNode { node: name, session, capabilities, arrival, held };
                self.of_node(core, node, hello);
            }
            (Action::Report(numbered), Some(session)) => {
                let (report, number) = (numbered.report, numbered.number);
                self.post(core, Mail::Report { node, session, report, number });
            }
            (Action::Goodbye, Some(session)) => {
                if let Some(serving) = &mut self.serving {
                    serving.goodbyes.insert(session, OfflineReason::Shutdown);
                }
                net.close_at_leader(stream, false, core.now, &mut core.queue);
                self.lost(core, net, scenario, stream);
            }
            _ => {}
        }
    }

    /// A stream is gone.
    pub(crate) fn lost(&mut self, core: &mut Core, net: &mut Network, scenario: &Scenario, stream: Stream) {
        let Some((node, session)) = net.wire(stream).map(|wire| (wire.node, wire.session)) else { return };
        net.close_at_leader(stream, true, core.now, &mut core.queue);
        let (Some(serving), Some(session)) = (&mut self.serving, session) else { return };
        if serving.sessions.remove(&session).is_none() {
            return;
        }
        let goodbye = serving.goodbyes.remove(&session);
        let Some(name) = scenario.machines.get(node).map(|machine| machine.name.clone()) else { return };
        self.of_node(core, node, Command::DisconnectNode { node: name, session, goodbye });
    }

    /// A person's request. False when nobody takes it.
    pub(crate) fn asked(&mut self, core: &mut Core, deed: usize, command: Command) -> bool {
        if self.serving.is_some() {
            let author = Author::user(None);
            self.post(core, Mail::Command { author, command, deed: Some(deed) });
        }
        self.serving.is_some()
    }

    pub(super) fn command(&mut self, core: &mut Core, command: Command) {
        self.post(core, Mail::Command { author: Author::SYSTEM, command, deed: None });
    }

    fn of_node(&mut self, core: &mut Core, node: usize, command: Command) {
        self.post(core, Mail::OfNode { node, command });
    }

    pub(super) fn post(&mut self, core: &mut Core, mail: Mail) {
        let Some(serving) = &mut self.serving else { return };
        serving.pending.push(mail);
        if !serving.turn_planned {
            serving.turn_planned = true;
            core.after(THINKING, Happening::Turn(self.life));
        }
    }
}
