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
            None => {
                std::env::current_exe().map_err(|error| format!("this executable cannot be found: {error}"))
            }
        }
    }
}
