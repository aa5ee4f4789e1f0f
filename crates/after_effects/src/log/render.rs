//! Lines about a render itself: begun, header, frames, finished. Both formats say them alike.
//!
//! ```text
//!   a clock ─► begun, finished       "5/7/2018 6:22:38 PM: Finished composition "A"."
//!   label: value ─► header           "Frame Rate: 25,00 (comp)"
//!   position (n) ─► a frame          "0:00:03:18 (199): 0 Seconds"
//! ```
//!
//! Words of a language that is not known are understood by the form of these lines and by their order. It refuses
//! to take messages for any of them.

use callsheet_model::RunPhase;

use super::fact::{Header, LogFact};
use super::reader::{LogFormat, LogReader};
use super::shape::{after_clock, frame_line, labelled, parts};
use super::stamp::{Rate, Stamp, number};
use super::text::{cut, is_wide, quoted, unquoted};
use super::words::{Label, Moment, elapsed, label, moment};

/// Longest name of a composition that is kept, in bytes.
const MAX_NAME_BYTES: usize = 200;

impl LogReader {
    /// What both formats say of a render; false when it is nothing of that.
    pub(super) fn render(&mut self, text: &str, progress: bool, facts: &mut Vec<LogFact>) -> bool {
        // Most lines are those of frames: they are looked at first.
        if frame_line(text).is_none() {
            if let Some(rest) = after_clock(text) {
                // A message may have a clock before it, too.
                return self.event(rest, true, facts) && self.is_render_log(text, progress);
            }
            if progress && self.event(text.trim(), false, facts) {
                return true;
            }
            if let Some((tongue, seconds)) = elapsed(text) {
                self.speak(tongue);
                facts.push(LogFact::Elapsed(seconds));
                self.come_to(RunPhase::Exit, facts);
                return self.is_render_log(text, progress);
            }
        }
        // Whatever else a header says is no message, whatever words it holds.
        let header = progress || (text.starts_with("  ") && self.in_header());
        let mut met = false;
        for (nth, part) in parts(text).enumerate() {
            let known = self.frame(part, facts) || self.header(part, facts);
            met |= nth == 0 && (known || (header && labelled(part).is_some()));
            if !met {
                return false;
            }
        }
        met && self.is_render_log(text, progress)
    }

    fn is_render_log(&mut self, text: &str, progress: bool) -> bool {
        if !progress && self.format == LogFormat::Unknown && text.starts_with("  ") {
            self.format = LogFormat::RenderLog;
        }
        true
    }

    /// A composition is begun or finished.
    fn event(&mut self, text: &str, clock: bool, facts: &mut Vec<LogFact>) -> bool {
        let (moment, name) = match moment(text) {
            Some((moment, tongue, name)) => {
                self.speak(tongue);
                (moment, Some(unquoted(name)))
            }
            None => match self.foreign_event(text).filter(|_| clock) {
                Some(event) => event,
                None => return false,
            },
        };
        let name = name.filter(|name| !name.is_empty()).map(|name| cut(name, MAX_NAME_BYTES).to_owned());
        match moment {
            Moment::Begun => {
                self.begin(name.clone());
                facts.push(LogFact::Started { composition: name });
                self.come_to(RunPhase::FirstFrame, facts);
            }
            Moment::Done => {
                // A queue of which only the ends are told.
                let other = name.is_some() && self.last().is_some_and(|last| last.name() != name.as_deref());
                if other && self.last().is_some_and(|last| last.is_finished()) {
                    self.begin(name.clone());
                }
                self.current().finish(name.clone());
                facts.push(LogFact::Finished { composition: name });
                self.come_to(RunPhase::Exit, facts);
            }
        }
        true
    }

