//! Scripts are written in ECMAScript 3, in ASCII, whatever is in them.

use callsheet_after_effects::script::Inspection;
use serde_json::json;

use crate::bench::Bench;

fn script() -> String {
    let tricky = "`${x}` => let const class ... // /* ' \" é";
    let bench = Bench::new("").data(json!([
        { "type": "data", "layer_name": tricky, "property": "Source Text", "value": tricky },
        { "type": "image", "src": "/x", "layer_index": 1, "composition": "a->b" },
    ]));
    let mut bench = bench.inspect(Inspection {
        frames: Some((0, 9)),
        fonts: Some(vec![tricky.to_owned()]),
        ..Inspection::default()
    });
    bench.plan.report = "/é/%.json".to_owned();
    bench.plan.script().unwrap()
}

/// The text without comments, strings and regular expressions.
fn code(script: &str) -> String {
    let mut code = String::new();
    let mut rest = script.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\'' => {
                while let Some(inner) = rest.next() {
                    match inner {
                        '\\' => drop(rest.next()),
                        end if end == c => break,
                        _ => {}
                    }
                }
                code.push_str("\"\"");
            }
            '/' if rest.peek() == Some(&'/') => {
                while rest.peek().is_some_and(|next| *next != '\n') {
                    rest.next();
                }
            }
            // The runtime divides nothing, so any other slash begins a regular expression.
            '/' => {
                while let Some(inner) = rest.next() {
                    match inner {
                        '\\' => drop(rest.next()),
                        '/' => break,
                        _ => {}
                    }
                }
                code.push_str("RegExp()");
            }
            other => code.push(other),
        }
    }
    code
}

#[test]
fn no_word_or_sign_is_younger_than_extendscript() {
    let script = script();
    assert!(script.is_ascii());
    let code = code(&script);
    for young in ["=>", "`", "...", "?.", "??", "**", "@", "#", "<!--", "-->"] {
        assert!(!code.contains(young), "{young} is not in ECMAScript 3");
    }
    let words: Vec<&str> = code.split(|c: char| !(c.is_ascii_alphanumeric() || "_$".contains(c))).collect();
    for young in [
        "let", "const", "class", "async", "await", "yield", "of", "get", "set", "static", "super", "import",
        "export", "JSON", "Symbol", "Promise",
    ] {
        assert!(!words.contains(&young), "{young} is not in ECMAScript 3");
    }
    let dense: String = code.split_whitespace().collect();
    for trailing in [",]", ",}", ",)"] {
        assert!(!dense.contains(trailing), "a comma before the end is not in ECMAScript 3");
    }
}

#[test]
fn and_and_or_are_never_mixed_without_parentheses() {
    // ExtendScript is reported to give both the same rank.
    for line in code(&script()).lines().filter(|line| line.contains("&&") && line.contains("||")) {
        let mut open = vec![(false, false)];
        let bytes = line.as_bytes();
        for at in 0..bytes.len() {
            let last = open.len() - 1;
            match &bytes[at..] {
                [b'(', ..] => open.push((false, false)),
                [b')', ..] if last > 0 => drop(open.pop()),
                [b'&', b'&', ..] => open[last].0 = true,
                [b'|', b'|', ..] => open[last].1 = true,
                _ => {}
            }
            assert!(open.last() != Some(&(true, true)), "{line}");
        }
    }
}

#[test]
fn what_extendscript_lacks_is_gone_from_the_engine() {
    let bench = Bench::new("");
    for gone in [
        "typeof JSON",
        "typeof Promise",
        "typeof Map",
        "typeof Symbol",
        "typeof globalThis",
        "typeof [].forEach",
        "typeof [].map",
        "typeof [].indexOf",
        "typeof [].filter",
        "typeof Object.keys",
        "typeof ''.trim",
        "typeof (function () {}).bind",
        "typeof Array.isArray",
        "typeof Date.now",
        "typeof ''.startsWith",
    ] {
        assert_eq!(bench.text(gone), "undefined", "{gone}");
    }
}
