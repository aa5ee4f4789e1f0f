//! All figures, as `callsheet simulate --figures` prints them, and what is recorded of planted faults:
//! `cargo bench -p callsheet-simulation --bench figures`. Only how fast the simulator is, to be profiled, at all
//! silences or at those that are named, in seconds: `cargo bench -p callsheet-simulation --bench figures -- speed 5`.

use std::time::{Duration, Instant};

use callsheet_simulation::figures::{Effort, SPEEDS, all, speed};

#[allow(dead_code, reason = "planting is for the other bench")]
#[path = "mutants/list.rs"]
mod list;

use list::Mutant;

fn main() {
    let began = Instant::now();
    let clock = || began.elapsed();
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "speed") {
        let named: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
        for (silence, calm) in
            SPEEDS.into_iter().filter(|(silence, _)| named.is_empty() || named.contains(silence))
        {
            println!("{}", speed(Effort::default(), Duration::from_secs(silence), calm, &clock).text());
        }
        return;
    }
    all(Effort::default(), &clock, &mut |line| println!("{line}"));
    match Mutant::all() {
        Ok(mutants) => recorded(&mutants),
        Err(why) => eprintln!("{why}"),
    }
}

/// Planted faults, as they were last tried: that takes an hour of the compiler, and has a bench of its own.
fn recorded(mutants: &[Mutant]) {
    let caught = mutants.iter().filter(|mutant| mutant.caught_at.is_some()).count();
    println!("Planted faults, as recorded in tests/mutants: {caught} of {} caught", mutants.len());
    for Mutant { name, caught_at, seeds, caught_by, .. } in mutants {
        let caught = caught_at.map_or("not caught".to_owned(), |seed| format!("with seed {seed}"));
        println!("  {name:<40} {caught:<14} within {seeds}, by {}", caught_by.join(" or "));
    }
}
