//! The setting `assets` becomes a data set, or a list of everything that is wrong with it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fields::{Fields, shown};
use super::{
    Asset, Change, DataSet, Layer, MAX_ASSETS, MAX_LIST, MAX_NAME_BYTES, MAX_STEPS, MAX_TEXT_BYTES, Media,
    Problem, Property, Scope, Source, Target,
};

const PLACE: &str = "settings.assets";
const KINDS: &str = "image, audio, video, data, script, static";

pub(super) fn data_set(setting: &Value) -> Result<DataSet, Vec<Problem>> {
    let whole = |message| vec![Problem { place: PLACE.to_owned(), message }];
    let Value::Array(items) = setting else {
        return Err(whole(format!("{} is not allowed here: a list of assets", shown(setting))));
    };
    if items.len() > MAX_ASSETS {
        return Err(whole(format!("has {} assets: {MAX_ASSETS} are allowed", items.len())));
    }
    let mut assets = Vec::new();
    let mut problems = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match asset(format!("{PLACE}[{index}]"), item) {
            Ok(asset) => assets.push(asset),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        problems = doubles(&assets);
    }
    if problems.is_empty() { Ok(DataSet { assets }) } else { Err(problems) }
}

/// Static files of one name: one of them would be lost. Some systems do not tell capitals apart.
fn doubles(assets: &[Asset]) -> Vec<Problem> {
    let mut names = BTreeSet::new();
    let mut problems = Vec::new();
    for (index, asset) in assets.iter().enumerate() {
        if let Asset::Static { name, .. } = asset
            && !names.insert(name.to_lowercase())
        {
            let message =
                format!("{name:?} is the name of an earlier static file: give them different names");
            problems.push(Problem { place: format!("{PLACE}[{index}].name"), message });
        }
    }
    problems
}

fn asset(place: String, item: &Value) -> Result<Asset, Vec<Problem>> {
    let Value::Object(values) = item else {
        return Err(vec![Problem {
            place,
            message: format!("{} is not allowed here: an asset", shown(item)),
        }]);
    };
    let mut fields = Fields::new(place, values);
    let asset = match fields.value("type").and_then(Value::as_str) {
        Some("image") => footage(&mut fields, Media::Image),
        Some("audio") => footage(&mut fields, Media::Audio),
        Some("video") => footage(&mut fields, Media::Video),
        Some("data") => data(&mut fields),
        Some("script") => script(&mut fields),
        Some("static") => put_beside(&mut fields),
        _ => {
            match fields.value("type") {
                None => fields.missing("type", &format!("it is one of {KINDS}")),
                Some(other) => fields.refuse("type", other, &format!("one of {KINDS}")),
            }
            None
        }
    };
    match asset {
        Some(asset) if fields.problems.is_empty() => Ok(asset),
        _ => Err(fields.problems),
    }
}

fn footage(fields: &mut Fields<'_>, media: Media) -> Option<Asset> {
    let known = ["type", "src", "composition", "layer_name", "layer_index", "continue_on_missing"];
    fields.allow(&format!("a footage asset ({})", media.word()), &known);
    let (source, target) = (source(fields), target(fields));
    Some(Asset::Footage { media, source: source?, target: target? })
}

fn script(fields: &mut Fields<'_>) -> Option<Asset> {
    fields.allow("a script asset", &["type", "src"]);
    Some(Asset::Script { source: source(fields)? })
}

fn put_beside(fields: &mut Fields<'_>) -> Option<Asset> {
    fields.allow("a static asset", &["type", "src", "name"]);
    let source = source(fields);
    let name = match fields.name("name") {
        Some(name) => name.to_owned(),
        None if fields.value("name").is_some() => return None,
        None => match source.as_ref().map(Source::file_name)? {
            Some(name) => name.to_owned(),
            None => {
                fields.missing("name", "what is the file called beside the project?");
                return None;
            }
        },
    };
    if !is_plain(&name) {
        fields.say(
            "name",
            format!("{name:?} is no plain file name on every system: use letters, digits, - and _"),
        );
        return None;
    }
    Some(Asset::Static { source: source?, name })
}

fn data(fields: &mut Fields<'_>) -> Option<Asset> {
    let known = [
        "type",
        "composition",
        "layer_name",
        "layer_index",
        "property",
        "value",
        "expression",
        "continue_on_missing",
    ];
    fields.allow("a data asset", &known);
    fields.missing("property", "which property of the layer, such as Source Text?");
    let property = fields
        .name("property")
        .and_then(|text| Property::read(text).map_err(|message| fields.say("property", message)).ok());
    let (target, change) = (target(fields), change(fields, property.as_ref()));
    Some(Asset::Data { target: target?, property: property?, change: change? })
}

