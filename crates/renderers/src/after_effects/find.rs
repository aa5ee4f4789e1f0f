//! Which installations of After Effects are on a machine, and what version each is.
//!
//! ```text
//!   programs named in the config ─┐
//!   folders to search, or Adobe's own ─► "Adobe After Effects 2025"/… ─► aerender ─► its version ─► newest first
//! ```
//!
//! It refuses to guess: a program that does not tell its version and lies in no folder that does is left out.

use std::cmp::Reverse;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callsheet_after_effects::arguments::version_of_year;
use callsheet_config::cluster::AfterEffectsConfig;
use callsheet_model::VersionWish;

use crate::process::output_of;

/// Beginning of the names of Adobe's folders.
const FOLDER: &str = "Adobe After Effects ";
/// Where the program lies in such a folder: on Windows and on macOS.
const AERENDER: [&str; 3] = ["Support Files/aerender.exe", "aerender", "aerender.exe"];
/// The program itself, beside it or in the bundle of macOS. The `.com` waits for its end, so it goes first.
const AFTER_FX: [&str; 3] = ["AfterFX.com", "AfterFX.exe", "AfterFX"];
const IN_BUNDLE: [&str; 2] = ["After Effects", "AfterFX"];
/// How long a program may take to say its version: it starts no After Effects for that, but disks can be cold.
const PATIENCE: Duration = Duration::from_secs(20);

/// One installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Installed {
    /// As it calls itself, without the build: `24.6.1`; by its folder only the first number.
    pub(super) version: String,
    /// The program `aerender`.
    pub(super) aerender: PathBuf,
    /// The program itself, which runs scripts; some installations for rendering have none.
    pub(super) after_fx: Option<PathBuf>,
}

/// All of them, the preferred one first and the others from the newest on. Blocking: it runs each of them.
pub(super) fn all(config: &AfterEffectsConfig) -> Result<Vec<Installed>, String> {
    let programs = programs(config);
    if programs.is_empty() {
        return Err(nothing(config));
    }
    let asked: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = programs.iter().map(|program| scope.spawn(|| one(program))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("it panicked".to_owned())))
            .collect()
    });
    let mut reasons = Vec::new();
    let mut found: Vec<Installed> = Vec::new();
    for asked in asked {
        match asked {
            Ok(installed) if found.iter().any(|known| known.version == installed.version) => {}
            Ok(installed) => found.push(installed),
            Err(why) => reasons.push(why),
        }
    }
    if found.is_empty() {
        return Err(reasons.join("; "));
    }
    let preferred = |version: &str| config.prefer.as_ref().is_some_and(|wish| wish.is_met_by(version));
    found.sort_by_key(|installed| Reverse((preferred(&installed.version), numbers(&installed.version))));
    Ok(found)
}

/// The first that will do.
pub(super) fn best<'a>(all: &'a [Installed], wish: Option<&VersionWish>) -> Option<&'a Installed> {
    all.iter().find(|installed| wish.is_none_or(|wish| wish.is_met_by(&installed.version)))
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

/// Where there is nothing: what was looked at.
fn nothing(config: &AfterEffectsConfig) -> String {
    let looked = |folders: &[PathBuf]| {
        folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
    };
    let usual = usual_folders();
    match (config.search.as_slice(), usual.as_slice()) {
        ([], []) => {
            "there is no After Effects for this system; say where aerender is with after_effects.programs"
                .into()
        }
        ([], usual) => format!("no After Effects is installed in {}", looked(usual)),
        (search, _) => format!("no After Effects is installed in {}", looked(search)),
    }
}

/// Programs to ask: those that are named, and those in folders.
fn programs(config: &AfterEffectsConfig) -> Vec<PathBuf> {
    let mut programs = config.programs.clone();
    let folders = match (config.search.as_slice(), config.programs.as_slice()) {
        ([], []) => usual_folders(),
        (search, _) => search.to_vec(),
    };
    for folder in folders {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let named = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(FOLDER));
        let mut installations: Vec<PathBuf> = named.map(|entry| entry.path()).collect();
        installations.sort();
        let program =
            |folder: &PathBuf| AERENDER.iter().map(|at| folder.join(at)).find(|path| path.is_file());
        programs.extend(installations.iter().filter_map(program));
    }
    programs
}

/// Where Adobe installs it. No registry is asked.
fn usual_folders() -> Vec<PathBuf> {
    if cfg!(windows) {
        let roots = ["ProgramFiles", "ProgramW6432"].iter().filter_map(env::var_os).map(PathBuf::from);
        let mut folders: Vec<PathBuf> = roots.map(|root| root.join("Adobe")).collect();
        folders.dedup();
        folders
    } else if cfg!(target_os = "macos") {
        vec![PathBuf::from("/Applications")]
    } else {
        Vec::new()
    }
}

fn one(aerender: &Path) -> Result<Installed, String> {
    if !aerender.is_file() {
        return Err(format!("there is no program at {}", aerender.display()));
    }
    let said = output_of(aerender, &["-version".to_owned()], PATIENCE);
    let told = said.as_ref().ok().and_then(|said| version_in(said));
    let version = told.or_else(|| version_of_folder(aerender)).ok_or_else(|| match said {
        Ok(_) => format!("{} tells no version, and no folder of it does", aerender.display()),
        Err(why) => format!("{} {why}", aerender.display()),
    })?;
    Ok(Installed { version, aerender: aerender.to_owned(), after_fx: after_fx(aerender) })
}

