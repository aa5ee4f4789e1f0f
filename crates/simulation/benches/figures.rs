//! All figures, as `callsheet simulate --figures` prints them: `cargo bench -p callsheet-simulation`. Only how fast
//! the simulator is, to be profiled: `cargo bench -p callsheet-simulation -- speed`.

use std::time::{Duration, Instant};

use callsheet_simulation::figures::{Effort, SPEEDS, all, speed};

fn main() {
    let began = Instant::now();
    let clock = || began.elapsed();
    if std::env::args().any(|word| word == "speed") {
        let effort = Effort::default();
        for (silence, calm) in SPEEDS {
            println!("{}", speed(effort, Duration::from_secs(silence), calm, &clock).text());
        }
        return;
    }
    all(Effort::default(), &clock, &mut |line| println!("{line}"));
}
