//! An export read back, one thing after the other, for whoever wants to look at what happened: no journal is made of
//! it. It refuses lines that are none of an export's; gaps and changed events are for whoever asks to find.

use std::io::{BufRead, Read};

use callsheet_model::Envelope;
use callsheet_model::image::Image;

use crate::error::ImportError;
use crate::lines::{self, Said};
use crate::records::ImageBuilder;

/// Bytes of one line: more than the largest event or record of a snapshot takes.
const LONGEST_LINE: u64 = 64 << 20;

/// One thing that an export holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Exported {
    /// A whole snapshot. They stand before all events, the oldest first.
    Snapshot(Box<Image>),
    /// An event.
    Event(Box<Envelope>),
}

/// What is in an export, in its order. After an error there is nothing more.
pub struct Exports<R> {
    export: R,
    line: usize,
    begun: bool,
    over: bool,
    events: bool,
    building: ImageBuilder,
}

impl<R: BufRead> Exports<R> {
    /// Begins to read.
    pub fn new(export: R) -> Self {
        Self { export, line: 0, begun: false, over: false, events: false, building: ImageBuilder::default() }
    }

    fn wrong(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Line { line: self.line, reason: reason.into() }
    }

    /// The next line that says something.
    fn read(&mut self) -> Result<Option<Said>, ImportError> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            self.line += 1;
            let read = self.export.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut bytes);
            match read.map_err(ImportError::Io)? {
                0 => return Ok(None),
                read if read as u64 > LONGEST_LINE => {
                    return Err(self.wrong(format!("it has more than {LONGEST_LINE} bytes")));
                }
                _ => {}
            }
            let text = std::str::from_utf8(&bytes).map_err(|error| self.wrong(error.to_string()))?;
            if !text.trim().is_empty() {
                return lines::read(text).map(Some).map_err(|reason| self.wrong(reason));
            }
        }
    }

    fn step(&mut self) -> Result<Option<Exported>, ImportError> {
        while let Some(said) = self.read()? {
            match said {
                Said::Heading(heading) if !self.begun && (1..=lines::FORMAT).contains(&heading.format) => {
                    self.begun = true;
                }
                Said::Heading(heading) if !self.begun => {
                    let (found, known) = (heading.format, lines::FORMAT);
                    return Err(
                        self.wrong(format!("its format is {found}, and this version reads up to {known}"))
                    );
                }
                Said::Heading(_) => return Err(self.wrong("a second heading")),
                _ if !self.begun => {
                    return Err(self.wrong("an export begins with a line that holds \"journal\""));
                }
                Said::Image(_) if self.events => return Err(self.wrong("snapshots stand before the events")),
                Said::Image(part) => {
                    self.building.add(*part).map_err(|reason| self.wrong(reason))?;
                    let whole = self.building.is_whole().then(|| std::mem::take(&mut self.building).finish());
                    if let Some(image) = whole.flatten() {
                        return Ok(Some(Exported::Snapshot(Box::new(image))));
                    }
                }
                Said::Event(event, _) => {
                    self.events = true;
                    return Ok(Some(Exported::Event(event)));
                }
            }
        }
        if self.begun { Ok(None) } else { Err(self.wrong("the export is empty")) }
    }
}

impl<R: BufRead> Iterator for Exports<R> {
    type Item = Result<Exported, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.step().transpose();
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}

#[cfg(test)]
mod tests {
    use callsheet_events::{Digest, Sealed};

    use super::*;
    use crate::lines::Heading;
    use crate::samples;

    fn export() -> (Vec<u8>, Vec<Envelope>, Image) {
        let (events, image) = (samples::envelopes(1, 20), samples::image(5));
        let mut text = Vec::new();
        lines::write_heading(&mut text, Heading { format: lines::FORMAT, kept_from: 1, head: 9 }).unwrap();
        lines::write_image(&mut text, &image).unwrap();
        for event in &events {
            let sealed = Sealed::seal(event.clone(), &Digest::default());
            lines::write_event(&mut text, &sealed, None).unwrap();
        }
        (text, events, image)
    }

    #[test]
    fn an_export_is_read_back_as_it_was() {
        let (text, events, image) = export();
        let read: Vec<Exported> = Exports::new(&text[..]).collect::<Result<_, _>>().unwrap();
        let snapshot = Exported::Snapshot(Box::new(image));
        let wanted: Vec<Exported> = [snapshot]
            .into_iter()
            .chain(events.into_iter().map(|event| Exported::Event(Box::new(event))))
            .collect();
        assert_eq!(read, wanted);
    }

    #[test]
    fn what_is_no_export_is_refused_with_its_line_and_nothing_follows() {
        let (text, ..) = export();
        let heading = text.split(|byte| *byte == b'\n').next().unwrap();
        let refused = |text: &[u8], line: usize, word: &str| {
            let mut read = Exports::new(text);
            let error = read.find_map(Result::err).expect("it is refused");
            assert!(matches!(&error, ImportError::Line { line: at, .. } if *at == line), "{error}");
            assert!(error.to_string().contains(word), "{error}");
            assert!(read.next().is_none());
        };
        refused(b"", 1, "empty");
        refused(b"\n\nx\n", 3, "expected value");
        refused(br#"{"journal":{"format":77,"kept_from":1,"head":3}}"#, 1, "77");
        refused(&[heading, b"\n", heading].concat(), 2, "second");
        refused(&[heading, b"\n{}\n"].concat(), 2, "a line holds");
        refused(&[heading, b"\n\xff\xfe\n"].concat(), 2, "utf-8");
        let first_event = text.split(|byte| *byte == b'\n').find(|line| line.starts_with(b"{\"sequence\""));
        refused(first_event.unwrap(), 1, "begins with");
        refused(
            &[&text[..], &text[heading.len() + 1..]].concat(),
            text.split(|byte| *byte == b'\n').count(),
            "before",
        );
    }
}
