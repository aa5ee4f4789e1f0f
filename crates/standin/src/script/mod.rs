//! AfterFX as an editor that runs a script: `AfterFX -noui -r script.jsx`. The script is run in a real
//! JavaScript engine against the objects of a project, as the After Effects Scripting Guide describes them,
//! and without what ExtendScript's old language lacks. New syntax is not refused, only new objects.

mod files;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use rquickjs::context::EvalOptions;
use rquickjs::{CatchResultExt, Context, Ctx, Function, Object, Runtime};
use serde_json::json;

use crate::BAD_STORY;
use crate::arguments::code;
use crate::phase::{self, Phase, Stuck};
use crate::project::Project;
use crate::story::{Asked, How, Installation, Platform, Program, Run, Story};

/// The objects, in the order that they need each other; all in one scope.
const MODEL: [&str; 5] = [
    include_str!("host.js"),
    include_str!("layers.js"),
    include_str!("project.js"),
    include_str!("app.js"),
    include_str!("es3.js"),
];

/// No code yet: the script has not said `app.quit()`.
const OPEN: i32 = i32::MIN;

/// Runs it and says the exit code. It comes back only if the script quits, or is not run at all.
pub(crate) fn run(story: &Story, arguments: &[String]) -> i32 {
    let asked = Asked { program: Program::Afterfx, composition: None, frames: None, multi_frame: false };
    let start = match story.begin(&asked, arguments) {
        Ok(start) => start,
        Err(problem) => {
            eprintln!("aerender-standin: {problem}");
            return BAD_STORY.into();
        }
    };
    let run = story.run(start.run);
    if run.hang.as_ref().is_some_and(|hang| hang.how == Stuck::Dialog) {
        phase::ignore_polite_signals();
    }
    phase::end_after(story.installation.life_ms);
    if story.installation.another_open {
        // The script went to that one, and nobody waits for it.
        return code::OK;
    }
    at(story, &run, Phase::Launch);
    at(story, &run, Phase::Load);
    let script = arguments.windows(2).find(|pair| pair.first().is_some_and(|flag| flag == "-r"));
    let Some(script) = script.and_then(|pair| pair.get(1)) else {
        eprintln!("aerender-standin: no script: After Effects is open, and stays so");
        phase::hang(Stuck::Sleep)
    };
    let exit = perform(&story.installation, Path::new(script));
    at(story, &run, Phase::Exit);
    match exit {
        Ok(OPEN) => eprintln!("aerender-standin: the script did not quit: After Effects stays open"),
        Ok(exit) => return exit,
        Err(error) => eprintln!("aerender-standin: a dialog tells of an error in the script: {error}"),
    }
    phase::hang(Stuck::Sleep)
}

/// A phase takes its time, and what the story has for it happens.
fn at(story: &Story, run: &Run, phase: Phase) {
    let times = run.slow.or(story.installation.times);
    let ms = match phase {
        Phase::Launch => times.launch_ms,
        Phase::Load => times.load_ms,
        _ => times.exit_ms,
    };
    std::thread::sleep(Duration::from_millis(ms.unwrap_or_default()));
    if let Some(crash) = run.crash.as_ref().filter(|crash| crash.moment().is(phase, None)) {
        match crash.by {
            How::Exit => std::process::exit(crash.exit.unwrap_or(code::APP)),
            by => phase::kill(by, std::process::id()),
        }
    }
    if let Some(hang) = run.hang.as_ref().filter(|hang| hang.moment().is(phase, None)) {
        phase::hang(hang.how);
    }
}

/// Runs the script; the code of its `app.quit()`, or [`OPEN`].
fn perform(installation: &Installation, script: &Path) -> Result<i32, String> {
    let source = files::read(script).ok_or_else(|| format!("{} cannot be read", script.display()))?;
    let told = |error: rquickjs::Error| error.to_string();
    let runtime = Runtime::new().map_err(told)?;
    let context = Context::full(&runtime).map_err(told)?;
    let exit = Arc::new(AtomicI32::new(OPEN));
    context.with(|ctx| {
        let told = |error: rquickjs::CaughtError<'_>| error.to_string();
        let host = host(&ctx, installation, &exit).catch(&ctx).map_err(told)?;
        let globals = ctx.globals();
        globals.set("__host", host).catch(&ctx).map_err(told)?;
        globals.set("__facts", facts(installation, script).to_string()).catch(&ctx).map_err(told)?;
        evaluate(&ctx, model()).catch(&ctx).map_err(told)?;
        evaluate(&ctx, source).catch(&ctx).map_err(told)
    })?;
    Ok(exit.load(Ordering::SeqCst))
}

