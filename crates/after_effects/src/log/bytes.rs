//! Lines out of bytes, however they arrive.
//!
//! ```text
//!   bytes, in any pieces ─► units (UTF-16 when its mark or its zeros say so) ─► lines ─► text, decoded lossily
//! ```
//!
//! A line ends with LF, CRLF or CR. It keeps no more than 16 KiB of a line; the same bytes give the
//! same lines however they are split. It refuses to know what a line means.

use super::encoding::decoded;
use super::text::MAX_LINE_BYTES;

/// Cuts a stream of bytes into lines of text.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    units: Option<Units>,
    /// The first bytes, until they tell what the units are.
    head: Vec<u8>,
    /// The first byte of a UTF-16 unit.
    half: Option<u8>,
    /// The first unit of a pair.
    high: Option<u16>,
    line: Vec<u8>,
    began: bool,
    after_cr: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Units {
    Bytes,
    Little,
    Big,
}

impl Lines {
    /// Takes bytes, and hands over every line that is complete with them.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(&str)) {
        let mut bytes = bytes;
        while self.units.is_none() {
            let Some((first, rest)) = bytes.split_first() else { return };
            self.head.push(*first);
            bytes = rest;
            self.look(false, &mut each);
        }
        bytes.iter().for_each(|byte| self.byte(*byte, &mut each));
    }

    /// The end: hands over a last line that has no end of its own.
    pub fn finish(&mut self, mut each: impl FnMut(&str)) {
        if self.units.is_none() {
            self.look(true, &mut each);
        }
        if self.high.take().is_some() || self.half.take().is_some() {
            self.push(char::REPLACEMENT_CHARACTER);
        }
        if self.began {
            self.end(&mut each);
        }
        *self = Self::default();
    }

    /// What the first bytes say: a mark of byte order, or zeros where ASCII in UTF-16 has them.
    fn look(&mut self, last: bool, each: &mut impl FnMut(&str)) {
        let (units, skipped) = match self.head.as_slice() {
            [0xff, 0xfe, ..] => (Units::Little, 2),
            [0xfe, 0xff, ..] => (Units::Big, 2),
            [first, 0, ..] if *first != 0 => (Units::Little, 0),
            [0, second, ..] if *second != 0 => (Units::Big, 0),
            [0xef, 0xbb, 0xbf] => (Units::Bytes, 3),
            [] | [_] | [0xef, 0xbb] if !last => return,
            _ => (Units::Bytes, 0),
        };
        self.units = Some(units);
        let head = std::mem::take(&mut self.head);
        head.iter().skip(skipped).for_each(|byte| self.byte(*byte, each));
    }

    fn byte(&mut self, byte: u8, each: &mut impl FnMut(&str)) {
        let unit = match self.units {
            Some(Units::Little) => self.half.take().map(|low| u16::from_le_bytes([low, byte])),
            Some(Units::Big) => self.half.take().map(|high| u16::from_be_bytes([high, byte])),
            Some(Units::Bytes) | None => return self.raw(byte, each),
        };
        match unit {
            None => self.half = Some(byte),
            Some(unit) => self.unit(unit, each),
        }
    }

    fn unit(&mut self, unit: u16, each: &mut impl FnMut(&str)) {
        let pair = self.high.take();
        if (0xd800..0xdc00).contains(&unit) {
            if pair.is_some() {
                self.push(char::REPLACEMENT_CHARACTER);
            }
            self.high = Some(unit);
            return;
        }
        let decoded = char::decode_utf16(pair.into_iter().chain([unit]));
        for c in decoded.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)) {
            match u8::try_from(c) {
                Ok(byte) if byte.is_ascii() => self.raw(byte, each),
                _ => self.push(c),
            }
        }
    }

    fn raw(&mut self, byte: u8, each: &mut impl FnMut(&str)) {
        let after_cr = std::mem::take(&mut self.after_cr);
        match byte {
            b'\n' if after_cr => {}
            b'\n' => self.end(each),
            b'\r' => {
                self.end(each);
                self.after_cr = true;
            }
            byte => self.keep(&[byte]),
        }
    }

    fn push(&mut self, c: char) {
        self.after_cr = false;
        self.keep(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.began = true;
        if self.line.len() + bytes.len() <= MAX_LINE_BYTES {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end(&mut self, each: &mut impl FnMut(&str)) {
        each(&decoded(&self.line));
        self.line.clear();
        self.began = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        pieces.iter().for_each(|piece| lines.feed(piece, |line| all.push(line.to_owned())));
        lines.finish(|line| all.push(line.to_owned()));
        all
    }

    #[test]
    fn every_kind_of_line_end_ends_one_line() {
        assert_eq!(lines(&[b"a\nb\r\nc\rd\n\re"]), ["a", "b", "c", "d", "", "e"]);
        assert_eq!(lines(&[b"a\r", b"\nb"]), ["a", "b"]);
        assert_eq!(lines(&[b"in the mid"]), ["in the mid"]);
        assert_eq!(lines(&[]), Vec::<String>::new());
    }

    #[test]
    fn marks_of_byte_order_are_understood_and_taken_off() {
        let text = "Größe \u{1f600}\r\nb";
        let utf8 = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = [
            utf8,
            [b"\xff\xfe".as_slice(), &little].concat(),
            [b"\xfe\xff".as_slice(), &big].concat(),
            little,
            big,
        ];
        for bytes in marked {
            assert_eq!(lines(&[&bytes]), ["Größe \u{1f600}", "b"]);
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(lines(&single), ["Größe \u{1f600}", "b"]);
        }
    }

    #[test]
    fn halves_of_characters_do_no_harm() {
        assert_eq!(lines(&[b"a\xff"]), ["a\u{fffd}"]);
        assert_eq!(lines(&[b"a\0\x00\xd8"]), ["a\u{fffd}"]);
        assert_eq!(lines(&[b"a\0b"]), ["a\u{fffd}"]);
        assert_eq!(lines(&[b"\xef\xbb"]), ["\u{fffd}"]);
    }

    #[test]
    fn a_line_of_megabytes_is_kept_in_part_and_ends_where_it_ends() {
        let long = [vec![b'x'; 3 << 20], b"\nnext".to_vec()].concat();
        let lines = lines(&[&long]);
        assert_eq!((lines[0].len(), lines[1].as_str()), (MAX_LINE_BYTES, "next"));
    }
}
