//! A text and where things stand in it. It refuses to understand the text: that is [`crate::tree`]'s.

use std::path::Path;

/// The notation that a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.toml`
    Toml,
    /// `.json`
    Json,
    /// `.yaml`, `.yml`
    Yaml,
}

impl Format {
    /// The notation that a file's extension tells; `None` when it tells none of the three.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// A file's text, for telling people where in it something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    file: String,
    text: String,
}

impl Source {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        // Editors on Windows put a byte order mark in front; none of the three notations has a use for it.
        Self { file: file.to_owned(), text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// `cluster.toml:12:5`: line and column from 1, columns counted in characters.
    pub(crate) fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.get(line_start..).map_or(0, |start| start.chars().count()) + 1;
        format!("{}:{line}:{column}", self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a.toml", "\u{feff}x = 1\näö = 2\n");
        assert_eq!(source.place(0), "a.toml:1:1");
        assert_eq!(source.place(6), "a.toml:2:1");
        assert_eq!(source.place(11), "a.toml:2:4");
        assert_eq!(source.place(9999), "a.toml:3:1");
    }

    #[test]
    fn the_extension_tells_the_notation() {
        for (name, format) in [("a.TOML", Format::Toml), ("b.json", Format::Json), ("c.yml", Format::Yaml)] {
            assert_eq!(Format::of(Path::new(name)), Some(format));
        }
        assert_eq!(Format::of(Path::new("job")), None);
    }
}