    /// In a language that is not known: a line with a clock is about a composition, and once all frames are
    /// drawn it is about its end.
    fn foreign_event<'a>(&self, text: &'a str) -> Option<(Moment, Option<&'a str>)> {
        let quoted = quoted(text)?;
        let foreign = !text.is_ascii() && (is_wide(text) || self.language() != Some("en"));
        let current = self.last().filter(|current| !current.is_finished());
        let drawn = current.is_some_and(|current| current.is_drawn(self.expected.as_ref()));
        let fresh = current.is_none_or(|current| !current.is_begun());
        match (foreign, drawn, fresh) {
            (true, true, _) => Some((Moment::Done, Some(quoted))),
            (true, _, true) => Some((Moment::Begun, Some(quoted))),
            _ => None,
        }
    }

    fn frame(&mut self, text: &str, facts: &mut Vec<LogFact>) -> bool {
        let Some(line) = frame_line(text) else { return false };
        // Lent while the composition is changed.
        let expected = self.expected.take();
        let current = self.current();
        let told = current.frame(line.stamp, line.ordinal, line.field, expected.as_ref());
        let (finished, drawn) = (current.is_finished(), current.is_drawn(expected.as_ref()));
        self.expected = expected;
        if let Some(number) = told {
            facts.push(number.map_or(LogFact::FrameUnnumbered, LogFact::FrameFinished));
            if !finished {
                self.come_to(if drawn { RunPhase::Finalise } else { RunPhase::Frames }, facts);
            }
        }
        true
    }

    fn header(&mut self, text: &str, facts: &mut Vec<LogFact>) -> bool {
        let Some((words, value)) = labelled(text) else { return false };
        let known = label(words);
        let position =
            Stamp::read(value).filter(|(_, rest)| rest.is_empty() || rest.trim_start().starts_with('('));
        let part = match (known, position) {
            (Some((Label::Start, _)), Some((stamp, _))) => Header::Start(stamp),
            (Some((Label::End, _)), Some((stamp, _))) => Header::End(stamp),
            (Some((Label::Duration, _)), Some((stamp, _))) => Header::Duration(stamp),
            (Some((Label::Rate, _)), _) => match Rate::read(value) {
                Some((rate, _)) => Header::Rate(rate),
                None => return false,
            },
            (None, Some((stamp @ Stamp::Time { .. }, ""))) => match self.next_part(stamp) {
                Some(part) => part,
                None => return false,
            },
            (None, _) => match self.foreign_rate(words, value) {
                Some(part) => part,
                None => return false,
            },
            _ => return false,
        };
        if let Some((_, tongue)) = known {
            self.speak(tongue);
        }
        self.put(part, facts);
        if let (Header::Duration(_), Some((_, rest))) = (part, position)
            && let Some(count) = rest.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))
            && let Some((count, "")) = number(count, 9)
        {
            self.put(Header::Count(count), facts);
        }
        true
    }

    /// Between the begin of a composition and its first frame.
    fn in_header(&self) -> bool {
        self.phase == RunPhase::FirstFrame && self.last().is_some_and(|current| current.count() == 0)
    }

    fn next_part(&self, stamp: Stamp) -> Option<Header> {
        if !self.in_header() {
            return None;
        }
        self.last()?.next_part(stamp)
    }

    /// `25,00 (comp)` under a label in a language that is not known, right after the duration.
    fn foreign_rate(&self, words: &str, value: &str) -> Option<Header> {
        let current = self.last()?;
        let (rate, rest) = Rate::read(value)?;
        let awaited = self.in_header() && current.duration().is_some() && current.rate().is_none();
        let foreign = !words.is_ascii() || self.language().is_some_and(|known| known != "en");
        (awaited && foreign && rest.trim_start().starts_with('(')).then_some(Header::Rate(rate))
    }

    fn put(&mut self, part: Header, facts: &mut Vec<LogFact>) {
        // A second start belongs to the next composition, unless the line only came twice.
        if let (Header::Start(start), Some(before)) = (part, self.current().start())
            && (start != before || self.current().count() > 0)
        {
            self.begin(None);
        }
        if !self.current().head(part) {
            return;
        }
        facts.push(LogFact::Header(part));
        if self.current().count() == 0 && !self.current().is_finished() {
            self.come_to(RunPhase::FirstFrame, facts);
        } else if !matches!(part, Header::Count(_)) {
            let expected = self.expected.take();
            let late = self.current().late(false, expected.as_ref());
            self.expected = expected;
            facts.extend(late.iter().map(LogFact::FrameFinished));
        }
    }
}
