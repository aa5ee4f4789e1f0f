//! What a script is told of the data set: the assets in order, with the files that were fetched for them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::asset::{Asset, Change, DataSet, Layer, Scope, Target};
use super::{PlanError, path};

/// Data to put into a project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Injection {
    /// What.
    pub data: DataSet,
    /// The fetched files of footage and script assets, as absolute paths, by the asset's place in the set.
    pub files: BTreeMap<usize, String>,
    /// Where the changed project is saved, if it is. It is saved only when every asset went in.
    pub save_as: Option<String>,
}

impl Injection {
    pub(super) fn literal(&self) -> Result<Value, PlanError> {
        let assets: Result<Vec<Value>, PlanError> =
            self.data.assets.iter().enumerate().map(|(index, asset)| self.asset(index, asset)).collect();
        let save = self.save_as.as_deref().map(|place| path("copy", place)).transpose()?;
        Ok(json!({ "assets": assets?, "save": save }))
    }

    fn asset(&self, index: usize, asset: &Asset) -> Result<Value, PlanError> {
        Ok(match asset {
            Asset::Footage { target: aimed, .. } => {
                json!({ "kind": "footage", "file": self.file(index, asset)?, "target": target(aimed) })
            }
            Asset::Script { .. } => json!({ "kind": "script", "file": self.file(index, asset)? }),
            Asset::Static { .. } => json!({ "kind": "static" }),
            Asset::Data { target: aimed, property, change } => {
                let (value, expression) = match change {
                    Change::Value(value) => (Some(value), None),
                    Change::Expression(expression) => (None, Some(expression)),
                };
                json!({
                    "kind": "data",
                    "target": target(aimed),
                    "path": property.path,
                    "style": property.style,
                    "value": value,
                    "expression": expression,
                })
            }
        })
    }

    fn file(&self, index: usize, asset: &Asset) -> Result<Value, PlanError> {
        match self.files.get(&index) {
            Some(file) => path("asset", file),
            None => {
                let source_shown = asset.source().map(ToString::to_string).unwrap_or_default();
                Err(PlanError::NoFile { index, source_shown })
            }
        }
    }
}

fn target(target: &Target) -> Value {
    let scope = match &target.scope {
        Scope::Rendered => json!({ "rendered": true }),
        Scope::Every => json!({ "every": true }),
        Scope::Named { name, path } => json!({ "name": name, "path": path }),
    };
    let layer = match &target.layer {
        Layer::Name(name) => json!({ "name": name }),
        Layer::Index(index) => json!({ "index": index }),
    };
    json!({ "scope": scope, "layer": layer, "allowed": target.may_be_missing })
}
