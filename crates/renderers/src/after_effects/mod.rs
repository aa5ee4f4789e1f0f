//! `after_effects`: renders projects of After Effects through `aerender`. What a step may set is told in
//! [`callsheet_after_effects::settings`], what is said to the programs in `arguments` and `script` beside it.
//!
//! ```text
//!   check ──► is it a step that any After Effects could render?            (the leader asks)
//!   preflight ──► cheap looks here, then one script that opens the project  (one node asks)
//!   invocations ──► [script that puts the data in, once for a node]
//!                   aerender, one for each run of frames, or for each movie
//!   reader ──► what the log says, by the rules of four: exit code, "finished", no error; files are proven apart
//!   produced ──► which file is which frame
//! ```
//!
//! It refuses to keep After Effects open from one process to the next, and to believe anything that it says.

mod assets;
mod desk;
mod fetch;
mod find;
mod look;
mod numbers;
mod ready;
mod run;
mod store;
mod work;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use callsheet_after_effects::settings::{self, Product, Settings};
use callsheet_config::cluster::AfterEffectsConfig;
use callsheet_config::{NodeConfig, PathMap};
use callsheet_model::{Failure, FailureClass, StepSpec, VersionWish, Versions};

use crate::child::{ChildReader, Host};
use crate::{Assignment, Expectation, Format, Invocation, Problem, Reader, Renderer};
use find::Installed;
use ready::Ready;
use store::Store;

pub(crate) use work::run as run_script;

/// What jobs ask for.
pub(crate) const NAME: &str = callsheet_config::cluster::AFTER_EFFECTS;

/// The built-in renderer of projects of After Effects.
#[derive(Debug)]
pub struct AfterEffects {
    host: Host,
    config: AfterEffectsConfig,
    paths: PathMap,
    /// Where projects with data in them are kept; without it each attempt makes its own.
    store: Option<Store>,
    /// What the last look found.
    found: Mutex<Option<Vec<Installed>>>,
}

impl AfterEffects {
    /// As a leader needs it, and wherever nothing is said of it: found in the usual folders.
    #[must_use]
    pub fn new(host: Host) -> Self {
        let (config, paths) = (AfterEffectsConfig::default(), PathMap::default());
        Self { host, config, paths, store: None, found: Mutex::new(None) }
    }

    /// As a node's config says.
    #[must_use]
    pub fn on_node(host: Host, node: &NodeConfig) -> Self {
        let (config, paths) = (node.after_effects.clone(), node.path_map.clone());
        Self { config, paths, store: Some(Store::new(&node.work)), ..Self::new(host) }
    }

    /// Looks again what is installed.
    fn look(&self) -> Result<Vec<Installed>, String> {
        let found = find::all(&self.config)?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }

    /// The installation that renders a step.
    fn installed_for(&self, step: &StepSpec) -> Result<Installed, Failure> {
        let known = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let all = match known {
            Some(known) => known,
            None => self.look().map_err(|why| Failure::new(FailureClass::NodeConfig, why))?,
        };
        let wish = step.requires.renderer_version.as_deref();
        let read = wish.map(str::parse::<VersionWish>).transpose().map_err(|error| {
            Failure::new(FailureClass::JobFatal, format!("requires.renderer_version: {error}"))
        })?;
        find::best(&all, read.as_ref()).cloned().ok_or_else(|| {
            let versions = Versions::new(all.iter().map(|installed| installed.version.as_str()));
            let message =
                format!("this node has After Effects {versions}, the step wants {}", wish.unwrap_or("one"));
            Failure::new(FailureClass::InputMissing, message)
        })
    }
}

impl Renderer for AfterEffects {
    fn name(&self) -> &str {
        NAME
    }

    fn probe(&self) -> Result<Versions, String> {
        self.look().map(|found| Versions::new(found.into_iter().map(|installed| installed.version)))
    }

    fn check(&self, step: &StepSpec, _: Option<&[u8]>) -> Vec<Problem> {
        let problems = settings::check(step).into_iter();
        let mut problems: Vec<Problem> =
            problems.map(|problem| Problem { place: problem.place, message: problem.message }).collect();
        let data = assets::read(step.settings.get("assets")).err().unwrap_or_default().into_iter();
        problems.extend(data.map(|problem| Problem { place: problem.place, message: problem.message }));
        problems
    }

    fn invocations(&self, assignment: &Assignment<'_>) -> Result<Vec<Invocation>, Failure> {
        let ready = Ready::new(self, assignment)?;
        let mut all: Vec<Invocation> = ready.script(false)?.into_iter().collect();
        all.extend(ready.renders()?);
        Ok(all)
    }

    fn preflight(&self, assignment: &Assignment<'_>) -> Result<Vec<Invocation>, Failure> {
        look::around(assignment)?;
        let ready = Ready::new(self, assignment)?;
        Ok(ready.script(true)?.into_iter().collect())
    }

    fn has_preflight(&self) -> bool {
        true
    }

    fn reader(&self, assignment: &Assignment<'_>, invocation: &Invocation) -> Box<dyn Reader> {
        if ready::is_script(invocation) {
            return Box::new(ChildReader::default());
        }
        let known = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let program = &invocation.program;
        let installed = known.iter().flatten().find(|installed| installed.aerender == *program);
        let version = installed.map(|installed| installed.version.as_str());
        Box::new(run::AeReader::new(assignment, invocation, version))
    }

    fn produced(&self, assignment: &Assignment<'_>, frame: i32) -> Option<PathBuf> {
        let output = assignment.step.output.as_ref()?;
        let settings = Settings::read(&assignment.step.settings).ok()?;
        if run::is_refused(assignment) {
            // Named so that whoever asks reads why there is none.
            return Some(assignment.scratch.join("a-required-font-is-missing"));
        }
        let desk = desk::Desk::of(assignment);
        Some(desk.brought(match Product::of(output, settings.movie) {
            Product::Pictures => run::run_of(assignment, &settings, frame)?.file_of(frame),
            Product::Movie(_) | Product::Sound(_) => desk.out().join(numbers::movie_name(output, frame)),
        }))
    }

    fn expectation(&self, assignment: &Assignment<'_>) -> Expectation {
        let settings = Settings::read(&assignment.step.settings).ok();
        let movie = settings.as_ref().and_then(|settings| settings.movie);
        let product = assignment.step.output.as_ref().map(|output| Product::of(output, movie));
        let format = match product {
            Some(Product::Movie(movie)) => Format::Movie(movie.counts(assignment.frames)),
            Some(Product::Sound(_)) => Format::File,
            Some(Product::Pictures) | None => Format::Picture,
        };
        let size = settings.and_then(|settings| settings.size);
        Expectation { size, format, since: desk::Desk::of(assignment).begun() }
    }
}

/// A path in the documents folder of whoever runs this.
fn documents(config: &AfterEffectsConfig) -> Option<PathBuf> {
    let home = || std::env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    config.documents.clone().or_else(|| home().map(|home| Path::new(&home).join("Documents")))
}
