//! Whatever happens, in whatever order: what an agent never does.

use std::collections::{BTreeMap, BTreeSet};

use callsheet_model::{Failure, FailureClass, FrameSet, Reported, RunPhase, Token, Work};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

use crate::stories::{frames, ms, offer};
use crate::{Action, Agent, Input, News, Offer, Welcome};

/// Few tokens, slots and frames, so that random inputs meet each other.
fn token() -> impl Strategy<Value = Token> {
    (1u64..8).prop_map(Token)
}

fn set() -> impl Strategy<Value = FrameSet> {
    proptest::collection::vec(1i32..6, 0..4).prop_map(|list| list.into_iter().collect())
}

fn news() -> impl Strategy<Value = News> {
    prop_oneof![
        set().prop_map(|frames| News::Launched { frames }),
        Just(News::Rendering),
        Just(News::Grew),
        Just(News::Working),
        (0usize..6).prop_map(|nth| News::Phase(RunPhase::ALL[nth])),
        Just(News::Proving),
        (1i32..6).prop_map(News::FrameStarted),
        set().prop_map(News::FramesFinished),
        set().prop_map(|frames| News::Proven { frames, bytes: 1, took: ms(1) }),
        Just(News::Ended { verdict: Ok(()), broken: vec![] }),
        Just(News::Ended { verdict: Err(Failure::new(FailureClass::Crash, "x")), broken: vec![] }),
    ]
}

fn offers() -> impl Strategy<Value = Input> {
    (token(), 0..5).prop_map(|(token, kind)| {
        let work = match kind {
            0 => Work::Publish { of: Token(100) },
            1 => Work::Preflight,
            _ => Work::Render,
        };
        Input::Offered(vec![Offer { work, ..offer(token.0, "1-5") }])
    })
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        1 => Just(Input::LinkUp),
        1 => Just(Input::LinkDown),
        1 => (0u64..20_000).prop_map(|dialled| Input::Refused { dialled: ms(dialled) }),
        2 => Just(Input::Welcomed(Welcome { silence: ms(2000), pulse: ms(300) })),
        6 => offers(),
        4 => (0u64..40, token(), set())
            .prop_map(|(up_to, token, set)| Input::Settled { up_to, accepted: vec![(token, set)] }),
        1 => token().prop_map(Input::Revoked),
        1 => token().prop_map(|token| Input::Closed(vec![token])),
        3 => (0u64..40).prop_map(Input::PulseAcked),
        1 => (0usize..3).prop_map(Input::SlotUp),
        1 => (0usize..3).prop_map(Input::SlotDown),
        12 => (0usize..3, token(), news())
            .prop_map(|(slot, token, news)| Input::Attempt { slot, token, news }),
        4 => (token(), set(), set(), set(), set())
            .prop_map(|(token, done, lost, failed, unbegun)| Input::Published { token, done, lost, failed, unbegun }),
        1 => Just(Input::Beat),
        4 => Just(Input::Tick),
    ]
}

/// Watches an agent from outside.
#[derive(Default)]
struct Witness {
    /// What was offered to be published by name, or accepted.
    allowed: BTreeMap<Token, FrameSet>,
    last_number: u64,
    seen: BTreeSet<Token>,
    ended: BTreeSet<Token>,
    in_slots: BTreeMap<usize, Token>,
    /// Leases under which a step is only looked at.
    preflights: BTreeSet<Token>,
}

impl Witness {
    fn input(&mut self, input: &Input, held: &BTreeSet<Token>) {
        match input {
            Input::Offered(offers) => {
                for offer in offers.iter().filter(|offer| !held.contains(&offer.token)) {
                    self.ended.remove(&offer.token);
                    self.allowed.remove(&offer.token);
                    if matches!(offer.work, Work::Publish { .. }) {
                        self.allowed.insert(offer.token, offer.frames.clone());
                    }
                    self.seen.insert(offer.token);
                    if offer.work == Work::Preflight {
                        self.preflights.insert(offer.token);
                    } else {
                        self.preflights.remove(&offer.token);
                    }
                }
            }
            Input::Settled { accepted, .. } => {
                for (token, set) in accepted {
                    self.allowed.entry(*token).or_default().add(set);
                }
            }
            Input::Attempt { slot, token, news: News::Ended { .. } }
                if self.in_slots.get(slot) == Some(token) =>
            {
                self.in_slots.remove(slot);
            }
            Input::SlotDown(slot) => {
                self.in_slots.remove(slot);
            }
            _ => {}
        }
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::Publish { offer, frames, .. } => {
                let allowed = self.allowed.get(&offer.token).cloned().unwrap_or_default();
                assert!(frames.is_subset(&allowed), "{frames} published, {allowed} accepted");
            }
            Action::Report(numbered) if numbered.number > self.last_number => {
                let report = &numbered.report;
                assert_eq!(numbered.number, self.last_number + 1, "numbers have no gaps");
                self.last_number = numbered.number;
                if self.preflights.contains(&report.token) {
                    assert!(!matches!(report.what, Reported::Proven { .. }), "whoever looks proves nothing");
                }
                if matches!(report.what, Reported::Ended { .. }) {
                    assert!(self.ended.insert(report.token), "{} ended twice", report.token);
                }
            }
            Action::Start { slot, offer } => {
                let before = self.in_slots.insert(*slot, offer.token);
                assert_eq!(before, None, "one renderer in a slot");
            }
            Action::Bite { slot, token } | Action::Kill { slot, token } => {
                assert_eq!(self.in_slots.get(slot), Some(token), "only what runs is killed");
            }
            _ => {}
        }
    }
}

