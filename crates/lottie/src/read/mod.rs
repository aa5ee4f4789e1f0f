//! From JSON to the model, and the list of what found no place in it.
//!
//! A file that is wrong is refused with the place of the mistake. A file that is right but asks for something
//! this crate does not draw is read, and every such place becomes a [`Finding`].

mod layer;
mod property;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::LoadError;
use crate::finding::{Analysis, Feature, Finding, Severity};
use crate::limits;
use crate::model::Comp;

/// What a file becomes.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) comps: Vec<Comp>,
    pub(crate) root: Comp,
    pub(crate) analysis: Analysis,
}

/// Reads a file that [`crate::dialect::normalise`] has been over.
pub(crate) fn document(file: &Value) -> Result<Document, LoadError> {
    let mut reader = Reader::new(file)?;
    let head = reader.head(file)?;
    let (root, layers) = reader.comp(file)?;
    reader.limit("layers", layers, limits::LAYERS)?;
    reader.findings.dedup();
    let analysis = Analysis { findings: reader.findings, ..head };
    Ok(Document { comps: reader.comps, root, analysis })
}

struct Reader<'a> {
    assets: BTreeMap<&'a str, &'a Value>,
    /// Compositions read so far, and how many layers each unfolds to.
    comps: Vec<Comp>,
    known: BTreeMap<&'a str, (usize, usize)>,
    /// Compositions being read, outermost first.
    open: Vec<&'a str>,
    has_slots: bool,
    blurs_motion: bool,
    place: Vec<String>,
    findings: Vec<Finding>,
    reported: BTreeSet<(String, Feature)>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a Value) -> Result<Self, LoadError> {
        let mut assets = BTreeMap::new();
        for asset in file.get("assets").and_then(Value::as_array).into_iter().flatten() {
            if let Some(id) = asset.get("id").and_then(Value::as_str) {
                assets.insert(id, asset);
            }
        }
        Ok(Self {
            assets,
            comps: Vec::new(),
            known: BTreeMap::new(),
            open: Vec::new(),
            has_slots: file.get("slots").is_some_and(|slots| !slots.is_null()),
            blurs_motion: file.get("mb").is_some_and(Value::is_object),
            place: Vec::new(),
            findings: Vec::new(),
            reported: BTreeSet::new(),
        })
    }

    fn head(&self, file: &Value) -> Result<Analysis, LoadError> {
        if !file.is_object() {
            return Err(self.malformed("is not an object"));
        }
        let side = |key: &str| -> Result<u32, LoadError> {
            let value = self.number(file, key)?;
            if value < 1.0 {
                return Err(
                    self.malformed(format!("{key:?} is {value}, an animation has at least one pixel"))
                );
            }
            if value > f64::from(limits::SIDE) {
                return Err(self.over(if key == "w" { "width" } else { "height" }, value, limits::SIDE));
            }
            Ok(value.round() as u32)
        };
        let frame_rate = self.number(file, "fr")?;
        if !(frame_rate > 0.0 && frame_rate <= 1000.0) {
            return Err(self.malformed(format!("\"fr\" is {frame_rate}, which is no frame rate")));
        }
        let (first, end) = (self.number(file, "ip")?.ceil(), self.number(file, "op")?);
        let last = if end.fract() == 0.0 { end - 1.0 } else { end.floor() };
        if last < first {
            return Err(self.malformed(format!("it ends at frame {end}, before its first frame {first}")));
        }
        if last - first >= limits::FRAMES {
            return Err(self.over("number of frames", last - first + 1.0, limits::FRAMES));
        }
        Ok(Analysis {
            width: side("w")?,
            height: side("h")?,
            frame_rate,
            first_frame: first as i32,
            last_frame: last as i32,
            version: file.get("v").and_then(Value::as_str).map(str::to_owned),
            findings: Vec::new(),
        })
    }

    /// Reads the layers of a composition; also says how many layers it unfolds to.
    fn comp(&mut self, source: &'a Value) -> Result<(Comp, usize), LoadError> {
        let Some(layers) = source.get("layers").and_then(Value::as_array) else {
            return Err(self.malformed("\"layers\" is missing"));
        };
        self.limit("layers", layers.len(), limits::LAYERS)?;
        layer::comp(self, layers)
    }

    /// The composition an asset id stands for, read when first asked for: what no layer shows is not judged.
    fn asset_comp(&mut self, id: &'a str) -> Result<Option<(usize, usize)>, LoadError> {
        if self.open.contains(&id) {
            return Err(LoadError::Cycle { id: id.to_owned() });
        }
        if let Some(known) = self.known.get(id) {
            return Ok(Some(*known));
        }
        let Some(asset) = self.assets.get(id).copied().filter(|asset| asset.get("layers").is_some()) else {
            return Ok(None);
        };
        self.limit("nesting of compositions", self.open.len() + 1, limits::COMP_DEPTH)?;
        let name = asset.get("nm").and_then(Value::as_str).filter(|name| !name.is_empty());
        // A composition's findings are named after it, not after the layer that happens to show it first.
        let outside = std::mem::replace(&mut self.place, vec![name.unwrap_or(id).to_owned()]);
        self.open.push(id);
        let (comp, layers) = self.comp(asset)?;
        self.open.pop();
        self.place = outside;
        self.limit("layers", layers, limits::LAYERS)?;
        let known = (self.comps.len(), layers);
        self.comps.push(comp);
        self.known.insert(id, known);
        Ok(Some(known))
    }

    fn inside<T>(&mut self, name: String, read: impl FnOnce(&mut Self) -> T) -> T {
        self.place.push(name);
        let result = read(self);
        self.place.pop();
        result
    }

    fn here(&self) -> String {
        if self.place.is_empty() { "animation".to_owned() } else { self.place.join(" > ") }
    }

    fn wrong(&mut self, feature: Feature, note: impl Into<String>) {
        self.find(feature, Severity::Wrong, note.into());
    }

    fn missing(&mut self, feature: Feature, note: impl Into<String>) {
        self.find(feature, Severity::Missing, note.into());
    }

    fn find(&mut self, feature: Feature, severity: Severity, note: String) {
        let layer = self.here();
        if self.reported.insert((layer.clone(), feature)) {
            self.findings.push(Finding { layer, feature, severity, note });
        }
    }

    fn malformed(&self, what: impl Into<String>) -> LoadError {
        LoadError::Malformed { place: self.here(), what: what.into() }
    }

    fn over(&self, what: &'static str, value: impl ToString, limit: impl ToString) -> LoadError {
        LoadError::OverLimit { place: self.here(), what, value: value.to_string(), limit: limit.to_string() }
    }

    fn limit(&self, what: &'static str, value: usize, limit: usize) -> Result<(), LoadError> {
        if value > limit { Err(self.over(what, value, limit)) } else { Ok(()) }
    }

    fn number(&self, holder: &Value, key: &str) -> Result<f64, LoadError> {
        match holder.get(key) {
            Some(value) => self.finite(value, key),
            None => Err(self.malformed(format!("{key:?} is missing"))),
        }
    }

    fn number_or(&self, holder: &Value, key: &str, default: f64) -> Result<f64, LoadError> {
        match holder.get(key) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => self.finite(value, key),
        }
    }

    fn finite(&self, value: &Value, key: &str) -> Result<f64, LoadError> {
        match value.as_f64() {
            Some(number) if number.abs() <= limits::NUMBER => Ok(number),
            Some(number) => Err(self.over("number", number, limits::NUMBER)),
            None => Err(self.malformed(format!("{key:?} is not a number"))),
        }
    }
}

/// Whether a JSON flag is set: exporters write `true` and `1`.
fn flag(holder: &Value, key: &str) -> bool {
    match holder.get(key) {
        Some(Value::Bool(flag)) => *flag,
        Some(value) => value.as_f64().is_some_and(|number| number != 0.0),
        None => false,
    }
}
