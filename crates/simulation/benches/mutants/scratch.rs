//! A copy of the crates that the simulator is made of, to plant faults in: nobody builds from the tree while a fault
//! is in it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use toml::{Table, Value};

use crate::list::{Mutant, root};

/// Quick to build, and fast enough: what is waited for is the compiler.
const PROFILE: &str = r#"
    [profile.mutants]
    inherits = "release"
    opt-level = 1
    debug = false
    incremental = true
    codegen-units = 64
    [profile.mutants.package."*"]
    opt-level = 2
"#;

pub(crate) struct Scratch(PathBuf);

type Result<T> = std::result::Result<T, String>;

fn at<T>(path: &Path, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| format!("{}: {error}", path.display()))
}

impl Scratch {
    /// Copies what is needed, as it is now. What is the same already stays, so that a second run builds less.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let manifest_path = root().join("Cargo.toml");
        let text = at(&manifest_path, fs::read_to_string(&manifest_path))?;
        let mut manifest: Table = text.parse().map_err(|error| format!("Cargo.toml: {error}"))?;
        let needed = needed("simulation")?;
        let profile: Table = PROFILE.parse().map_err(|error| format!("the profile: {error}"))?;
        manifest.extend(profile);
        if let Some(Value::Table(workspace)) = manifest.get_mut("workspace") {
            let members = needed.iter().map(|name| Value::String(format!("crates/{name}"))).collect();
            workspace.insert("members".to_owned(), Value::Array(members));
            workspace.remove("default-members");
            workspace.remove("exclude");
        }
        let scratch = Self(folder.to_owned());
        scratch.put(Path::new("Cargo.toml"), manifest.to_string().as_bytes())?;
        if let Ok(lock) = fs::read(root().join("Cargo.lock")) {
            scratch.put(Path::new("Cargo.lock"), &lock)?;
        }
        for name in needed {
            scratch.copy(&Path::new("crates").join(name))?;
        }
        Ok(scratch)
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let target = self.0.join(path);
        if fs::read(&target).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        if let Some(folder) = target.parent() {
            at(folder, fs::create_dir_all(folder))?;
        }
        at(&target, fs::write(&target, bytes))
    }

    fn copy(&self, folder: &Path) -> Result<()> {
        let source = root().join(folder);
        let mut names = BTreeSet::new();
        for entry in at(&source, fs::read_dir(&source))?.flatten() {
            let (name, path) = (entry.file_name(), folder.join(entry.file_name()));
            if entry.path().is_dir() {
                self.copy(&path)?;
            } else {
                self.put(&path, &at(&entry.path(), fs::read(entry.path()))?)?;
            }
            names.insert(name);
        }
        for entry in fs::read_dir(self.0.join(folder)).into_iter().flatten().flatten() {
            if !names.contains(&entry.file_name()) && entry.path().is_file() {
                at(&entry.path(), fs::remove_file(entry.path()))?;
            }
        }
        Ok(())
    }

    /// Plants a fault.
    pub(crate) fn plant(&self, mutant: &Mutant) -> Result<()> {
        let path = root().join(&mutant.file);
        let text = at(&path, fs::read_to_string(&path))?;
        self.put(&mutant.file, mutant.planted(&text)?.as_bytes())
    }

    /// Takes it out again.
    pub(crate) fn restore(&self, mutant: &Mutant) -> Result<()> {
        let path = root().join(&mutant.file);
        self.put(&mutant.file, &at(&path, fs::read(&path))?)
    }

    /// Builds this very program there, and says where it is.
    pub(crate) fn build(&self) -> Result<PathBuf> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsStr::new("cargo").to_owned());
        let mut command = Command::new(cargo);
        command.current_dir(&self.0).args(["build", "--offline", "--quiet", "--profile", "mutants"]);
        command.args(["--package", "callsheet-simulation", "--bench", "mutants", "--message-format", "json"]);
        // Whoever called this one has settings of their own.
        command.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_INCREMENTAL").env_remove("RUSTFLAGS");
        let output = command.arg("--target-dir").arg(self.0.join("target")).stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("cargo cannot be run: {error}"))?;
        let told = String::from_utf8_lossy(&output.stdout);
        let messages: Vec<serde_json::Value> =
            told.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if !output.status.success() {
            let errors = messages.iter().filter_map(|message| message["message"]["rendered"].as_str());
            let errors: String = errors.filter(|error| error.starts_with("error")).take(3).collect();
            return Err(format!("it does not build\n{errors}{}", String::from_utf8_lossy(&output.stderr)));
        }
        let built = messages.iter().filter_map(|message| message["executable"].as_str()).next_back();
        built.map(PathBuf::from).ok_or_else(|| "cargo does not say what it has built".to_owned())
    }
}

/// The folders of all crates of ours that a crate is made of, its own first.
fn needed(first: &str) -> Result<Vec<String>> {
    let mut needed = vec![first.to_owned()];
    let mut next = 0;
    while let Some(name) = needed.get(next).cloned() {
        next += 1;
        let path = root().join("crates").join(&name).join("Cargo.toml");
        let manifest: Table =
            at(&path, fs::read_to_string(&path))?.parse().map_err(|error| format!("{name}: {error}"))?;
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(Value::Table(table)) = manifest.get(table) else { continue };
            for dependency in table.keys().filter_map(|key| key.strip_prefix("callsheet-")) {
                let folder = dependency.replace('-', "_");
                if !needed.contains(&folder) {
                    needed.push(folder);
                }
            }
        }
    }
    Ok(needed)
}
