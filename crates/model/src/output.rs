//! Where frames end up: a path with `[#####]` where the frame's number goes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;

/// An output pattern, taken apart. Paths keep the separators they were written with, since the node that
/// uses them may be another operating system than the leader that stores them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OutputPattern {
    /// Everything before the file name, with its last separator.
    directory: String,
    /// The file name before the number.
    before: String,
    /// How many digits at least; `None` for an output that is one file.
    digits: Option<usize>,
    /// The file name after the number.
    after: String,
}

/// Why a text is no output pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// No file name at the end.
    #[error("the output has no file name at its end")]
    NoFileName,
    /// The placeholder is not in the file name, or there are two.
    #[error("[#####] belongs into the file name, once")]
    Placeholder,
    /// A bracket without its other half, or something else than `#` inside.
    #[error("brackets hold only #, one for each digit: [#####]")]
    Bracket,
    /// Not absolute.
    #[error("the output path is not absolute: nodes have no common place to start from")]
    Relative,
    /// It walks upwards.
    #[error("the output path has a '..' in it")]
    Upwards,
    /// Too long.
    #[error("the output is longer than {max} bytes")]
    TooLong {
        /// The longest allowed.
        max: usize,
    },
    /// Characters that no file name can have.
    #[error("the output has a control character in it")]
    Control,
}

impl OutputPattern {
    /// Reads a pattern such as `/show/shot/beauty_[#####].png` or `F:\show\final.mp4`.
    ///
    /// # Errors
    /// `OutputError` says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, OutputError> {
        if text.len() > limits::MAX_PATH_BYTES {
            return Err(OutputError::TooLong { max: limits::MAX_PATH_BYTES });
        }
        if text.chars().any(char::is_control) {
            return Err(OutputError::Control);
        }
        let cut = text.rfind(['/', '\\']).map_or(0, |at| at + 1);
        let (directory, file) = text.split_at(cut);
        if directory.contains(['[', ']']) {
            return Err(OutputError::Placeholder);
        }
        if text.split(['/', '\\']).any(|part| part == "..") {
            return Err(OutputError::Upwards);
        }
        if file.is_empty() || file == "." {
            return Err(OutputError::NoFileName);
        }
        let (before, digits, after) = match file.split_once('[') {
            None => (file, None, ""),
            Some((before, rest)) => {
                let (hashes, after) = rest.split_once(']').ok_or(OutputError::Bracket)?;
                if hashes.is_empty() || hashes.bytes().any(|byte| byte != b'#') {
                    return Err(OutputError::Bracket);
                }
                if after.contains('[') {
                    return Err(OutputError::Placeholder);
                }
                (before, Some(hashes.len()), after)
            }
        };
        if before.contains(']') || after.contains(']') {
            return Err(OutputError::Bracket);
        }
        Ok(Self { directory: directory.into(), before: before.into(), digits, after: after.into() })
    }

    /// Like [`Self::parse`], and the path must be absolute on some platform.
    ///
    /// # Errors
    /// `OutputError` says what is wrong with it.
    pub fn parse_absolute(text: &str) -> Result<Self, OutputError> {
        let pattern = Self::parse(text)?;
        if pattern.is_absolute() { Ok(pattern) } else { Err(OutputError::Relative) }
    }

    /// Whether the path starts at a root, a drive or a share.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        let path = self.directory.as_bytes();
        let drive = path.len() >= 3
            && path[0].is_ascii_alphabetic()
            && path[1] == b':'
            && matches!(path[2], b'/' | b'\\');
        path.first() == Some(&b'/') || path.starts_with(b"\\\\") || drive
    }

    /// The directory, with its last separator; empty when the pattern is a bare file name.
    #[must_use]
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// Whether each frame has a file of its own.
    #[must_use]
    pub fn is_sequence(&self) -> bool {
        self.digits.is_some()
    }

    /// The file name before the number; the whole name when there is none.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.before
    }

    /// The file name after the number.
    #[must_use]
    pub fn suffix(&self) -> &str {
        &self.after
    }

    /// How many digits the number has at least; `None` for an output that is one file.
    #[must_use]
    pub fn digits(&self) -> Option<usize> {
        self.digits
    }

    /// The file name without its directory, as written.
    #[must_use]
    pub fn file_pattern(&self) -> String {
        match self.digits {
            Some(digits) => format!("{}[{}]{}", self.before, "#".repeat(digits), self.after),
            None => self.before.clone(),
        }
    }

    /// The extension, in lower case, without its dot.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        let name = if self.digits.is_some() { &self.after } else { &self.before };
        name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
    }

    /// The file name of one frame; a pattern without a number has one name for all.
    #[must_use]
    pub fn file_name(&self, frame: i32) -> String {
        match self.digits {
            // A sign counts beside the digits: [####] gives -0007, as renderers write it.
            Some(digits) if frame < 0 => {
                format!("{}-{:0digits$}{}", self.before, frame.unsigned_abs(), self.after)
            }
            Some(digits) => format!("{}{frame:0digits$}{}", self.before, self.after),
            None => self.before.clone(),
        }
    }

    /// The number in a file name of this pattern, if it is one.
    #[must_use]
    pub fn frame_of(&self, file_name: &str) -> Option<i32> {
        self.digits?;
        let number = file_name.strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        let frame: i32 = number.parse().ok()?;
        (self.file_name(frame) == file_name).then_some(frame)
    }
}

impl fmt::Display for OutputPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.directory, self.file_pattern())
    }
}

impl TryFrom<String> for OutputPattern {
    type Error = OutputError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<OutputPattern> for String {
    fn from(pattern: OutputPattern) -> Self {
        pattern.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_each_frame() {
        let pattern = OutputPattern::parse_absolute("/show/a_[####].png").unwrap();
        assert_eq!(pattern.file_name(7), "a_0007.png");
        assert_eq!(pattern.file_name(-7), "a_-0007.png");
        assert_eq!(pattern.file_name(123_456), "a_123456.png");
        assert_eq!(pattern.frame_of("a_0007.png"), Some(7));
        assert_eq!(pattern.frame_of("a_-0007.png"), Some(-7));
        for other in ["a_7.png", "a_0007.jpg", "b_0007.png", "a_+007.png", "a_.png"] {
            assert_eq!(pattern.frame_of(other), None, "{other}");
        }
        assert_eq!(pattern.extension().as_deref(), Some("png"));
        assert_eq!(pattern.to_string(), "/show/a_[####].png");
    }

    #[test]
    fn knows_absolute_paths_of_every_platform() {
        for absolute in ["/a/b.png", "F:\\a\\b.png", "f:/a/b.png", "\\\\server\\share\\b.png"] {
            assert!(OutputPattern::parse_absolute(absolute).is_ok(), "{absolute}");
        }
        assert_eq!(OutputPattern::parse_absolute("a/b.png"), Err(OutputError::Relative));
    }

    #[test]
    fn says_what_is_wrong() {
        let cases = [
            ("/a/", OutputError::NoFileName),
            ("/a[#]/b.png", OutputError::Placeholder),
            ("/a/[#]_[#].png", OutputError::Placeholder),
            ("/a/[#.png", OutputError::Bracket),
            ("/a/[].png", OutputError::Bracket),
            ("/a/[0#].png", OutputError::Bracket),
            ("/a/../b.png", OutputError::Upwards),
            ("/a/b\n.png", OutputError::Control),
        ];
        for (text, error) in cases {
            assert_eq!(OutputPattern::parse(text), Err(error), "{text:?}");
        }
    }
}
