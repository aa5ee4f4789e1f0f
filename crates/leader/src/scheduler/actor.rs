//! The actor itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use callsheet_events::{Prepared, Sealed};
use callsheet_journal::{Journal, Store};
use callsheet_model::{Author, Envelope, SessionId, Timestamp};
use callsheet_scheduler::{Command, Flights, Output, Policy, Scheduler};
use callsheet_supervision::{Held, aside};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::time::Instant;

use super::flight::Flight;
use super::handle::{Message, SessionReports};
use super::posts::Posts;
use super::replay::{Replayed, replay};
use crate::clock::{Clock, ClockSlot};
use crate::event_hub::EventHubHandle;
use crate::figures::Figures;
use crate::follow::JournalSlot;
use crate::node_session::NodeSessionHandle;

/// Batches that may be on their way to the disk at once: one being synced, one behind it.
const MOST_APPENDS: usize = 2;
/// After an append of what was posted the next one waits so many times as long, if there is anything else to decide:
/// of twenty commands one meets such an append on its way.
const REST: u32 = 19;
/// But no longer than this: where the disk is slow, whoever posts has to get on, too.
const LONGEST_REST: Duration = Duration::from_millis(50);

/// The actor.
pub(crate) struct SchedulerActor;

/// What it is started with.
pub(crate) struct Arguments {
    pub(crate) policy: Policy,
    pub(crate) store: Arc<dyn Store>,
    /// Where the journal is put once it is open, for those who read history.
    pub(crate) slot: JournalSlot,
    /// Where its clock is put, for everyone else.
    pub(crate) clock: ClockSlot,
    pub(crate) hub: EventHubHandle,
    pub(crate) figures: Arc<Figures>,
    /// A snapshot is written after this many events.
    pub(crate) snapshot_every: u64,
}

/// Everything it owns.
pub(crate) struct State {
    scheduler: Scheduler,
    clock: Clock,
    journal: Arc<dyn Journal>,
    hub: EventHubHandle,
    figures: Arc<Figures>,
    sessions: BTreeMap<SessionId, NodeSessionHandle>,
    /// Collected and not yet decided.
    pending: Vec<Message>,
    /// Events from outside that wait for their turn.
    posts: Posts,
    /// A `Commit` is in the mailbox.
    committing: bool,
    flights: Flights<Flight>,
    /// Since when an append with events from outside has been on its way, or the next one waits because of it.
    ingesting: Option<Instant>,
    /// Something else was decided since the last of them were on the disk.
    decided_others: bool,
    output: Output,
    alarm: Option<(Timestamp, Held)>,
    snapshot_every: u64,
    /// The last event in the newest snapshot, or in the one being written.
    snapshot_at: u64,
    snapshotting: bool,
}

impl Actor for SchedulerActor {
    type Msg = Message;
    type State = State;
    type Arguments = Arguments;

    async fn pre_start(
        &self,
        myself: ActorRef<Message>,
        args: Arguments,
    ) -> Result<State, ActorProcessingErr> {
        let Arguments { policy, store, slot, clock: clocks, hub, figures, snapshot_every } = args;
        // Reading a long journal takes a second or two: not on the runtime.
        let replayed = aside(move || replay(policy, &*store)).await??;
        let Replayed { scheduler, journal, last_seen, snapshot_at } = replayed;
        tracing::info!(sequence = scheduler.sequence(), snapshot = snapshot_at, "the journal is replayed");
        slot.put(journal.clone());
        let clock = clocks.start_after(last_seen);
        let mut state = State {
            scheduler,
            clock,
            journal,
            hub,
            figures,
            sessions: BTreeMap::new(),
            pending: Vec::new(),
            posts: Posts::default(),
            committing: false,
            flights: Flights::default(),
            ingesting: None,
            decided_others: false,
            output: Output::default(),
            alarm: None,
            snapshot_every,
            snapshot_at,
            snapshotting: false,
        };
        state.hub.recovered();
        state.collect(&myself, own(Command::StartLeader));
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::OpenSession { session, to } => {
                state.sessions.insert(session, to);
            }
            Message::CloseSession { session } => {
                state.sessions.remove(&session);
            }
            Message::Commit => {
                state.committing = false;
                state.commit(&myself);
            }
            Message::Durable(result) => {
                // What could not be written is not known to anyone; a fresh start replays what was.
                state.land(&myself, result?.events);
                state.commit(&myself);
            }
            Message::SnapshotStored(result) => {
                state.snapshotting = false;
                result?;
            }
            Message::Wake => {
                state.alarm = None;
                state.collect(&myself, own(Command::Tick));
            }
            Message::PostsRested => {
                state.ingesting = None;
                state.see_to_it(&myself);
            }
            Message::Ingest(post) => {
                state.posts.push(post);
                state.see_to_it(&myself);
            }
            Message::Command { .. } | Message::Reports(..) | Message::Read { .. } | Message::Flush(_) => {
                state.collect(&myself, message);
            }
        }
        Ok(())
    }
}

