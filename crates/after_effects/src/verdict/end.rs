//! How a process ended, as far as anyone can tell, and what that alone says.
//!
//! | code | what aerender means by it |
//! |---|---|
//! | 0 | nothing failed that it knows of |
//! | 1 | After Effects failed |
//! | 2 | it printed how to call it |
//! | 3, 4 | a wrong argument |
//! | 5, 6 | a script failed |
//! | 7, 8 | composition, queue item, template or project not found |
//! | 9, 10 | After Effects failed at work |
//! | 11 | no local socket |
//!
//! Even codes are those with a log of the user's own. It refuses to judge: `judge` does.

use callsheet_model::outcome::signal_name;
use callsheet_model::{FailureClass, FrameSet, RunPhase};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself, with a code.
    Code(i32),
    /// By a signal (Unix).
    Signal(i32),
    /// It was killed because it stood still in this phase.
    Killed(RunPhase),
    /// It ended, and no one can tell how.
    Unknown,
    /// Only its log is there: perhaps it did not even end.
    Untold,
}

/// What is known of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof<'a> {
    /// Nothing, and nothing will be: frames count as the log names them.
    Log,
    /// Files are proven by someone else, afterwards: what the log does not name is no evidence.
    Elsewhere,
    /// These frames are proven; only they count.
    Files(&'a FrameSet),
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End<'a> {
    /// How the process ended.
    pub how: How,
    /// What is known of its files.
    pub proof: Proof<'a>,
}

impl How {
    /// In words: `exit code 3 (a wrong argument)`; `None` when nothing is known.
    #[must_use]
    pub fn words(self) -> Option<String> {
        Some(match self {
            Self::Code(code) => match (meaning(code), code) {
                (Some(meaning), _) => format!("exit code {code} ({meaning})"),
                (None, ..-128) => format!("exit code {code} (0x{code:X})"),
                (None, _) => format!("exit code {code}"),
            },
            Self::Signal(signal) => match signal_name(signal) {
                Some(name) => format!("killed by {name}"),
                None => format!("killed by signal {signal}"),
            },
            Self::Killed(phase) => format!("killed by its watchdog in phase {phase}"),
            Self::Unknown => "ended in an unknown way".to_owned(),
            Self::Untold => return None,
        })
    }

    /// The class that it tells of by itself; `None` for code 0 and whatever says nothing.
    pub(super) fn class(self, multi_frame: bool) -> Option<FailureClass> {
        if self.is_kill() && multi_frame {
            return Some(FailureClass::OutOfMemory);
        }
        match self {
            Self::Code(0) | Self::Unknown | Self::Untold => None,
            Self::Code(2..=8) => Some(FailureClass::JobFatal),
            Self::Code(11) => Some(FailureClass::NodeConfig),
            Self::Code(code) => Some(match windows(code).map(|(class, _)| class) {
                Some(class) => class,
                None => FailureClass::Crash,
            }),
            Self::Signal(_) => Some(FailureClass::Crash),
            Self::Killed(RunPhase::Launch | RunPhase::Load | RunPhase::FirstFrame) => {
                Some(FailureClass::HangStart)
            }
            Self::Killed(RunPhase::Frames | RunPhase::Finalise) => Some(FailureClass::HangFrame),
            Self::Killed(RunPhase::Exit) => Some(FailureClass::HangExit),
        }
    }

    /// Whether its code names a cause, and is not only "failed".
    pub(super) fn is_telling(self) -> bool {
        match self {
            Self::Code(code) => matches!(code, 2..=8 | 11) || windows(code).is_some(),
            Self::Signal(_) | Self::Killed(_) => true,
            Self::Unknown | Self::Untold => false,
        }
    }

    /// SIGKILL, or what a shell makes of it: the way systems end what takes all memory.
    fn is_kill(self) -> bool {
        matches!(self, Self::Signal(9) | Self::Code(137))
    }
}

fn meaning(code: i32) -> Option<String> {
    let text = match code {
        1 => "After Effects failed",
        2 => "wrong usage",
        3 | 4 => "a wrong argument",
        5 | 6 => "a script failed",
        7 | 8 => "composition, queue item, template or project not found",
        9 | 10 => "After Effects failed at work",
        11 => "no local socket",
        129..=159 => return signal_name(code - 128).map(|name| format!("killed by {name}")),
        code => return windows(code).map(|(_, text)| format!("0x{code:X}, {text}")),
    };
    Some(text.to_owned())
}

/// The numbers with which Windows ends a process, as they are shown with a sign.
fn windows(code: i32) -> Option<(FailureClass, &'static str)> {
    let (class, text) = match code as u32 {
        0xC000_0005 => (FailureClass::Crash, "access violation"),
        0xC000_0094 => (FailureClass::Crash, "division by zero"),
        0xC000_001D => (FailureClass::Crash, "illegal instruction"),
        0xC000_00FD => (FailureClass::Crash, "stack overflow"),
        0xC000_0374 => (FailureClass::Crash, "damaged heap"),
        0xC000_0409 => (FailureClass::Crash, "damaged stack"),
        0xC000_0420 => (FailureClass::Crash, "assertion failed"),
        0x8000_0003 => (FailureClass::Crash, "breakpoint"),
        0xE06D_7363 => (FailureClass::Crash, "unhandled exception"),
        0xC000_013A => (FailureClass::Crash, "interrupted"),
        0xC000_0017 | 0xC000_012D | 0xC000_009A => (FailureClass::OutOfMemory, "out of memory"),
        0xC000_0135 | 0xC000_0139 | 0xC000_0142 | 0xC000_007B => {
            (FailureClass::NodeConfig, "a library of the program is missing or broken")
        }
        _ => return None,
    };
    Some((class, text))
}
