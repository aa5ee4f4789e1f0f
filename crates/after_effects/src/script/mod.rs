//! What After Effects is told in its own language: one ExtendScript file that opens a project, puts data into
//! it, saves a copy, and looks whether it can be rendered at all.
//!
//! ```text
//!   settings.assets ─► DataSet ─┐                         ┌─► copy of the project, with the data in it
//!                               ├─► Plan ─► script ─► AfterFX
//!   step, its frames, fonts ────┘                         └─► report file ─► Report ─► findings ─► Failure
//! ```
//!
//! One script does it all, because a start of After Effects costs 15 seconds. It is the same text each time, the
//! files in `runtime/`, written in ECMAScript 3, which is all that ExtendScript knows; one literal after it says
//! what to do. Values from outside are only ever part of that literal. The `script` kind of asset is the one
//! exception, by its purpose, and even that is a file that After Effects is asked to evaluate.
//!
//! Facts relied on are those of the After Effects Scripting Guide (items, layers and queue items count from 1;
//! `setValue` refuses a property with keyframes; `app.quit` asks whether to save what was changed, so the
//! project is closed without saving first; `usedFonts` since 24.5, `app.fonts` since 24.0, `Layer.id` since
//! 22.0, `CompItem.displayStartFrame` since 17.1) and of the JavaScript Tools Guide (`File` takes paths in URI
//! notation too, so a `%` in a path must be escaped; `$.evalFile` gives up after ten seconds unless told
//! otherwise). `beginSuppressDialogs` is documented for errors of scripts only: a dialog of a plug-in or of the
//! licence still blocks, and only a watchdog outside ends that.
//!
//! A script may land in an After Effects that a person has open. It refuses to touch anything there: with a
//! project already open it writes that it refused, and does not quit.
//!
//! This module refuses to start anything and to read or fetch any file: the caller does.

mod asset;
mod inject;
mod inspect;
mod literal;
mod report;
mod source;

use serde_json::{Value, json};

pub use asset::{
    Asset, Change, DataSet, Layer, MAX_ASSETS, MAX_NAME_BYTES, MAX_TEXT_BYTES, Media, Problem, Property,
    Scope, Target,
};
pub use inject::Injection;
pub use inspect::Inspection;
pub use report::{
    AssetReport, Composition, Finding, MAX_REPORT_BYTES, Outcome, Report, ReportError, Stage, Trouble, judge,
};
pub use source::Source;

/// What one run of After Effects with a script is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The project to open, as an absolute path of the machine that runs it.
    pub project: String,
    /// Where the report is written. It must not exist: what is found there afterwards is taken for this run's.
    pub report: String,
    /// What the step renders.
    pub rendered: Rendered,
    /// Data to put in.
    pub inject: Option<Injection>,
    /// Whether to look if it can be rendered, and what for. Looked at after the data is in.
    pub inspect: Option<Inspection>,
}

/// What a step renders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// The composition of this name.
    Composition(String),
    /// What stands in the render queue at this position, from 1.
    QueueItem(u32),
}

/// Why no script can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A path that After Effects could not find.
    #[error("{what} {path:?} is no absolute path: After Effects has no directory of its own to start from")]
    NotAbsolute {
        /// Which path.
        what: &'static str,
        /// The path.
        path: String,
    },
    /// A footage or script asset whose file nobody fetched.
    #[error("asset {index} has no local file: fetch {source_shown} first")]
    NoFile {
        /// Which asset, from 0.
        index: usize,
        /// Where it comes from, without secrets.
        source_shown: String,
    },
}

impl Plan {
    /// The script, ready to be written to a file: ASCII, with line feeds.
    ///
    /// # Errors
    /// A path that is not absolute, or an asset without its file.
    pub fn script(&self) -> Result<String, PlanError> {
        let plan = literal::value(&json!({
            "project": path("project", &self.project)?,
            "report": path("report", &self.report)?,
            "rendered": match &self.rendered {
                Rendered::Composition(name) => json!({ "name": name }),
                Rendered::QueueItem(index) => json!({ "index": index }),
            },
            "inject": self.inject.as_ref().map(Injection::literal).transpose()?,
            "inspect": self.inspect.as_ref().map(Inspection::literal),
        }));
        let runtime = RUNTIME.concat();
        Ok(format!(
            "// Made by Callsheet for one run. Changes are lost.\n(function () {{\n{runtime}run({plan});\n}}());\n"
        ))
    }
}

/// The parts of every script, in the order in which they build on each other.
const RUNTIME: [&str; 8] = [
    include_str!("runtime/report.jsx"),
    include_str!("runtime/find.jsx"),
    include_str!("runtime/change.jsx"),
    include_str!("runtime/inject.jsx"),
    include_str!("runtime/walk.jsx"),
    include_str!("runtime/inspect.jsx"),
    include_str!("runtime/fonts.jsx"),
    include_str!("runtime/run.jsx"),
];

/// A path as ExtendScript's `File` must be given it. `%` begins an escape there.
fn path(what: &'static str, path: &str) -> Result<Value, PlanError> {
    if source::is_absolute(path) {
        Ok(Value::String(path.replace('%', "%25")))
    } else {
        Err(PlanError::NotAbsolute { what, path: path.to_owned() })
    }
}
