//! How words become bytes on stdout: prefix or indent, line end, code page. It says what it is told, in the
//! installation's way.

use std::borrow::Cow;
use std::time::Duration;

use encoding_rs::{EUC_KR, SHIFT_JIS, WINDOWS_1252};

use crate::story::{Encoding, Format, Installation, LineEnd};
use crate::words::Words;

/// The voice of an installation.
pub(crate) struct Speech {
    encoding: Encoding,
    line_end: LineEnd,
    pub(crate) format: Format,
    pub(crate) words: &'static Words,
    major: u32,
    clock: Option<jiff::civil::DateTime>,
}

impl Speech {
    pub(crate) fn of(installation: &Installation) -> Self {
        Self {
            encoding: installation.encoding(),
            line_end: installation.line_end(),
            format: installation.format,
            words: installation.locale().words(),
            major: installation.major(),
            clock: installation.clock,
        }
    }

    /// A line as it is.
    pub(crate) fn line(&self, text: &str) -> Vec<u8> {
        let mut bytes = self.bytes(text);
        bytes.extend_from_slice(match self.line_end {
            LineEnd::Crlf => b"\r\n",
            LineEnd::Lf => b"\n",
            LineEnd::Cr => b"\r",
        });
        bytes
    }

    /// A line of the render log, which aerender's stdout repeats with its severity before it.
    pub(crate) fn progress(&self, text: &str) -> Vec<u8> {
        match self.format {
            Format::Stdout => self.line(&format!("PROGRESS:  {text}")),
            Format::AeLog if text.is_empty() => self.line(""),
            Format::AeLog => self.line(&format!("  {text}")),
        }
    }

    /// After Effects warns.
    pub(crate) fn warning(&self, text: &str) -> Vec<u8> {
        let severity = if self.format == Format::Stdout { "WARNING:" } else { "  " };
        self.line(&format!("{severity}{} {text}", self.words.warning))
    }

    /// After Effects remarks something.
    pub(crate) fn info(&self, text: &str) -> Vec<u8> {
        let severity = if self.format == Format::Stdout { "INFO:" } else { "  " };
        self.line(&format!("{severity}{text}"))
    }

    /// An exception of After Effects, as the start-up script writes it down.
    pub(crate) fn exception(&self, text: &str) -> String {
        format!("aerender {} {text}", self.words.error)
    }

    /// A composition's name: in typographer's quotes since version 15.
    pub(crate) fn quoted(&self, name: &str) -> String {
        if self.major < 15 { format!("\"{name}\"") } else { format!("\u{201c}{name}\u{201d}.") }
    }

    /// The time of day as its language writes it.
    pub(crate) fn now(&self) -> String {
        let now =
            self.clock.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).datetime());
        now.strftime(self.words.clock).to_string()
    }

    /// A length of time as the log says it.
    pub(crate) fn elapsed(&self, time: Duration) -> String {
        let words = self.words;
        let seconds = time.as_secs();
        let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match (h, m) {
            (0, 0) => format!("{s} {}", words.seconds),
            (0, _) => {
                format!("{m} {}, {s} {}", words.minutes, if self.major < 15 { "Sec" } else { words.seconds })
            }
            _ => format!("{h} {}, {m} {}", words.hours, words.minutes),
        }
    }

    /// Text in the code page; what is not in it becomes a question mark, as there.
    fn bytes(&self, text: &str) -> Vec<u8> {
        match self.encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Cp850 => text.chars().map(cp850).collect(),
            Encoding::Latin1 => {
                let plain = text.chars().map(plain_quote);
                plain.map(|char| u8::try_from(u32::from(char)).unwrap_or(b'?')).collect()
            }
            Encoding::ShiftJis => asian(SHIFT_JIS, text),
            Encoding::EucKr => asian(EUC_KR, text),
            // UTF-8 that someone took for Windows' western page, and wrote again.
            Encoding::Mojibake => {
                WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.as_bytes().to_vec()
            }
        }
    }
}

/// Shift-JIS or EUC-KR, with `?` for what it lacks.
fn asian(page: &'static encoding_rs::Encoding, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for char in text.chars() {
        let one = char.to_string();
        let (coded, _, lacking): (Cow<'_, [u8]>, _, _) = page.encode(&one);
        if lacking { bytes.push(b'?') } else { bytes.extend_from_slice(&coded) }
    }
    bytes
}

/// Consoles have no typographer's quotes.
fn plain_quote(char: char) -> char {
    match char {
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2018}' | '\u{2019}' => '\'',
        other => other,
    }
}

/// From 0x80 on, the letters of code page 850; signs and frames are left out (`\0`).
const CP850: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»\0\0\0\0\0ÁÂÀ©\0\0\0\0¢¥\0\0\0\0\0\0\0ãÃ\0\0\0\0\0\0\0¤\
    ðÐÊËÈıÍÎÏ\0\0\0\0¦Ì\0ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²\0\u{a0}";

fn cp850(char: char) -> u8 {
    let char = plain_quote(char);
    if char.is_ascii() {
        return u8::try_from(u32::from(char)).unwrap_or(b'?');
    }
    let place = CP850.chars().position(|letter| letter == char);
    place.and_then(|place| u8::try_from(place + 0x80).ok()).unwrap_or(b'?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_page_850_has_its_letters_where_they_are() {
        assert_eq!(CP850.chars().count(), 128);
        let known =
            [('Ç', 0x80), ('ü', 0x81), ('»', 0xaf), ('Á', 0xb5), ('ã', 0xc6), ('¤', 0xcf), ('ß', 0xe1)];
        for (letter, byte) in known.into_iter().chain([('Ú', 0xe9), ('´', 0xef), ('°', 0xf8), ('²', 0xfd)])
        {
            assert_eq!(cp850(letter), byte, "{letter}");
        }
        assert_eq!(cp850('“'), b'"');
        assert_eq!(cp850('日'), b'?');
    }
}
