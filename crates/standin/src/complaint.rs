//! What After Effects says no with: for each reason the moment, the words and the exit code. Reasons that an
//! installation has by nature (a template that is not there) need no story; the same words serve them.

use serde::Deserialize;

use crate::arguments::code;
use crate::phase::Phase;
use crate::speech::Speech;

/// The value of `refuse.with`, in snake case.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// `aerender ERROR -1701`: aerender cannot talk to After Effects (macOS).
    AppleEvent,
    /// `AEsend failed to send apple event`.
    AppleSend,
    /// `Can not open socket.`, exit code 11.
    Socket,
    /// Failure while After Effects starts.
    Startup,
    /// Another instance, another script, or a dialog.
    Busy,
    /// After Effects has no serial number that counts.
    Serial,
    /// A plug-in has no licence.
    Licence,
    /// Someone else uses the same serial number.
    SameSerial,
    /// The project file is damaged.
    Damaged,
    /// A patched start-up script's own script failed: `path` is the script.
    ScriptError,
    /// No such composition.
    Composition,
    /// No such queue item.
    QueueItem,
    /// No such render settings template.
    RenderSettings,
    /// No such output module template.
    OutputModule,
    /// `Path is not valid`, exit code 0.
    Path,
    /// `Could not read from source`, exit code 0 as seen.
    Source,
    /// A codec is missing.
    Codec,
    /// The output folder cannot be written.
    Permission,
    /// Two items write one file.
    InUse,
    /// An output module failed, with the file in question.
    OutputFailed,
    /// The file that is there cannot be deleted.
    Locked,
    /// The disk is full.
    DiskFull,
    /// The exporter's error 9988.
    Exporter,
    /// Not enough memory.
    Memory,
    /// `internal verification failure, sorry!`
    Verification,
}

/// A complaint, ready to be said.
pub(crate) struct Complaint {
    pub(crate) lines: Vec<String>,
    /// Without `-log`.
    pub(crate) exit: i32,
}

impl Reason {
    /// When it is said, unless the story names a frame.
    pub(crate) fn phase(self) -> Phase {
        match self {
            Self::AppleEvent | Self::AppleSend | Self::Socket | Self::Startup | Self::Busy | Self::Serial => {
                Phase::Launch
            }
            Self::Damaged
            | Self::ScriptError
            | Self::Composition
            | Self::QueueItem
            | Self::RenderSettings
            | Self::OutputModule
            | Self::SameSerial
            | Self::Path => Phase::Load,
            Self::Source | Self::Codec | Self::Permission | Self::InUse => Phase::FirstFrame,
            Self::Licence
            | Self::OutputFailed
            | Self::Locked
            | Self::DiskFull
            | Self::Exporter
            | Self::Memory
            | Self::Verification => Phase::Frame,
        }
    }

    /// The words, about this file, folder or script.
    pub(crate) fn complaint(self, speech: &Speech, about: &str) -> Complaint {
        let (lines, exit) = match self {
            Self::Startup | Self::Serial | Self::Licence | Self::SameSerial | Self::Verification => {
                self.bare()
            }
            Self::AppleEvent => {
                (vec!["aerender ERROR -1701: AEGetParamPt failed at line 918".to_owned()], code::APP)
            }
            Self::AppleSend => {
                (vec!["aerender ERROR: AEsend failed to send apple event".to_owned()], code::APP)
            }
            Self::Socket => (vec!["aerender ERROR: Can not open socket.".to_owned()], code::SOCKET),
            Self::Busy => (vec![format!("aerender ERROR: {BUSY}")], code::APP),
            Self::Composition | Self::QueueItem | Self::RenderSettings | Self::OutputModule => {
                (vec![format!("aerender ERROR: {}", self.not_found())], code::NOT_FOUND)
            }
            Self::ScriptError => {
                let lines = vec![
                    format!("Running Script: {about}"),
                    format!("aerender ERROR: Error executing script: {about}"),
                    format!("{} {}", speech.words.error, Self::Codec.sentence(about)),
                    "aerender ERROR: Runtime error in After Effects.".to_owned(),
                ];
                (lines, code::RUNTIME)
            }
            Self::Path | Self::Source => (vec![speech.exception(&self.sentence(about))], code::OK),
            _ => (vec![speech.exception(&self.sentence(about))], code::RUNTIME),
        };
        Complaint { lines, exit }
    }

    /// Lines without `aerender` before them.
    fn bare(self) -> (Vec<String>, i32) {
        let (line, exit) = match self {
            Self::Startup => ("unexpected failure during application startup", code::APP),
            Self::Serial => ("Invalid Serial Number", code::APP),
            Self::Licence => ("Plug-in: Unable to obtain a license. (-97)", code::RUNTIME),
            Self::SameSerial => ("Plug-in: another computer is using the same serial number.", code::RUNTIME),
            _ => ("error: internal verification failure, sorry!", code::RUNTIME),
        };
        (vec![line.to_owned()], exit)
    }

    /// The start-up script's words for what it does not find.
    pub(crate) fn not_found(self) -> &'static str {
        match self {
            Self::QueueItem => "No render queue item was found with the given index.",
            Self::RenderSettings => "No render settings template was found with the given name.",
            Self::OutputModule => "No output module template was found with the given name.",
            _ => "No comp was found with the given name.",
        }
    }

    /// The sentence of an exception.
    pub(crate) fn sentence(self, about: &str) -> String {
        match self {
            Self::Damaged => "file is damaged.".to_owned(),
            Self::Path => "Path is not valid".to_owned(),
            Self::Source => "Could not read from source. Please check the settings and try again.".to_owned(),
            Self::Codec => "The source compression type is not supported.".to_owned(),
            Self::Permission => format!(
                "Error in output for render queue item 1, output module 1. Can not create a file in directory \
                 {about}. Try checking write permissions."
            ),
            Self::InUse => "The name of an output module for this render item is already in use.".to_owned(),
            Self::Locked => {
                format!("Rendering error while writing to file ({about}). Unable to delete existing file")
            }
            Self::DiskFull => {
                format!("Rendering error while writing to file \"{about}\". The disk is full. (-34)")
            }
            Self::Exporter => {
                "An unexpected error occurred while exporting a composition. Error code: 9988".to_owned()
            }
            Self::Memory => "Unable to allocate enough memory to render the current frame.".to_owned(),
            _ => format!(
                "Rendering error while writing to file \"{about}\". An output module failed. The file may be \
                 damaged or corrupted. (-1610153464)"
            ),
        }
    }
}

const BUSY: &str = "After Effects can not render for aerender. Another instance of aerender, or another script, \
                    may be running; or, AE may be waiting for response from a modal dialog, or for a render to \
                    complete.";
