//! Three languages, one tree: the same values, and every mistake at its line.

use proptest::prelude::*;

use super::*;

fn text_of(format: Format, text: &str) -> Result<serde_json::Value, Vec<Fault>> {
    parse(format, text).map(|node| node.value.to_json())
}

#[test]
fn the_three_notations_make_the_same_tree() {
    let toml = "name = \"a\"\nn = 3\nf = 1.5\nb = true\nlist = [1, \"x\"]\n[t]\nk = \"v\"\n";
    let json = r#"{"name":"a","n":3,"f":1.5,"b":true,"list":[1,"x"],"t":{"k":"v"}}"#;
    let yaml = "name: a\nn: 3\nf: 1.5\nb: true\nlist: [1, x]\nt:\n  k: v\n";
    let expected: serde_json::Value = serde_json::from_str(json).unwrap();
    for (format, text) in [(Format::Toml, toml), (Format::Json, json), (Format::Yaml, yaml)] {
        assert_eq!(text_of(format, text).unwrap(), expected, "{format:?}");
    }
}

#[test]
fn places_are_those_of_keys_and_values() {
    for (format, text) in [
        (Format::Toml, "\"é\" = 1\nkey = 'v'"),
        (Format::Json, "{\"é\":1,\n\"key\": \"v\"}"),
        (Format::Yaml, "é: 1\nkey: v"),
    ] {
        let Value::Table(entries) = parse(format, text).unwrap().value else { panic!() };
        assert_eq!(entries[1].key_at, text.rfind("key").unwrap() - usize::from(format == Format::Json));
        assert_eq!(entries[1].node.at, text.rfind('v').unwrap() - usize::from(format != Format::Yaml));
    }
}

#[test]
fn what_cannot_be_read_says_where_and_why() {
    let cases = [
        (Format::Toml, "a = 1\nb = = 2\nc = 'x", 10, ""),
        (Format::Toml, "a = 99999999999999999999", 4, "does not fit into 64 bits"),
        (Format::Toml, "a = 1\na = 2", 6, "duplicate key"),
        (Format::Json, "{\"a\": 1,}", 7, "trailing commas"),
        (Format::Json, "{\"a\": 1, \"a\": 2}", 9, "the key a is there twice"),
        (Format::Json, "{\"a\": 1e999}", 6, "does not fit into 64 bits"),
        (Format::Json, "[1]", 0, "a list, not a table"),
        (Format::Json, "  ", 0, "nothing in it"),
        (Format::Json, "{} // c", 3, ""),
        (Format::Yaml, "a: 1\na: 2", 5, "the key a is there twice"),
        (Format::Yaml, "a: !!str 1", 9, "tags are not understood"),
        (Format::Yaml, "a: 1\n---\nb: 2", 5, "second document"),
        (Format::Yaml, "a: *b", 3, ""),
        (Format::Yaml, "a: &a [*a]", 7, "inside of what it names"),
        (Format::Yaml, "? [x]\n: 1", 2, "a key is a text"),
        (Format::Yaml, "a: [", 3, "unclosed"),
        (Format::Yaml, "just words", 0, "not a table"),
    ];
    for (format, text, at, message) in cases {
        let faults = parse(format, text).expect_err(text);
        assert!(faults[0].1.contains(message), "{text:?}: {faults:?}");
        assert_eq!(faults[0].0, at, "{text:?}: {faults:?}");
        assert!(!faults[0].1.is_empty(), "{text:?}: {faults:?}");
    }
}

#[test]
fn scalars_of_yaml_are_those_of_its_core_schema() {
    let yaml = "[~, True, no, 0x1f, 0o17, -3, +3, 1e3, .5, -1.5, .inf, 1-100, 1.2.3, '7', 12e, 1_0]";
    let expected = serde_json::json!([
        null, true, "no", 31, 15, -3, 3, 1000.0, 0.5, -1.5, ".inf", "1-100", "1.2.3", "7", "12e", "1_0"
    ]);
    assert_eq!(text_of(Format::Yaml, &format!("a: {yaml}")).unwrap()["a"], expected);
}

