//! The documentation of the keys and the code that asks for them say the same.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cluster::ClusterConfig;
use crate::job::asked_keys;

/// Every key in a page's tables, with the heading's table before it, and the tables themselves.
fn documented(page: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut tables = vec![String::new()];
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            let named = heading.split('`').filter(|part| part.starts_with('['));
            tables = named
                .map(|part| part.trim_matches(['[', ']']).trim_end_matches(".NAME").to_owned())
                .collect();
            keys.extend(tables.iter().cloned());
            if tables.is_empty() {
                tables.push(String::new());
            }
        }
        let cells: Vec<&str> = line.split(" | ").collect();
        if let [first, _, _, _, ..] = cells.as_slice()
            && let Some(key) = first.strip_prefix("| `").and_then(|cell| cell.strip_suffix('`'))
        {
            let path =
                |table: &String| if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
            keys.extend(tables.iter().map(path));
        }
    }
    keys
}

fn page(name: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cluster").join(name);
    documented(&std::fs::read_to_string(path).unwrap())
}

#[test]
fn every_key_of_the_cluster_config_is_documented_and_no_other() {
    let text = "[[node]]\nname = 'a'\n[[renderer]]\nname = 'b'\n[[renderer.line]]\n[renderer.settings.x]\n\
                [[monitor.worker]]\n[[pause]]\n[[alert]]\n[[webhook]]\n";
    let (_, asked) = ClusterConfig::read(text, "all.toml", Path::new("/base"), &|_| Ok(String::new()));
    assert_eq!(page("README.md"), asked.into_iter().collect());
}

#[test]
fn every_key_of_the_job_file_is_documented_and_no_other() {
    assert_eq!(page("jobs/README.md"), asked_keys("[[steps]]\n").into_iter().collect());
}