impl State {
    /// Puts something to decide behind the rest, and sees that it will be decided.
    fn collect(&mut self, myself: &ActorRef<Message>, message: Message) {
        self.pending.push(message);
        self.see_to_it(myself);
    }

    fn see_to_it(&mut self, myself: &ActorRef<Message>) {
        if !self.committing && self.can_decide() {
            // A mailbox is first in, first out: everything that is in it now will be in the batch.
            self.committing = myself.cast(Message::Commit).is_ok();
        }
    }

    fn can_decide(&self) -> bool {
        self.is_room_for_commands() || self.is_room_for_guests()
    }

    fn is_room_for_commands(&self) -> bool {
        !self.pending.is_empty() && self.flights.appending() < MOST_APPENDS
    }

    /// One append is always left to what the cluster itself decides.
    fn is_room_for_guests(&self) -> bool {
        !self.posts.is_empty() && self.ingesting.is_none() && self.flights.appending() < MOST_APPENDS
    }

    /// Decides what was collected: commands and reports as one batch, and behind it some of what was posted.
    fn commit(&mut self, myself: &ActorRef<Message>) {
        if !self.can_decide() {
            return;
        }
        let now = self.clock.now();
        if self.is_room_for_commands() {
            let mut flight = Flight::default();
            for message in std::mem::take(&mut self.pending) {
                self.judge(now, message, &mut flight);
            }
            self.scheduler.dispatch(now, &mut self.output);
            self.remember(myself, flight, Vec::new());
            self.decided_others = true;
        }
        if self.is_room_for_guests() {
            let mut flight = Flight::default();
            let Self { scheduler, posts, output, .. } = self;
            let prepared = posts.decide(&mut flight, |events| {
                scheduler.handle(now, Author::SYSTEM, Command::Ingest { events }, output)
            });
            self.remember(myself, flight, prepared);
        }
        self.set_alarm(myself, now);
        self.snapshot_if_due(myself);
        self.see_to_it(myself);
    }

    fn judge(&mut self, now: Timestamp, message: Message, flight: &mut Flight) {
        match message {
            Message::Command { author, command, since, reply, permit } => {
                let result = self.scheduler.handle(now, author, command, &mut self.output);
                flight.permits.extend(permit);
                flight.commands.extend(since);
                match reply {
                    Some(reply) => flight.tells.push(Box::new(move || {
                        // The asker has gone: there is no one to tell.
                        let _ = reply.send(result);
                    })),
                    None => {
                        if let Err(rejection) = result {
                            tracing::debug!(%rejection, "not carried out");
                        }
                    }
                }
            }
            Message::Reports(SessionReports { node, session, reports, up_to, permit }, since) => {
                flight.commands.push(since);
                for report in reports {
                    let command = Command::Report { node: node.clone(), report };
                    let told = self.scheduler.handle(now, Author::SYSTEM, command, &mut self.output);
                    if let Err(rejection) = told {
                        tracing::debug!(%node, %rejection, "a report came too late");
                    }
                }
                flight.permits.extend(permit);
                let told = flight.told.entry(session).or_default();
                told.settled = told.settled.max(Some(up_to));
            }
            Message::Read { read, permit } => {
                flight.permits.extend(permit);
                flight.tells.push(read(&self.scheduler));
            }
            Message::Flush(done) => flight.tells.push(Box::new(move || {
                let _ = done.send(());
            })),
            // `collect` is only given the messages above.
            _ => {}
        }
    }

