//! The lease clock: until when the leader must believe that this node is alive, by the node's own clock.
//!
//! The leader takes a node for lost when it has not heard it for `silence`. It heard a pulse after it was
//! sent, so `sent + silence` comes before the leader's own limit, whatever the clocks of the two machines say.

use std::collections::VecDeque;
use std::time::Duration;

use crate::input::Welcome;

/// A hello is answered within this time, or the stream is given up.
const GREETING: Duration = Duration::from_secs(10);
/// Pulses remembered at once; older ones are answered by newer ones anyway.
const MAX_PULSES: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct LeaseClock {
    terms: Option<Welcome>,
    hello_sent: Option<Duration>,
    /// The stream is open and the leader has welcomed us.
    welcomed: bool,
    /// Pulses without an answer, oldest first.
    sent: VecDeque<(u64, Duration)>,
    last_number: u64,
    next_pulse: Duration,
    /// `None`: no lease can be held.
    expires: Option<Duration>,
}

impl LeaseClock {
    pub(crate) fn link_up(&mut self, now: Duration) {
        self.hello_sent = Some(now);
        self.welcomed = false;
        self.sent.clear();
    }

    pub(crate) fn link_down(&mut self) {
        self.hello_sent = None;
        self.welcomed = false;
        self.sent.clear();
    }

    /// True when the welcome fits: one was asked for.
    pub(crate) fn welcome(&mut self, now: Duration, terms: Welcome) -> bool {
        let Some(sent) = self.hello_sent.take() else { return false };
        self.terms = Some(terms);
        self.welcomed = true;
        self.renew(sent);
        self.next_pulse = now;
        true
    }

    /// Nobody listened where the leader lives, when it was dialled or later: none that comes after that can have given
    /// up on us before.
    pub(crate) fn refused(&mut self, dialled: Duration) {
        self.renew(dialled);
    }

    pub(crate) fn acked(&mut self, number: u64) {
        let Some(at) = self.sent.iter().position(|(sent, _)| *sent == number) else { return };
        let answered = self.sent.drain(..=at).next_back();
        if let Some((_, sent)) = answered {
            self.renew(sent);
        }
    }

    /// The number of a pulse that is sent now.
    pub(crate) fn pulse(&mut self, now: Duration) -> u64 {
        self.last_number += 1;
        self.sent.push_back((self.last_number, now));
        if self.sent.len() > MAX_PULSES {
            self.sent.pop_front();
        }
        if let Some(terms) = self.terms {
            self.next_pulse = now + terms.pulse;
        }
        self.last_number
    }

    /// Whether our hello has gone unanswered for too long.
    pub(crate) fn is_ignored(&self, now: Duration) -> bool {
        self.hello_sent.is_some_and(|sent| now >= sent + GREETING)
    }

    pub(crate) fn is_welcomed(&self) -> bool {
        self.welcomed
    }

    pub(crate) fn pulse_is_due(&self, now: Duration) -> bool {
        self.welcomed && now >= self.next_pulse
    }

    /// Until when leases are good.
    pub(crate) fn expires(&self) -> Option<Duration> {
        self.expires
    }

    /// True once, when the time has run out: every lease is to be dropped.
    pub(crate) fn run_out(&mut self, now: Duration) -> bool {
        let over = self.expires.is_some_and(|expires| now >= expires);
        if over {
            self.expires = None;
        }
        over
    }

    pub(crate) fn next_wake(&self) -> Option<Duration> {
        let pulse = self.welcomed.then_some(self.next_pulse);
        let greeting = self.hello_sent.map(|sent| sent + GREETING);
        pulse.into_iter().chain(self.expires).chain(greeting).min()
    }

    fn renew(&mut self, from: Duration) {
        let Some(terms) = self.terms else { return };
        // Upholds stops_before_reassigned: counted from when a sign of life left here, never from its answer.
        // Killing takes a moment, and must be over before the leader's own limit.
        let margin = (terms.silence / 10).min(Duration::from_secs(1));
        let until = from + terms.silence.saturating_sub(margin);
        self.expires = Some(self.expires.map_or(until, |old| old.max(until)));
    }
}
