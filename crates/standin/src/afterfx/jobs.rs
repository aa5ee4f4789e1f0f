//! What is to be rendered: a project and a command line become jobs, in the order and with the words of
//! Adobe's start-up script. It writes no files.

use std::path::{Path, PathBuf};

use super::stage::{End, Stage};
use crate::arguments::{Arguments, Stop, whole};
use crate::complaint::Reason;
use crate::project::{Composition, Project, Queued, Status};
use crate::story::{Module, ModuleFormat, Platform};

/// One render queue item that renders.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) comp: &'a Composition,
    pub(super) output: String,
    pub(super) module: Module,
    /// Frames from the composition's first on, in the order of time; some may lie outside.
    pub(super) span: Vec<i64>,
}

/// Longer spans are a mistake.
const MOST_FRAMES: i64 = 1_000_000;

/// Opens the project, and says what After Effects says of it.
pub(super) fn open(stage: &mut Stage<'_>, arguments: &Arguments) -> Result<(Project, PathBuf), End> {
    const NONE: &str = "No project provided and no project open.";
    let Some(path) = arguments.project.as_deref() else { return Err(Stop::not_found(NONE).into()) };
    check_path(stage, path)?;
    let Ok(bytes) = std::fs::read(path) else { return Err(Stop::not_found(NONE).into()) };
    let Some(project) = Project::read(&bytes) else { return stage.refuse(Reason::Damaged, path, None) };
    let installation = &stage.story.installation;
    if let Some(version) = project.saved_by.filter(|version| *version < installation.major()) {
        stage.info(&format!(
            "After Effects: this project must be converted from version {version}. The original file will be \
             unchanged."
        ))?;
    }
    let fonts = project.missing_fonts(installation);
    if !fonts.is_empty() && installation.major() >= 15 {
        stage.warning("Project has missing fonts.")?;
    } else {
        for font in fonts {
            let (family, style) = font.split_once('-').unwrap_or((font, "Regular"));
            stage.warning(&format!(
                "Grouped_Message_{{some layers have missing dependencies. Press Ctrl-C to copy this list.|||a layer \
                 has missing dependencies.###@0 dependencies are missing:}}Text Layer: Font family: {family}, Font \
                 style: {style}"
            ))?;
        }
    }
    for effect in project.missing_effects(installation) {
        stage.info(&format!(
            "This project contains a reference to a missing effect ({effect}). Please install it."
        ))?;
    }
    let folder = Path::new(path).parent().unwrap_or(Path::new("")).to_owned();
    Ok((project, folder))
}

/// Windows hands paths on in its own code page, and no longer than 260 characters.
pub(super) fn check_path(stage: &mut Stage<'_>, path: &str) -> Result<(), End> {
    let is_foreign = encoding_rs::WINDOWS_1252.encode(path).2;
    if stage.story.installation.platform == Platform::Windows && (is_foreign || path.chars().count() > 260) {
        return stage.refuse(Reason::Path, path, None);
    }
    Ok(())
}

/// The jobs of a command line.
pub(super) fn plan<'a>(
    stage: &mut Stage<'_>,
    arguments: &Arguments,
    project: &'a Project,
) -> Result<Vec<Job<'a>>, End> {
    let chosen = choose(stage, arguments, project)?;
    let Some(item) = chosen else { return whole_queue(stage, arguments, project) };
    let (comp, queued) = item;
    let mut module = settings(stage, arguments, queued)?;
    let output = match (&arguments.output, queued) {
        (Some(output), _) => output.clone(),
        (None, Some(Queued { status: Status::Queued, output: Some(output), .. })) => output.clone(),
        _ => {
            let text = "Specified render queue item needs output file but none provided.";
            return Err(Stop::not_found(text).into());
        }
    };
    check_path(stage, &output)?;
    if let Some(settings) = &arguments.output_settings {
        module = output_settings(stage, settings, module)?;
    }
    let span = span(stage, arguments, comp, project.first_frame)?;
    Ok(vec![Job { comp, output, module, span }])
}

type Item<'a> = (&'a Composition, Option<&'a Queued>);

/// The item that `-comp` or `-rqindex` means.
fn choose<'a>(
    stage: &mut Stage<'_>,
    arguments: &Arguments,
    project: &'a Project,
) -> Result<Option<Item<'a>>, End> {
    let missing = |reason: Reason| End::from(Stop::not_found(reason.not_found()));
    if let Some(name) = &arguments.composition {
        for queued in project.queue.iter().filter(|queued| &queued.composition == name) {
            match queued.status {
                Status::WillContinue => stage.line(
                    "INFO: Skipping render queue item with correct comp name but marked to continue from a partly \
                     complete render.",
                )?,
                Status::Queued | Status::NeedsOutput => {
                    let comp = project.composition(name).ok_or_else(|| missing(Reason::Composition))?;
                    return Ok(Some((comp, Some(queued))));
                }
                Status::Unqueued | Status::Done => {}
            }
        }
        let comp = project.composition(name).ok_or_else(|| missing(Reason::Composition))?;
        stage.line("PROGRESS: Adding specified comp to Render Queue")?;
        return Ok(Some((comp, None)));
    }
    let Some(index) = &arguments.queue_index else { return Ok(None) };
    if stage.story.installation.major() >= 22 {
        stage.line(&format!("rqindex {index}num {}", project.queue.len()))?;
    }
    let place = whole(index).and_then(|index| usize::try_from(index - 1).ok());
    let queued =
        place.and_then(|place| project.queue.get(place)).ok_or_else(|| missing(Reason::QueueItem))?;
    let comp = project.composition(&queued.composition).ok_or_else(|| missing(Reason::Composition))?;
    Ok(Some((comp, Some(queued))))
}

