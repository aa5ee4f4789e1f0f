//! What must fit together in a description: its placeholders with its frames, its settings and its files.

use super::arg::{Arg, InputStep, Placeholder, Text};
use super::{CommandDescription, FrameUse, Need, ResultKind, SettingKind};
use crate::problem::Why;
use crate::reader::Table;

pub(super) fn check(renderer: &CommandDescription, table: &Table<'_>) {
    for (nth, arg) in renderer.args.iter().enumerate() {
        let (texts, grouped) = match arg {
            Arg::One(text) => (std::slice::from_ref(text), false),
            Arg::Group(texts) => (texts.as_slice(), true),
        };
        for placeholder in texts.iter().flat_map(Text::placeholders) {
            if let Some(why) = wrong(renderer, placeholder, grouped) {
                table.refuse_item("args", nth, Why::new(placeholder.to_string(), why));
            }
        }
    }
    for (key, text) in &renderer.env {
        for placeholder in text.placeholders() {
            if let Some(why) = wrong(renderer, placeholder, true) {
                table.refuse("env", Why::new(format!("{placeholder} in {key}"), why));
            }
        }
    }
    if let Some(produces) = &renderer.produces {
        check_produces(renderer, produces, table);
    }
    if renderer.result == ResultKind::Movie {
        check_movie(renderer, table);
    }
    for key in renderer.size.iter().flat_map(|(width, height)| [width, height]) {
        let whole = renderer.settings.get(key).is_some_and(|s| matches!(s.kind, SettingKind::Integer { .. }));
        if !whole {
            table.refuse(
                "size",
                Why::new(format!("{key:?}"), "there is no setting of this name and the kind integer"),
            );
        }
    }
}

/// Why a placeholder cannot stand in an argument of this renderer.
fn wrong(renderer: &CommandDescription, placeholder: &Placeholder, grouped: bool) -> Option<&'static str> {
    let kind = |name: &String| renderer.settings.get(name).map(|setting| &setting.kind);
    let task = renderer.frames == FrameUse::Task;
    match placeholder {
        Placeholder::Template if renderer.template == Need::Forbidden => {
            Some("the description says template = \"forbidden\"")
        }
        Placeholder::Template if renderer.template == Need::Optional && !grouped => {
            Some("the template is optional, so this belongs into a group: [\"...\", \"{template}\"]")
        }
        Placeholder::First | Placeholder::Last if renderer.frames != FrameUse::Range => {
            Some("only with frames = \"range\"")
        }
        Placeholder::Frames if !matches!(renderer.frames, FrameUse::List { .. }) => {
            Some("only with frames = \"list\"")
        }
        Placeholder::Frame(_) if renderer.frames != FrameUse::One => {
            Some("in an argument only with frames = \"one\"")
        }
        Placeholder::StepFirst | Placeholder::StepLast if task => Some("a task has no frames"),
        Placeholder::Output if !task && renderer.frames != FrameUse::One => {
            Some("one process makes many files; there are {output_printf}, {output_hash} and {output_dir}")
        }
        Placeholder::OutputPrintf | Placeholder::OutputHash | Placeholder::Digits if task => {
            Some("a task makes one file; there is {output}")
        }
        Placeholder::Setting(name) => match kind(name) {
            None => Some("there is no setting of this name"),
            Some(SettingKind::Flag) => Some("a flag is not written itself; there is {when:NAME}"),
            Some(SettingKind::Step) => Some("a step is not written itself; there is {input.NAME:FORM}"),
            Some(_) if !grouped && !always_set(renderer, name) => {
                Some("the setting may be unset: give it a default, or put this into a group: [\"...\"]")
            }
            Some(_) => None,
        },
        Placeholder::When(name) => match kind(name) {
            Some(SettingKind::Flag) if grouped => None,
            Some(SettingKind::Flag) => Some("this belongs into a group: [\"{when:NAME}\", \"...\"]"),
            _ => Some("there is no setting of this name and the kind flag"),
        },
        Placeholder::Input(InputStep::Setting(name), _) => match kind(name) {
            Some(SettingKind::Step) => None,
            _ => Some("there is no setting of this name and the kind step"),
        },
        _ => None,
    }
}

fn always_set(renderer: &CommandDescription, name: &str) -> bool {
    renderer.settings.get(name).is_some_and(|setting| setting.required || setting.default.is_some())
}

/// How many frames a movie must have is known from what goes into it.
fn check_movie(renderer: &CommandDescription, table: &Table<'_>) {
    let mut placeholders = renderer.args.iter().flat_map(Arg::texts).flat_map(Text::placeholders);
    if renderer.frames != FrameUse::Task || !placeholders.any(|found| matches!(found, Placeholder::Input(..)))
    {
        let why =
            "a movie is one task, and an {input:...} among the arguments says how many frames it must have";
        table.refuse("result", Why::new("\"movie\"", why));
    }
}

/// The name of a file in the attempt's directory: it must tell frames apart, and it must stay there.
fn check_produces(renderer: &CommandDescription, produces: &Text, table: &Table<'_>) {
    let named = |placeholder: &&Placeholder| {
        !matches!(
            placeholder,
            Placeholder::Frame(_)
                | Placeholder::OutputPrefix
                | Placeholder::OutputSuffix
                | Placeholder::OutputExtension
                | Placeholder::StepFirst
                | Placeholder::StepLast
        )
    };
    if let Some(placeholder) = produces.placeholders().find(named) {
        let why = "a file's name is made of {frame}, {output_prefix}, {output_suffix}, {output_extension}, \
                   {step_first} and {step_last}";
        table.refuse("produces", Why::new(placeholder.to_string(), why));
    }
    let numbered = produces.placeholders().any(|placeholder| matches!(placeholder, Placeholder::Frame(_)));
    if !numbered || renderer.frames == FrameUse::Task {
        table.refuse("produces", Why::new("", "it tells frames apart with {frame}, and a task has none"));
    }
    if produces.literals().any(|literal| literal.contains(['/', '\\'])) {
        table.refuse("produces", Why::new("", "it is a file's name, not a path"));
    }
}
