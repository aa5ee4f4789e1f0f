//! An attempt made ready: the version chosen, the project staged, the data set fetched; and what to run for it.

use std::ffi::OsString;
use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use callsheet_after_effects::arguments::{self, Render};
use callsheet_after_effects::script::{Inspection, Plan, Rendered};
use callsheet_after_effects::settings::{self, Preset, Product, Settings, Target};
use callsheet_model::{Failure, FailureClass, FrameSet, OutputPattern};
use serde_json::json;

use super::assets::{self, Prepared};
use super::desk::Desk;
use super::find::Installed;
use super::store::Store;
use super::{AfterEffects, NAME, numbers, run, work};
use crate::{Assignment, Invocation, Stdin, child};

/// The files that make After Effects render without a seat, and speak English.
const RENDER_ONLY: &str = "ae_render_only_node.txt";
const FORCE_ENGLISH: &str = "ae_force_english.txt";
/// Scripts take turns on a machine; the program is one for each user, and so is this directory.
const LOCK: &str = "callsheet-after-effects.lock";

/// An attempt made ready.
pub(super) struct Ready<'a> {
    renderer: &'a AfterEffects,
    assignment: &'a Assignment<'a>,
    output: &'a OutputPattern,
    settings: Settings,
    product: Product,
    installed: Installed,
    /// The staged template.
    template: String,
    data: Option<Prepared>,
    /// Where After Effects writes.
    out: String,
}

impl<'a> Ready<'a> {
    /// Blocking: it copies the template and fetches the data set.
    pub(super) fn new(renderer: &'a AfterEffects, assignment: &'a Assignment<'a>) -> Result<Self, Failure> {
        let step = assignment.step;
        if let Some(problem) = settings::check(step).into_iter().next() {
            return Err(fatal(format!("{}: {}", problem.place, problem.message)));
        }
        let output = step.output.as_ref().ok_or_else(|| fatal("the step has no output".to_owned()))?;
        let settings =
            Settings::read(&step.settings).map_err(|_| fatal("the settings cannot be read".to_owned()))?;
        let product = Product::of(output, settings.movie);
        let installed = renderer.installed_for(step)?;
        let desk = Desk::of(assignment);
        let out = desk.prepare_out()?;
        let template = desk.stage_template()?;
        let mut ready =
            Self { renderer, assignment, output, settings, product, installed, template, data: None, out };
        ready.data = ready.fetch()?;
        Ok(ready)
    }

    fn fetch(&self) -> Result<Option<Prepared>, Failure> {
        let Some(setting) = &self.settings.assets else { return Ok(None) };
        let read = assets::read(Some(setting)).map_err(|problems| {
            let said: Vec<_> =
                problems.iter().map(|problem| format!("{}: {}", problem.place, problem.message)).collect();
            fatal(said.join("; "))
        })?;
        let Some(set) = read else { return Ok(None) };
        let template = self.assignment.step.template.as_ref().map(|template| template.md5.to_string());
        let target = format!("{:?}", self.settings.target);
        let circumstances = json!([template, target, self.installed.version]);
        let own = Store::new(self.assignment.scratch);
        let store = self.renderer.store.as_ref().unwrap_or(&own);
        let paths = &self.renderer.paths;
        assets::prepare(&set, setting, &circumstances, store, paths, self.assignment.scratch).map(Some)
    }

    /// The process that puts the data in and looks at the project, as far as there is anything to do.
    pub(super) fn script(&self, inspect: bool) -> Result<Option<Invocation>, Failure> {
        let whole = self.data.as_ref().map(|data| data.entry.project());
        let inject = self.data.as_ref().filter(|data| !data.entry.project().is_file());
        let inspection = inspect.then(|| self.inspection());
        if inject.is_none() && inspection.is_none() {
            return Ok(None);
        }
        let Some(after_fx) = &self.installed.after_fx else {
            // A look is worth having, not worth failing for.
            let Some(_) = inject else { return Ok(None) };
            let aerender = self.installed.aerender.display();
            let message =
                format!("the data cannot be put in: no AfterFX lies beside {aerender} to run a script");
            return Err(Failure::new(FailureClass::NodeConfig, message));
        };
        let project = match (&whole, inject) {
            (Some(whole), None) => whole.to_string_lossy().into_owned(),
            _ => self.template.clone(),
        };
        let report = self.scratch("r.json")?;
        let plan = Plan {
            project,
            report: report.clone(),
            rendered: match &self.settings.target {
                Target::Composition(name) => Rendered::Composition(name.clone()),
                Target::QueueIndex(index) => Rendered::QueueItem(*index),
            },
            inject: inject.map(|data| data.injection.clone()),
            inspect: inspection,
        };
        let script = self.scratch("i.jsx")?;
        let text =
            plan.script().map_err(|error| Failure::new(FailureClass::NodeConfig, error.to_string()))?;
        fs::write(&script, text).map_err(|error| {
            Failure::new(FailureClass::OutputIo, format!("{script} cannot be written: {error}"))
        })?;
        let draft = inject.and_then(|data| data.injection.save_as.as_ref()).map(PathBuf::from);
        let order = work::Order {
            after_fx: after_fx.clone(),
            script: script.into(),
            report: report.into(),
            save: draft.zip(whole),
            always: inspect,
            lock: std::env::temp_dir().join(LOCK),
            env: self.settings.env.clone(),
        };
        let frames = FrameSet::new();
        let invocation = child::invocation(&self.renderer.host, NAME, &order, self.assignment, frames)?;
        Ok(Some(Invocation { markers: self.markers(), ..invocation }))
    }

