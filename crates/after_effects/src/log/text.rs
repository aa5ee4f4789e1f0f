//! What of a line can be relied on, whatever its language and encoding were.
//!
//! After Effects writes in the code page of its machine, and consoles, pipes and other programs change it
//! again. What survives all of that is ASCII: the *skeleton* of a line is its ASCII in lower case, with one
//! `~` for each run of anything else. `Durée`, `Dur\u{fffd}e` and `DurÃ©e` have the same one. It refuses to know
//! code pages: `encoding` does.

/// Longest part of a line that is looked at, in bytes.
pub(crate) const MAX_LINE_BYTES: usize = 16 * 1024;

/// A line without what terminals and pipes put into it: escapes, control characters, wide forms.
pub(crate) fn clean(line: &str) -> String {
    let mut out = String::with_capacity(line.len().min(MAX_LINE_BYTES));
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if out.len() >= MAX_LINE_BYTES {
            break;
        }
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\t' | '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{3000}' => out.push(' '),
            '：' => out.push(':'),
            '；' => out.push(';'),
            '（' => out.push('('),
            '）' => out.push(')'),
            // Marks of byte order and of writing direction.
            '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Skips the rest of a terminal's escape sequence.
fn skip_escape(chars: &mut std::str::Chars<'_>) {
    let rest = chars.as_str();
    let Some(inner) = rest.strip_prefix('[') else { return };
    let end = inner.find(|c: char| ('@'..='~').contains(&c));
    // Only short ones are escapes; in anything else nothing is thrown away.
    if let Some(end) = end.filter(|end| *end < 16) {
        *chars = inner.get(end + 1..).unwrap_or_default().chars();
    }
}

/// ASCII in lower case, runs of white space as one space, runs of anything else as one `~`.
pub(crate) fn skeleton(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            c if c.is_whitespace() => ' ',
            c if c.is_ascii() => c.to_ascii_lowercase(),
            _ => '~',
        };
        if !((c == '~' || c == ' ') && out.ends_with(c)) {
            out.push(c);
        }
    }
    out
}

/// Whether a text has letters of a script whose skeleton says nothing.
pub(crate) fn is_wide(text: &str) -> bool {
    text.chars().any(|c| c >= '\u{400}' && c != char::REPLACEMENT_CHARACTER && c.is_alphabetic())
}

/// What a line is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    /// As it was written, cleaned.
    pub(crate) text: &'a str,
    /// Its skeleton.
    pub(crate) bones: String,
}

impl<'a> Line<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, bones: skeleton(text) }
    }
}

/// Strips an ASCII prefix, whatever its case.
pub(crate) fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..)).flatten()
}

const QUOTES: [char; 15] = ['"', '\'', '“', '”', '„', '‟', '‘', '’', '‚', '«', '»', '‹', '›', '「', '」'];

/// A name without the quotes that it is shown in, or what is left of them in another encoding.
pub(crate) fn unquoted(text: &str) -> &str {
    // Typographic quotes that went through the wrong code page: as one byte, and as three.
    const LOST: [(&str, &str); 3] = [("ô", "ö"), ("â€œ", "â€"), ("ÔÇ£", "ÔÇØ")];
    let trimmed = text.trim_matches(|c: char| c == ' ' || c.is_control());
    let lost = LOST.iter().find_map(|(open, close)| trimmed.strip_prefix(open)?.strip_suffix(close));
    // What follows the quotes belongs to the sentence: a full stop, a particle.
    let inner = trimmed.starts_with(QUOTES).then(|| quoted(trimmed)).flatten();
    let name = lost.or(inner).unwrap_or(text);
    name.trim_matches(|c| QUOTES.contains(&c) || c == char::REPLACEMENT_CHARACTER || c == ' ')
}

/// What stands between the first quote of a text and its last.
pub(crate) fn quoted(text: &str) -> Option<&str> {
    let (first, quote) = text.char_indices().find(|(_, c)| QUOTES.contains(c))?;
    let last = text.rfind(QUOTES).filter(|last| *last > first)?;
    text.get(first + quote.len_utf8()..last)
}

/// Cut to so many bytes, at a character.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_skeleton_is_the_same_in_every_encoding() {
        let latin = String::from_utf8_lossy(b"Dur\xe9e : 0:00").into_owned();
        for text in ["Durée : 0:00", "DURÉE :  0:00", latin.as_str(), "DurÃ©e : 0:00", "Dur\u{82}e : 0:00"]
        {
            let bones = skeleton(text);
            assert!(bones == "dur~e : 0:00", "{text:?}: {bones:?}");
        }
    }

    #[test]
    fn terminals_and_pipes_leave_nothing_behind() {
        assert_eq!(clean("\u{feff}\u{1b}[31mPROGRESS:\u{1b}[0m\t 0：00\u{0}\r"), "PROGRESS:  0:00");
        assert_eq!(clean("\u{1b}"), "");
        assert_eq!(clean("a\u{1b}[no escape at all, only a bracket"), "ao escape at all, only a bracket");
        assert_eq!(clean(&"é".repeat(MAX_LINE_BYTES)).len(), MAX_LINE_BYTES);
    }

    #[test]
    fn quotes_are_taken_off_and_names_are_cut_at_characters() {
        for text in
            ["“a b”", "\"a b\"", "\"a b\".", "\"a b\" を", "„a b“", "« a b »", "\u{fffd}a b\u{fffd}", "a b"]
        {
            assert_eq!(unquoted(text), "a b");
        }
        for text in ["ôa bö", "â€œa bâ€\u{9d}", "ÔÇ£a bÔÇØ"] {
            assert_eq!(unquoted(text), "a b");
        }
        assert_eq!(unquoted("\"ôa\""), "ôa");
        assert_eq!((cut("éé", 3), cut("ab", 9)), ("é", "ab"));
    }
}
