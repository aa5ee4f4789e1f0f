//! The list of planted faults fits the code. Whether each is caught is found out by
//! `cargo bench -p callsheet-simulation --bench mutants`.

use std::collections::BTreeSet;
use std::fs;

use callsheet_simulation::faults::Kind;
use callsheet_simulation::invariants::NAMES;

#[path = "../benches/mutants/list.rs"]
mod list;

use list::{Mutant, root};

#[test]
fn every_fault_can_be_planted_and_names_who_catches_it() {
    let all = Mutant::all().unwrap();
    assert!(all.len() >= 24, "{}", all.len());
    let names: BTreeSet<&str> = all.iter().map(|mutant| mutant.name.as_str()).collect();
    assert_eq!(names.len(), all.len(), "a name stands for one mutant");
    for mutant in &all {
        let name = &mutant.name;
        let text = fs::read_to_string(root().join(&mutant.file)).unwrap();
        let planted = mutant.planted(&text).unwrap();
        assert_ne!(planted, text, "{name} changes something");
        assert!(mutant.plants.ends_with('.') && mutant.seeds > 0, "{name} says what it plants");
        assert!(!mutant.caught_by.is_empty(), "{name} names who catches it");
        assert!(mutant.caught_at.is_none_or(|seed| seed <= mutant.seeds), "{name} is caught in time");
        for invariant in &mutant.caught_by {
            assert!(invariant == "panic" || NAMES.contains(&invariant.as_str()), "{name}: {invariant}?");
        }
        assert!(mutant.plan.as_deref().is_none_or(|plan| plan.parse::<Kind>().is_ok()), "{name}");
    }
}

#[test]
fn every_invariant_is_what_some_fault_is_caught_by() {
    let all = Mutant::all().unwrap();
    let idle: Vec<&str> = NAMES
        .into_iter()
        .filter(|name| !all.iter().any(|mutant| mutant.caught_by.iter().any(|by| by == name)))
        .collect();
    assert!(idle.is_empty(), "nobody knows whether these can notice anything: {idle:?}");
}
