//! Does the analyser keep its word? Real animations are drawn by this crate and by Skottie; where no finding
//! warns of a difference, there must be none.
//!
//! Runs without the usual harness so that its table, or the reason for not running, is always seen. It needs
//! `node` and a package registry. A few frames of each file are compared, at reduced size;
//! `CALLSHEET_FIDELITY=full` compares them all, and `CALLSHEET_FIDELITY_KEEP=1` keeps pictures of both where
//! they differ.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use callsheet_lottie::{Animation, Picture, RenderOptions};
use serde_json::{Value, json};

/// Largest mean difference of a channel, in steps of 255, that two antialiasers may have over a whole frame.
const MEAN: f64 = 2.0;
/// Largest share of pixels that may differ by more than [`STRONG`] from all their neighbours in the other
/// picture: a missing detail is small in the mean, and an edge that moved by a pixel or two is no detail.
const SHARE: f64 = 0.001;
const NEIGHBOURS: usize = 2;
const STRONG: i32 = 64;
/// Longest side of the pictures compared. Icons are drawn larger than they are, to see into them.
const SIDE: f64 = 360.0;
/// Where the reference is wrong: file, and why ours is right.
const REFERENCE_WRONG: [(&str, &str); 7] = [
    (
        "airplay.json",
        "skottie measures motion paths of a unit or less coarsely, ours are held to the exact length",
    ),
    ("behance.json", "skottie eases every dimension of a scale as the first one"),
    ("dashes-one.json", "skottie draws no dashes that come without a gap"),
    ("gradient-hard-edge.json", "skottie blurs two stops at one offset"),
    ("repeater-paths.json", "skottie repeats no paths that are painted after the repeater"),
    ("round-corners.json", "skottie rounds by another curve than after effects"),
    ("star-rounded.json", "skottie draws no roundness of stars"),
];
/// Frames compared of each file, spread over its length.
const SAMPLES: i32 = 3;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("fidelity: failed: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Sample {
    name: String,
    path: PathBuf,
    animation: Animation,
    frames: Vec<i32>,
    size: (u32, u32),
    out: PathBuf,
}

struct Difference {
    frame: i32,
    mean: f64,
    share: f64,
}

impl Difference {
    fn is_visible(&self) -> bool {
        self.mean > MEAN || self.share > SHARE
    }
}

fn run() -> Result<bool> {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fidelity");
    if let Some(reason) = install(&work)? {
        println!("fidelity: SKIPPED, nothing was compared: {reason}");
        return Ok(true);
    }
    let full = std::env::var("CALLSHEET_FIDELITY").is_ok_and(|value| value == "full");
    let samples = samples(&work, full)?;
    reference(&work, &samples)?;
    println!("{:<44} {:>7} {:>7} {:>7} {:>8}  findings", "file", "frames", "differ", "worst", "pixels");
    let (mut frames, mut differing, mut broken) = (0, 0, Vec::new());
    for sample in &samples {
        let differences = compare(sample)?;
        let visible = differences.iter().filter(|difference| difference.is_visible()).count();
        let worst = differences.iter().map(|difference| difference.mean).fold(0.0, f64::max);
        let share = differences.iter().map(|difference| difference.share).fold(0.0, f64::max);
        println!(
            "{:<44} {:>7} {:>7} {:>7.2} {:>7.2}%  {}",
            sample.name,
            differences.len(),
            visible,
            worst,
            share * 100.0,
            features(&sample.animation)
        );
        frames += differences.len();
        differing += visible;
        if let Some((_, why)) = REFERENCE_WRONG.iter().find(|(name, _)| *name == sample.name) {
            println!("  not counted: {why}");
            continue;
        }
        if visible > 0 && sample.animation.analysis().is_faithful() {
            let numbers: Vec<_> = differences.iter().filter(|d| d.is_visible()).map(|d| d.frame).collect();
            broken.push(format!("{}: frames {numbers:?} differ and no finding says so", sample.name));
        }
    }
    let faithful = samples.iter().filter(|sample| sample.animation.analysis().is_faithful()).count();
    println!(
        "fidelity: {} files, {faithful} without findings; {differing} of {frames} frames differ visibly",
        samples.len()
    );
    broken.iter().for_each(|line| println!("fidelity: {line}"));
    Ok(broken.is_empty())
}

