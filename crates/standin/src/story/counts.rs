//! How often this installation was started, and by which words: two small files beside the story, changed
//! under a lock, so that several processes, and several nodes of a test, count as one. A story that is read
//! from nowhere counts nothing.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{Asked, Program, Story};

/// A start that was counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Start {
    /// The run it is, by its place in the story.
    pub(crate) run: Option<usize>,
}

/// Counts a start and finds its run.
pub(super) fn begin(story: &Story, asked: &Asked<'_>, arguments: &[String]) -> Result<Start, String> {
    let Some(path) = &story.path else { return Ok(Start::default()) };
    let counts = path.with_extension("counts");
    let told = |error: std::io::Error| format!("{}: {error}", counts.display());
    let mut options = OpenOptions::new();
    let mut file = options.create(true).read(true).write(true).truncate(false).open(&counts).map_err(told)?;
    file.lock().map_err(told)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(told)?;
    let mut numbers: BTreeMap<String, u64> = toml::from_str(&text).map_err(|error| error.to_string())?;

    let program = match asked.program {
        Program::Aerender => "aerender",
        Program::Afterfx => "afterfx",
    };
    let nth = numbers.entry(program.to_owned()).or_default();
    *nth += 1;
    let nth = *nth;
    let key = |place: usize| format!("run_{place}");
    let before = |place: usize| numbers.get(&key(place)).copied().unwrap_or_default();
    let run = story.run.iter().enumerate().position(|(place, run)| run.is_about(asked, nth, before(place)));
    if let Some(place) = run {
        *numbers.entry(key(place)).or_default() += 1;
    }
    let text = toml::to_string(&numbers).map_err(|error| error.to_string())?;
    file.seek(SeekFrom::Start(0)).and_then(|_| file.set_len(0)).map_err(told)?;
    file.write_all(text.as_bytes()).map_err(told)?;
    // Still under the lock: lines of two starts are never mixed.
    note(story, &path.with_extension("starts"), program, nth, arguments).map_err(told)?;
    Ok(Start { run })
}

/// One more line in the list of starts.
fn note(story: &Story, path: &Path, program: &str, nth: u64, arguments: &[String]) -> std::io::Result<()> {
    let installation = &story.installation;
    let env: BTreeMap<&String, Option<String>> =
        installation.record_env.iter().map(|name| (name, std::env::var(name).ok())).collect();
    let markers = ["ae_render_only_node.txt", "ae_force_english.txt"];
    let markers: Vec<&str> = markers.into_iter().filter(|name| installation.has_marker(name)).collect();
    let line = serde_json::json!({
        "program": program,
        "nth": nth,
        "pid": std::process::id(),
        "arguments": arguments,
        "env": env,
        "markers": markers,
    });
    let mut list: File = OpenOptions::new().create(true).append(true).open(path)?;
    list.write_all(format!("{line}\n").as_bytes())
}
