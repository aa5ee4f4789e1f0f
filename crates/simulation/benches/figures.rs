//! All figures, as `callsheet simulate --figures` prints them: `cargo bench -p callsheet-simulation`. Only how fast
//! the simulator is, to be profiled, at all silences or at those that are named, in seconds:
//! `cargo bench -p callsheet-simulation --bench figures -- speed 5`.

use std::time::{Duration, Instant};

use callsheet_simulation::figures::{Effort, SPEEDS, all, speed};

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
}
