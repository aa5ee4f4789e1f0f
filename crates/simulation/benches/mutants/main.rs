//! Planted faults: one after the other is put into a copy of our own code, and the simulator has to notice within the
//! stated number of seeds. One that survives is a hole in the invariants.
//!
//! ```text
//!   cargo bench -p callsheet-simulation --bench mutants                     all of them
//!   cargo bench -p callsheet-simulation --bench mutants -- NAME...         only these
//!   cargo bench -p callsheet-simulation --bench mutants -- --in FOLDER     the copy is made there
//! ```
//!
//! Exit code 1 when one survives, when the list does not fit the code, or when the code breaks without any fault.

mod list;
mod scratch;
mod sweep;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use list::Mutant;
use scratch::Scratch;
use sweep::Ended;

/// Seeds that the code without any fault has to pass first.
const SOUND: u64 = 40;

/// What was asked for.
struct Asked {
    names: Vec<String>,
    folder: PathBuf,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [sweep::SWEEP, seeds] => sweep_here(seeds, None),
        [sweep::SWEEP, seeds, plan] => sweep_here(seeds, Some(plan)),
        _ => asked(arguments).and_then(|asked| hunt(&asked)),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn sweep_here(seeds: &str, plan: Option<&str>) -> Result<bool, String> {
    let seeds = seeds.parse().map_err(|_| format!("{seeds:?} is no number of seeds"))?;
    sweep::here(seeds, plan).map(|()| true)
}

fn asked(arguments: Vec<String>) -> Result<Asked, String> {
    let mut asked =
        Asked { names: Vec::new(), folder: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mutants") };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // Cargo says that this is a bench.
            "--bench" => {}
            "--in" => asked.folder = arguments.next().ok_or("--in: a folder has to follow")?.into(),
            other if other.starts_with('-') => {
                return Err(format!("{other}: there is --in FOLDER, and names of mutants"));
            }
            _ => asked.names.push(argument),
        }
    }
    Ok(asked)
}

/// Plants one after the other. False when one survives.
fn hunt(asked: &Asked) -> Result<bool, String> {
    let all = Mutant::all()?;
    if let Some(name) = asked.names.iter().find(|name| all.iter().all(|mutant| mutant.name != **name)) {
        return Err(format!("{name}: there is no such mutant; the list is tests/mutants"));
    }
    let wanted = |mutant: &&Mutant| asked.names.is_empty() || asked.names.contains(&mutant.name);
    let mutants: Vec<&Mutant> = all.iter().filter(wanted).collect();
    println!("the copy is in {}", asked.folder.display());
    let scratch = Scratch::new(&asked.folder)?;
    let began = Instant::now();
    let ended = sweep::there(&scratch.build()?, SOUND, None)?;
    if let Some(broken) = ended.broken {
        let (seed, invariant) = (broken.seed, broken.invariant);
        return Err(format!("without any fault seed {seed} breaks {invariant}: {}", broken.why));
    }
    println!("without any fault {} seeds hold, {:.0} s\n", ended.runs, began.elapsed().as_secs_f64());
    println!("{:<40} {:<26} {:>5} {:>6} {:>5}  plan", "mutant", "caught by", "seed", "within", "s");
    let mut survivors = Vec::new();
    let mut errors = Vec::new();
    for mutant in &mutants {
        let began = Instant::now();
        let ended = try_one(&scratch, mutant);
        scratch.restore(mutant)?;
        let seconds = began.elapsed().as_secs_f64();
        match &ended {
            Ok(ended) if ended.broken.is_none() => survivors.push(mutant.name.as_str()),
            Err(why) => errors.push(format!("{}: {why}", mutant.name)),
            Ok(_) => {}
        }
        println!("{}", row(mutant, ended.ok(), seconds));
    }
    let caught = mutants.len() - survivors.len() - errors.len();
    println!("\n{caught} of {} caught", mutants.len());
    for name in &survivors {
        println!("survived: {name}");
    }
    for error in &errors {
        println!("error: {error}");
    }
    Ok(survivors.is_empty() && errors.is_empty())
}

fn try_one(scratch: &Scratch, mutant: &Mutant) -> Result<Ended, String> {
    scratch.plant(mutant)?;
    sweep::there(&scratch.build()?, mutant.seeds, mutant.plan.as_deref())
}

/// A line of the table.
fn row(mutant: &Mutant, ended: Option<Ended>, seconds: f64) -> String {
    let (by, seed, plan, note) = match ended {
        None => ("ERROR".to_owned(), "-".to_owned(), String::new(), String::new()),
        Some(Ended { broken: None, .. }) => {
            ("SURVIVED".to_owned(), "-".to_owned(), String::new(), mutant.plants.clone())
        }
        Some(Ended { broken: Some(broken), .. }) => {
            let expected = mutant.caught_by.contains(&broken.invariant);
            let known = mutant.caught_at.filter(|seed| *seed != broken.seed);
            let known = known.map_or(String::new(), |seed| format!("  recorded: {seed}"));
            let note = if expected { known } else { format!("  not as expected: {}", broken.why) };
            (broken.invariant, broken.seed.to_string(), broken.plan, note)
        }
    };
    format!("{:<40} {by:<26} {seed:>5} {:>6} {seconds:>5.0}  {plan}{note}", mutant.name, mutant.seeds)
}