    /// One process for each run of frames, or for each movie.
    pub(super) fn renders(&self) -> Result<Vec<Invocation>, Failure> {
        let frames = self.assignment.frames;
        match self.product {
            Product::Pictures => {
                let runs = frames.ranges().map(|run| {
                    let (first, last) = (*run.start(), *run.end());
                    let told = run::run_of(self.assignment, &self.settings, first).map(|run| run.told_name());
                    self.render(FrameSet::range(first, last), (first, last), &told.unwrap_or_default())
                });
                runs.collect()
            }
            Product::Movie(movie) | Product::Sound(movie) => {
                let results = frames.iter().map(|result| {
                    let span = movie.share(result).ok_or_else(|| {
                        fatal(format!("frames: the movie has no segment {result}, only {}", movie.segments()))
                    })?;
                    self.render(FrameSet::one(result), span, &numbers::movie_name(self.output, result))
                });
                results.collect()
            }
        }
    }

    fn render(&self, frames: FrameSet, span: (i32, i32), name: &str) -> Result<Invocation, Failure> {
        let whole = self.data.as_ref().map(|data| data.entry.project().to_string_lossy().into_owned());
        let render = Render {
            project: whole.as_deref().unwrap_or(&self.template),
            settings: &self.settings,
            product: self.product,
            span,
            output: &format!("{}{MAIN_SEPARATOR}{name}", self.out),
            gentle: self.assignment.gentle,
        };
        let args = arguments::render(&render, &self.installed.version)
            .map_err(|too_old| Failure::new(FailureClass::InputMissing, too_old.to_string()))?;
        Ok(Invocation {
            program: self.installed.aerender.clone(),
            args: args.into_iter().map(OsString::from).collect(),
            env: self.settings.env.clone(),
            directory: self.assignment.scratch.to_owned(),
            frames,
            stdin: Stdin::Null,
            markers: self.markers(),
        })
    }

    fn markers(&self) -> Vec<PathBuf> {
        let config = &self.renderer.config;
        let wanted = [(config.render_only_node, RENDER_ONLY), (config.force_english, FORCE_ENGLISH)];
        let Some(documents) = super::documents(config) else { return Vec::new() };
        wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| documents.join(name)).collect()
    }

    /// What must be there for the whole step, not only for this attempt.
    fn inspection(&self) -> Inspection {
        let step = self.assignment.step;
        let frames = match self.product {
            Product::Pictures => step.frames.first().zip(step.frames.last()),
            Product::Movie(movie) | Product::Sound(movie) => Some((movie.first, movie.last)),
        };
        let template = |preset: &Option<Preset>| match preset {
            Some(Preset::Template(name)) => Some(name.clone()),
            Some(Preset::Values(_)) | None => None,
        };
        let longest = step.frames.last().unwrap_or_default();
        Inspection {
            frames,
            render_settings: template(&self.settings.render_settings),
            output_module: template(&self.settings.output_module),
            fonts: Some(self.settings.fonts.clone()),
            may_miss_footage: self.settings.continue_on_missing_footage,
            output: Some(format!(
                "{}{MAIN_SEPARATOR}cs{longest}_{longest:05}.{}",
                self.out,
                self.extension()
            )),
            is_sequence: self.product == Product::Pictures,
        }
    }

    fn extension(&self) -> String {
        self.output.extension().unwrap_or_default()
    }

    fn scratch(&self, name: &str) -> Result<String, Failure> {
        Ok(format!("{}{MAIN_SEPARATOR}{name}", Desk::of(self.assignment).scratch()?))
    }
}

/// Whether a process is our own one that runs a script.
pub(super) fn is_script(invocation: &Invocation) -> bool {
    invocation.stdin == Stdin::Lifeline && invocation.args.get(1).is_some_and(|kind| kind == Path::new(NAME))
}

fn fatal(message: String) -> Failure {
    Failure::new(FailureClass::JobFatal, message)
}
