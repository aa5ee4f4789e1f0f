//! Which executable a built-in renderer's process is.

use std::path::PathBuf;

/// The program that hosts built-in renderers: it must answer to `render <kind> --assignment <file>` with
/// [`crate::child_main`].
#[derive(Clone, Debug, Default)]
pub struct Host(Option<PathBuf>);

impl Host {
    /// The running executable.
    #[must_use]
    pub fn this_executable() -> Self {
        Self(None)
    }

    /// Another one.
    #[must_use]
    pub fn at(program: PathBuf) -> Self {
        Self(Some(program))
    }

    /// Its path.
    pub(crate) fn program(&self) -> Result<PathBuf, String> {
        match &self.0 {
            Some(program) => Ok(program.clone()),
            None => std::env::current_exe()
                .map(still_there)
                .map_err(|error| format!("this executable cannot be found: {error}")),
        }
    }
}

/// Where an executable is that was replaced or removed since this process began, as an update does it: Linux keeps the
/// file, and it is the one that this process agrees with. Other systems do not let it go, or say its old path.
fn still_there(executable: PathBuf) -> PathBuf {
    let kept = PathBuf::from(format!("/proc/{}/exe", std::process::id()));
    if !executable.exists() && kept.exists() { kept } else { executable }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_beside_a_running_node_does_not_take_its_renderers_away() {
        let home = tempfile::tempdir().unwrap();
        let here = home.path().join("callsheet");
        std::fs::write(&here, "").unwrap();
        assert_eq!(still_there(here.clone()), here);
        std::fs::remove_file(&here).unwrap();
        let kept = still_there(home.path().join("callsheet (deleted)"));
        // Also for another process: the guard starts it.
        let said = std::process::Command::new("cmp").arg(kept).arg(std::env::current_exe().unwrap()).status();
        assert!(said.unwrap().success());
    }
}
