//! From a report to what the cluster does: warnings, or one failure that names what is missing.

use callsheet_model::{Failure, FailureClass};

use super::{AssetReport, Outcome, Report, Stage, Trouble};

/// What the report file of a run says about it; `None` if it left none. What comes back when nothing failed are
/// warnings, one sentence each.
///
/// # Errors
/// The failure, with every finding as evidence. A run without a report never came to the script, or was not
/// allowed to write: another After Effects was open and the call returned at once, a dialog stood in the way, or
/// the preference "Allow Scripts To Write Files And Access Network" is off. That is the node's affair.
pub fn judge(report: Option<&[u8]>) -> Result<Vec<String>, Failure> {
    let Some(bytes) = report else {
        let message = "After Effects left no report: another After Effects is open on this machine, a dialog is in the \
                       way, or its preference to let scripts write files is off: mend that on this node";
        return Err(Failure::new(FailureClass::NodeConfig, message));
    };
    let report = Report::read(bytes).map_err(|error| {
        let message = format!("After Effects ended while it wrote its report: {error}");
        Failure::new(FailureClass::Crash, message)
    })?;
    report.verdict()
}

impl Report {
    /// Whether the run did all it was for; warnings if it did.
    ///
    /// # Errors
    /// The gravest failure, with everything that was found as evidence, gravest first.
    pub fn verdict(&self) -> Result<Vec<String>, Failure> {
        let mut failures = self.failures();
        failures.sort_by_key(|(class, _)| gravity(*class));
        let warnings = self.warnings();
        let more = failures.len().saturating_sub(1);
        let Some((class, first)) = failures.first() else { return Ok(warnings) };
        let message = if more == 0 { first.clone() } else { format!("{first} (and {more} more)") };
        let evidence = failures.iter().map(|(_, sentence)| sentence.clone()).chain(warnings);
        // Evidence is cut from its beginning, and here the gravest stands there.
        let evidence = evidence.take(callsheet_model::limits::MAX_EVIDENCE_LINES).collect();
        Err(Failure { evidence, ..Failure::new(*class, message) }.bounded())
    }

    fn failures(&self) -> Vec<(FailureClass, String)> {
        let whole = self.error.as_ref().map(trouble).or_else(|| self.unfinished());
        let assets = self.assets.iter().enumerate().filter(|(_, asset)| asset.failed());
        let assets = assets.map(|(index, asset)| (asset.class(), asset.sentence(index)));
        let findings =
            self.findings.iter().filter_map(|finding| Some((finding.class()?, finding.sentence())));
        whole.into_iter().chain(assets).chain(findings).collect()
    }

    fn warnings(&self) -> Vec<String> {
        let assets = self.assets.iter().enumerate();
        let assets = assets.filter(|(_, asset)| asset.outcome != Outcome::Applied && !asset.failed());
        let assets = assets.map(|(index, asset)| asset.sentence(index));
        let findings = self.findings.iter().filter(|finding| finding.class().is_none());
        assets.chain(findings.map(super::Finding::sentence)).collect()
    }

    fn unfinished(&self) -> Option<(FailureClass, String)> {
        let doing = match self.stage {
            Stage::Done => return None,
            Stage::Refused => {
                let message = "After Effects is open on this machine with someone's project: close it there";
                return Some((FailureClass::NodeConfig, message.to_owned()));
            }
            Stage::Opening => "opening the project".to_owned(),
            Stage::Injecting => format!("putting in settings.assets[{}] or one after it", self.assets.len()),
            Stage::Saving => "saving the project".to_owned(),
            Stage::Inspecting => "looking at the project".to_owned(),
        };
        Some((FailureClass::Crash, format!("After Effects ended while it was {doing}")))
    }
}

impl AssetReport {
    fn failed(&self) -> bool {
        match self.outcome {
            Outcome::Applied => false,
            Outcome::Error => true,
            Outcome::MissingComposition | Outcome::MissingLayer | Outcome::MissingProperty => !self.allowed,
        }
    }

    /// A file that After Effects cannot take may be one that only this node's version or codecs cannot take.
    fn class(&self) -> FailureClass {
        match (self.outcome, self.kind.as_str()) {
            (Outcome::Error, "footage") => FailureClass::InputMissing,
            _ => FailureClass::JobFatal,
        }
    }

    fn sentence(&self, index: usize) -> String {
        let Self { composition, layer, property, text, .. } = self;
        let what = match self.outcome {
            Outcome::Applied => format!("was put into {} layers", self.layers),
            Outcome::MissingComposition => format!("found no composition {composition:?}"),
            Outcome::MissingLayer => format!("found no layer {layer:?} in composition {composition:?}"),
            Outcome::MissingProperty => {
                format!("found no property {property:?} on layer {layer:?} of composition {composition:?}")
            }
            Outcome::Error if layer.is_empty() => format!("failed: {text}"),
            Outcome::Error => format!("failed on layer {layer:?} of composition {composition:?}: {text}"),
        };
        format!("settings.assets[{index}] {what}")
    }
}

/// A project that does not open may be damaged, or made by a newer version than this node's: another node may
/// open it, so it is not the end of the job.
fn trouble(trouble: &Trouble) -> (FailureClass, String) {
    let Trouble { at, text } = trouble;
    match at.as_str() {
        "open" => (FailureClass::InputMissing, format!("the project does not open here: {text}")),
        "save" => (FailureClass::OutputIo, format!("the project with its data cannot be saved: {text}")),
        _ => {
            (FailureClass::NodeConfig, format!("the script failed in this After Effects while {at}: {text}"))
        }
    }
}

/// What decides first when several things are wrong: what no node can mend, then what is wrong with this node.
fn gravity(class: FailureClass) -> u8 {
    match class {
        FailureClass::JobFatal => 0,
        FailureClass::NodeConfig => 1,
        FailureClass::Crash => 2,
        FailureClass::InputMissing => 3,
        _ => 4,
    }
}
