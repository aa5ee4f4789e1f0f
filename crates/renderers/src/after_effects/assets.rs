//! A step's data set on this machine: its files fetched, and the entry that the project with the data in it has.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use callsheet_after_effects::script::{Asset, DataSet, Injection, Problem};
use callsheet_config::PathMap;
use callsheet_model::{Failure, FailureClass};
use serde_json::{Value, json};

use super::desk::tellable;
use super::fetch::{Fetched, Fetcher};
use super::store::{Entry, Store};

/// Where the script saves before the project counts.
const DRAFT: &str = "new.aep";

/// What decides how a project looks besides its data set: template, what is rendered, the version that saves it.
pub(super) type Circumstances = Value;

/// A data set whose files are here.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) entry: Entry,
    pub(super) injection: Injection,
}

/// Reads the setting `assets`; nothing in it is no data set.
pub(super) fn read(setting: Option<&Value>) -> Result<Option<DataSet>, Vec<Problem>> {
    let Some(setting) = setting else { return Ok(None) };
    let set = DataSet::read(setting)?;
    let taken = set.assets.iter().enumerate().filter_map(|(index, asset)| match asset {
        Asset::Static { name, .. } if Entry::is_taken(name) => Some(Problem {
            place: format!("settings.assets[{index}].name"),
            message: format!("\"{name}\" is a name that the project's own files have: call it otherwise"),
        }),
        _ => None,
    });
    let taken: Vec<Problem> = taken.collect();
    if !taken.is_empty() {
        return Err(taken);
    }
    Ok(Some(set).filter(|set| !set.is_empty()))
}

/// Fetches every file of a data set, and finds the entry that they and the circumstances make together. Blocking.
pub(super) fn prepare(
    set: &DataSet,
    setting: &Value,
    circumstances: &Circumstances,
    store: &Store,
    paths: &PathMap,
    scratch: &Path,
) -> Result<Prepared, Failure> {
    let arrived = store.begin()?;
    let fetched =
        fetch_all(set, paths, &arrived, scratch).inspect_err(|_| drop(fs::remove_dir_all(&arrived)))?;
    let sums: Vec<_> = fetched.values().map(|(_, file)| file.md5).collect();
    let key = md5::compute(json!([circumstances, setting, sums]).to_string());
    let entry = store.settle(&arrived, &format!("{key:x}"), scratch)?;
    let told = |name: &str| {
        let path = entry.file(name);
        let parent = path.parent().unwrap_or(&path);
        tellable(parent).and_then(|_| path.to_str().map(str::to_owned)).ok_or_else(|| {
            let message = format!("{} is no path for After Effects: set the node's key work", path.display());
            Failure::new(FailureClass::NodeConfig, message)
        })
    };
    let files: Result<BTreeMap<usize, String>, Failure> =
        fetched.iter().map(|(index, (name, _))| Ok((*index, told(name)?))).collect();
    let save_as = Some(told(DRAFT)?);
    let injection = Injection { data: set.clone(), files: files?, save_as };
    Ok(Prepared { entry, injection })
}

/// Each file by the asset's place in the set, with the name it got.
fn fetch_all(
    set: &DataSet,
    paths: &PathMap,
    to: &Path,
    scratch: &Path,
) -> Result<BTreeMap<usize, (String, Fetched)>, Failure> {
    let fetcher = Fetcher::new(paths, scratch);
    let mut all = BTreeMap::new();
    for (index, source) in set.sources() {
        let place = format!("settings.assets[{index}]");
        let on_its_way = to.join(format!("a{index}"));
        let fetched = fetcher
            .fetch(source, &on_its_way)
            .map_err(|failure| Failure { message: format!("{place}: {}", failure.message), ..failure })?;
        let name = match set.assets.get(index) {
            Some(Asset::Static { name, .. }) => name.clone(),
            Some(Asset::Script { .. }) => format!("a{index}.jsx"),
            _ => match &fetched.ending {
                Some(ending) => format!("a{index}.{ending}"),
                None => {
                    let message = format!(
                        "{place}: {source} says nowhere what kind of file it is: name it with an ending"
                    );
                    return Err(Failure::new(FailureClass::InputMissing, message));
                }
            },
        };
        fs::rename(&on_its_way, to.join(&name)).map_err(|error| {
            Failure::new(FailureClass::OutputIo, format!("{place}: {name} cannot be written: {error}"))
        })?;
        all.insert(index, (name, fetched));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(home: &Path, setting: &Value, circumstances: &Value) -> Result<Prepared, Failure> {
        let set = read(Some(setting)).unwrap().unwrap();
        let store = Store::new(home);
        prepare(&set, setting, circumstances, &store, &PathMap::default(), home)
    }

    #[test]
    fn everything_that_decides_how_a_project_looks_decides_its_entry() {
        let home = tempfile::tempdir().unwrap();
        let logo = home.path().join("logo.png");
        let setting = json!([
            { "type": "image", "src": logo, "layer_name": "Logo" },
            { "type": "data", "layer_name": "Title", "property": "Source Text", "value": "Hi" },
            { "type": "static", "src": "data:text/plain,words", "name": "words.txt" },
            { "type": "script", "src": "data:text/plain,1" },
        ]);
        fs::write(&logo, "blue").unwrap();
        let first = prepared(home.path(), &setting, &json!(["md5", "25.0"])).unwrap();
        let names = crate::sample::listing(first.entry.file("p.aep").parent().unwrap());
        assert_eq!(names, ["a0.png", "a3.jsx", "uses", "words.txt"]);
        assert_eq!(first.injection.files[&0], first.entry.file("a0.png").to_str().unwrap());
        assert!(first.injection.save_as.as_ref().unwrap().ends_with("new.aep"));
        let entry = |setting: &Value, circumstances: Value| {
            prepared(home.path(), setting, &circumstances).unwrap().entry
        };
        assert_eq!(entry(&setting, json!(["md5", "25.0"])), first.entry);
        assert_ne!(entry(&setting, json!(["md5", "24.0"])), first.entry);
        let mut other = setting.clone();
        other[1]["value"] = json!("Ho");
        assert_ne!(entry(&other, json!(["md5", "25.0"])), first.entry);
        fs::write(&logo, "red").unwrap();
        assert_ne!(entry(&setting, json!(["md5", "25.0"])), first.entry);
        let ours = crate::sample::listing(&home.path().join("ae"));
        assert!(ours.len() == 4 && ours.iter().all(|name| name.len() == 32), "{ours:?}");
    }

    #[test]
    fn a_file_that_is_gone_is_named_with_its_place() {
        let home = tempfile::tempdir().unwrap();
        let setting = json!([{ "type": "image", "src": "/nowhere/logo.png", "layer_name": "Logo" }]);
        let failure = prepared(home.path(), &setting, &json!([])).unwrap_err();
        assert_eq!(failure.class, FailureClass::InputMissing);
        assert!(
            failure.message.starts_with("settings.assets[0]: /nowhere/logo.png cannot be read"),
            "{failure}"
        );
        assert!(crate::sample::listing(&home.path().join("ae")).is_empty());
    }

    #[test]
    fn no_file_of_a_job_takes_the_projects_place() {
        let setting = json!([{ "type": "static", "src": "data:text/plain,x", "name": "P.aep" }]);
        let problems = read(Some(&setting)).unwrap_err();
        assert_eq!(problems[0].place, "settings.assets[0].name");
        assert_eq!(read(Some(&json!([]))).unwrap(), None);
        assert_eq!(read(None).unwrap(), None);
    }
}
