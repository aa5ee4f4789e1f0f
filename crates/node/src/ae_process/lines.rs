//! Cuts a stream of bytes into lines: at LF, at CR (progress bars), and where a line becomes too long. Memory is
//! bounded, whatever comes. It refuses to know how the bytes of a line read.

/// A longer line is cut into pieces of this size.
pub(crate) const MAX_LINE: usize = 64 * 1024;

/// One stream's unfinished line.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Takes bytes, and gives every line that they finish. Empty lines are left out.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut line: impl FnMut(&[u8])) {
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (head, tail) = bytes.split_at(end);
            self.append(head, &mut line);
            self.finish(&mut line);
            bytes = tail.get(1..).unwrap_or_default();
        }
        self.append(bytes, &mut line);
    }

    /// Gives what is left, when the stream is over.
    pub(crate) fn finish(&mut self, mut line: impl FnMut(&[u8])) {
        if !self.rest.is_empty() {
            line(&self.rest);
            self.rest.clear();
        }
    }

    fn append(&mut self, mut bytes: &[u8], line: &mut impl FnMut(&[u8])) {
        while self.rest.len() + bytes.len() > MAX_LINE {
            let (head, tail) = bytes.split_at(MAX_LINE - self.rest.len());
            self.rest.extend_from_slice(head);
            self.finish(&mut *line);
            bytes = tail;
        }
        self.rest.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut read) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.feed(piece, |line| read.push(String::from_utf8_lossy(line).into_owned()));
        }
        lines.finish(|line| read.push(String::from_utf8_lossy(line).into_owned()));
        read
    }

    #[test]
    fn lines_end_at_either_sign_and_over_pieces() {
        assert_eq!(read(&[b"a\r\nb", b"c\rd\n\n", b"e"]), ["a", "bc", "d", "e"]);
        assert_eq!(read(&[b"\xff\xfe!\n"]), ["\u{fffd}\u{fffd}!"]);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let long = vec![b'x'; 2 * MAX_LINE + 5];
        let lengths: Vec<usize> = read(&[&long, b"\n"]).iter().map(String::len).collect();
        assert_eq!(lengths, [MAX_LINE, MAX_LINE, 5]);
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_lines_are_the_same(
            text in "[a-c\r\n]{0,80}", cuts in proptest::collection::vec(any::<u8>(), 0..5)
        ) {
            let bytes = text.as_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|cut| usize::from(*cut) % (bytes.len() + 1)).collect();
            at.sort_unstable();
            at.insert(0, 0);
            at.push(bytes.len());
            let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let whole: Vec<&str> = text.split(['\r', '\n']).filter(|line| !line.is_empty()).collect();
            assert_eq!(read(&pieces), whole);
        }
    }
}