    /// Sends the events of the batch that was just decided to the journal; what follows from them waits in the air.
    fn remember(&mut self, myself: &ActorRef<Message>, mut flight: Flight, prepared: Vec<Prepared>) {
        for effect in self.output.effects.drain(..) {
            flight.told.entry(effect.session()).or_default().effects.push(effect);
        }
        let events: Vec<Envelope> = std::mem::take(&mut self.output.events);
        if events.is_empty() {
            if flight.is_empty() {
                return;
            }
            if self.flights.is_empty() {
                self.leave(flight);
            } else {
                self.flights.depart(flight, false);
            }
            return;
        }
        if flight.ingested > 0 {
            self.ingesting = Some(Instant::now());
        }
        self.flights.depart(flight, true);
        let myself = myself.clone();
        self.journal.submit_prepared(
            events,
            prepared,
            Box::new(move |result| {
                // The actor has gone: its successor replays what is on the disk.
                let _ = myself.cast(Message::Durable(result));
            }),
        );
    }

    fn land(&mut self, myself: &ActorRef<Message>, events: Vec<Arc<Sealed>>) {
        let landed = self.flights.land();
        // Only the first of them had events of its own on their way.
        if landed.first().is_some_and(|flight| flight.ingested > 0) {
            self.rest_from_posts(myself);
        }
        for flight in landed {
            self.leave(flight);
        }
        self.hub.publish(events);
    }

    /// When many wait, posts leave the disk alone for most of the time; all of it is theirs while nobody else wants it.
    fn rest_from_posts(&mut self, myself: &ActorRef<Message>) {
        let has_others = std::mem::take(&mut self.decided_others);
        let since = self.ingesting.take().filter(|_| has_others && !self.posts.is_empty());
        if let Some(since) = since {
            self.ingesting = Some(since);
            let rest = (since.elapsed() * REST).min(LONGEST_REST);
            myself.send_after(rest, || Message::PostsRested);
        }
    }

    /// Lets go what a durable batch was holding back.
    fn leave(&mut self, flight: Flight) {
        for (session, told) in flight.told {
            if let Some(to) = self.sessions.get(&session) {
                to.told(told);
            }
        }
        flight.tells.into_iter().for_each(|tell| tell());
        let figures = &self.figures;
        flight.commands.iter().for_each(|since| figures.commands.observe(since.elapsed()));
        flight.posts.iter().for_each(|since| figures.posts.observe(since.elapsed()));
        figures.ingested.add((flight.ingested - flight.repeated) as u64);
        figures.repeated.add(flight.repeated as u64);
    }

    fn set_alarm(&mut self, myself: &ActorRef<Message>, now: Timestamp) {
        let Some(wake) = self.scheduler.next_wake(now) else { return };
        // An alarm that rings too early costs one empty tick; setting it anew in every batch costs more.
        if self.alarm.as_ref().is_some_and(|(set, _)| *set <= wake) {
            return;
        }
        let myself = myself.clone();
        let alarm = Held::after(self.clock.until(wake), move || {
            let _ = myself.cast(Message::Wake);
        });
        self.alarm = Some((wake, alarm));
    }

    fn snapshot_if_due(&mut self, myself: &ActorRef<Message>) {
        let behind = self.scheduler.sequence().saturating_sub(self.snapshot_at);
        if self.snapshotting || behind < self.snapshot_every {
            return;
        }
        self.snapshotting = true;
        self.snapshot_at = self.scheduler.sequence();
        let myself = myself.clone();
        self.journal.snapshot(
            self.scheduler.image(),
            Box::new(move |result| {
                let _ = myself.cast(Message::SnapshotStored(result));
            }),
        );
    }
}

/// A command of the leader's own.
fn own(command: Command) -> Message {
    Message::Command { author: Author::SYSTEM, command, since: None, reply: None, permit: None }
}
