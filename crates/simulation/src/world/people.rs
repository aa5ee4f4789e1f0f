//! People, who ask until they are answered, and readers, who follow the log through every failure.

use callsheet_journal::{Journal, PageLimit, ReadError};
use callsheet_scheduler::Command;

use super::Core;
use super::happening::Happening;
use crate::Micros;
use crate::scenario::{Deed, Scenario};
use crate::sight::Sight;

/// Readers of the log: one that keeps up, and one that is slow, and so finds itself anywhere in the log when a leader
/// starts that has nothing in memory yet.
pub(super) const READERS: usize = 2;
/// After so many pages, on the average, a reader's connection breaks.
const PAGES: [u64; READERS] = [20, 2];
/// Without an answer a person asks again.
const PATIENCE: Micros = 3_000_000;

/// All of them.
pub(super) struct People {
    deeds: Vec<Deed>,
    answered: Vec<bool>,
    cursors: [u64; READERS],
}

impl People {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let answered = vec![false; scenario.deeds.len()];
        Self { deeds: scenario.deeds.clone(), answered, cursors: [0; READERS] }
    }

    pub(super) fn deeds(&self) -> &[Deed] {
        &self.deeds
    }

    /// Once nothing goes wrong any more, they let everything go on.
    pub(super) fn settle(&mut self, core: &mut Core, scenario: &Scenario) {
        let resumed = scenario.jobs().map(|(job, _)| Command::ResumeJob { job });
        let undrained =
            scenario.machines.iter().map(|machine| Command::UndrainNode { node: machine.name.clone() });
        for command in resumed.chain(undrained) {
            // A job that was not taken yet is resumed in vain; its submission is asked for until it is taken.
            self.deeds.push(Deed { at: core.now, command });
            self.answered.push(false);
            core.after(10_000_000, Happening::Deed(self.deeds.len() - 1));
        }
    }

    /// Asks, and asks again later if there is no answer.
    pub(super) fn asks(&self, core: &mut Core, nth: usize) {
        if self.answered.get(nth).copied().unwrap_or(true) {
            return;
        }
        let on_its_way = core.dice.between(200, 100_000);
        core.after(on_its_way, Happening::Request(nth));
        // One in fifty requests arrives twice.
        if core.dice.one_in(50) {
            core.after(on_its_way * 3, Happening::Request(nth));
        }
        core.after(PATIENCE, Happening::Deed(nth));
    }

    /// Hears the leader's answer.
    pub(super) fn hears(&mut self, core: &mut Core, nth: usize) {
        let Some(answer) = core.answers.remove(&nth) else { return };
        let (Some(deed), Some(answered)) = (self.deeds.get(nth), self.answered.get_mut(nth)) else { return };
        *answered = true;
        core.saw(Sight::Answered { command: &deed.command, answer: &answer });
    }

    pub(super) fn is_answered(&self) -> bool {
        self.answered.iter().all(|answered| *answered)
    }

    /// Reads what is new, some of it at a time.
    pub(super) fn reads(&mut self, core: &mut Core, reader: usize, journal: &dyn Journal) {
        let Some(cursor) = self.cursors.get_mut(reader) else { return };
        let events = core.dice.magnitude(1.0, 5000.0) as usize;
        let limit = PageLimit { events, ..PageLimit::default() };
        loop {
            let page = match journal.read(*cursor + 1, limit) {
                Ok(page) => page,
                // Told so, it goes on with the oldest there is, and knows what it missed.
                Err(ReadError::TooOld { asked, oldest }) => {
                    let head = journal.range().1;
                    core.saw(Sight::TooOld { reader, asked, oldest, head });
                    *cursor = oldest - 1;
                    continue;
                }
                Err(_) => return,
            };
            if page.events.is_empty() {
                return;
            }
            for event in &page.events {
                core.saw(Sight::Read { reader, event });
                *cursor = event.envelope.sequence;
            }
            // A connection may break between any two pages.
            if core.dice.one_in(PAGES[reader]) {
                return;
            }
        }
    }

    pub(super) fn have_read(&self, head: u64) -> bool {
        self.cursors.iter().all(|cursor| *cursor == head)
    }
}