/// Fetches Skottie and the files; gives the reason if that is not possible here.
fn install(work: &Path) -> Result<Option<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fidelity");
    fs::create_dir_all(work)?;
    for name in ["package.json", "skottie.mjs"] {
        fs::copy(source.join(name), work.join(name))?;
    }
    let node = Command::new("node").arg("--version").output();
    if !node.is_ok_and(|output| output.status.success()) {
        return Ok(Some("there is no node".to_owned()));
    }
    if work.join("node_modules/react-useanimations/package.json").exists() {
        return Ok(None);
    }
    let npm = Command::new("npm").args(["install", "--no-audit", "--no-fund"]).current_dir(work).output();
    Ok(match npm {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(format!("npm install failed: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Some(format!("npm did not start: {error}")),
    })
}

fn samples(work: &Path, full: bool) -> Result<Vec<Sample>> {
    let mut files = Vec::new();
    let modules = work.join("node_modules");
    // Features that real files rarely use, one file each.
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"), &mut files)?;
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cluster/demo/callsheet.json");
    files.push(demo);
    collect(&modules.join("lottie-web/test/animations"), &mut files)?;
    collect(&modules.join("react-useanimations/lib"), &mut files)?;
    files.sort();
    let mut samples = Vec::new();
    for path in files {
        let animation = Animation::load(&fs::read(&path)?).map_err(|e| format!("{}: {e}", path.display()))?;
        let analysis = animation.analysis();
        let (first, last) = (analysis.first_frame, analysis.last_frame);
        let count = if full { last - first + 1 } else { SAMPLES.min(last - first + 1) };
        let step = |index: i32| {
            first + (i64::from(last - first) * i64::from(index * 2 + 1) / i64::from(count * 2)) as i32
        };
        let frames = if full { (first..=last).collect() } else { (0..count).map(step).collect() };
        let scale = SIDE / f64::from(analysis.width.max(analysis.height));
        let side = |side: u32| (f64::from(side) * scale).round() as u32;
        let size = (side(analysis.width), side(analysis.height));
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let out = work.join("frames").join(samples.len().to_string());
        samples.push(Sample { name, path, animation, frames, size, out });
    }
    Ok(samples)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        // What lies below `footage` is data for expressions, not animations.
        if path.is_dir() && !path.ends_with("footage") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}

fn reference(work: &Path, samples: &[Sample]) -> Result<()> {
    let _ = fs::remove_dir_all(work.join("frames"));
    let jobs = samples.iter().map(|sample| {
        let first = sample.animation.analysis().first_frame;
        json!({
            "file": sample.path, "width": sample.size.0, "height": sample.size.1, "out": sample.out,
            "frames": sample.frames.iter().map(|frame| frame - first).collect::<Vec<_>>(),
        })
    });
    let mut node = Command::new("node").arg("skottie.mjs").current_dir(work).stdin(Stdio::piped()).spawn()?;
    let jobs = serde_json::to_vec(&Value::Array(jobs.collect()))?;
    node.stdin.take().ok_or("node has no input")?.write_all(&jobs)?;
    if node.wait()?.success() { Ok(()) } else { Err("skottie.mjs failed".into()) }
}

fn compare(sample: &Sample) -> Result<Vec<Difference>> {
    if let Ok(reason) = fs::read_to_string(sample.out.join("error")) {
        return Err(format!("skottie cannot read {}: {reason}", sample.name).into());
    }
    let first = sample.animation.analysis().first_frame;
    let options =
        RenderOptions { width: Some(sample.size.0), height: Some(sample.size.1), ..RenderOptions::default() };
    let mut differences = Vec::new();
    for &frame in &sample.frames {
        let ours = sample.animation.render(frame, &options)?;
        let theirs = fs::read(sample.out.join(format!("{}.rgba", frame - first)))?;
        let difference = difference(frame, ours.width, &ours.rgba, &theirs);
        if difference.is_visible() && std::env::var_os("CALLSHEET_FIDELITY_KEEP").is_some() {
            let theirs = Picture { rgba: theirs, width: ours.width, height: ours.height };
            ours.write_png(fs::File::create(sample.out.join(format!("{frame}-ours.png")))?, frame)?;
            theirs.write_png(fs::File::create(sample.out.join(format!("{frame}-skottie.png")))?, frame)?;
            println!("  kept {}", sample.out.join(format!("{frame}-ours.png")).display());
        }
        differences.push(difference);
    }
    Ok(differences)
}

/// Compares as seen over black: what is transparent has no colour.
fn difference(frame: i32, width: u32, ours: &[u8], theirs: &[u8]) -> Difference {
    let (ours, theirs) = (Seen::new(width, ours), Seen::new(width, theirs));
    let between = |a: [i32; 4], b: [i32; 4]| (0..4).map(move |index| (a[index] - b[index]).abs());
    let (mut sum, mut strong) = (0, 0_usize);
    for (index, (a, b)) in ours.pixels.iter().zip(&theirs.pixels).enumerate() {
        sum += between(*a, *b).sum::<i32>();
        let lone = |pixel: [i32; 4], others: &Seen| {
            others.around(index).all(|other| between(pixel, other).max().unwrap_or(0) > STRONG)
        };
        let differs = between(*a, *b).max().unwrap_or(0) > STRONG;
        strong += usize::from(differs && (lone(*a, &theirs) || lone(*b, &ours)));
    }
    let pixels = ours.pixels.len().max(1) as f64;
    Difference { frame, mean: f64::from(sum) / (pixels * 4.0), share: strong as f64 / pixels }
}

struct Seen {
    width: usize,
    pixels: Vec<[i32; 4]>,
}

impl Seen {
    fn new(width: u32, rgba: &[u8]) -> Self {
        let seen = |pixel: &[u8]| {
            let alpha = i32::from(pixel[3]);
            let channel = |index: usize| i32::from(pixel[index]) * alpha / 255;
            [channel(0), channel(1), channel(2), alpha]
        };
        Self { width: width as usize, pixels: rgba.chunks_exact(4).map(seen).collect() }
    }

    /// A pixel and its neighbours.
    fn around(&self, index: usize) -> impl Iterator<Item = [i32; 4]> + '_ {
        let (x, y) = (index % self.width, index / self.width);
        let columns = x.saturating_sub(NEIGHBOURS)..=(x + NEIGHBOURS).min(self.width - 1);
        let rows = y.saturating_sub(NEIGHBOURS)..=y + NEIGHBOURS;
        rows.flat_map(move |row| columns.clone().map(move |x| (x, row)))
            .filter_map(|(x, row)| self.pixels.get(row * self.width + x).copied())
    }
}

fn features(animation: &Animation) -> String {
    let mut names: Vec<_> = animation.analysis().findings.iter().map(|f| f.feature.name()).collect();
    let total = names.len();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { "none".to_owned() } else { format!("{total}: {}", names.join(", ")) }
}
