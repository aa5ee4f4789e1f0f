//! What must hold is named by the code that upholds it: whoever changes that code learns from there what the simulator
//! will look at.

use crate::code::{names, sources};
use crate::{none, root};

/// Names of the invariants, as the simulator lists them.
fn invariants() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("crates/simulation/src/invariants/mod.rs")).unwrap();
    let (_, list) = text.split_once("pub const NAMES").expect("the list is there");
    let (_, list) = list.split_once("= [").expect("the list begins");
    let (list, _) = list.split_once("];").expect("the list ends");
    let quoted = list.split('"').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

#[test]
fn every_invariant_is_named_by_code_that_upholds_it() {
    let known = invariants();
    assert!(known.len() > 10, "{known:?}");
    let mut missing = known.clone();
    let mut unknown = Vec::new();
    for source in sources("crates") {
        let path = crate::shown(&source.path);
        if path.starts_with("crates/simulation/") {
            continue;
        }
        for (nth, line) in source.text.lines().enumerate() {
            let Some((_, upheld)) = line.split_once("// Upholds ") else { continue };
            missing.retain(|name| !names(upheld, name));
            if !known.iter().any(|name| names(upheld, name)) {
                unknown.push(format!("{path}:{}: {upheld}", nth + 1));
            }
        }
    }
    none(missing, "say `// Upholds NAME: ...` in the shipping code, at the place that upholds it");
    none(unknown, "the names are in crates/simulation/src/invariants");
}
