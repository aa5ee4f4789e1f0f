//! Whether a program is here, and which version of it.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callsheet_config::CommandDescription;

use crate::process::output_of;

/// How long a program may take to say its version. Blender on a cold disk needs most of it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a program is: a bare name is looked up in `PATH`.
pub(super) fn find(program: &Path) -> Result<PathBuf, String> {
    if program.components().count() > 1 || program.is_absolute() {
        let found = runnable(program);
        return found.ok_or_else(|| format!("there is no program at {}", program.display()));
    }
    let directories = env::var_os("PATH").unwrap_or_default();
    let mut candidates = env::split_paths(&directories).map(|directory| directory.join(program));
    let found = candidates.find_map(|candidate| runnable(&candidate));
    found.ok_or_else(|| format!("the program {} is not installed: it is not in PATH", program.display()))
}

fn runnable(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    let with_exe = path.with_extension("exe");
    (cfg!(windows) && with_exe.is_file()).then_some(with_exe)
}

/// Looks whether the program is here and asks for its version; an empty one when there is no way to ask.
pub(super) fn probe(description: &CommandDescription) -> Result<String, String> {
    let path = find(&description.program)?;
    let Some(version) = &description.version else { return Ok(String::new()) };
    let said =
        output_of(&path, &version.args, PATIENCE).map_err(|why| format!("{} {why}", path.display()))?;
    let found = version.pattern.captures(&said).and_then(|groups| groups.name("version"));
    // A greedy pattern must not keep the node out: what it says of itself has a limit.
    found.map(|version| version.as_str().chars().take(60).collect()).ok_or_else(|| {
        let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
        let first: String = first.chars().take(100).collect();
        format!("{} tells no version; it says: {first}", path.display())
    })
}