/// Checks the templates, and says what the output module is like.
fn settings(stage: &mut Stage<'_>, arguments: &Arguments, queued: Option<&Queued>) -> Result<Module, End> {
    let installation = &stage.story.installation;
    let missing = |reason: Reason| End::from(Stop::not_found(reason.not_found()));
    if arguments.render_template.as_ref().is_some_and(|name| !installation.render_settings.contains(name)) {
        return Err(missing(Reason::RenderSettings));
    }
    if let Some(name) = &arguments.module_template {
        return installation.output_modules.get(name).copied().ok_or_else(|| missing(Reason::OutputModule));
    }
    if let Some(bad) = arguments.render_settings.as_deref().and_then(not_a_setting) {
        return stage.refuse_setting(bad);
    }
    // The item's own settings came with the project and need no template here.
    let own = queued.and_then(|queued| queued.output_module.as_ref());
    Ok(own.and_then(|name| installation.output_modules.get(name)).copied().unwrap_or_default())
}

/// The first part of `k: v; k2: v2` that is none.
fn not_a_setting(text: &str) -> Option<&str> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).find(|part| !part.contains(':'))
}

/// `-outputSettings` over what the module is.
fn output_settings(stage: &mut Stage<'_>, text: &str, mut module: Module) -> Result<Module, End> {
    if let Some(bad) = not_a_setting(text) {
        return stage.refuse_setting(bad);
    }
    for (key, value) in text.split(';').filter_map(|part| part.split_once(':')) {
        match (key.trim(), value.trim()) {
            ("Use Comp Frame Number", value) => module.comp_frame_number = value == "true",
            ("Format", "PNG Sequence") => module.format = ModuleFormat::Png,
            ("Format", "QuickTime" | "H.264") => module.format = ModuleFormat::Movie,
            _ => {}
        }
    }
    Ok(module)
}

/// Without a composition or an index the queue renders as it is, and nothing else counts.
fn whole_queue<'a>(
    stage: &mut Stage<'_>,
    arguments: &Arguments,
    project: &'a Project,
) -> Result<Vec<Job<'a>>, End> {
    let ignored = [
        (arguments.render_template.is_some(), "-RStemplate argument"),
        (arguments.module_template.is_some(), "-OMtemplate argument"),
        (arguments.output.is_some(), "-output argument"),
        (arguments.start.is_some() || arguments.end.is_some(), "-s and/or -e arguments"),
        (arguments.increment.is_some(), "-i argument"),
    ];
    if arguments.render_settings.is_some() || arguments.output_settings.is_some() {
        let flag = if arguments.render_settings.is_some() { "-renderSettings" } else { "-outputSettings" };
        let text = format!("Can't use {flag} because no render queue item was specified.");
        return Err(Stop::not_found(&text).into());
    }
    for (_, what) in ignored.iter().filter(|(given, _)| *given) {
        stage.line(&format!("WARNING: {what} ignored since no -comp or -rqindex provided."))?;
    }
    let mut jobs = Vec::new();
    for queued in project.queue.iter().filter(|queued| queued.status == Status::Queued) {
        let (Some(comp), Some(output)) = (project.composition(&queued.composition), &queued.output) else {
            continue;
        };
        let module = settings(stage, &Arguments::default(), Some(queued))?;
        let span = (0..i64::from(comp.frames)).collect();
        jobs.push(Job { comp, output: output.clone(), module, span });
    }
    Ok(jobs)
}

/// The frames of `-s`, `-e` and `-i`: display numbers, the last one included.
fn span(
    stage: &mut Stage<'_>,
    arguments: &Arguments,
    comp: &Composition,
    first_frame: i64,
) -> Result<Vec<i64>, End> {
    let frame = |text: &String| whole(text).map(|number| number - first_frame - comp.start);
    let last = i64::from(comp.frames) - 1;
    let (start, end) = match (&arguments.start, &arguments.end) {
        (None, None) => (Some(0), Some(last)),
        (start, end) => (start.as_ref().map_or(Some(0), frame), end.as_ref().map_or(Some(last), frame)),
    };
    let (Some(start), Some(end)) = (start, end) else { return stage.refuse_setting("timeSpanStart") };
    if end < start || end - start >= MOST_FRAMES {
        return stage.refuse_setting("timeSpanDuration");
    }
    let step = match arguments.increment.as_ref().and_then(|step| whole(step)) {
        None => 1,
        Some(step) if (1..=100).contains(&step) => step,
        Some(_) => {
            return Err(
                Stop::syntax("Bad value for -increment. Must be between 1 and 100, inclusive.").into()
            );
        }
    };
    let moved = match &stage.run.lie {
        Some(lie) if lie.how == crate::story::Untruth::WrongRange => lie.by,
        _ => 0,
    };
    // A step is at most 100.
    let step = usize::try_from(step).unwrap_or(1);
    Ok((start + moved..=end + moved).step_by(step).collect())
}

impl Stage<'_> {
    /// After Effects takes no such value.
    fn refuse_setting<T>(&mut self, what: &str) -> Result<T, End> {
        let text = format!("Unable to set \"{what}\". Value out of range.");
        self.line(&self.speech.exception(&text))?;
        Err(End::Said(self.with_log(crate::arguments::code::RUNTIME)))
    }
}