fn change(fields: &mut Fields<'_>, property: Option<&Property>) -> Option<Change> {
    match (fields.value("value"), fields.value("expression")) {
        (None, None) => {
            fields.say("value", "is missing: give a value or an expression".to_owned());
            None
        }
        (Some(_), Some(_)) => {
            fields.say("expression", "cannot be given together with a value: keep one of them".to_owned());
            None
        }
        (None, Some(_)) => {
            if property.is_some_and(|property| property.style.is_some()) {
                fields.say(
                    "expression",
                    "cannot be given to a part of a style: only to Source Text".to_owned(),
                );
            }
            fields.text("expression", MAX_TEXT_BYTES).map(|text| Change::Expression(text.to_owned()))
        }
        (Some(value), None) => {
            if let Err(allowed) =
                plain_value(value).and_then(|()| property.map_or(Ok(()), |found| found.takes(value)))
            {
                fields.refuse("value", value, &allowed);
                return None;
            }
            Some(Change::Value(value.clone()))
        }
    }
}

/// What can be given to a property at all.
fn plain_value(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) if text.len() > MAX_TEXT_BYTES => {
            Err(format!("a text of at most {MAX_TEXT_BYTES} bytes"))
        }
        Value::String(_) | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::Array(items)
            if !items.is_empty() && items.len() <= MAX_LIST && items.iter().all(Value::is_number) =>
        {
            Ok(())
        }
        _ => Err(format!("a text, a number, true or false, or a list of 1 to {MAX_LIST} numbers")),
    }
}

fn source(fields: &mut Fields<'_>) -> Option<Source> {
    fields.missing("src", "a path or a URL of the file");
    // A data URL is as long as its file; the settings of a step have a limit of their own.
    let text = fields.text("src", usize::MAX)?;
    let source = Source::read(text);
    if let Err(allowed) = source {
        fields.refuse("src", &Value::String(text.to_owned()), allowed);
    }
    source.ok().filter(|source| {
        let short = matches!(source, Source::Data(_)) || text.len() <= MAX_NAME_BYTES * 4;
        if !short {
            fields.say("src", format!("has {} bytes: {} are allowed", text.len(), MAX_NAME_BYTES * 4));
        }
        short
    })
}

fn target(fields: &mut Fields<'_>) -> Option<Target> {
    let scope = scope(fields);
    let layer = match (fields.value("layer_name"), fields.value("layer_index")) {
        (Some(_), Some(_)) => {
            fields
                .say("layer_index", "cannot be given together with layer_name: keep one of them".to_owned());
            None
        }
        (Some(_), None) => fields.name("layer_name").map(|name| Layer::Name(name.to_owned())),
        (None, Some(_)) => fields.position("layer_index").map(Layer::Index),
        (None, None) => {
            fields.say("layer_name", "is missing: give layer_name or layer_index".to_owned());
            None
        }
    };
    let may_be_missing = fields.flag("continue_on_missing");
    Some(Target { scope: scope?, layer: layer?, may_be_missing })
}

fn scope(fields: &mut Fields<'_>) -> Option<Scope> {
    if fields.value("composition").is_none() {
        return Some(Scope::Rendered);
    }
    let name = fields.name("composition")?;
    if name == "*" {
        return Some(Scope::Every);
    }
    let path: Vec<String> = name.split("->").map(|part| part.trim().to_owned()).collect();
    if path.iter().any(String::is_empty) || path.len() > MAX_STEPS {
        let allowed = format!("a name, or 1 to {MAX_STEPS} names parted by ->, outermost first");
        fields.refuse("composition", &Value::String(name.to_owned()), &allowed);
        return None;
    }
    Some(Scope::Named { name: name.to_owned(), path })
}

/// Whether a name is a plain file name on every system that After Effects and its nodes run on.
fn is_plain(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let is_device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (stem.len() == 4
            && (stem.starts_with("COM") || stem.starts_with("LPT"))
            && stem.ends_with(|c: char| c.is_ascii_digit()));
    !is_device
        && name.len() <= 200
        && !name.starts_with(['.', ' ', '-'])
        && !name.ends_with(['.', ' '])
        && !name.chars().any(|c| c.is_control() || "/\\:*?\"<>|%".contains(c))
}
