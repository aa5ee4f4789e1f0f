//! What is kept of an attempt's output: its beginning, its end, and a word about what lies between.
//!
//! ```text
//!   lines ─► at most so much at once ─► head, sent as it comes ─► tail, kept back ─► (end) sent
//!              │ too fast                   │ full                  │ full: the oldest goes
//!              └────────────── [n bytes left out] ◄─────────────────┘
//! ```
//!
//! Pure: the time comes in. However chatty a renderer is, it costs the leader no more than `limit` bytes, and
//! no more than [`RATE`] of them in a second.

use std::collections::VecDeque;
use std::time::Duration;

use callsheet_model::Failure;
use callsheet_model::limits::{MAX_EVIDENCE_LINE_BYTES, MAX_EVIDENCE_LINES};

/// Bytes in a second that are passed on.
const RATE: f64 = 256.0 * 1024.0;
/// A piece is sent when it is this long,
const PIECE: usize = 16 * 1024;
/// or when its oldest line has waited for this long.
const PATIENCE: Duration = Duration::from_millis(100);

/// Of the lines that a reader found decisive, so many are kept beside the last ones.
const DECISIVE: usize = 20;

/// An attempt's output, on its way.
#[derive(Debug)]
pub(crate) struct LogKeeper {
    /// Bytes still to be sent as they come.
    head_left: usize,
    tail_limit: usize,
    tail: VecDeque<String>,
    tail_bytes: usize,
    /// Lines gathered for the next piece, and since when.
    piece: String,
    since: Option<Duration>,
    /// Bytes left out since the last word about it.
    left_out: u64,
    allowance: f64,
    at: Duration,
    /// Bytes sent so far: where the next piece begins.
    sent: u64,
    /// The last lines, cut, for whoever asks how it ended.
    last: VecDeque<String>,
}

impl LogKeeper {
    pub(crate) fn new(limit: u64) -> Self {
        let half = usize::try_from(limit / 2).unwrap_or(usize::MAX);
        Self {
            head_left: half,
            tail_limit: half,
            tail: VecDeque::new(),
            tail_bytes: 0,
            piece: String::new(),
            since: None,
            left_out: 0,
            allowance: RATE,
            at: Duration::ZERO,
            sent: 0,
            last: VecDeque::new(),
        }
    }

    pub(crate) fn line(&mut self, now: Duration, line: &str) {
        self.remember(line);
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.allowance = (self.allowance + passed * RATE).min(RATE);
        let length = line.len() + 1;
        if length > self.head_left {
            // Once full, the head stays full: lines never change places.
            self.head_left = 0;
            return self.keep_back(line, length);
        }
        if self.allowance < length as f64 {
            self.left_out += length as u64;
            return;
        }
        self.allowance -= length as f64;
        self.head_left -= length;
        self.own_up();
        self.piece.push_str(line);
        self.piece.push('\n');
        self.since.get_or_insert(now);
    }

    /// A failure with the last lines as its evidence, after those that its reader found decisive.
    pub(crate) fn told_with(&self, failure: Failure) -> Failure {
        let known = |line: &String| self.last.iter().any(|last| last.contains(line.as_str()));
        let mut evidence: Vec<String> = failure.evidence.into_iter().filter(|line| !known(line)).collect();
        evidence.truncate(DECISIVE);
        let surplus = (evidence.len() + self.last.len()).saturating_sub(MAX_EVIDENCE_LINES);
        evidence.extend(self.last.iter().skip(surplus).cloned());
        Failure { evidence, ..failure }
    }

    fn remember(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        if self.last.len() == MAX_EVIDENCE_LINES {
            self.last.pop_front();
        }
        let cut = line.char_indices().map(|(at, _)| at).find(|at| *at >= MAX_EVIDENCE_LINE_BYTES);
        self.last.push_back(line.get(..cut.unwrap_or(line.len())).unwrap_or_default().to_owned());
    }

    /// When the next piece is due.
    pub(crate) fn due(&self) -> Option<Duration> {
        let since = self.since?;
        Some(if self.piece.len() >= PIECE { since } else { since + PATIENCE })
    }

