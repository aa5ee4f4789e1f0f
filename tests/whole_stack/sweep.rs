//! Many seeds, by hand.

use crate::plan::Weather;
use crate::world;

/// Runs one seed in one kind of weather; when something does not hold, its last moments are printed and how to have
/// them again.
pub(crate) fn survives(seed: u64, weather: Weather) {
    let (trace, ended) = world::run(seed, weather);
    if let Err(why) = ended {
        let lines = trace.lines();
        let last = lines.len().saturating_sub(60);
        lines[last..].iter().for_each(|line| println!("{line}"));
        panic!(
            "seed {seed} in {weather:?}: {why}; again with WHOLE_STACK_SEED={seed} WHOLE_STACK_WEATHER={weather:?}"
        );
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

#[test]
#[ignore = "by hand: WHOLE_STACK_SEEDS says how many seeds, or WHOLE_STACK_SEED which one"]
fn sweep() {
    let wanted = std::env::var("WHOLE_STACK_WEATHER").ok();
    let is_wanted = |weather: &Weather| wanted.as_ref().is_none_or(|name| *name == format!("{weather:?}"));
    let weathers: Vec<Weather> = Weather::ALL.into_iter().filter(is_wanted).collect();
    if let Some(seed) = number("WHOLE_STACK_SEED") {
        for weather in weathers {
            let (trace, ended) = world::run(seed, weather);
            trace.lines().iter().for_each(|line| println!("{line}"));
            println!("seed {seed} in {weather:?}: {ended:?}");
            assert_eq!(ended, Ok(()));
        }
        return;
    }
    let mut failed = 0;
    let seeds = number("WHOLE_STACK_SEEDS").unwrap_or(20);
    let first = number("WHOLE_STACK_FIRST").unwrap_or(100);
    for seed in first..first + seeds {
        for weather in &weathers {
            let began = std::time::Instant::now();
            let (trace, ended) = world::run(seed, *weather);
            let lines = trace.all();
            let span = lines.last().map_or(0.0, |(at, _)| at.as_secs_f64());
            println!(
                "{seed} {weather:?}: {span:.0} s in {:.1} s, {} lines: {ended:?}",
                began.elapsed().as_secs_f64(),
                lines.len()
            );
            failed += u64::from(ended.is_err());
        }
    }
    assert_eq!(failed, 0, "runs failed");
}