/// `aerender version 24.6.1x2`, in the first line, the last or any other.
fn version_in(said: &str) -> Option<String> {
    said.lines().find_map(|line| {
        let (_, rest) = line.split_once("aerender version ")?;
        let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').take(40).collect();
        let version = version.trim_end_matches('.');
        (!version.is_empty()).then(|| version.to_owned())
    })
}

/// `Adobe After Effects 2025`, `Adobe After Effects CC 2019`.
fn version_of_folder(aerender: &Path) -> Option<String> {
    let folder = aerender.ancestors().skip(1).find_map(|folder| {
        let name = folder.file_name()?.to_str()?;
        name.strip_prefix(FOLDER)
    })?;
    let year = folder.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 4)?;
    version_of_year(year.parse().ok()?).map(|version| version.to_string())
}

/// The program that runs scripts, beside `aerender`.
fn after_fx(aerender: &Path) -> Option<PathBuf> {
    let folder = aerender.parent()?;
    if let Some(found) = AFTER_FX.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
        return Some(found);
    }
    let mut bundles: Vec<PathBuf> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    bundles.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with(FOLDER.trim_end()) && name.ends_with(".app")
    });
    bundles.sort();
    let inside = |bundle: &PathBuf| {
        let programs = IN_BUNDLE.iter().map(|name| bundle.join("Contents/MacOS").join(name));
        programs.into_iter().find(|path| path.is_file())
    };
    bundles.iter().find_map(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_stands_anywhere_and_without_its_build() {
        let mac = "PROGRESS: Launching After Effects...\r\naerender version 22.2x120\r\n";
        assert_eq!(version_in(mac).as_deref(), Some("22.2"));
        assert_eq!(version_in("aerender version 24.6.1x2").as_deref(), Some("24.6.1"));
        for other in ["", "aerender version x", "version 24"] {
            assert_eq!(version_in(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_folder_tells_the_version_where_the_program_does_not() {
        let of = |folder: &str| version_of_folder(&Path::new("/Applications").join(folder).join("aerender"));
        assert_eq!(of("Adobe After Effects 2025").as_deref(), Some("25"));
        assert_eq!(of("Adobe After Effects CC 2019/Support Files").as_deref(), Some("16"));
        assert_eq!(of("Adobe After Effects (Beta)"), None);
        assert_eq!(of("Adobe Premiere Pro 2025"), None);
    }

    #[cfg(unix)]
    #[test]
    fn every_installation_is_found_and_the_newest_goes_first() {
        let home = tempfile::tempdir().unwrap();
        let install = |folder: &str, says: &str| {
            let folder = home.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            crate::sample::program(&folder.join("aerender"), &format!("echo '{says}'"));
        };
        install("Adobe After Effects 2024", "aerender version 24.6.1x2");
        install("Adobe After Effects 2025", "noise before\naerender version 25.0x9");
        install("Adobe After Effects CC 2019", "what?");
        install("Adobe Premiere Pro 2025", "aerender version 99.0");
        fs::create_dir(home.path().join("Adobe After Effects 2020")).unwrap();
        let bundle = home.path().join("Adobe After Effects 2025/Adobe After Effects 2025.app/Contents/MacOS");
        fs::create_dir_all(&bundle).unwrap();
        fs::write(bundle.join("After Effects"), "").unwrap();
        fs::write(home.path().join("Adobe After Effects 2024/AfterFX"), "").unwrap();

        let search = vec![home.path().to_owned()];
        let mut config = AfterEffectsConfig { search, ..AfterEffectsConfig::default() };
        let found = all(&config).unwrap();
        let versions: Vec<&str> = found.iter().map(|installed| installed.version.as_str()).collect();
        assert_eq!(versions, ["25.0", "24.6.1", "16"]);
        assert!(found[0].after_fx.as_ref().unwrap().ends_with("Contents/MacOS/After Effects"));
        assert!(found[1].after_fx.as_ref().unwrap().ends_with("AfterFX"));
        assert_eq!(found[2].after_fx, None);

        config.prefer = Some("24".parse().unwrap());
        let found = all(&config).unwrap();
        assert_eq!(found[0].version, "24.6.1");
        assert_eq!(best(&found, Some(&">=25".parse().unwrap())).unwrap().version, "25.0");
        assert_eq!(best(&found, None).unwrap().version, "24.6.1");
        assert_eq!(best(&found, Some(&"23".parse().unwrap())), None);
    }

    #[test]
    fn where_nothing_is_found_it_is_said_where_it_was_looked_for() {
        let search = vec![PathBuf::from("/nowhere/at/all")];
        let config = AfterEffectsConfig { search, ..AfterEffectsConfig::default() };
        assert_eq!(all(&config).unwrap_err(), "no After Effects is installed in /nowhere/at/all");
        let programs = vec![PathBuf::from("/nowhere/aerender")];
        let config = AfterEffectsConfig { programs, ..AfterEffectsConfig::default() };
        assert_eq!(all(&config).unwrap_err(), "there is no program at /nowhere/aerender");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_hangs_is_not_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("aerender");
        crate::sample::program(&path, "exec sleep 600");
        let said = output_of(&path, &[], Duration::from_millis(200)).unwrap_err();
        assert!(said.starts_with("did not answer within"), "{said}");
    }
}