/// Plays inputs with their delays, and returns the agent with the time it is.
fn play(inputs: Vec<(u64, Input)>, witness: &mut Witness) -> (Agent, u64) {
    let (mut agent, mut now) = (Agent::new(2), 0);
    for (pause, input) in inputs {
        now += pause;
        // An expiry comes before the input, so leases held are looked at after it.
        for action in agent.handle(ms(now), Input::Tick) {
            witness.action(&action);
        }
        witness.input(&input, &agent.held());
        for action in agent.handle(ms(now), input) {
            witness.action(&action);
        }
        // What is overdue is done in one go: it never spins.
        for _ in 0..2 {
            agent.handle(ms(now), Input::Tick).iter().for_each(|action| witness.action(action));
        }
        assert!(agent.next_wake().is_none_or(|wake| wake > ms(now)), "{agent:?}");
    }
    (agent, now)
}

proptest! {
    #[test]
    fn whatever_happens_its_promises_hold(
        inputs in proptest::collection::vec((0u64..700, input()), 0..120)
    ) {
        play(inputs, &mut Witness::default());
    }

    #[test]
    fn whatever_happened_it_can_leave(inputs in proptest::collection::vec((0u64..700, input()), 0..60)) {
        let mut witness = Witness::default();
        let (mut agent, now) = play(inputs, &mut witness);
        let mut left = false;
        let mut time = ms(now);
        let mut actions = agent.handle(time, Input::Leave { grace: ms(100) });
        for _ in 0..1000 {
            for action in std::mem::take(&mut actions) {
                witness.action(&action);
                left |= action == Action::Left;
                if let Action::Kill { slot, token } = action {
                    let news = News::Ended { verdict: Ok(()), broken: vec![] };
                    let input = Input::Attempt { slot, token, news };
                    witness.input(&input, &agent.held());
                    actions.extend(agent.handle(time, input));
                }
            }
            if actions.is_empty() {
                let Some(wake) = agent.next_wake() else { break };
                time = time.max(wake);
                actions = agent.handle(time, Input::Tick);
            }
        }
        assert!(left);
    }

    #[test]
    fn every_lease_that_stays_ours_ends_once(sizes in proptest::collection::vec(1i32..5, 1..12), flip in any::<u64>()) {
        let (mut agent, mut ends, mut proven) = (Agent::new(2), BTreeMap::new(), BTreeMap::new());
        let mut todo = vec![Input::SlotUp(0), Input::SlotUp(1), Input::LinkUp];
        todo.push(Input::Welcomed(Welcome { silence: ms(2000), pulse: ms(300) }));
        for (nth, size) in sizes.iter().enumerate() {
            todo.push(Input::Offered(vec![offer(nth as u64 + 1, &format!("1-{size}"))]));
        }
        todo.reverse();
        while let Some(input) = todo.pop() {
            for action in agent.handle(ms(0), input) {
                match action {
                    Action::Start { slot, offer } => {
                        let good = flip >> (offer.token.0 % 64) & 1 == 0;
                        let token = offer.token;
                        let frames = if good { offer.frames.clone() } else { frames("1") };
                        todo.insert(0, Input::Attempt { slot, token, news: News::Proven { frames, bytes: 1, took: ms(1) } });
                        todo.insert(0, Input::Attempt { slot, token, news: News::Ended { verdict: Ok(()), broken: vec![] } });
                    }
                    Action::Report(numbered) => match numbered.report.what {
                        Reported::Ended { .. } => *ends.entry(numbered.report.token).or_insert(0) += 1,
                        Reported::Proven { frames, .. } => {
                            proven.insert(numbered.report.token, frames);
                        }
                        _ => {}
                    },
                    _ => {}
                }
            }
        }
        assert_eq!(ends.len(), sizes.len());
        assert!(ends.values().all(|count| *count == 1));
        assert_eq!(proven.len(), sizes.len());
    }
}