    /// The next piece and its offset, if it is due.
    pub(crate) fn take(&mut self, now: Duration) -> Option<(u64, String)> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        self.send()
    }

    /// What is left when the attempt is over.
    pub(crate) fn finish(&mut self) -> Vec<(u64, String)> {
        let mut pieces: Vec<_> = self.send().into_iter().collect();
        self.own_up();
        for line in std::mem::take(&mut self.tail) {
            self.piece.push_str(&line);
            self.piece.push('\n');
            if self.piece.len() >= PIECE {
                pieces.extend(self.send());
            }
        }
        pieces.extend(self.send());
        pieces
    }

    fn keep_back(&mut self, line: &str, length: usize) {
        if length > self.tail_limit {
            self.left_out += length as u64;
            return;
        }
        self.tail.push_back(line.to_owned());
        self.tail_bytes += length;
        while self.tail_bytes > self.tail_limit {
            let Some(oldest) = self.tail.pop_front() else { break };
            self.tail_bytes -= oldest.len() + 1;
            self.left_out += oldest.len() as u64 + 1;
        }
    }

    /// Says how much is missing at this place, if anything.
    fn own_up(&mut self) {
        if self.left_out > 0 {
            self.piece.push_str(&format!("[{} bytes left out]\n", self.left_out));
            self.left_out = 0;
        }
    }

    fn send(&mut self) -> Option<(u64, String)> {
        self.since = None;
        let piece = std::mem::take(&mut self.piece);
        if piece.is_empty() {
            return None;
        }
        let offset = self.sent;
        self.sent += piece.len() as u64;
        Some((offset, piece))
    }
}

#[cfg(test)]
mod tests {
    use callsheet_model::FailureClass;

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn lines_are_gathered_and_sent_with_their_offset() {
        let mut log = LogKeeper::new(1000);
        log.line(ms(0), "one");
        log.line(ms(50), "two");
        assert_eq!((log.take(ms(99)), log.due()), (None, Some(ms(100))));
        assert_eq!(log.take(ms(100)), Some((0, "one\ntwo\n".into())));
        log.line(ms(120), "three");
        assert_eq!(log.finish(), [(8, "three\n".into())]);
    }

    #[test]
    fn beginning_and_end_are_kept() {
        let mut log = LogKeeper::new(40);
        for nth in 0..20 {
            log.line(ms(nth), &format!("line {nth:02}"));
        }
        let text: String = log.finish().into_iter().map(|(_, text)| text).collect();
        assert_eq!(text, "line 00\nline 01\n[128 bytes left out]\nline 18\nline 19\n");
    }

    #[test]
    fn the_last_lines_are_remembered_however_much_is_left_out() {
        let crash = |lines: &[&str]| Failure {
            evidence: lines.iter().map(|line| (*line).to_owned()).collect(),
            ..Failure::new(FailureClass::Crash, "gone")
        };
        let mut log = LogKeeper::new(40);
        assert_eq!(log.told_with(crash(&["why"])).evidence, ["why"]);
        for nth in 0..200 {
            log.line(ms(nth), &format!("line {nth} {}", "é".repeat(1000)));
            log.line(ms(nth), "  ");
        }
        let told = log.told_with(crash(&["the cause", "line 199"])).evidence;
        assert_eq!(told.len(), MAX_EVIDENCE_LINES);
        assert_eq!(told[0], "the cause", "it would have been lost");
        assert!(told[1].starts_with("line 151 ") && told[49].starts_with("line 199 "));
        assert!(told.iter().all(|line| line.len() <= MAX_EVIDENCE_LINE_BYTES + 1));
        let many: Vec<String> = (0..99).map(|nth| format!("error {nth}")).collect();
        let told = log.told_with(crash(&many.iter().map(String::as_str).collect::<Vec<_>>())).evidence;
        assert_eq!((told.len(), told[19].as_str()), (MAX_EVIDENCE_LINES, "error 19"));
        assert!(told[20].starts_with("line 170 "));
    }

    #[test]
    fn a_flood_is_thinned_out_and_offsets_have_no_gaps() {
        let mut log = LogKeeper::new(100 << 20);
        let line = "x".repeat(999);
        let mut pieces = Vec::new();
        for nth in 0..20_000 {
            log.line(ms(nth / 10), &line);
            pieces.extend(log.take(ms(nth / 10)));
        }
        pieces.extend(log.finish());
        let text: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
        assert!(text.len() < 4 * 256 * 1024, "{}", text.len());
        assert!(text.contains("bytes left out]"));
        let mut at = 0;
        for (offset, text) in pieces {
            assert_eq!(offset, at);
            at += text.len() as u64;
        }
    }
}
