//! The story file: what this installation is like, and what goes wrong on which of its starts. `main.rs` has
//! the table of keys. It is read whole and refuses unknown keys, so that a misspelt misfortune is noticed.

mod counts;
mod installation;
mod run;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub(crate) use counts::Start;
pub(crate) use installation::{
    Encoding, Format, Installation, LineEnd, Module, ModuleFormat, Ordinal, Outside, Pace, Platform,
    TimeDisplay, Times, VersionLine,
};
pub(crate) use run::{Asked, Crash, How, Left, Program, Ruin, Run, Untruth, Victim, Who};

const FILE: &str = "standin.toml";
/// Names the file where it is not beside the program.
pub(crate) const VARIABLE: &str = "AERENDER_STANDIN";

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Story {
    #[serde(default)]
    pub(crate) installation: Installation,
    #[serde(default)]
    run: Vec<Run>,
    /// Where it was read from; none when all goes well by default.
    #[serde(skip)]
    pub(crate) path: Option<PathBuf>,
}

impl Story {
    /// The story of the installation in this folder.
    pub(crate) fn find(folder: &Path) -> Result<Self, String> {
        let named = std::env::var_os(VARIABLE).map(PathBuf::from);
        let path = named.clone().unwrap_or_else(|| folder.join(FILE));
        if named.is_none() && !path.exists() {
            return Ok(Self::default());
        }
        let read = std::fs::read_to_string(&path).map_err(|error| error.to_string());
        let story = read.and_then(|text| Self::read(&text));
        let story = story.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path: Some(path), ..story })
    }

    fn read(text: &str) -> Result<Self, String> {
        let mut story: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        story.installation.complete()?;
        Ok(story)
    }

    /// Counts this start, notes it in the list, and says which run it is: the first that matches.
    pub(crate) fn begin(&self, asked: &Asked<'_>, arguments: &[String]) -> Result<Start, String> {
        counts::begin(self, asked, arguments)
    }

    /// The run of this place in the file; none: all goes well.
    pub(crate) fn run(&self, place: Option<usize>) -> Run {
        place.and_then(|place| self.run.get(place).cloned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(Story::read("[[run]]\nhangs = {}\n").unwrap_err().contains("hangs"));
        assert!(Story::read("[installation]\nversoin = '24'\n").is_err());
        assert!(Story::read("[installation]\nversion = 'next'\n").is_err());
    }

    #[test]
    fn the_habits_of_a_platform_are_defaults() {
        let windows = Story::read("").unwrap().installation;
        assert_eq!((windows.encoding(), windows.line_end()), (Encoding::Cp850, LineEnd::Crlf));
        let text = "[installation]\nplatform = 'macos'\nlocale = 'ja_JP'\nline_end = 'crlf'\n";
        let mac = Story::read(text).unwrap().installation;
        assert_eq!((mac.encoding(), mac.line_end()), (Encoding::ShiftJis, LineEnd::Crlf));
        assert_eq!(mac.version_line(), VersionLine::Last);
    }
}