/// The objects in a scope of their own, which keeps the tools that scripts lose.
fn model() -> String {
    let tools = "const parse = JSON.parse, print = JSON.stringify, define = Object.defineProperty, make = Object.create, \
                 assign = Object.assign, owns = (of, key) => Object.prototype.hasOwnProperty.call(of, key); \
                 const facts = parse(__facts); delete global.__host; delete global.__facts;\n";
    format!("(function (global, host) {{\n{tools}{}\n}})(this, __host);", MODEL.join("\n"))
}

/// Runs text as a script of old: global, and not strict.
fn evaluate(ctx: &Ctx<'_>, text: String) -> rquickjs::Result<()> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.global = true;
    ctx.eval_with_options::<rquickjs::Value<'_>, _>(text, options).map(|_| ())
}

/// What the objects know of this installation.
fn facts(installation: &Installation, script: &Path) -> serde_json::Value {
    let digits = installation.version.split('x').next().unwrap_or_default();
    let version: Vec<&str> = digits.split('.').take(2).collect();
    let modules: Vec<&String> = installation.output_modules.keys().collect();
    json!({
        "version": version.join(".").parse::<f64>().unwrap_or_default(),
        "version_text": installation.version,
        "locale": installation.locale().words().code,
        "windows": installation.platform == Platform::Windows,
        "fonts": installation.fonts,
        "effects": installation.effects,
        "render_settings": installation.render_settings,
        "output_modules": modules,
        "modules": installation.output_modules,
        "may_write": installation.scripts_may_write,
        "is_render_engine": installation.has_marker("ae_render_only_node.txt"),
        "documents": installation.documents.clone().unwrap_or_else(|| ".".into()),
        "temp": std::env::temp_dir(),
        "folder": std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned)),
        "script": script,
    })
}

/// What the objects do in the world.
fn host<'js>(
    ctx: &Ctx<'js>,
    installation: &Installation,
    exit: &Arc<AtomicI32>,
) -> rquickjs::Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    let exit = Arc::clone(exit);
    let saved_by = installation.major();
    let set = |name: &str, function: Function<'js>| host.set(name, function);
    let new = ctx.clone();
    set("quit", Function::new(new.clone(), move |code: i32| exit.store(code, Ordering::SeqCst))?)?;
    set("block", Function::new(new.clone(), block)?)?;
    set(
        "sleep",
        Function::new(new.clone(), |ms: u32| std::thread::sleep(Duration::from_millis(ms.into())))?,
    )?;
    set("env", Function::new(new.clone(), |name: String| std::env::var(name).ok())?)?;
    set("home", Function::new(new.clone(), || std::env::var("HOME").unwrap_or_default())?)?;
    set("load", Function::new(new.clone(), |path: String| load(Path::new(&path)))?)?;
    set(
        "save",
        Function::new(new, move |path: String, json: String| save(Path::new(&path), &json, saved_by))?,
    )?;
    files::give(ctx, &host)?;
    Ok(host)
}

/// A dialog waits for a person.
fn block() {
    phase::hang(Stuck::Sleep)
}

/// A project as JSON; none when there is no file, empty when it is damaged.
fn load(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    Some(Project::read(&bytes).and_then(|project| serde_json::to_string(&project).ok()).unwrap_or_default())
}

/// Stores a project; what went wrong, or nothing.
fn save(path: &Path, json: &str, saved_by: u32) -> String {
    let stored = || -> Result<(), String> {
        let mut project: Project = serde_json::from_str(json).map_err(|error| error.to_string())?;
        project.saved_by = Some(saved_by);
        let text = toml::to_string(&project).map_err(|error| error.to_string())?;
        std::fs::write(path, text).map_err(|error| error.to_string())
    };
    stored().err().unwrap_or_default()
}