#[test]
fn an_alias_is_a_copy() {
    let tree = text_of(Format::Yaml, "a: &x {k: [1, 2]}\nb: *x").unwrap();
    assert_eq!(tree["a"], tree["b"]);
}

#[test]
fn a_bomb_of_aliases_is_refused_before_it_is_built() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..30 {
        let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    let faults = parse(Format::Yaml, &bomb).unwrap_err();
    assert!(faults[0].1.contains("more than 200000 values"), "{faults:?}");

    let mut deep = format!("a0: &a0 {}x{}\n", "[".repeat(250), "]".repeat(250));
    for n in 1..30 {
        deep.push_str(&format!("a{n}: &a{n} {}*a{}{}\n", "[".repeat(250), n - 1, "]".repeat(250)));
    }
    let faults = parse(Format::Yaml, &deep).unwrap_err();
    assert!(faults[0].1.contains("nested more than 512 deep"), "{faults:?}");
}

#[test]
fn deep_nesting_is_refused_and_not_a_stack_overflow() {
    for (format, open, close) in
        [(Format::Toml, "a = ", ""), (Format::Json, "{\"a\": ", "}"), (Format::Yaml, "a: ", "")]
    {
        let text = format!("{open}{}{}{close}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(format, &text).is_err(), "{format:?}");
    }
    assert!(parse(Format::Yaml, &"- ".repeat(100_000)).is_err());
    assert!(parse(Format::Yaml, &"? ".repeat(100_000)).is_err());
    assert!(parse(Format::Toml, &format!("{}x = 1", "a.".repeat(100_000))).is_err());
    let dotted = format!("[{}x]", "a.".repeat(100_000));
    assert!(parse(Format::Toml, &dotted).is_err());
}

#[test]
fn a_text_of_very_many_values_is_refused() {
    for text in [format!("{{\"a\": [{}0]}}", "0,".repeat(MAX_VALUES)), " ".repeat(MAX_TEXT_BYTES + 1)] {
        let faults = parse(Format::Json, &text).unwrap_err();
        assert!(faults[0].1.contains("more than 200000 values") || faults[0].1.contains("longer than"));
    }
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(|n| serde_json::Value::from(f64::from(n) / 8.0)),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Text that looks enough like each notation to get past the first character.
fn near_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "'",
        "\n",
        " ",
        "\t",
        "-",
        "&a ",
        "*a",
        "=",
        "#",
        "a",
        "key",
        "1",
        "0x",
        "1e",
        ".",
        "\\u",
        "\\",
        "d800",
        "|",
        ">",
        "---",
        "...",
        "?",
        "!",
        "!!str",
        "%YAML 1.2",
        "true",
        "null",
        "é",
        "\u{0}",
        "\r",
        "[[",
        "]]",
        "\"\"\"",
        "'''",
        "<<",
        "1979-05-27",
        "\u{feff}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn json_means_what_it_means_elsewhere(value in json_value()) {
        let text = serde_json::to_string_pretty(&serde_json::json!({ "v": value })).unwrap();
        let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(text_of(Format::Json, &text).unwrap(), theirs);
    }

    #[test]
    fn json_that_others_refuse_is_refused(text in near_text()) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        prop_assert!(theirs.is_ok() || parse(Format::Json, &text).is_err(), "{:?}", text);
    }

    #[test]
    fn garbage_is_a_fault_and_never_a_panic(text in any::<String>(), near in near_text()) {
        for format in [Format::Toml, Format::Json, Format::Yaml] {
            for text in [&text, &near] {
                if let Err(faults) = parse(format, text) {
                    prop_assert!(!faults.is_empty());
                    prop_assert!(faults.iter().all(|(at, _)| text.is_char_boundary(*at)), "{:?}", faults);
                }
            }
        }
    }
}
