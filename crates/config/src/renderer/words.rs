//! How placeholders are written: the one table between `{words}` and [`Placeholder`]s, both ways.

use std::fmt;

use super::arg::{InputForm, InputStep, Padding, Piece, Placeholder, Text};

/// Placeholders that are a single word.
const PLAIN: [(&str, Placeholder); 17] = [
    ("template", Placeholder::Template),
    ("first", Placeholder::First),
    ("last", Placeholder::Last),
    ("frames", Placeholder::Frames),
    ("frame", Placeholder::Frame(Padding::Plain)),
    ("step_first", Placeholder::StepFirst),
    ("step_last", Placeholder::StepLast),
    ("output", Placeholder::Output),
    ("output_printf", Placeholder::OutputPrintf),
    ("output_hash", Placeholder::OutputHash),
    ("output_dir", Placeholder::OutputDir),
    ("output_prefix", Placeholder::OutputPrefix),
    ("output_suffix", Placeholder::OutputSuffix),
    ("output_extension", Placeholder::OutputExtension),
    ("digits", Placeholder::Digits),
    ("scratch", Placeholder::Scratch),
    ("threads", Placeholder::Threads),
];

/// What of an earlier step's output can be asked for.
const FORMS: [(&str, InputForm); 8] = [
    ("path", InputForm::Path),
    ("printf", InputForm::Printf),
    ("hash", InputForm::Hash),
    ("dir", InputForm::Dir),
    ("first", InputForm::First),
    ("last", InputForm::Last),
    ("count", InputForm::Count),
    ("list", InputForm::List),
];

impl Text {
    /// Takes a text apart; `{{` and `}}` stand for braces.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, tail) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = tail.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = tail.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some((word, after)) = tail.strip_prefix('{').and_then(|t| t.split_once('}')) {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Value(parse_word(word)?));
                rest = after;
            } else {
                return Err("a brace has no other half; write {{ or }} for a brace itself".to_owned());
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces))
    }

    /// Its placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Value(placeholder) => Some(placeholder),
            Piece::Literal(_) => None,
        })
    }

    /// What stands between them.
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            Piece::Value(_) => None,
        })
    }
}

fn parse_word(word: &str) -> Result<Placeholder, String> {
    if let Some((_, plain)) = PLAIN.iter().find(|(name, _)| *name == word) {
        return Ok(plain.clone());
    }
    let named = |name: &str| is_key(name).then(|| name.to_owned());
    let placeholder = match word.split_once([':', '.']) {
        Some(("setting", name)) => named(name).map(Placeholder::Setting),
        Some(("when", name)) => named(name).map(Placeholder::When),
        Some(("frame", padding)) => parse_padding(padding).map(Placeholder::Frame),
        Some(("input", rest)) => parse_input(word, rest),
        _ => None,
    };
    placeholder.ok_or_else(|| {
        let plain: Vec<&str> = PLAIN.iter().map(|(name, _)| *name).collect();
        format!(
            "there is no placeholder {{{word}}}; there are {}, frame:4, frame:output, frame:step_last, \
             setting.NAME, when:NAME, input:FORM and input.NAME:FORM with FORM path, printf, hash, dir, first, \
             last, count or list",
            plain.join(", ")
        )
    })
}

fn parse_padding(text: &str) -> Option<Padding> {
    match text {
        "output" => Some(Padding::Output),
        "step_last" => Some(Padding::StepLast),
        digits => digits.parse().ok().filter(|n| (1..=16).contains(n)).map(Padding::Digits),
    }
}

fn parse_input(word: &str, rest: &str) -> Option<Placeholder> {
    let form = |text: &str| FORMS.iter().find(|(name, _)| *name == text).map(|(_, form)| *form);
    if word.starts_with("input:") {
        return form(rest).map(|form| Placeholder::Input(InputStep::Only, form));
    }
    let (name, asked) = rest.split_once(':').filter(|(name, _)| is_key(name))?;
    form(asked).map(|form| Placeholder::Input(InputStep::Setting(name.to_owned()), form))
}

/// Whether a text can be the key of a setting.
pub(super) fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = PLAIN.iter().find(|(_, plain)| plain == self) {
            return write!(f, "{{{name}}}");
        }
        let form = |form: &InputForm| FORMS.iter().find(|(_, f)| f == form).map_or("", |(name, _)| *name);
        match self {
            Self::Frame(Padding::Digits(digits)) => write!(f, "{{frame:{digits}}}"),
            Self::Frame(Padding::Output) => f.write_str("{frame:output}"),
            Self::Frame(Padding::StepLast) => f.write_str("{frame:step_last}"),
            Self::Setting(name) => write!(f, "{{setting.{name}}}"),
            Self::When(name) => write!(f, "{{when:{name}}}"),
            Self::Input(InputStep::Only, asked) => write!(f, "{{input:{}}}", form(asked)),
            Self::Input(InputStep::Setting(name), asked) => write!(f, "{{input.{name}:{}}}", form(asked)),
            // Every other one is in the table of single words.
            _ => f.write_str("{}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_written_as_it_is_read() {
        let words = PLAIN.iter().map(|(name, _)| (*name).to_owned()).chain(
            [
                "frame:4",
                "frame:output",
                "frame:step_last",
                "setting.a_b",
                "when:x",
                "input:printf",
                "input.s:list",
                "input.s:first",
            ]
            .map(str::to_owned),
        );
        for word in words {
            let text = Text::parse(&format!("a{{{word}}}b")).unwrap();
            assert_eq!(text.0.len(), 3, "{word}");
            let Piece::Value(placeholder) = &text.0[1] else { panic!("{word}") };
            assert_eq!(placeholder.to_string(), format!("{{{word}}}"));
        }
    }

    #[test]
    fn braces_can_be_written() {
        assert_eq!(Text::parse("a{{b}}c").unwrap().0, [Piece::Literal("a{b}c".into())]);
        assert_eq!(Text::parse("").unwrap().0, []);
    }

    #[test]
    fn what_is_no_placeholder_is_refused() {
        for text in
            ["{frist}", "{", "}", "{first", "{setting.}", "{frame:99}", "{input:x}", "{input.:dir}", "{a{b}}"]
        {
            assert!(Text::parse(text).is_err(), "{text}");
        }
    }
}
