//! Reads `[[renderer]]` tables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use callsheet_model::{FailureClass, limits};

use super::lines::{self, Pattern};
use super::{Arg, CommandDescription, FrameUse, Need, ResultKind, Text, VersionProbe, check, setting};
use crate::cluster::BUILT_IN_RENDERERS;
use crate::problem::Why;
use crate::reader::{Table, not_a};
use crate::tree::{Node, Value, quoted};
use crate::values::{any_text, choice, integer, name, path_text, resolved, text};

const FRAME_USES: [(&str, FrameUseWord); 4] = [
    ("range", FrameUseWord::Range),
    ("list", FrameUseWord::List),
    ("one", FrameUseWord::One),
    ("task", FrameUseWord::Task),
];

/// [`FrameUse`] before what belongs to it is read.
#[derive(Clone, Copy)]
enum FrameUseWord {
    Range,
    List,
    One,
    Task,
}

const NEEDS: [(&str, Need); 3] =
    [("required", Need::Required), ("optional", Need::Optional), ("forbidden", Need::Forbidden)];

const RESULTS: [(&str, ResultKind); 3] =
    [("picture", ResultKind::Picture), ("movie", ResultKind::Movie), ("file", ResultKind::File)];

/// The renderers described so far. One whose description is wrong is there by its name alone, so that nodes
/// that offer it are not called wrong too.
pub(crate) type Described = BTreeMap<String, Option<CommandDescription>>;

/// Reads every `[[renderer]]` of a file and adds them to those that are known.
pub(crate) fn read_all(root: &mut Table<'_>, base: &Path, known: &mut Described) {
    for mut table in root.tables("renderer") {
        let name = table.need("name", "the renderer's name", name);
        let described = read(&mut table, base, name.clone());
        if let Some(renderer) = &described {
            check::check(renderer, &table);
        }
        if let Some(name) = name {
            if known.contains_key(&name) || BUILT_IN_RENDERERS.contains(&name.as_str()) {
                table.refuse("name", Why::new(quoted(&name), "another renderer has this name already"));
            }
            known.insert(name, described);
        }
        table.done();
    }
}

fn read(table: &mut Table<'_>, base: &Path, name: Option<String>) -> Option<CommandDescription> {
    let program = table.need("program", "a program's name or path", |value| program(base, value));
    let version = version(table);
    table.must("args", "the program's arguments");
    let args = table.whole_list("args", arg);
    let env = table.map("env", |_, value| filled(value));
    let frames = frames(table);
    let lowest = integer(-limits::MAX_FRAME_NUMBER..=limits::MAX_FRAME_NUMBER);
    let lowest_frame = table.take("lowest_frame", lowest).unwrap_or(-limits::MAX_FRAME_NUMBER);
    let template = table.take("template", choice(&NEEDS)).unwrap_or(Need::Required);
    let output = table.take("output", choice(&NEEDS)).unwrap_or(Need::Required);
    let produces = table.take("produces", filled);
    let result = table.take("result", choice(&RESULTS)).unwrap_or(ResultKind::Picture);
    let size = table.whole_list("size", text).and_then(|keys| match <[String; 2]>::try_from(keys) {
        Ok([width, height]) => Some((width, height)),
        Err(_) => {
            table.refuse("size", Why::new("", "here must be two settings: [\"width\", \"height\"]"));
            None
        }
    });
    let settings = setting::read_all(table);
    let lines = lines::read_all(table);
    let exit_codes = exit_codes(table);
    Some(CommandDescription {
        name: name?,
        program: program?,
        version,
        args: args?,
        env: env.unwrap_or_default(),
        frames: frames?,
        lowest_frame,
        template,
        output,
        produces,
        result,
        size,
        settings,
        lines,
        exit_codes,
    })
}

/// A bare name is looked up in `PATH` when it is run; a path is taken from the config's directory.
fn program(base: &Path, value: &Value) -> Result<PathBuf, Why> {
    let text = path_text(value)?;
    Ok(if text.contains(['/', '\\']) { resolved(base, &text) } else { PathBuf::from(text) })
}

fn version(table: &mut Table<'_>) -> Option<VersionProbe> {
    let args = table.whole_list("version_args", any_text);
    let pattern = table.take("version_pattern", Pattern::read);
    if table.has("version_args") != table.has("version_pattern") {
        table.refuse("version_args", Why::new("", "version_args and version_pattern belong together"));
    }
    if pattern.as_ref().is_some_and(|pattern| !pattern.has_group("version")) {
        table.refuse("version_pattern", Why::new("", "the version stands in the group (?<version>...)"));
    }
    Some(VersionProbe { args: args?, pattern: pattern? })
}

fn frames(table: &mut Table<'_>) -> Option<FrameUse> {
    let word = table.need("frames", "\"range\", \"list\", \"one\" or \"task\"", choice(&FRAME_USES));
    let between = table.take("between", text);
    if between.is_some() && !matches!(word, None | Some(FrameUseWord::List)) {
        table.refuse("between", Why::new("", "only with frames = \"list\""));
    }
    Some(match word? {
        FrameUseWord::Range => FrameUse::Range,
        FrameUseWord::List => FrameUse::List { between: between.unwrap_or_else(|| "-".to_owned()) },
        FrameUseWord::One => FrameUse::One,
        FrameUseWord::Task => FrameUse::Task,
    })
}

fn exit_codes(table: &mut Table<'_>) -> BTreeMap<i32, FailureClass> {
    let codes = table.map("exit_codes", |code, value| {
        let code: i32 = code.parse().map_err(|_| Why::new(quoted(code), "an exit code is a whole number"))?;
        if code == 0 {
            return Err(Why::new("0", "this code is no failure"));
        }
        Ok((code, lines::class(value)?))
    });
    codes.unwrap_or_default().into_values().collect()
}

fn filled(value: &Value) -> Result<Text, Why> {
    let text = any_text(value)?;
    Text::parse(&text).map_err(|why| Why::new(quoted(&text), why))
}

fn arg(value: &Value) -> Result<Arg, Why> {
    match value {
        Value::List(group) => {
            let texts: Result<Vec<Text>, Why> =
                group.iter().map(|Node { value, .. }| filled(value)).collect();
            texts.map(Arg::Group)
        }
        Value::Text(_) => filled(value).map(Arg::One),
        other => Err(not_a("a text, or a list of texts that are there only together", other)),
    }
}
