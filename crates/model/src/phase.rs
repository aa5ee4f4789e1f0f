//! What a renderer's process is busy with: a bound on how long it may stand still belongs to each phase.

use std::fmt;

/// A phase of one process, in the order they come. Not every renderer tells of each.
///
/// ```text
///   Launch ─► Load ─► FirstFrame ─► Frames ─► Finalise ─► Exit ─► (ended)
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunPhase {
    /// The program starts.
    #[default]
    Launch,
    /// It opens the project.
    Load,
    /// It works on the first frame.
    FirstFrame,
    /// It works on the frames after it.
    Frames,
    /// Every frame is drawn; it completes its files.
    Finalise,
    /// It says that it is done, and has only to end.
    Exit,
}

impl RunPhase {
    /// All of them, in their order.
    pub const ALL: [Self; 6] =
        [Self::Launch, Self::Load, Self::FirstFrame, Self::Frames, Self::Finalise, Self::Exit];

    /// The word for it, everywhere.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Load => "load",
            Self::FirstFrame => "first_frame",
            Self::Frames => "frames",
            Self::Finalise => "finalise",
            Self::Exit => "exit",
        }
    }
}

impl fmt::Display for RunPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
