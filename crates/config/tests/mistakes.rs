//! What people are told about their mistakes: text in, sentences out, word for word.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::io;
use std::path::Path;

use callsheet_config::{ClusterConfig, Format, JobFile};
use proptest::prelude::*;

fn cluster(text: &str) -> String {
    let load = |path: &Path| match path.to_str() {
        Some("/base/broken.toml") => Ok("[[renderer]]\nname = \"broken\"\nprogramm = \"x\"\n".to_owned()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    match ClusterConfig::parse(text, "c.toml", Path::new("/base"), &load) {
        Ok(config) => format!("{config:?}"),
        Err(problems) => problems.to_string(),
    }
}

fn job(format: Format, text: &str) -> String {
    match JobFile::parse(text, format, "job") {
        Ok(draft) => format!("{draft:?}"),
        Err(problems) => problems.to_string(),
    }
}

/// The cases of a golden file: a text, a line `----`, what is told; then a line `====`.
fn golden(name: &str, tell: impl Fn(&str, &str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let file = std::fs::read_to_string(&path).unwrap();
    let mut written = String::new();
    for case in file.split_inclusive("====\n") {
        let (title, rest) = case.split_once('\n').unwrap();
        let (text, _) = rest.split_once("----\n").unwrap();
        written.push_str(&format!("{title}\n{text}----\n{}\n====\n", tell(title, text)));
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, written).unwrap();
    } else {
        assert!(written == file, "{}\n\nset UPDATE_GOLDEN=1 to write this into {}", written, path.display());
    }
}

#[test]
fn mistakes_in_cluster_configs_are_told_all_at_once() {
    golden("cluster.txt", |_, text| cluster(text));
}

#[test]
fn mistakes_in_job_files_are_told_all_at_once() {
    golden("job.txt", |title, text| {
        let format = Format::of(Path::new(title.split_once(':').map_or("", |(file, _)| file)));
        job(format.unwrap_or(Format::Toml), text)
    });
}

#[test]
fn a_table_too_many_is_told_and_never_left_out_in_silence() {
    let config = |tables: &str, most: usize| {
        let tables: String = (0..most).map(|nth| tables.replace("NTH", &nth.to_string())).collect();
        cluster(&format!("[cluster]\nname = \"c\"\n[leader]\ndata = \"d\"\n{tables}"))
    };
    for (kind, table, most) in [
        ("webhook", "[[webhook]]\nname = \"nNTH\"\nurl = \"http://h/\"\n", 100),
        ("alert", "[[alert]]\nname = \"nNTH\"\nkind = \"command\"\nprogram = \"p\"\n", 100),
        ("monitor.worker", "[[monitor.worker]]\nname = \"nNTH\"\nkind = \"render\"\n", 1000),
        ("pause", "[[pause]]\nname = \"nNTH\"\nholidays = [\"2026-12-24\"]\n", 1000),
    ] {
        let told = format!("{kind}[{most}]: found {} of them: there may be at most {most}", most + 1);
        let (all, more) = (config(table, most), config(table, most + 1));
        assert!(!all.contains("at most") && more.contains(&told), "{kind}: {all:.300} {more:.300}");
    }
}

/// Texts of the right kind with something of another kind in them.
fn mangled(text: String) -> impl Strategy<Value = String> {
    let chars: Vec<char> = text.chars().collect();
    let junk = prop::sample::select(vec![
        "",
        "\"",
        "[",
        "]",
        "{",
        "}",
        "=",
        ":",
        "-",
        "\n",
        "'",
        "0",
        "99999999999999999999",
        "true",
        "nan",
        ".",
        ",",
        "\\",
        "ü",
        "\u{0}",
        "{first}",
        "{",
        "[#]",
        "1-",
        "x0",
        "*a",
        "&a ",
    ]);
    (0..=chars.len(), 0..20_usize, junk).prop_map(move |(at, cut, junk)| {
        let end = (at + cut).min(chars.len());
        let mut mangled: String = chars[..at].iter().collect();
        mangled.push_str(junk);
        mangled.extend(&chars[end..]);
        mangled
    })
}

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cluster").join(name);
    std::fs::read_to_string(path).unwrap()
}

proptest! {
    #[test]
    fn a_mangled_config_is_never_a_panic(
        text in mangled(shipped("studio.toml")), renderer in mangled(shipped("renderers/povray.toml"))
    ) {
        cluster(&text);
        cluster(&renderer);
    }

    #[test]
    fn a_mangled_job_is_never_a_panic(
        toml in mangled(shipped("jobs/povray.toml")),
        yaml in mangled(shipped("jobs/encode.yaml")),
        json in mangled(shipped("jobs/still.json")),
        garbage in any::<String>(),
    ) {
        for (format, text) in [(Format::Toml, toml), (Format::Yaml, yaml), (Format::Json, json)] {
            job(format, &text);
            job(format, &garbage);
        }
    }
}
