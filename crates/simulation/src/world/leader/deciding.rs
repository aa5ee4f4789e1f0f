//! What the scheduler's actor does around the shipping scheduler: batches, the way to the disk, effects, snapshots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{PoisonError, mpsc};
use std::time::Duration;

use callsheet_journal::{AppendError, Mishap};
use callsheet_model::{Author, SessionId, Timestamp};
use callsheet_scheduler::{Command, Effect};

use super::{Flight, Leader, MOST_APPENDS, Mail, Serving};
use crate::Micros;
use crate::faults::Moment;
use crate::scenario::Scenario;
use crate::sight::Sight;
use crate::world::Core;
use crate::world::happening::{Happening, Stream, Told};
use crate::world::network::Network;

/// Writing a snapshot takes about so long.
const WRITING: Micros = 300_000;

impl Leader {
    /// The alarm rings.
    pub(crate) fn alarm(&mut self, core: &mut Core) {
        let Some(serving) = &mut self.serving else { return };
        if serving.alarm.is_some_and(|at| at <= core.now) {
            serving.alarm = None;
            self.command(core, Command::Tick);
        }
    }

    /// Decides everything collected, as one batch.
    pub(crate) fn turn(&mut self, core: &mut Core, net: &mut Network, scenario: &Scenario) {
        let Some(serving) = &mut self.serving else { return };
        serving.turn_planned = false;
        if serving.flights.appending() >= MOST_APPENDS || serving.pending.is_empty() {
            return;
        }
        let now = serving.now(core.now);
        let mut flight = Flight::default();
        let (mut submitted, mut decided) = (false, 0);
        let mut mails = std::mem::take(&mut serving.pending);
        serving.pending = std::mem::take(&mut serving.decided);
        for mail in mails.drain(..) {
            submitted |= matches!(&mail, Mail::Command { command: Command::SubmitJob { .. }, .. });
            let sight = notices(&mail);
            let taken = serving.judge(now, mail, scenario, &mut flight);
            // What it decided it decided before it heard.
            serving.output.events.iter().skip(decided).for_each(|event| core.saw(Sight::Decided(event)));
            decided = serving.output.events.len();
            sight.filter(|_| taken).into_iter().for_each(|sight| core.saw(sight));
        }
        serving.decided = mails;
        serving.scheduler.dispatch(now, &mut serving.output);
        for effect in serving.output.effects.drain(..) {
            flight.effects.entry(effect.session()).or_default().push(effect);
        }
        let events = std::mem::take(&mut serving.output.events);
        events.iter().skip(decided).for_each(|event| core.saw(Sight::Decided(event)));
        core.tally.events += events.len() as u64;
        let appends = !events.is_empty();
        if appends {
            serving.flights.depart(flight, true);
            let landed = serving.landed.clone();
            serving.journal.submit(
                events,
                Box::new(move |result| {
                    landed.lock().unwrap_or_else(PoisonError::into_inner).push_back(result);
                }),
            );
            self.sync(core, scenario);
        } else if serving.flights.is_empty() {
            leave(core, net, &serving.sessions, flight);
        } else {
            serving.flights.depart(flight, false);
        }
        self.set_alarm(core, now);
        self.snapshot_if_due(scenario);
        if appends && self.is_the_moment(Moment::BetweenAppendAndFlush)
            || submitted && self.is_the_moment(Moment::AfterSubmission)
        {
            self.strike(core, net);
        }
    }

    /// The disk begins with what it was given, unless it is busy.
    fn sync(&mut self, core: &mut Core, scenario: &Scenario) {
        let Some(serving) = &mut self.serving else { return };
        let waiting = self.store.waiting();
        if serving.syncing == 0 && waiting > 0 {
            serving.syncing = waiting;
            let takes = core.dice.heavy(scenario.sync, 0.5) + self.slower_by;
            core.after(takes, Happening::Synced(self.life));
        }
    }

    /// The disk is done with what it was given.
    pub(crate) fn synced(&mut self, core: &mut Core, net: &mut Network, scenario: &Scenario) {
        let Some(serving) = &mut self.serving else { return };
        let synced = std::mem::take(&mut serving.syncing);
        if self.disk_full {
            self.store.arrange(Mishap::DiskFull);
        }
        self.store.sync_first(synced);
        let journal = serving.journal.clone();
        self.show(core, &*journal);
        if self.is_the_moment(Moment::BetweenFlushAndEffect) {
            return self.strike(core, net);
        }
        let Some(serving) = &mut self.serving else { return };
        let landed = std::mem::take(&mut *serving.landed.lock().unwrap_or_else(PoisonError::into_inner));
        for result in landed {
            match result {
                Ok(_) => {
                    for flight in serving.flights.land() {
                        leave(core, net, &serving.sessions, flight);
                    }
                }
                Err(error) => return self.fall(core, net, &error.to_string()),
            }
        }
        let Some(serving) = &mut self.serving else { return };
        let durable = serving.journal.range().1;
        if !serving.writing && serving.snapshot.as_ref().is_some_and(|image| image.sequence <= durable) {
            serving.writing = true;
            let takes = core.dice.heavy(WRITING, 1.0) + self.slower_by;
            core.after(takes, Happening::Snapshot(self.life));
        }
        self.turn(core, net, scenario);
        self.sync(core, scenario);
    }

    pub(super) fn set_alarm(&mut self, core: &mut Core, now: Timestamp) {
        let Some(serving) = &mut self.serving else { return };
        let Some(wake) = serving.scheduler.next_wake(now) else { return };
        let at = core.now + wake.since(now).as_micros() as Micros;
        if serving.alarm.is_none_or(|set| set > at) {
            serving.alarm = Some(at);
            core.queue.push(at.max(core.now + 1), Happening::Alarm(self.life));
        }
    }

    pub(super) fn snapshot_if_due(&mut self, scenario: &Scenario) {
        let Some(serving) = &mut self.serving else { return };
        let behind = serving.scheduler.sequence().saturating_sub(serving.snapshot_at);
        if serving.snapshot.is_none() && behind >= scenario.snapshot_every {
            serving.snapshot_at = serving.scheduler.sequence();
            serving.snapshot = Some(serving.scheduler.image());
        }
    }

    /// A snapshot is written, of which everything has been on the platter for a while.
    pub(crate) fn written(&mut self, core: &mut Core, net: &mut Network) {
        if let Err(error) = self.store_snapshot(core) {
            self.fall(core, net, &error.to_string());
        }
    }

    fn store_snapshot(&mut self, core: &mut Core) -> Result<(), AppendError> {
        let Some(serving) = &mut self.serving else { return Ok(()) };
        serving.writing = false;
        let durable = serving.journal.range().1;
        let Some(image) = serving.snapshot.take_if(|image| image.sequence <= durable) else { return Ok(()) };
        core.tally.snapshots += 1;
        // Nothing is said of one that is torn.
        let (said, hears) = mpsc::channel();
        let on_stored = Box::new(move |stored| drop(said.send(stored)));
        serving.journal.snapshot(image, on_stored);
        hears.try_iter().next().unwrap_or(Ok(0))?;
        if self.is_the_moment(Moment::AfterSnapshot) {
            self.armed.push(Moment::BetweenAppendAndFlush);
        }
        Ok(())
    }

    pub(super) fn is_the_moment(&mut self, moment: Moment) -> bool {
        let armed = self.armed.iter().position(|armed| *armed == moment);
        armed.map(|at| self.armed.remove(at)).is_some()
    }

    pub(super) fn strike(&mut self, core: &mut Core, net: &mut Network) {
        let kept = u8::try_from(core.dice.between(0, 1)).unwrap_or(0);
        self.crash(core, net, kept, false);
        let down = core.dice.between(100_000, 10_000_000);
        core.after(down, Happening::LeaderUp);
    }
}

impl Serving {
    pub(super) fn now(&self, now: Micros) -> Timestamp {
        let (wall, at) = self.anchor;
        wall.plus(Duration::from_micros(now - at))
    }

    /// False when a command is refused.
    fn judge(&mut self, now: Timestamp, mail: Mail, scenario: &Scenario, flight: &mut Flight) -> bool {
        match mail {
            Mail::Command { author, command, deed } => {
                let answer = self.scheduler.handle(now, author, command, &mut self.output);
                let taken = answer.is_ok();
                flight.answers.extend(deed.map(|deed| (deed, answer)));
                taken
            }
            Mail::OfNode { command, .. } => {
                self.scheduler.handle(now, Author::SYSTEM, command, &mut self.output).is_ok()
            }
            Mail::Report { node, session, report, number } => {
                let Some(node) = scenario.machines.get(node).map(|machine| machine.name.clone()) else {
                    return false;
                };
                // What comes too late is refused, and settled all the same.
                let _ = self.scheduler.handle(
                    now,
                    Author::SYSTEM,
                    Command::Report { node, report },
                    &mut self.output,
                );
                let settled = flight.settled.entry(session).or_default();
                *settled = number.max(*settled);
                true
            }
        }
    }
}

/// What the leader learns of a node by this.
fn notices(mail: &Mail) -> Option<Sight<'static>> {
    match mail {
        Mail::Command { .. } => None,
        Mail::Report { node, .. } => Some(Sight::Heard { node: *node }),
        Mail::OfNode { node, command } => match command {
            Command::HearNode { .. } => Some(Sight::Heard { node: *node }),
            Command::ConnectNode { session, .. } => {
                Some(Sight::Session { node: *node, session: *session, open: true })
            }
            Command::DisconnectNode { session, .. } => {
                Some(Sight::Session { node: *node, session: *session, open: false })
            }
            _ => None,
        },
    }
}

/// Lets go what a durable batch was holding back.
fn leave(core: &mut Core, net: &mut Network, sessions: &BTreeMap<SessionId, Stream>, flight: Flight) {
    let Flight { mut effects, mut settled, answers } = flight;
    let all: BTreeSet<SessionId> = effects.keys().chain(settled.keys()).copied().collect();
    for session in all {
        let told = effects.remove(&session).unwrap_or_default();
        told.iter().for_each(|effect| core.saw(Sight::Effect(effect)));
        let Some(stream) = sessions.get(&session).copied() else { continue };
        let ends = told.iter().any(|effect| matches!(effect, Effect::EndSession { .. }));
        net.tell(stream, Told::Batch(told, settled.remove(&session)), core.now, &mut core.queue);
        if ends {
            net.close_at_leader(stream, false, core.now, &mut core.queue);
        }
    }
    for (deed, answer) in answers {
        core.answers.insert(deed, answer);
        let arrives = core.dice.between(100, 50_000);
        core.after(arrives, Happening::Answer(deed));
    }
}
